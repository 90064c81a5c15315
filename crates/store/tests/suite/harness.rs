//! A harness as small as it can be: what `cargo test` and `cargo nextest` ask of one, and no more.
//!
//! The built-in one cannot decide at run time that a test is ignored.

use std::pin::Pin;
use std::process::ExitCode;

use store::Store;

use crate::engine::Engine;

pub(crate) type Body = fn(Store) -> Pin<Box<dyn Future<Output = ()>>>;

pub(crate) struct Test {
    pub(crate) name: &'static str,
    pub(crate) body: Body,
}

/// Names each function as a test; each takes a fresh, migrated store.
macro_rules! tests {
    ($($($path:ident)::+),* $(,)?) => {
        &[$($crate::harness::Test {
            name: concat!($("::", stringify!($path)),+),
            body: |store| Box::pin($crate::$($path)::+(store)),
        }),*]
    };
}
pub(crate) use tests;

#[expect(clippy::print_stdout, reason = "this is how a harness answers")]
pub(crate) fn run(tests: &[Test]) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    // `terse` is the value of `--format`.
    let filters: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-') && *argument != "terse")
        .collect();

    let mut run = 0_u32;
    let mut ignored = 0_u32;
    for engine in Engine::ALL {
        let is_ignored = !engine.is_there();
        for test in tests {
            let name = format!("{}{}", engine.name(), test.name);
            let is_chosen = filters.is_empty()
                || filters.iter().any(|filter| {
                    if has("--exact") {
                        **filter == name
                    } else {
                        name.contains(filter.as_str())
                    }
                });
            if !is_chosen || (has("--ignored") && !is_ignored) {
                continue;
            }
            if has("--list") {
                println!("{name}: test");
            } else if is_ignored && !has("--ignored") && !has("--include-ignored") {
                println!("{name} ... ignored: TEST_POSTGRES_URL is not set");
                ignored += 1;
            } else {
                println!("{name} ...");
                engine.with_fresh_store(test.body);
                run += 1;
            }
        }
    }
    if !has("--list") {
        println!("test result: ok. {run} passed; {ignored} ignored");
    }
    ExitCode::SUCCESS
}
