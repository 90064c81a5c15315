//! Whole requests, kept for a while and within a size.

use api::ids::{RequestId, UserId};
use api::log::{Stage, StageView};
use store::Store;
use store::captures::{CaptureRecord, CaptureSize, StageRecord};
use store::usage::UsageScope;

use crate::samples::{at, raw_number};

fn capture(id: &str, offset: i64, body: &[u8]) -> CaptureRecord {
    let stage = |stage, attempt| StageRecord {
        stage,
        attempt,
        line: "POST /v1/messages".to_owned(),
        headers: vec![("x-a".to_owned(), "\"1\"".to_owned())],
        body: body.to_vec(),
        size: 99_999,
        is_truncated: true,
    };
    CaptureRecord {
        request_id: RequestId::from(id),
        at: at(offset),
        user_id: Some(UserId::from("u1")),
        is_dropped: false,
        stages: vec![
            stage(Stage::ClientRequest, 0),
            stage(Stage::UpstreamRequest, 1),
        ],
    }
}

pub(crate) async fn a_capture_comes_back_as_it_went_in(store: Store) {
    let captures = store.captures();
    let body = "{\"a\": \"é\0\"}".repeat(500);
    let dropped = CaptureRecord {
        is_dropped: true,
        stages: Vec::new(),
        ..capture("dropped", 1, b"")
    };
    captures
        .append(&[capture("a", 0, body.as_bytes()), dropped])
        .await
        .expect("captures");
    // Written again it counts once.
    captures
        .append(&[capture("a", 0, b"other")])
        .await
        .expect("nothing to do");

    let view = captures.get(&"a".into()).await.expect("an answer");
    let view = view.expect("a capture");
    assert_eq!(view.stages.len(), 2);
    let expected = StageView {
        stage: Stage::UpstreamRequest,
        attempt: 1,
        line: "POST /v1/messages".to_owned(),
        headers: vec![("x-a".to_owned(), "\"1\"".to_owned())],
        body,
        size: 99_999,
        is_truncated: true,
    };
    assert_eq!(view.stages[1], expected);
    let view = captures.get(&"dropped".into()).await.expect("an answer");
    assert!(view.expect("a mark").is_dropped);
    assert_eq!(captures.get(&"no".into()).await.expect("an answer"), None);

    let size = captures.size().await.expect("a size");
    assert_eq!(size.requests, 2);
    assert!(size.bytes < 1_000, "it is compressed: {size:?}");

    let stranger = UsageScope::User(UserId::from("u2"));
    assert!(
        !captures
            .delete(&stranger, &"a".into())
            .await
            .expect("an answer")
    );
    let owner = UsageScope::User(UserId::from("u1"));
    assert!(
        captures
            .delete(&owner, &"a".into())
            .await
            .expect("an answer")
    );
    assert_eq!(
        raw_number(&store, "SELECT COUNT(*) FROM capture_stages").await,
        0
    );
    assert_eq!(captures.clear().await.expect("a count"), 1);
    assert_eq!(
        captures.size().await.expect("a size"),
        CaptureSize::default()
    );
}

pub(crate) async fn the_oldest_go_first(store: Store) {
    let captures = store.captures();
    let bodies: Vec<Vec<u8>> = (0..250_u32)
        .map(|seed| {
            let mut state = seed;
            // Noise, which does not compress.
            std::iter::repeat_with(|| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            })
            .take(500)
            .collect()
        })
        .collect();
    let records: Vec<_> = (0..)
        .zip(&bodies)
        .map(|(offset, body)| capture(&format!("{offset:03}"), offset, body))
        .collect();
    captures.append(&records).await.expect("captures");

    let forgotten = captures.trim(at(10), u64::MAX).await.expect("a count");
    assert_eq!(forgotten, 10, "by age");
    let all = captures.size().await.expect("a size");
    let half = all.bytes / 2;
    let forgotten = captures.trim(at(0), half).await.expect("a count");
    let left = captures.size().await.expect("a size");
    assert!(left.bytes <= half && left.bytes > half - 2_000, "{left:?}");
    assert_eq!(forgotten + left.requests, 240);
    let newest = captures.get(&"249".into()).await.expect("an answer");
    assert!(newest.is_some());
    let oldest = captures.get(&"010".into()).await.expect("an answer");
    assert!(oldest.is_none());
    assert_eq!(captures.trim(at(0), half).await.expect("a count"), 0);
}
