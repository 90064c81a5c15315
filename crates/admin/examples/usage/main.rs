//! How fast usage goes in and out, and how fast any question about it is answered; see `docs/USAGE_BENCHMARK.md`.
//!
//! `cargo run --release -p admin --example usage -- URL ROWS`: fills an empty database, then asks.
//! With a third argument, `export`, it reads the whole log instead.
#![expect(clippy::print_stdout, reason = "it answers on stdout")]
#![expect(clippy::cast_precision_loss, reason = "for display")]

mod export;
mod generator;
mod questions;

use std::collections::HashMap;
use std::error::Error;
use std::time::{Duration, Instant};

use accounts::Accounts;
use admin::auth::Visitor;
use admin::{Actor, Admin, AdminConfig};
use api::auth::LoginParams;
use api::settings::Timeouts;
use gateway::snapshot::Policy;
use gateway::upstream::UpstreamConfig;
use gateway::{Gateway, GatewayConfig};
use secrecy::SecretString;
use store::Store;
use store::vault::Vault;

use crate::generator::Generator;

/// As many as the recorder writes at most at once.
const BATCH: usize = 500;
/// Batches between two runs of the background task, which in the program come every ten seconds.
const BETWEEN: usize = 40;
const PASSWORD: &str = "a password of no consequence";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments
        .next()
        .unwrap_or_else(|| "sqlite::memory:".to_owned());
    let rows: usize = arguments.next().map_or(Ok(20_000), |rows| rows.parse())?;
    let store = Store::connect(&url, Vault::new(&[7; 32])).await?;
    migration::run(store.database()).await?;

    let everyone = store::usage::UsageScope::Everyone;
    if store.usage().first_at(&everyone).await?.is_none() {
        fill(&store, rows).await?;
    }
    let (admin, actor) = open(store).await?;
    match arguments.next().as_deref() {
        Some("export") => export::read(&admin, &actor).await,
        _ => questions::ask(&admin, &actor).await,
    }
}

async fn fill(store: &Store, rows: usize) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    let (mut writing, mut compacting) = (Duration::ZERO, Duration::ZERO);
    let mut longest = Duration::ZERO;
    let mut generator = Generator::new(rows);
    let mut written = 0;
    for number in 1.. {
        let batch = generator.batch(BATCH);
        let Some(last) = batch.last() else { break };
        let start = Instant::now();
        store.usage().append(&batch).await?;
        writing += start.elapsed();
        written += batch.len();
        if number % BETWEEN == 0 {
            let start = Instant::now();
            store.usage().compact(last.at).await?;
            compacting += start.elapsed();
            longest = longest.max(start.elapsed());
        }
        if written % 1_000_000 < BATCH {
            println!(
                "{written} rows: {:.0} rows/s written, {:.0} rows/s with the background task",
                written as f64 / writing.as_secs_f64(),
                written as f64 / (writing + compacting).as_secs_f64(),
            );
        }
    }
    while store.usage().compact(chrono::Utc::now()).await?.1 {}
    println!(
        "filled in {:?}; background task {compacting:?}, its longest turn {longest:?}",
        began.elapsed()
    );
    Ok(())
}

async fn open(store: Store) -> Result<(Admin, Actor), Box<dyn Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let accounts = Accounts::new(HashMap::new());
    let config = GatewayConfig {
        policy: Policy { key_required: true },
        upstream: UpstreamConfig::default(),
        watchers: Vec::new(),
        capture: false,
        accounts: accounts.clone(),
        keep_alive: Duration::from_secs(10),
        timeouts: Timeouts {
            connect_ms: 10_000,
            first_byte_ms: 10_000,
            idle_ms: 10_000,
        },
    };
    let gateway = Gateway::start(store.clone(), config).await?;
    let config = AdminConfig {
        machine_id: "0123456789abcdef".to_owned(),
        key_secret: SecretString::from("of no consequence either"),
        public_url: None,
        home: None,
        initial_password: Some(SecretString::from(PASSWORD)),
    };
    let admin = Admin::start(store, gateway, accounts, config).await?;
    let visitor = Visitor {
        address: std::net::Ipv4Addr::LOCALHOST.into(),
        is_local: true,
    };
    let params = LoginParams {
        name: None,
        password: PASSWORD.to_owned(),
    };
    let actor = admin.sign_in(&visitor, params).await?;
    Ok((admin, actor))
}
