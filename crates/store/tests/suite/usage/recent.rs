//! The request log.

use api::ids::UserId;
use api::key::KeyPatch;
use api::usage::{Outcome, UsageRow};
use store::Store;
use store::records::{UsageRecord, UsageSource};
use store::usage::UsageScope;

use super::random;
use super::sums::lines;
use crate::samples::{admin, at, attempt, connection, key, request};

pub(crate) async fn pages_join_without_gap_or_overlap(store: Store) {
    let mut records = random::records(5, 300);
    store.usage().append(&records).await.expect("a batch");
    records.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
    let expected: Vec<_> = records.iter().map(unnamed).collect();

    let mut rows: Vec<UsageRow> = Vec::new();
    loop {
        let before = rows.last().map(|row| (row.at, row.id.clone()));
        let page = store
            .usage()
            .recent(&UsageScope::Everyone, 37, before)
            .await
            .expect("a page");
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 37);
        rows.extend(page);
    }
    assert_eq!(rows, expected);
}

pub(crate) async fn rows_carry_the_names_of_today(store: Store) {
    let owner = admin(&store).await;
    let (key, connection) = (key(&owner, "old"), connection(&owner, "acme", "a"));
    store.keys().insert(&key).await.expect("a key");
    store
        .connections()
        .insert(&connection)
        .await
        .expect("a connection");
    let record = UsageRecord {
        key_id: Some(key.id.clone()),
        connection_id: Some(connection.id.clone()),
        user_id: Some(owner),
        attempts: vec![attempt(&connection.id, Outcome::Ok, Some(200)); 2],
        ..request("r", at(0))
    };
    store
        .usage()
        .append(std::slice::from_ref(&record))
        .await
        .expect("a batch");
    let renamed = KeyPatch {
        name: Some("new".to_owned()),
        ..KeyPatch::default()
    };
    store.keys().patch(&key.id, &renamed).await.expect("a key");

    let one = async || {
        let mut rows = store
            .usage()
            .recent(&UsageScope::Everyone, 9, None)
            .await
            .expect("rows");
        assert_eq!(rows.len(), 1);
        rows.remove(0)
    };
    let named = UsageRow {
        key_name: Some("new".to_owned()),
        connection_name: Some("a".to_owned()),
        ..unnamed(&record)
    };
    assert_eq!(named.attempts, 2);
    assert_eq!(one().await, named);

    store.keys().delete(&key.id).await.expect("a deletion");
    store
        .connections()
        .delete(&connection.id)
        .await
        .expect("a deletion");
    assert_eq!(one().await, unnamed(&record));
}

pub(crate) async fn a_member_sees_only_theirs(store: Store) {
    let records = random::records(6, 200);
    store.usage().append(&records).await.expect("a batch");
    let user = UserId::from("u2");
    let theirs = records
        .iter()
        .filter(|record| record.user_id.as_ref() == Some(&user))
        .count();
    let scope = UsageScope::User(user);

    let rows = store
        .usage()
        .recent(&scope, 1_000, None)
        .await
        .expect("rows");
    assert_eq!(rows.len(), theirs);
    for row in &rows {
        assert!(
            records.iter().any(|record| record.id == row.id
                && record.user_id.as_ref() == Some(&UserId::from("u2")))
        );
    }
    let last = rows.last().expect("a row");
    let rest = store
        .usage()
        .recent(&scope, 9, Some((last.at, last.id.clone())))
        .await;
    assert!(rest.expect("rows").is_empty());
    let lines = lines(&store, &scope, None).await;
    let requests: u64 = lines.iter().map(|line| line.totals.requests).sum();
    assert_eq!(requests, u64::try_from(theirs).expect("few"));
}

pub(super) fn unnamed(record: &UsageRecord) -> UsageRow {
    UsageRow {
        id: record.id.clone(),
        at: record.at,
        endpoint: record.endpoint.clone(),
        client_format: record.client_format.clone(),
        provider: record.provider.clone(),
        model_requested: record.model_requested.clone(),
        model_served: record.model_served.clone(),
        connection_id: record.connection_id.clone(),
        connection_name: None,
        key_id: record.key_id.clone(),
        key_name: None,
        combo: record.combo.clone(),
        tokens: record.tokens,
        is_estimate: record.usage_source == UsageSource::Estimated,
        cost_micros: record.cost_micros,
        ttft_ms: record.ttft_ms,
        duration_ms: record.duration_ms,
        status: record.status,
        outcome: record.outcome,
        error: record.error.clone(),
        notes: record.notes.clone(),
        attempts: u32::try_from(record.attempts.len()).expect("few"),
    }
}
