//! Minutes agree with a recount of the records in them.

use std::collections::BTreeMap;

use api::ids::UserId;
use api::usage::Totals;
use store::Store;
use store::usage::UsageScope;

use super::random;
use crate::samples::{HOUR_MS, at};

const MINUTE_MS: i64 = 60_000;

pub(crate) async fn they_are_what_a_recount_says(store: Store) {
    let records = random::records(7, 300);
    store.usage().append(&records).await.expect("a batch");
    for scope in [
        UsageScope::Everyone,
        UsageScope::User(UserId::from("u1")),
        UsageScope::User(UserId::from("nobody")),
    ] {
        for since in [at(-1_000 * HOUR_MS), at(-HOUR_MS), at(2_000 * HOUR_MS)] {
            let mut expected = BTreeMap::<i64, Totals>::new();
            let mine = records.iter().filter(|record| match &scope {
                UsageScope::Everyone => true,
                UsageScope::User(id) => record.user_id.as_ref() == Some(id),
            });
            for record in mine.filter(|record| record.at >= since) {
                let minute = record.at.timestamp_millis().div_euclid(MINUTE_MS);
                let sum = expected.entry(minute * MINUTE_MS).or_default();
                sum.requests += 1;
                sum.cost_micros += record.cost_micros.unwrap_or_default();
                sum.tokens.input += record.tokens.input;
                sum.tokens.cache_read += record.tokens.cache_read;
                sum.tokens.cache_write += record.tokens.cache_write;
                sum.tokens.output += record.tokens.output;
                sum.tokens.reasoning += record.tokens.reasoning;
            }
            let found = store.usage().minutes(&scope, since).await;
            let found: Vec<_> = found
                .expect("minutes")
                .into_iter()
                .map(|(at, totals)| (at.timestamp_millis(), totals))
                .collect();
            let expected: Vec<_> = expected.into_iter().collect();
            assert_eq!(found, expected, "{scope:?} {since}");
        }
    }
}
