//! Ollama's chat, both ways: requests and streams by fixture, and the grammar of the lines we write.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "ollama/grammar.rs"]
mod grammar;
#[path = "ollama/requests.rs"]
mod requests;
#[path = "ollama/streams.rs"]
mod streams;

use std::path::Path;

/// The files in `fixtures/ollama/<kind>`, in order.
fn fixtures(kind: &str) -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/ollama");
    let mut fixtures: Vec<(String, Vec<u8>)> = root
        .join(kind)
        .read_dir()
        .expect("there are fixtures")
        .map(|entry| {
            let path = entry.expect("a fixture is listed").path();
            let name = path.file_stem().expect("a fixture has a name");
            let body = std::fs::read(&path).expect("a fixture is readable");
            (name.to_string_lossy().into_owned(), body)
        })
        .collect();
    fixtures.sort();
    assert!(!fixtures.is_empty());
    fixtures
}
