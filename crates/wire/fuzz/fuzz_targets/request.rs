#![no_main]

#[path = "../../tests/checks/request.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::request(data));
