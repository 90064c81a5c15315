//! Kiro as an upstream: requests to it, its streams by fixture, and what must hold for any of them.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "kiro/frames.rs"]
mod frames;
#[path = "kiro/requests.rs"]
mod requests;
#[path = "kiro/streams.rs"]
mod streams;

use std::path::Path;

/// The files in `fixtures/kiro/<kind>`, in order.
fn fixtures(kind: &str) -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kiro");
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
