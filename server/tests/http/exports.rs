//! Exports take what their reader takes: nothing is read ahead of it, and nothing is held while it waits.

use std::time::Duration;

use futures::StreamExt as _;
use sea_orm_migration::sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use serde_json::Value;

use crate::support::TestApp;

const ROWS: i64 = 40_000;

/// Rows of a log from `first` to before `end`, three of them in each millisecond.
async fn insert(database: &DatabaseConnection, first: i64, end: i64) {
    let statement = format!(
        "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {end} - 1) \
        INSERT INTO usage (id, at, endpoint, is_stream, model_requested, model_served, input, cache_read, cache_write, \
        output, reasoning, usage_source, duration_ms, status, outcome) \
        SELECT 'r' || substr('0000' || i, -5), 1795363456789 + i / 3, '/v1/messages', 0, 'x/m', 'm', \
        1, 0, 0, 2, 0, 'reported', 5, 200, 'ok' FROM n"
    );
    database.execute_unprepared(&statement).await.expect("rows");
}

/// Puts all of the log of changes into the database; says whether a reader hindered that.
async fn is_hindered(database: &DatabaseConnection) -> bool {
    let statement = Statement::from_string(
        database.get_database_backend(),
        "PRAGMA wal_checkpoint(TRUNCATE)",
    );
    let row = database.query_one_raw(statement).await.expect("an answer");
    let row = row.expect("a row");
    row.try_get_by_index::<i64>(0).expect("a number") != 0
}

#[tokio::test]
async fn an_export_of_the_log_waits_for_its_reader_and_neither_skips_nor_repeats() {
    let app = TestApp::new().await;
    let admin = app.signed_in().await;
    let database = app.store.database();
    insert(database, 0, ROWS).await;
    let response = admin
        .get("/api/usage/logs/export?format=json&period=all")
        .await;
    assert_eq!(response.status(), 200);
    let mut body = response.bytes_stream();
    let mut whole = Vec::from(body.next().await.expect("a beginning").expect("bytes"));
    // It reads on until what lies between it and us is full, and then no further.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!is_hindered(database).await, "it holds no snapshot");
    insert(database, ROWS, ROWS + 1_000).await;
    let older = format!("DELETE FROM usage WHERE id < 'r{:05}'", ROWS / 2);
    database.execute_unprepared(&older).await.expect("deleted");
    while let Some(chunk) = body.next().await {
        whole.extend_from_slice(&chunk.expect("bytes"));
    }
    let rows: Value = serde_json::from_slice(&whole).expect("JSON");
    let ids: Vec<&str> = rows
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| row["id"].as_str().expect("an id"))
        .collect();
    let expected = (ROWS / 2..ROWS).rev().map(|i| format!("r{i:05}"));
    let expected: Vec<String> = expected.collect();
    assert_eq!(ids.len(), expected.len());
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn an_export_whose_reader_has_left_holds_nothing() {
    let app = TestApp::new().await;
    let admin = app.signed_in().await;
    let database = app.store.database();
    insert(database, 0, ROWS).await;
    for _ in 0..20 {
        let response = admin
            .get("/api/usage/logs/export?format=json&period=all")
            .await;
        let mut body = response.bytes_stream();
        body.next().await.expect("a beginning").expect("bytes");
    }
    // More of them than there are connections: one that went on would keep one.
    assert!(!is_hindered(database).await);
    assert_eq!(admin.get("/api/usage/logs").await.status(), 200);
}
