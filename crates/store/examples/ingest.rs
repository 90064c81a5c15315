//! How fast usage goes in and comes out: `cargo run --release -p store --example ingest -- URL ROWS`.
//!
//! Writes batches as the recorder does, 200 rows each, into the database at the URL, and reads the usage page.
#![expect(clippy::print_stdout, reason = "it answers on stdout")]

use std::error::Error;
use std::time::Instant;

use api::ids::{ConnectionId, KeyId, ProviderId, RequestId, UserId};
use api::usage::{Outcome, Tokens};
use chrono::{DateTime, TimeDelta, Utc};
use store::Store;
use store::records::{AttemptRecord, UsageRecord, UsageSource};
use store::usage::UsageScope;
use store::vault::Vault;

const BATCH: u32 = 200;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments
        .next()
        .unwrap_or_else(|| "sqlite::memory:".to_owned());
    let rows: u32 = arguments.next().map_or(Ok(20_000), |rows| rows.parse())?;
    let store = Store::connect(&url, Vault::new(&Vault::generate_key())).await?;
    migration::run(store.database()).await?;

    let start = Instant::now();
    for batch in 0..rows / BATCH {
        let records: Vec<_> = (0..BATCH).map(|row| record(batch * BATCH + row)).collect();
        store.usage().append(&records).await?;
    }
    let rate = f64::from(rows) / start.elapsed().as_secs_f64();
    println!("append: {rate:.0} rows/s");

    let usage = store.usage();
    let user = UsageScope::User(UserId::from("user-1"));
    for (name, scope) in [("everyone", UsageScope::Everyone), ("one user", user)] {
        let start = Instant::now();
        let lines = usage.lines(&scope, None).await?.len();
        println!("{name}: {lines} lines in {:?}", start.elapsed());
        let start = Instant::now();
        let points = usage.points(&scope, None, 86_400).await?.len();
        println!("{name}: {points} points in {:?}", start.elapsed());
        let start = Instant::now();
        let rows = usage.recent(&scope, 50, None).await?.len();
        println!("{name}: {rows} rows in {:?}", start.elapsed());
    }
    Ok(store.close().await?)
}

/// A request a minute, of twenty users with a model or two each.
fn record(number: u32) -> UsageRecord {
    let user = number % 20;
    let connection = ConnectionId(format!("connection-{}", user % 5));
    let model = format!("model-{}", number % 7);
    UsageRecord {
        id: RequestId(format!("{:032x}", u128::from(number) * 0x9e37_79b9)),
        at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(i64::from(number)),
        endpoint: Some("/v1/messages".to_owned()),
        client_format: Some("anthropic".to_owned()),
        upstream_format: Some("anthropic".to_owned()),
        is_stream: true,
        provider: Some(ProviderId::from("acme")),
        connection_id: Some(connection.clone()),
        key_id: Some(KeyId(format!("key-{user}"))),
        user_id: Some(UserId(format!("user-{user}"))),
        combo: None,
        model_requested: Some(model.clone()),
        model_served: Some(model.clone()),
        tokens: Tokens {
            input: u64::from(number % 1_000),
            output: 400,
            ..Tokens::default()
        },
        usage_source: UsageSource::Reported,
        cost_micros: Some(1_200),
        is_flat_rate: false,
        ttft_ms: Some(number % 3_000),
        duration_ms: number % 30_000,
        status: 200,
        outcome: Outcome::Ok,
        error: None,
        user_agent: Some("client/1.0".to_owned()),
        tag: None,
        notes: Vec::new(),
        price: None,
        skipped: Vec::new(),
        attempts: vec![AttemptRecord {
            headers_ms: None,
            provider: ProviderId::from("acme"),
            connection_id: connection,
            model,
            started_ms: 1,
            duration_ms: number % 30_000,
            ttft_ms: Some(number % 3_000),
            status: Some(200),
            outcome: Outcome::Ok,
            error: None,
            failure: None,
            rest_until: None,
        }],
    }
}
