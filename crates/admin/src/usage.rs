//! What the usage pages show: tables, charts, the newest requests, and a month's report.

mod clock;
pub mod lately;
mod lines;
mod measured;
mod names;
mod order;
mod report;
pub mod running;
pub(crate) mod shared;
mod table;

use api::ids::{ConnectionId, KeyId, ProviderId};
use api::usage::query::{Dimension, Preset, Selection, SeriesQuery, Span, TableQuery};
use api::usage::table::{Range, UsageSeries, UsageTable};
use api::usage::{RecentUsage, Totals};
use chrono::{DateTime, Utc};
use store::usage::UsageScope;
use store::usage::cube::{AXES, Axis, Cube, CubeQuery, Only};
use store::usage::fact::Slots;

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;
use crate::log::decision::provider_name;
use crate::usage::clock::Clock;
use crate::usage::lately::Lately;
use crate::usage::names::Names;

/// All usage, and the sum over it.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageHistory {
    pub totals: Totals,
    pub lines: Vec<HistoryLine>,
}

/// One combination of endpoint, model, provider, account and key. Names are missing where the
/// account or the key is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryLine {
    pub endpoint: Option<String>,
    pub model: Option<String>,
    pub provider: Option<ProviderId>,
    pub connection_id: Option<ConnectionId>,
    pub connection_name: Option<String>,
    pub key_id: Option<KeyId>,
    pub key_name: Option<String>,
    pub totals: Totals,
}

impl Admin {
    /// The newest requests.
    pub async fn usage_recent(&self, actor: &Actor) -> Result<RecentUsage, AdminError> {
        let usage = self.inner.store.usage();
        let limit = u32::try_from(RecentUsage::ROWS).unwrap_or(u32::MAX);
        let rows = usage.recent(&scope(actor), limit, None).await?;
        let snapshot = self.inner.gateway.snapshot();
        let provider_names = rows
            .iter()
            .filter_map(|row| {
                let id = row.provider.as_ref()?;
                Some((id.clone(), snapshot.registry.get(id)?.name.clone()))
            })
            .collect();
        Ok(RecentUsage {
            rows,
            provider_names,
        })
    }

    /// Everything of some time, by every dimension that the original's statistics know.
    pub async fn usage_history(
        &self,
        actor: &Actor,
        lately: Lately,
        zone: &str,
    ) -> Result<UsageHistory, AdminError> {
        let clock = Clock::new(zone, Utc::now())?;
        let slots = match lately.span(&clock)? {
            Span::Preset(Preset::All) => None,
            span => Some(clock.slots(&span, None)?),
        };
        let usage = self.inner.store.usage();
        let rows = usage.breakdown(&scope(actor), slots).await?;
        let snapshot = self.inner.gateway.snapshot();
        let totals = sum(rows.iter().map(|row| &row.totals));
        let lines = rows
            .into_iter()
            .map(|row| HistoryLine {
                connection_name: snapshot.account_name(row.connection_id.as_ref()),
                key_name: snapshot.key_name(row.key_id.as_ref()),
                endpoint: row.endpoint,
                model: row.model,
                provider: row.provider,
                connection_id: row.connection_id,
                key_id: row.key_id,
                totals: row.totals,
            })
            .collect();
        Ok(UsageHistory { totals, lines })
    }

    /// The same time as [`Admin::usage_history`] as bars of hours or days.
    pub async fn usage_bars(
        &self,
        actor: &Actor,
        lately: Lately,
        zone: &str,
    ) -> Result<UsageSeries, AdminError> {
        let clock = Clock::new(zone, Utc::now())?;
        let query = SeriesQuery {
            selection: Selection {
                period: lately.span(&clock)?,
                zone: zone.to_owned(),
                ..Selection::default()
            },
            step: lately.step(),
            ..SeriesQuery::default()
        };
        self.usage_series(actor, query).await
    }

    /// The sums of each of the last minutes, this one included, oldest first.
    pub async fn usage_minutes(
        &self,
        actor: &Actor,
        minutes: u16,
    ) -> Result<Vec<Totals>, AdminError> {
        let now = Utc::now().timestamp().div_euclid(60);
        let first = now - i64::from(minutes) + 1;
        let since = DateTime::from_timestamp(first * 60, 0).unwrap_or_default();
        let usage = self.inner.store.usage();
        let mut sums = vec![Totals::default(); usize::from(minutes)];
        for (at, totals) in usage.minutes(&scope(actor), since).await? {
            let place = usize::try_from(at.timestamp().div_euclid(60) - first);
            // One that has begun in the meantime is not among them.
            if let Some(sum) = place.ok().and_then(|place| sums.get_mut(place)) {
                *sum = totals;
            }
        }
        Ok(sums)
    }

    /// The providers that have requests, with their names, by their ids.
    pub async fn usage_providers(
        &self,
        actor: &Actor,
    ) -> Result<Vec<(ProviderId, String)>, AdminError> {
        let usage = self.inner.store.usage();
        let providers = usage.providers(&scope(actor)).await?;
        let snapshot = self.inner.gateway.snapshot();
        let named = providers.into_iter().map(|id| {
            let name = provider_name(&snapshot, &id);
            (id, name)
        });
        Ok(named.collect())
    }

    /// Any requests, grouped by one or two dimensions; the sums of every grouping are the same.
    pub async fn usage_query(
        &self,
        actor: &Actor,
        query: TableQuery,
    ) -> Result<UsageTable, AdminError> {
        table::check(&query)?;
        let scope = scope(actor);
        let usage = self.inner.store.usage();
        let clock = Clock::new(&query.selection.zone, Utc::now())?;
        let first = usage.first_at(&scope).await?;
        let slots = clock.slots(&query.selection.period, first)?;
        let previous = if query.compare {
            clock.before(&query.selection.period, &slots)?
        } else {
            None
        };
        let axes = [Some(query.by), query.then_by];
        let names = self
            .usage_names(actor, &clock, &query.selection, &axes)
            .await?;

        let period = async |slots: &Slots| {
            let asked = asked(&clock, &query.selection, axes, slots, &names)?;
            Ok::<_, AdminError>(Period {
                range: range(slots),
                cube: usage.cube(&scope, asked).await?,
            })
        };
        let (now, before) = match &previous {
            None => (period(&slots).await?, None),
            Some(previous) => {
                let (now, before) = tokio::try_join!(period(&slots), period(previous))?;
                (now, Some(before))
            }
        };
        let local = clock.local_range(&slots);
        apart(move || UsageTable {
            local,
            ..table::table(query, &now, before.as_ref(), &names)
        })
        .await
    }

    /// One measure of any requests over time.
    pub async fn usage_series(
        &self,
        actor: &Actor,
        query: SeriesQuery,
    ) -> Result<UsageSeries, AdminError> {
        lines::check(&query)?;
        let scope = scope(actor);
        let usage = self.inner.store.usage();
        let clock = Clock::new(&query.selection.zone, Utc::now())?;
        let first = usage.first_at(&scope).await?;
        let slots = clock.slots(&query.selection.period, first)?;
        let step = clock::resolved(query.step, &slots);
        let starts = clock.starts(step, &slots)?;
        lines::check_steps(starts.len())?;
        let names = self
            .usage_names(actor, &clock, &query.selection, &[query.by, None])
            .await?;
        let mut asked = asked(&clock, &query.selection, [None, query.by], &slots, &names)?;
        asked.axes[0] = Some(Axis::Time(starts.clone()));
        let cube = usage.cube(&scope, asked).await?;
        let period = Period {
            range: range(&slots),
            cube,
        };
        apart(move || UsageSeries {
            labels: starts
                .iter()
                .map(|start| clock.label(step, *start))
                .collect(),
            ..lines::series(query, step, &starts, &period, &names)
        })
        .await
    }
}

/// Work that takes a while, where it holds up nobody.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AdminError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(AdminError::internal)
}

/// The groups of some time.
pub(crate) struct Period {
    pub(crate) range: Range,
    pub(crate) cube: Cube,
}

fn range(slots: &Slots) -> Range {
    Range {
        from: clock::time(slots.start),
        until: clock::time(slots.end),
    }
}

fn asked(
    clock: &Clock,
    selection: &Selection,
    by: [Option<Dimension>; 2],
    slots: &Slots,
    names: &Names,
) -> Result<CubeQuery, AdminError> {
    let mut axes = [const { None }; AXES];
    for (axis, dimension) in axes.iter_mut().zip(by) {
        *axis = match dimension {
            None => None,
            Some(dimension) => Some(match clock::step_of(dimension) {
                Some(step) => Axis::Time(clock.starts(step, slots)?),
                None => Axis::Dimension(dimension),
            }),
        };
    }
    let only = selection.filters.iter().map(|filter| Only {
        dimension: filter.dimension,
        values: filter
            .values
            .iter()
            .map(|value| value.clone().unwrap_or_default())
            .collect(),
    });
    Ok(CubeQuery {
        slots: slots.clone(),
        axes,
        only: only.collect(),
        containing: names.containing(&selection.text),
    })
}

pub(crate) fn scope(actor: &Actor) -> UsageScope {
    if actor.is_admin() {
        UsageScope::Everyone
    } else {
        UsageScope::User(actor.id().clone())
    }
}

/// What some parts come to together.
fn sum<'a>(parts: impl Iterator<Item = &'a Totals>) -> Totals {
    parts.fold(Totals::default(), |mut sum, part| {
        sum.requests += part.requests;
        sum.errors += part.errors;
        sum.unpriced += part.unpriced;
        sum.cost_micros += part.cost_micros;
        sum.tokens.input += part.tokens.input;
        sum.tokens.cache_read += part.tokens.cache_read;
        sum.tokens.cache_write += part.tokens.cache_write;
        sum.tokens.output += part.tokens.output;
        sum.tokens.reasoning += part.tokens.reasoning;
        sum.last_used_at = sum.last_used_at.max(part.last_used_at);
        sum
    })
}
