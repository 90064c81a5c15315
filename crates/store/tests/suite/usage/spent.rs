//! What was used up agrees with the records: by target, by key and by user, by the hour and altogether.

use std::collections::HashMap;

use store::Store;
use store::records::{Payers, SpentRecord, UsageRecord};
use store::usage::UsageScope;

use super::random;
use crate::samples::{HOUR_MS, at};

type Sums = HashMap<(i64, Payers), (u64, u64)>;

/// Everything that is paid for by a target, by a key or by a user; `hour` says of which hour it is.
fn recount(records: &[UsageRecord], hour: impl Fn(i64) -> Option<i64>) -> Sums {
    let mut sums = Sums::new();
    for record in records {
        let Some(hour) = hour(record.at.timestamp_millis()) else {
            continue;
        };
        let all = Payers::from(record);
        let by_target = Payers {
            key_id: None,
            user_id: None,
            ..all.clone()
        };
        let by_key = Payers {
            key_id: all.key_id,
            ..Payers::default()
        };
        let by_user = Payers {
            user_id: all.user_id,
            ..Payers::default()
        };
        for payers in [by_target, by_key, by_user] {
            if payers == Payers::default() {
                continue;
            }
            let sum = sums.entry((hour, payers)).or_default();
            let micros = record.cost_micros.unwrap_or_default();
            sum.0 += u64::try_from(micros).expect("no debt");
            let tokens = &record.tokens;
            sum.1 += tokens.input + tokens.cache_read + tokens.cache_write + tokens.output;
        }
    }
    sums
}

fn found(spent: Vec<SpentRecord>) -> Sums {
    let count = spent.len();
    let found = spent.into_iter().map(|spent| {
        let hour = spent.hour.timestamp_millis();
        ((hour, spent.payers), (spent.micros, spent.tokens))
    });
    let found: Sums = found.collect();
    assert_eq!(found.len(), count, "each is there once");
    found
}

pub(crate) async fn it_is_what_a_recount_says(store: Store) {
    let records = random::records(3, 400);
    store.usage().append(&records).await.expect("a batch");
    let since = at(-24 * HOUR_MS);
    let hour = |at: i64| at.div_euclid(HOUR_MS) * HOUR_MS;
    let first = hour(since.timestamp_millis());
    let by_hour = recount(&records, |at| (at >= first).then(|| hour(at)));
    let spent = store.usage().spent(since).await.expect("sums");
    assert_eq!(found(spent), by_hour);
    let any = |is_one: fn(&Payers) -> bool| by_hour.keys().any(|(_, payers)| is_one(payers));
    assert!(any(|payers| payers.key_id.is_some()));
    assert!(any(|payers| payers.user_id.is_some()));
    assert!(any(|payers| payers.combo.is_some()));

    // Slots are quarters of an hour.
    let quarter = |at: i64| at.div_euclid(HOUR_MS / 4);
    let slots = quarter(first)..quarter(first) + 40;
    let whole = recount(&records, |at| slots.contains(&quarter(at)).then_some(first));
    let everyone = UsageScope::Everyone;
    let spent = store.usage().spent_within(&everyone, slots).await;
    assert_eq!(found(spent.expect("sums")), whole);
}
