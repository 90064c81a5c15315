//! Pricing anew: rows and sums say the same afterwards, and nothing outside the period is touched.

use std::collections::HashSet;

use api::ids::ProviderId;
use api::price::{AppliedPrice, PriceSource, Rates, Recomputed};
use chrono::{DateTime, Utc};
use store::Store;
use store::records::CostCorrection;
use store::records::{UsageRecord, UsageSource};
use store::usage::UsageScope;
use store::usage::cube::{CubeQuery, axes};
use store::usage::fact::slot;

use super::random;
use super::sums::lines;
use crate::samples::{HOUR_MS, at};

/// Another price for each half of the time; `b` has none.
fn price(_: &ProviderId, model: &str, when: DateTime<Utc>) -> Option<AppliedPrice> {
    (model != "b").then(|| AppliedPrice {
        source: PriceSource::Override,
        rates: Rates {
            input: if when < at(-12 * HOUR_MS) {
                1_000_000
            } else {
                2_000_000
            },
            output: 7_000_000,
            cache_read: 123_456,
            cache_write: 0,
            reasoning: 9_000_000,
        },
    })
}

pub(crate) async fn rows_and_sums_are_priced_anew_together(store: Store) {
    let records = random::records(21, 1_300);
    for batch in records.chunks(211) {
        store.usage().append(batch).await.expect("a batch");
    }
    let (from, to) = (at(-30 * HOUR_MS), at(-HOUR_MS));
    let mut expected = Recomputed::default();
    let after: Vec<UsageRecord> = records
        .iter()
        .map(|record| {
            let mut record = record.clone();
            let is_meant =
                record.at >= from && record.at < to && record.usage_source != UsageSource::None;
            if !is_meant {
                return record;
            }
            let new = match (&record.provider, &record.model_served) {
                (Some(provider), Some(model)) => price(provider, model, record.at),
                _ => None,
            };
            let before = record.cost_micros;
            let cost = new.map(|new| new.rates.cost_micros(&record.tokens));
            expected.requests += 1;
            expected.changed += u64::from(cost != before || new.is_some());
            expected.before_micros += before.unwrap_or_default();
            expected.after_micros += cost.unwrap_or_default();
            expected.unpriced_before += u64::from(before.is_none());
            expected.unpriced_after += u64::from(cost.is_none());
            record.cost_micros = cost;
            record
        })
        .collect();
    assert!(expected.changed > 300, "{expected:?}");
    let (done, corrections) = store
        .usage()
        .recompute(from, to, price)
        .await
        .expect("a recomputation");
    assert_eq!(done, expected);
    let sum = |part: fn(&CostCorrection) -> u64| corrections.iter().map(part).sum::<u64>();
    let changed =
        sum(|one| one.after.micros).cast_signed() - sum(|one| one.before_micros).cast_signed();
    assert_eq!(changed, done.after_micros - done.before_micros);
    let payers = corrections.iter();
    let payers: HashSet<_> = payers
        .map(|one| (one.after.hour, &one.after.payers))
        .collect();
    assert_eq!(payers.len(), corrections.len());
    assert!(payers.iter().any(|(_, payers)| payers.key_id.is_some()));
    assert!(payers.iter().any(|(_, payers)| payers.user_id.is_some()));

    let rows = store
        .usage()
        .recent(&UsageScope::Everyone, 2_000, None)
        .await
        .expect("rows");
    for record in &after {
        let row = rows
            .iter()
            .find(|row| row.id == record.id)
            .expect("the row");
        assert_eq!(row.cost_micros, record.cost_micros);
    }
    let cost: i64 = after.iter().filter_map(|record| record.cost_micros).sum();
    let everything = lines(&store, &UsageScope::Everyone, None).await;
    let sum: i64 = everything.iter().map(|line| line.totals.cost_micros).sum();
    assert_eq!(sum, cost);
    let unpriced = after.iter().filter(|record| record.cost_micros.is_none());
    let counted: u64 = everything.iter().map(|line| line.totals.unpriced).sum();
    assert_eq!(counted, unpriced.count() as u64);
    let lines = lines(&store, &UsageScope::Everyone, Some(at(-3 * HOUR_MS))).await;
    let since = at(-3 * HOUR_MS).timestamp_millis().div_euclid(HOUR_MS) * HOUR_MS;
    let recent: i64 = after
        .iter()
        .filter(|record| record.at.timestamp_millis() >= since)
        .filter_map(|record| record.cost_micros)
        .sum();
    let summed: i64 = lines.iter().map(|line| line.totals.cost_micros).sum();
    assert_eq!(summed, recent);

    // Whatever else sums are read from says the same.
    let everything = CubeQuery {
        slots: slot(at(-100 * HOUR_MS).timestamp_millis())..slot(at(HOUR_MS).timestamp_millis()),
        axes: axes([]),
        only: Vec::new(),
        containing: None,
    };
    let cube = store.usage().cube(&UsageScope::Everyone, everything).await;
    let cells = cube.expect("a cube").cells;
    let summed: i64 = cells.iter().map(|cell| cell.sums.cost).sum();
    assert_eq!(summed, cost);

    let (again, corrections) = store
        .usage()
        .recompute(from, to, price)
        .await
        .expect("a recomputation");
    assert_eq!(corrections, []);
    assert_eq!((again.changed, again.requests), (0, expected.requests));
    assert_eq!(again.before_micros, again.after_micros);
}
