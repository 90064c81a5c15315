use std::fmt::Write as _;

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::Value;
use wire::codec::{decode_request, translate_request};
use wire::dialect::Dialect;
use wire::format::Format;
use wire::ir::note::Notes;
use wire::ir::target::{Target, Traits};

fn target(dialect: Dialect, model: &str) -> Target {
    Target {
        dialect,
        model: model.to_owned(),
        traits: Traits::default(),
        seed: "seed".to_owned(),
        project: None,
        profile: None,
        stream: true,
    }
}

/// The request as `target` gets it, and what was said about it.
fn translated(format: Format, body: &[u8], target: &Target) -> String {
    let mut notes = Notes::new();
    let mut shown = match translate_request(format, body, target, &mut notes) {
        Ok(encoded) => {
            // As it is spelled, so that arguments show.
            let body = String::from_utf8(encoded.body.to_vec()).expect("text");
            let _: Value = serde_json::from_str(&body).expect("a request is JSON");
            format!(
                "{}\n{:?}\n",
                body.replace("{\"role\"", "\n  {\"role\""),
                encoded.restore
            )
        }
        Err(error) => format!("{} {:?}: {error}\n", error.status, error.kind),
    };
    for note in notes.iter() {
        writeln!(shown, "{note}").expect("a string can be written to");
    }
    shown
}

#[test]
fn clients_requests_reach_other_formats() {
    for (name, request) in super::fixtures("requests") {
        for dialect in [Dialect::Ollama, Dialect::OpenaiChat, Dialect::Gemini] {
            let shown = translated(Format::Ollama, &request, &target(dialect, "target"));
            assert_snapshot!(format!("{name}_to_{dialect}"), shown);
        }
    }
}

#[test]
fn other_formats_requests_reach_ollama() {
    for (name, request) in super::fixtures("incoming") {
        let (format, _) = name.split_once('_').expect("a fixture names its format");
        let format = Format::parse(format).expect("a format");
        let shown = translated(format, &request, &target(Dialect::Ollama, "qwen3"));
        assert_snapshot!(name, shown);
    }
}

#[test]
fn only_models_that_take_levels_are_told_one() {
    let request =
        br#"{"model":"m","messages":[{"role":"user","content":"hi"}],"reasoning_effort":"xhigh"}"#;
    for (model, think) in [("gpt-oss:20b", "\"high\""), ("qwen3", "true")] {
        let shown = translated(Format::OpenaiChat, request, &target(Dialect::Ollama, model));
        assert!(shown.contains(&format!("\"think\":{think}")), "{shown}");
    }
}

#[test]
fn a_request_without_messages_has_no_turns() {
    let mut notes = Notes::new();
    let request = decode_request(Format::Ollama, br#"{"model":"m"}"#, &mut notes).expect("a probe");
    assert!(request.turns.is_empty() && request.stream);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_read_without_a_panic(body in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = decode_request(Format::Ollama, &body, &mut Notes::new());
    }

    /// One value anywhere in a good request becomes another.
    #[test]
    fn any_value_is_read_without_a_panic(place in any::<prop::sample::Index>(), value in prop::sample::select(vec!["null", "1", "-1", "1e99", "\"x\"", "[]", "[1]", "{}", "true"])) {
        let (_, body) = &super::fixtures("requests")[0];
        let mut json: Value = serde_json::from_slice(body).expect("a request is JSON");
        let mut paths = Vec::new();
        pointers(&json, String::new(), &mut paths);
        let path = &paths[place.index(paths.len())];
        *json.pointer_mut(path).expect("a place") = serde_json::from_str(value).expect("JSON");
        for dialect in [Dialect::Ollama, Dialect::Kiro] {
            translated(Format::Ollama, json.to_string().as_bytes(), &target(dialect, "m"));
        }
    }
}

fn pointers(json: &Value, path: String, paths: &mut Vec<String>) {
    match json {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, format!("{path}/{index}"), paths);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                pointers(value, format!("{path}/{key}"), paths);
            }
        }
        _ => {}
    }
    paths.push(path);
}
