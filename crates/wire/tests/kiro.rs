//! Kiro as an upstream: requests to it, its streams by fixture, and what must hold for any of them.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/fixtures.rs"]
mod files;
#[path = "kiro/frames.rs"]
mod frames;
#[path = "kiro/requests.rs"]
mod requests;
#[path = "kiro/streams.rs"]
mod streams;

fn fixtures(kind: &str) -> Vec<(String, Vec<u8>)> {
    files::fixtures(&format!("kiro/{kind}"))
}
