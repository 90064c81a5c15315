//! Messages, both ways: requests, answers and streams by fixture, and the grammar of the stream we write.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "support/fixtures.rs"]
mod files;
#[path = "anthropic/grammar.rs"]
mod grammar;
#[path = "anthropic/requests.rs"]
mod requests;
#[path = "anthropic/streams.rs"]
mod streams;

/// What the tap is tested with has the format's own directory.
fn fixtures(kind: &str) -> Vec<(String, Vec<u8>)> {
    files::fixtures(&format!("messages/{kind}"))
}
