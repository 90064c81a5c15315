//! Chat completions, both ways: requests, answers and streams by fixture, and the grammar of the stream we write.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/fixtures.rs"]
mod files;
#[path = "openai_chat/grammar.rs"]
mod grammar;
#[path = "openai_chat/requests.rs"]
mod requests;
#[path = "openai_chat/streams.rs"]
mod streams;

fn fixtures(kind: &str) -> Vec<(String, Vec<u8>)> {
    files::fixtures(&format!("openai_chat/{kind}"))
}
