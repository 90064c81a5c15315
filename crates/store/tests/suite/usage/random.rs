//! Random records over three days, the same ones for every engine.

use api::ids::{ConnectionId, KeyId, ProviderId, UserId};
use api::usage::{Outcome, Tokens};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use store::records::{UsageRecord, UsageSource};

use crate::samples::{HOUR_MS, at, attempt, request};

pub(crate) fn records(seed: u64, count: usize) -> Vec<UsageRecord> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..count).map(|_| record(&mut rng)).collect()
}

fn record(rng: &mut StdRng) -> UsageRecord {
    if rng.random_bool(0.5) {
        return common(rng);
    }
    let id = format!("{:032x}", rng.random::<u128>());
    let connection = maybe(rng, &["c1", "c2"]).map(ConnectionId);
    let outcome = *Outcome::ALL.choose(rng).expect("an outcome");
    let attempts = match &connection {
        Some(connection) => vec![attempt(connection, outcome, Some(500)); rng.random_range(0..3)],
        None => Vec::new(),
    };
    UsageRecord {
        endpoint: maybe(rng, &["/v1/messages", "/v1/chat/completions"]),
        client_format: maybe(rng, &["anthropic", "openai-chat"]),
        upstream_format: maybe(rng, &["anthropic", "openai-chat"]),
        is_stream: rng.random(),
        provider: maybe(rng, &["acme", "Zeta", "émile"]).map(ProviderId),
        connection_id: connection,
        key_id: maybe(rng, &["k1", "k2"]).map(KeyId),
        user_id: maybe(rng, &["u1", "u2"]).map(UserId),
        combo: maybe(rng, &["fast"]),
        model_requested: maybe(rng, &["acme/a", "acme/b", "b"]),
        model_served: maybe(rng, &["a", "b"]),
        tokens: Tokens {
            input: rng.random_range(0..1_000_000),
            cache_read: rng.random_range(0..1_000_000),
            cache_write: rng.random_range(0..10),
            output: rng.random_range(0..10_000),
            reasoning: rng.random_range(0..100),
        },
        usage_source: *[
            UsageSource::Reported,
            UsageSource::Estimated,
            UsageSource::None,
        ]
        .choose(rng)
        .expect("a source"),
        cost_micros: rng.random_bool(0.7).then(|| rng.random_range(0..5_000_000)),
        ttft_ms: rng.random_bool(0.7).then(|| rng.random_range(0..200_000)),
        duration_ms: rng.random_range(0..400_000),
        status: *[200, 400, 429, 499, 502].choose(rng).expect("a status"),
        outcome,
        error: maybe(rng, &["overloaded"]),
        user_agent: maybe(rng, &["client/1.0"]),
        attempts,
        // Coarse, so that some share a millisecond.
        ..request(&id, at(-rng.random_range(0..72 * 60) * (HOUR_MS / 60)))
    }
}

/// As most requests are: like many others of the same hour, so that batches meet in one row.
fn common(rng: &mut StdRng) -> UsageRecord {
    let id = format!("{:032x}", rng.random::<u128>());
    UsageRecord {
        user_id: Some(UserId::from("u1")),
        tokens: Tokens {
            input: rng.random_range(0..1_000_000),
            ..Tokens::default()
        },
        cost_micros: rng.random_bool(0.7).then(|| rng.random_range(0..5_000_000)),
        ttft_ms: rng.random_bool(0.7).then(|| rng.random_range(0..200_000)),
        duration_ms: rng.random_range(0..400_000),
        ..request(&id, at(-rng.random_range(0..2 * HOUR_MS)))
    }
}

fn maybe(rng: &mut StdRng, values: &[&str]) -> Option<String> {
    let some = rng.random_bool(0.8);
    some.then(|| (*values.choose(rng).expect("a value")).to_owned())
}
