//! What the usage page shows: cards, chart and table from one read, so that they agree.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use api::ids::{ConnectionId, KeyId, ProviderId};
use api::usage::{
    Column, Direction, Period, Totals, UsageGroup, UsageLine, UsageOverview, UsagePoint,
    UsageQuery, UsageRow,
};
use chrono::{DateTime, Duration, Utc};
use store::usage::{UsageLineRow, UsageScope};

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;

const HOUR: u32 = 3_600;
const DAY: u32 = 24 * HOUR;
const RECENT: u32 = 50;
/// Points of a chart at most; longer spans get wider buckets.
const MOST_POINTS: i64 = 120;

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
        let since = since(query.period, now);
        let first = match since {
            Some(since) => Some(since),
            None => usage.first_at(&scope).await?,
        };
        let bucket_seconds = bucket(query.period, first, now);
        let groups = self.groups(usage.lines(&scope, since).await?, query);
        Ok(UsageOverview {
            query,
            totals: sum(groups.iter().map(|group| &group.totals)),
            groups,
            points: filled(
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
                connection_name: row
                    .connection_id
                    .as_ref()
                    .and_then(|id| snapshot.account(id))
                    .map(|account| account.name.clone()),
                key_name: row
                    .key_id
                    .as_ref()
                    .and_then(|id| snapshot.key_name(id))
                    .map(str::to_owned),
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

    /// The newest requests, newest first.
    pub async fn usage_recent(
        &self,
        actor: &Actor,
        limit: u32,
    ) -> Result<Vec<UsageRow>, AdminError> {
        Ok(self
            .inner
            .store
            .usage()
            .recent(&scope(actor), limit.clamp(1, 500), None)
            .await?)
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
        sorted(groups.collect(), query.sort, query.direction)
    }
}

fn scope(actor: &Actor) -> UsageScope {
    if actor.is_admin() {
        UsageScope::Everyone
    } else {
        UsageScope::User(actor.id().clone())
    }
}

fn since(period: Period, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let days = match period {
        Period::Day => 1,
        Period::Week => 7,
        Period::Month => 30,
        Period::All => return None,
    };
    Some(now - Duration::days(days))
}

fn bucket(period: Period, first: Option<DateTime<Utc>>, now: DateTime<Utc>) -> u32 {
    match period {
        Period::Day => HOUR,
        Period::Week => 6 * HOUR,
        Period::Month => DAY,
        Period::All => {
            let days = first.map_or(0, |first| (now - first).num_days());
            let width = u32::try_from(days / MOST_POINTS + 1).unwrap_or(1);
            width.saturating_mul(DAY)
        }
    }
}

/// The points with the empty buckets between them, so that time runs evenly.
fn filled(
    points: Vec<UsagePoint>,
    first: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    bucket_seconds: u32,
) -> Vec<UsagePoint> {
    let Some(first) = first.or_else(|| points.first().map(|point| point.at)) else {
        return Vec::new();
    };
    let width = i64::from(bucket_seconds.max(1));
    let start = first.timestamp().div_euclid(width);
    let end = now.timestamp().div_euclid(width);
    let mut known = points.into_iter().peekable();
    let mut filled = Vec::new();
    for index in start..=end {
        let Some(at) = DateTime::from_timestamp(index * width, 0) else {
            continue;
        };
        while known.peek().is_some_and(|point| point.at < at) {
            known.next();
        }
        let point = known.next_if(|point| point.at == at);
        filled.push(point.unwrap_or(UsagePoint {
            at,
            requests: 0,
            tokens: Default::default(),
            cost_micros: 0,
        }));
    }
    filled
}

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

/// Groups by their own sums, and the lines inside each by theirs.
/// Where two are equal the name decides, so that nothing jumps between two reads.
fn sorted(mut groups: Vec<UsageGroup>, column: Column, direction: Direction) -> Vec<UsageGroup> {
    for group in &mut groups {
        group.lines.sort_by(|a, b| {
            let names = |line: &UsageLine| {
                (
                    text(line.model.as_deref()),
                    text(line.provider_name.as_deref()),
                )
            };
            let by_column = match column {
                Column::Model => text(a.model.as_deref()).cmp(&text(b.model.as_deref())),
                Column::Provider => {
                    text(a.provider_name.as_deref()).cmp(&text(b.provider_name.as_deref()))
                }
                Column::Endpoint => Ordering::Equal,
                _ => number(&a.totals, column).cmp(&number(&b.totals, column)),
            };
            directed(by_column, direction).then_with(|| names(a).cmp(&names(b)))
        });
    }
    groups.sort_by(|a, b| {
        let by_column = match column {
            Column::Endpoint => text(a.endpoint.as_deref()).cmp(&text(b.endpoint.as_deref())),
            // A group has no one model or provider: it stands where its first line does.
            Column::Model => first_text(a, |line| line.model.as_deref())
                .cmp(&first_text(b, |line| line.model.as_deref())),
            Column::Provider => first_text(a, |line| line.provider_name.as_deref())
                .cmp(&first_text(b, |line| line.provider_name.as_deref())),
            _ => number(&a.totals, column).cmp(&number(&b.totals, column)),
        };
        directed(by_column, direction)
            .then_with(|| text(a.endpoint.as_deref()).cmp(&text(b.endpoint.as_deref())))
    });
    groups
}

fn directed(ordering: Ordering, direction: Direction) -> Ordering {
    match direction {
        Direction::Ascending => ordering,
        Direction::Descending => ordering.reverse(),
    }
}

/// Names without regard to case; what has no name stands last.
fn text(name: Option<&str>) -> (bool, String) {
    (name.is_none(), name.unwrap_or_default().to_lowercase())
}

fn first_text<'a>(
    group: &'a UsageGroup,
    of: impl Fn(&'a UsageLine) -> Option<&'a str>,
) -> (bool, String) {
    text(group.lines.first().and_then(of))
}

fn number(totals: &Totals, column: Column) -> i64 {
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    match column {
        Column::Requests => count(totals.requests),
        Column::Errors => count(totals.errors),
        Column::Input => count(totals.tokens.input),
        Column::CacheRead => count(totals.tokens.cache_read),
        Column::CacheWrite => count(totals.tokens.cache_write),
        Column::Output => count(totals.tokens.output),
        Column::Reasoning => count(totals.tokens.reasoning),
        Column::Total => count(totals.tokens.total()),
        Column::Cost => totals.cost_micros,
        Column::LastUsed => totals
            .last_used_at
            .map_or(i64::MIN, |at| at.timestamp_millis()),
        Column::Endpoint | Column::Model | Column::Provider => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(model: &str, requests: u64, cost_micros: i64) -> UsageLine {
        UsageLine {
            model: Some(model.to_owned()),
            provider: None,
            provider_name: None,
            totals: Totals {
                requests,
                cost_micros,
                ..Totals::default()
            },
        }
    }

    fn group(endpoint: Option<&str>, lines: Vec<UsageLine>) -> UsageGroup {
        let totals = sum(lines.iter().map(|line| &line.totals));
        UsageGroup {
            endpoint: endpoint.map(str::to_owned),
            totals,
            lines,
        }
    }

    fn shape(groups: &[UsageGroup]) -> Vec<(Option<&str>, Vec<&str>)> {
        groups
            .iter()
            .map(|group| {
                let lines = group
                    .lines
                    .iter()
                    .filter_map(|line| line.model.as_deref())
                    .collect();
                (group.endpoint.as_deref(), lines)
            })
            .collect()
    }

    #[test]
    fn groups_sort_by_their_sums_and_not_by_their_first_line() {
        let groups = vec![
            group(Some("/v1/messages"), vec![line("a", 9, 1), line("b", 1, 2)]),
            group(
                Some("/v1/responses"),
                vec![line("c", 6, 3), line("d", 6, 9)],
            ),
        ];
        let by_requests = sorted(groups, Column::Requests, Direction::Descending);
        assert_eq!(
            shape(&by_requests),
            [
                (Some("/v1/responses"), vec!["c", "d"]),
                (Some("/v1/messages"), vec!["a", "b"])
            ]
        );
        let by_cost = sorted(by_requests, Column::Cost, Direction::Ascending);
        assert_eq!(
            shape(&by_cost),
            [
                (Some("/v1/messages"), vec!["a", "b"]),
                (Some("/v1/responses"), vec!["c", "d"])
            ]
        );
    }

    #[test]
    fn data_from_before_tracking_stands_last_by_name() {
        let groups = vec![
            group(None, vec![line("a", 1, 1)]),
            group(Some("/v1/messages"), vec![line("a", 1, 1)]),
        ];
        let by_name = sorted(groups, Column::Endpoint, Direction::Ascending);
        assert_eq!(
            by_name
                .iter()
                .map(|group| group.endpoint.as_deref())
                .collect::<Vec<_>>(),
            [Some("/v1/messages"), None]
        );
    }

    #[test]
    fn empty_buckets_are_filled() {
        let at = |hour: i64| DateTime::from_timestamp(hour * 3_600, 0).expect("a time");
        let point = UsagePoint {
            at: at(11),
            requests: 2,
            tokens: Default::default(),
            cost_micros: 5,
        };
        let filled = filled(
            vec![point],
            Some(at(10)),
            at(12) + Duration::minutes(5),
            HOUR,
        );
        let requests: Vec<_> = filled
            .iter()
            .map(|point| (point.at, point.requests))
            .collect();
        assert_eq!(requests, [(at(10), 0), (at(11), 2), (at(12), 0)]);
    }

    #[test]
    fn a_long_history_gets_wide_buckets() {
        let now = DateTime::from_timestamp(1_000_000_000, 0).expect("a time");
        assert_eq!(bucket(Period::All, None, now), DAY);
        assert_eq!(
            bucket(Period::All, Some(now - Duration::days(119)), now),
            DAY
        );
        assert_eq!(
            bucket(Period::All, Some(now - Duration::days(365)), now),
            4 * DAY
        );
    }
}
