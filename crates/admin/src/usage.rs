//! What the usage page shows: cards, chart and table from one read, so that they agree.

mod order;
mod series;

use std::collections::BTreeMap;

use api::ids::{ConnectionId, KeyId, ProviderId};
use api::usage::{Totals, UsageGroup, UsageLine, UsageOverview, UsageQuery};
use chrono::Utc;
use store::usage::{UsageLineRow, UsageScope};

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;

const RECENT: u32 = 50;

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
    pub async fn usage_overview(
        &self,
        actor: &Actor,
        query: UsageQuery,
    ) -> Result<UsageOverview, AdminError> {
        let scope = scope(actor);
        let usage = self.inner.store.usage();
        let now = Utc::now();
        let since = series::since(query.period, now);
        let first = match since {
            Some(since) => Some(since),
            None => usage.first_at(&scope).await?,
        };
        let bucket_seconds = series::bucket(query.period, first, now);
        let groups = self.groups(usage.lines(&scope, since).await?, query);
        Ok(UsageOverview {
            query,
            totals: sum(groups.iter().map(|group| &group.totals)),
            groups,
            points: series::filled(
                usage.points(&scope, since, bucket_seconds).await?,
                first,
                now,
                bucket_seconds,
            ),
            bucket_seconds,
            recent: usage.recent(&scope, RECENT, None).await?,
        })
    }

    /// Everything since the beginning, by every dimension that the original's statistics know.
    pub async fn usage_history(&self, actor: &Actor) -> Result<UsageHistory, AdminError> {
        let rows = self
            .inner
            .store
            .usage()
            .breakdown(&scope(actor), None)
            .await?;
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

    fn groups(&self, rows: Vec<UsageLineRow>, query: UsageQuery) -> Vec<UsageGroup> {
        let snapshot = self.inner.gateway.snapshot();
        let mut by_endpoint: BTreeMap<Option<String>, Vec<UsageLine>> = BTreeMap::new();
        for row in rows {
            let provider_name = row
                .provider
                .as_ref()
                .and_then(|id| snapshot.registry.get(id))
                .map(|spec| spec.name.clone());
            by_endpoint
                .entry(row.endpoint)
                .or_default()
                .push(UsageLine {
                    model: row.model,
                    provider: row.provider,
                    provider_name,
                    totals: row.totals,
                });
        }
        let groups = by_endpoint.into_iter().map(|(endpoint, lines)| UsageGroup {
            endpoint,
            totals: sum(lines.iter().map(|line| &line.totals)),
            lines,
        });
        order::sorted(groups.collect(), query.sort, query.direction)
    }
}

fn scope(actor: &Actor) -> UsageScope {
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
