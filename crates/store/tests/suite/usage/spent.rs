//! What was used up by the hour agrees with the records.

use std::collections::BTreeMap;

use api::ids::{ConnectionId, ProviderId};
use store::Store;

use super::random;
use crate::samples::{HOUR_MS, at};

pub(crate) async fn it_is_what_a_recount_says(store: Store) {
    let records = random::records(3, 400);
    store.usage().append(&records).await.expect("a batch");
    let since = at(-24 * HOUR_MS);
    let first = since.timestamp_millis().div_euclid(HOUR_MS) * HOUR_MS;
    let hour = |at: i64| at.div_euclid(HOUR_MS) * HOUR_MS;
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let mut expected: BTreeMap<_, (u64, u64)> = BTreeMap::new();
    for record in &records {
        let at = hour(record.at.timestamp_millis());
        if at < first {
            continue;
        }
        let who = (
            at,
            text(record.connection_id.as_ref().map(ConnectionId::as_str)),
            text(record.provider.as_ref().map(ProviderId::as_str)),
            text(record.model_served.as_deref()),
            text(record.combo.as_deref()),
        );
        let sums = expected.entry(who).or_default();
        let micros = record.cost_micros.unwrap_or_default();
        sums.0 += u64::try_from(micros).expect("no debt");
        let tokens = &record.tokens;
        sums.1 += tokens.input + tokens.cache_read + tokens.cache_write + tokens.output;
    }
    let spent = store.usage().spent(since).await.expect("sums");
    assert_eq!(spent.len(), expected.len());
    let found = spent.iter().map(|spent| {
        let who = (
            spent.hour.timestamp_millis(),
            text(spent.connection_id.as_ref().map(ConnectionId::as_str)),
            text(spent.provider.as_ref().map(ProviderId::as_str)),
            text(spent.model.as_deref()),
            text(spent.combo.as_deref()),
        );
        (who, (spent.micros, spent.tokens))
    });
    assert_eq!(found.collect::<BTreeMap<_, _>>(), expected);
}
