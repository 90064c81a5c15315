#![no_main]

#[path = "../../tests/checks/json.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::json(data));
