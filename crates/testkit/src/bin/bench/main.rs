//! What the router costs: the same requests to the same upstream, directly and through the router, side by side.
//!
//! `cargo run --release -p testkit --bin bench -- --router target/release/ninerouter`
//!
//! Direct and routed rounds alternate, so that a busy machine disturbs both alike.
//! Ten combos of five targets are configured. Of two the cost is measured: one whose first target answers, and one
//! whose first target refuses, so that the next is asked.
//! A run is bounded in time (`--seconds`, 45) and in requests per cell (`--requests`, 4000).
#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot run says why and stops"
)]
#![expect(clippy::print_stdout, reason = "the figures are its output")]

mod http_client;
mod load;
mod router;
mod stats;

use std::path::PathBuf;
use std::time::Duration;

use crate::load::{Budget, Kind, Target};
use crate::router::{COMBO, FAILOVER, Router};
use crate::stats::Stats;

const CONCURRENCY: [usize; 3] = [1, 16, 64];
/// How often direct and routed take turns in one cell.
const ROUNDS: u32 = 3;

struct Args {
    router: PathBuf,
    seconds: u64,
    requests: usize,
}

#[tokio::main]
async fn main() {
    let args = read_args();
    let upstream = load::upstream().await;
    let router = Router::start(&args.router, &upstream.url()).await;
    let direct = Target {
        address: upstream_address(&upstream.url()),
        model: "model",
        key: "upstream-key".to_owned(),
    };
    let routed = |model| Target {
        address: router.address(),
        model,
        key: router.key().to_owned(),
    };
    let plain = Kind::ALL.map(|kind| (kind.name(), kind, "bench/model"));
    let combos = [
        ("first of five, 2 KB", Kind::Small, COMBO),
        ("one failover, 2 KB", Kind::Small, FAILOVER),
        ("one failover, 80 KB", Kind::Large, FAILOVER),
    ];
    let rows: Vec<_> = plain.into_iter().chain(combos).collect();

    let cells = u32::try_from(rows.len() * CONCURRENCY.len()).expect("a handful of cells");
    let budget = Budget {
        time: Duration::from_secs(args.seconds) / (cells * ROUNDS * 2),
        requests: args.requests / ROUNDS as usize,
    };
    println!("router: resident {} when idle", router.resident());
    println!("{}", stats::header());
    for (name, kind, model) in rows {
        let routed = routed(model);
        for concurrency in CONCURRENCY {
            let (mut without, mut with) = (Stats::default(), Stats::default());
            for _ in 0..ROUNDS {
                without.add(load::round(&direct, kind, concurrency, budget).await);
                with.add(load::round(&routed, kind, concurrency, budget).await);
            }
            println!("{}", stats::row(name, concurrency, &mut without, &mut with));
        }
    }
    println!("router: resident {} afterwards", router.resident());
}

fn read_args() -> Args {
    let mut args = Args {
        router: PathBuf::from("target/release/ninerouter"),
        seconds: 45,
        requests: 4000,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().expect("a value after every option");
        match word.as_str() {
            "--router" => args.router = PathBuf::from(value),
            "--seconds" => args.seconds = value.parse().expect("--seconds takes a whole number"),
            "--requests" => args.requests = value.parse().expect("--requests takes a whole number"),
            _ => unreachable!("expected --router PATH, --seconds N or --requests N, found {word}"),
        }
    }
    args
}

fn upstream_address(url: &str) -> String {
    url.trim_start_matches("http://").to_owned()
}
