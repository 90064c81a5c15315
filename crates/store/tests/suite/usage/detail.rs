//! One request in full comes back as it was written.

use api::ids::RequestId;
use api::log::SkipReason;
use api::price::{AppliedPrice, PriceSource, Rates};
use api::usage::Outcome;
use store::Store;
use store::records::{AttemptRecord, SkipRecord};
use store::usage::UsageScope;

use super::recent::unnamed;
use crate::samples::{at, attempt, request};

pub(crate) async fn a_decision_comes_back_as_it_was_made(store: Store) {
    let price = AppliedPrice {
        source: PriceSource::Override,
        rates: Rates {
            input: 1,
            output: 2,
            cache_read: 3,
            cache_write: 4,
            reasoning: 5,
        },
    };
    let mut record = request("r", at(0));
    record.price = Some(price);
    record.attempts = vec![
        AttemptRecord {
            headers_ms: Some(12),
            failure: Some("rate_limit".to_owned()),
            rest_until: Some(at(60_000)),
            ..attempt(&"c1".into(), Outcome::UpstreamError, Some(429))
        },
        attempt(&"c2".into(), Outcome::Ok, Some(200)),
    ];
    record.skipped = vec![
        SkipRecord {
            provider: "acme".into(),
            connection_id: Some("c3".into()),
            model: "large".to_owned(),
            at_ms: 7,
            after: 1,
            reason: SkipReason::Resting,
            failure: Some("quota".to_owned()),
            until: Some(at(5_000)),
            words: None,
        },
        SkipRecord {
            provider: "zeta".into(),
            connection_id: None,
            model: "small".to_owned(),
            at_ms: 8,
            after: 1,
            reason: SkipReason::Untranslatable,
            failure: None,
            until: None,
            words: Some("a \"reason\" with a \0".to_owned()),
        },
    ];
    store
        .usage()
        .append(std::slice::from_ref(&record))
        .await
        .expect("a batch");
    let usage = store.usage();
    let detail = usage
        .detail(&UsageScope::Everyone, &record.id)
        .await
        .expect("an answer")
        .expect("a request");
    assert_eq!(detail.row, unnamed(&record));
    assert_eq!(detail.price, Some(price));
    assert_eq!(detail.skipped, record.skipped);
    assert_eq!(
        format!("{:?}", detail.attempts),
        format!("{:?}", record.attempts)
    );
    assert_eq!(detail.user_agent, record.user_agent);
    assert_eq!(detail.upstream_format, record.upstream_format);
    assert!(detail.is_stream);

    let none = usage
        .detail(&UsageScope::Everyone, &RequestId::from("no"))
        .await;
    assert!(none.expect("an answer").is_none());
}
