//! The fuzzers' checks over their committed corpus, with the ordinary compiler.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

#[path = "checks/answer.rs"]
mod answer;
#[path = "checks/json.rs"]
mod json;
#[path = "checks/request.rs"]
mod request;

fn over(target: &str, check: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let files = fs::read_dir(&corpus).expect("a corpus");
    let mut count = 0;
    for file in files {
        let path = file.expect("a file").path();
        check(&fs::read(&path).expect("its bytes"));
        count += 1;
    }
    assert!(count > 0, "{} is empty", corpus.display());
}

#[test]
fn requests_of_the_corpus_hold() {
    over("request", request::request);
}

#[test]
fn answers_of_the_corpus_hold() {
    over("answer", answer::answer);
}

#[test]
fn documents_of_the_corpus_hold() {
    over("json", json::json);
}
