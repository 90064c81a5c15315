//! Ollama's chat, both ways: requests and streams by fixture, and the grammar of the lines we write.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/fixtures.rs"]
mod files;
#[path = "ollama/grammar.rs"]
mod grammar;
#[path = "ollama/requests.rs"]
mod requests;
#[path = "ollama/streams.rs"]
mod streams;

fn fixtures(kind: &str) -> Vec<(String, Vec<u8>)> {
    files::fixtures(&format!("ollama/{kind}"))
}
