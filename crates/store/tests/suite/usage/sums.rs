//! The sums agree with a recount of the records they were made of.

use std::collections::BTreeMap;

use api::ids::{ProviderId, UserId};
use api::usage::{Outcome, Tokens, Totals};
use chrono::{DateTime, Utc};
use store::Store;
use store::records::UsageRecord;
use store::usage::UsageScope;
use store::usage::fact::{Slot, slot};

use super::random;
use crate::samples::{HOUR_MS, at, raw_number, request};

pub(crate) async fn they_are_what_a_recount_says(store: Store) {
    let records = random::records(1, 700);
    for batch in records.chunks(97) {
        store.usage().append(batch).await.expect("a batch");
    }
    let scopes = [
        UsageScope::Everyone,
        UsageScope::User(UserId::from("u1")),
        UsageScope::User(UserId::from("nobody")),
    ];
    let sinces = [
        None,
        Some(at(-24 * HOUR_MS)),
        Some(at(-HOUR_MS / 3)),
        Some(at(9 * HOUR_MS)),
    ];
    for scope in &scopes {
        for since in sinces {
            let counted = among(&records, scope, since);
            let lines = lines(&store, scope, since).await;
            assert_eq!(lines, recounted_lines(&counted), "{scope:?} {since:?}");
        }
        let first = among(&records, scope, None)
            .iter()
            .map(|record| hour(record.at))
            .min();
        let first_at = store.usage().first_at(scope).await.expect("an answer");
        assert_eq!(first_at.map(|at| at.timestamp_millis()), first, "{scope:?}");
    }
}

pub(crate) async fn a_null_endpoint_shows_as_none(store: Store) {
    let imported = UsageRecord {
        endpoint: None,
        provider: None,
        model_requested: None,
        model_served: None,
        ..request("imported", at(0))
    };
    let refused = UsageRecord {
        model_served: None,
        outcome: Outcome::Refused,
        cost_micros: None,
        ..request("refused", at(0))
    };
    store
        .usage()
        .append(&[imported, refused])
        .await
        .expect("a batch");
    let lines = lines(&store, &UsageScope::Everyone, None).await;
    let seen: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line.endpoint.as_deref(),
                line.model.as_deref(),
                line.totals.errors,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (None, None, 0),
            (Some("/v1/messages"), Some("acme/large"), 1)
        ]
    );
    assert_eq!(lines[0].provider, None);

    let rows = store
        .usage()
        .recent(&UsageScope::Everyone, 9, None)
        .await
        .expect("rows");
    assert!(rows.iter().any(|row| row.endpoint.is_none()));
    assert_eq!(
        raw_number(&store, "SELECT COUNT(*) FROM usage WHERE endpoint IS NULL").await,
        1
    );
}

pub(crate) async fn lies_do_not_overflow_them(store: Store) {
    let liar = |id: usize| UsageRecord {
        tokens: Tokens {
            input: u64::MAX,
            output: u64::MAX,
            ..Tokens::default()
        },
        cost_micros: Some(i64::MAX),
        ..request(&format!("liar-{id}"), at(0))
    };
    for batch in 0..3 {
        let records: Vec<_> = (0..10).map(|number| liar(batch * 10 + number)).collect();
        store.usage().append(&records).await.expect("a batch");
    }
    let lines = lines(&store, &UsageScope::Everyone, None).await;
    assert_eq!(lines[0].totals.requests, 30);
    assert_eq!(lines[0].totals.tokens.input, 30_000_000_000_000);
    assert_eq!(lines[0].totals.cost_micros, 30_000_000_000_000);
}

/// One model of one provider under one endpoint.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    pub(super) endpoint: Option<String>,
    pub(super) model: Option<String>,
    pub(super) provider: Option<ProviderId>,
    pub(super) totals: Totals,
}

/// Everything since the hour that `since` is in, in order.
pub(super) async fn lines(
    store: &Store,
    scope: &UsageScope,
    since: Option<DateTime<Utc>>,
) -> Vec<Line> {
    let slots = since.map(|since| slot(hour(since))..Slot::MAX / 2);
    let rows = store.usage().breakdown(scope, slots).await.expect("sums");
    let mut lines = BTreeMap::new();
    for row in rows {
        let line = lines.entry((row.endpoint, row.model, row.provider));
        let totals = line.or_insert_with(Totals::default);
        totals.requests += row.totals.requests;
        totals.errors += row.totals.errors;
        totals.unpriced += row.totals.unpriced;
        totals.cost_micros += row.totals.cost_micros;
        totals.last_used_at = totals.last_used_at.max(row.totals.last_used_at);
        add(&mut totals.tokens, row.totals.tokens);
    }
    in_order(lines)
}

type Names = (Option<String>, Option<String>, Option<ProviderId>);

fn in_order(lines: BTreeMap<Names, Totals>) -> Vec<Line> {
    let line = |((endpoint, model, provider), totals)| Line {
        endpoint,
        model,
        provider,
        totals,
    };
    lines.into_iter().map(line).collect()
}

fn among<'a>(
    records: &'a [UsageRecord],
    scope: &UsageScope,
    since: Option<DateTime<Utc>>,
) -> Vec<&'a UsageRecord> {
    let in_scope = |record: &UsageRecord| match scope {
        UsageScope::Everyone => true,
        UsageScope::User(id) => record.user_id.as_ref() == Some(id),
    };
    let in_time = |record: &UsageRecord| since.is_none_or(|since| hour(record.at) >= hour(since));
    records
        .iter()
        .filter(|record| in_scope(record) && in_time(record))
        .collect()
}

fn recounted_lines(records: &[&UsageRecord]) -> Vec<Line> {
    let mut lines = BTreeMap::new();
    for record in records {
        let model = record
            .model_served
            .clone()
            .or_else(|| record.model_requested.clone());
        let line = (record.endpoint.clone(), model, record.provider.clone());
        let totals = lines.entry(line).or_insert_with(Totals::default);
        totals.requests += 1;
        totals.errors += u64::from(record.outcome != Outcome::Ok);
        totals.unpriced += u64::from(record.cost_micros.is_none());
        totals.cost_micros += record.cost_micros.unwrap_or_default();
        totals.last_used_at = totals.last_used_at.max(Some(record.at));
        add(&mut totals.tokens, record.tokens);
    }
    in_order(lines)
}

fn add(sum: &mut Tokens, tokens: Tokens) {
    sum.input += tokens.input;
    sum.cache_read += tokens.cache_read;
    sum.cache_write += tokens.cache_write;
    sum.output += tokens.output;
    sum.reasoning += tokens.reasoning;
}

fn hour(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis() / HOUR_MS * HOUR_MS
}
