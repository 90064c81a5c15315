//! A record counts once, whoever brings it and however often.

use api::ids::ConnectionId;
use api::usage::Outcome;
use store::Store;
use store::records::UsageRecord;
use store::usage::UsageScope;
use tokio::task::JoinSet;

use super::random;
use super::sums::lines;
use crate::samples::{at, attempt, raw, raw_number, request};

pub(crate) async fn appending_again_counts_nothing(store: Store) {
    let records = random::records(3, 120);
    let usage = store.usage();
    usage.append(&records[..80]).await.expect("a batch");
    // Half of it is there, and the other half is in it twice.
    let doubled: Vec<_> = records[40..]
        .iter()
        .chain(&records[80..])
        .cloned()
        .collect();
    usage.append(&doubled).await.expect("a batch");
    let once = everything(&store).await;
    usage.append(&records).await.expect("a batch");
    assert_eq!(everything(&store).await, once);
    assert_eq!(once.0, 120);
    let attempts: usize = records.iter().map(|record| record.attempts.len()).sum();
    let stored = raw_number(&store, "SELECT COUNT(*) FROM attempts").await;
    assert_eq!(stored, i64::try_from(attempts).expect("few"));
}

pub(crate) async fn many_writers_at_once_count_everything_once(store: Store) {
    let records = random::records(4, 200);
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let usage = store.usage();
        let mut mine = records.clone();
        mine.rotate_left(writer * 25);
        writers.spawn(async move {
            for batch in mine.chunks(40) {
                usage.append(batch).await.expect("a batch");
            }
        });
    }
    writers.join_all().await;
    let (requests, input) = everything(&store).await;
    assert_eq!(requests, 200);
    assert_eq!(
        input,
        records
            .iter()
            .map(|record| record.tokens.input)
            .sum::<u64>()
    );
}

pub(crate) async fn a_batch_may_be_larger_than_a_statement(store: Store) {
    let records: Vec<_> = (0..3_000)
        .map(|number| UsageRecord {
            model_served: Some(format!("model-{number}")),
            attempts: vec![attempt(&ConnectionId::from("c"), Outcome::Ok, Some(200)); 2],
            ..request(&format!("r-{number:05}"), at(0))
        })
        .collect();
    store.usage().append(&records).await.expect("a batch");
    assert_eq!(everything(&store).await, (3_000, 30_000));
    assert_eq!(
        raw_number(&store, "SELECT block_rows FROM usage_blocks").await,
        3_000
    );
    assert_eq!(
        raw_number(&store, "SELECT COUNT(*) FROM attempts").await,
        6_000
    );
}

pub(crate) async fn a_text_with_a_nul_is_kept(store: Store) {
    let record = UsageRecord {
        model_requested: Some("a\0b\u{1f}c".to_owned()),
        model_served: None,
        error: Some("\0".to_owned()),
        ..request("nul", at(0))
    };
    store.usage().append(&[record]).await.expect("a batch");
    let lines = lines(&store, &UsageScope::Everyone, None).await;
    assert_eq!(lines[0].model.as_deref(), Some("a\u{fffd}b\u{fffd}c"));
    let rows = store
        .usage()
        .recent(&UsageScope::Everyone, 1, None)
        .await
        .expect("rows");
    assert_eq!(rows[0].error.as_deref(), Some("\u{fffd}"));
}

pub(crate) async fn attempts_are_kept_in_order(store: Store) {
    let (first, second) = (ConnectionId::from("c1"), ConnectionId::from("c2"));
    let record = UsageRecord {
        attempts: vec![
            attempt(&first, Outcome::UpstreamError, None),
            attempt(&second, Outcome::Ok, Some(200)),
        ],
        ..request("r", at(0))
    };
    store.usage().append(&[record]).await.expect("a batch");
    let rows = raw(&store, "SELECT * FROM attempts ORDER BY usage_id, ordinal").await;
    let seen: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.try_get::<String>("", "usage_id").expect("a text"),
                row.try_get::<i32>("", "ordinal").expect("a number"),
                row.try_get::<String>("", "connection_id").expect("a text"),
                row.try_get::<Option<i32>>("", "status").expect("a number"),
                row.try_get::<String>("", "outcome").expect("a text"),
                row.try_get::<Option<String>>("", "error").expect("a text"),
                row.try_get::<i64>("", "started_ms").expect("a number"),
                row.try_get::<i64>("", "duration_ms").expect("a number"),
                row.try_get::<Option<i64>>("", "ttft_ms").expect("a number"),
            )
        })
        .collect();
    let text = str::to_owned;
    let said = Some(text("so said the upstream"));
    assert_eq!(
        seen,
        [
            (
                text("r"),
                0,
                text("c1"),
                None,
                text("upstream_error"),
                said,
                1,
                2,
                Some(3)
            ),
            (
                text("r"),
                1,
                text("c2"),
                Some(200),
                text("ok"),
                None,
                1,
                2,
                Some(3)
            ),
        ]
    );
}

/// Requests and input tokens over all lines.
async fn everything(store: &Store) -> (u64, u64) {
    let lines = lines(store, &UsageScope::Everyone, None).await;
    let requests = lines.iter().map(|line| line.totals.requests).sum();
    (
        requests,
        lines.iter().map(|line| line.totals.tokens.input).sum(),
    )
}
