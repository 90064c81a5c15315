//! Responses in Codex's envelope and out of it.
#![expect(clippy::expect_used, reason = "a test may fail")]

use std::path::Path;
use std::time::Duration;

use insta::assert_snapshot;
use proptest::prelude::*;
use wire::codec::{Editor as _, envelope_request};
use wire::codex::StreamEditor;
use wire::dialect::Dialect;
use wire::format::Format;
use wire::framing::Frame;
use wire::ir::note::Notes;
use wire::ir::target::{Restore, Target, Traits};
use wire::stream::translator::{Delivery, Translator};

fn fixture(path: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/openai_responses");
    std::fs::read(root.join(path)).expect("a fixture is readable")
}

fn enveloped(body: &[u8]) -> Result<(String, Vec<String>), String> {
    let target = Target {
        dialect: Dialect::Codex,
        model: "gpt-up".to_owned(),
        traits: Traits::default(),
        seed: "seed".to_owned(),
        project: None,
        profile: None,
        stream: true,
    };
    let mut notes = Notes::new();
    let encoded = envelope_request(Format::OpenaiResponses, body, &target, &mut notes)
        .expect("Codex is an envelope of Responses")
        .map_err(|error| error.to_string())?;
    assert_eq!(encoded.restore, Restore::default());
    let body = String::from_utf8(encoded.body.to_vec()).expect("JSON is text");
    let notes = notes.iter().map(ToString::to_string).collect();
    Ok((body, notes))
}

#[test]
fn a_string_becomes_a_message_and_what_is_refused_goes() {
    let (body, notes) = enveloped(&fixture("request/string_input.json")).expect("it is enveloped");
    assert_snapshot!(body, @r##"{"model":"gpt-up","store":false,"stream":true,"seed":7,"top_logprobs":2,"metadata":{
  "a": "b",
  "n": 1
 },"surprise":{"x":1},"include":["reasoning.encrypted_content"],"instructions":"","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hello"}]}],"parallel_tool_calls":true}"##);
    assert_snapshot!(notes.join("; "), @r##"temperature: dropped: Codex takes no such parameter; max_output_tokens: dropped: Codex takes no such parameter; truncation: dropped: Codex takes no such parameter; service_tier: dropped: Codex takes no such parameter; include: dropped: Codex takes no such parameter"##);
}

#[test]
fn what_codex_takes_stays_as_it_was() {
    let (body, notes) = enveloped(&fixture("request/codex_cli.json")).expect("it is enveloped");
    assert_snapshot!(body);
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn old_names_and_roles_are_brought_up_to_date() {
    let long = "x".repeat(80);
    let body = format!(
        r#"{{"model":"m","input":[{{"role":"system","content":"S"}},
        {{"type":"function_call","call_id":"{long}","name":"f","arguments":"{{\"n\":1.0}}"}},
        {{"type":"function_call_output","call_id":"{long}","output":"r"}}],
        "tools":[{{"type":"web_search_preview_2025_03_11"}},{{"type":"function","name":"f","parameters":{{"default":1.0}}}}],
        "tool_choice":{{"type":"web_search_preview"}},"service_tier":"fast","instructions":null}}"#
    );
    let (body, notes) = enveloped(body.as_bytes()).expect("it is enveloped");
    assert_snapshot!(body, @r##"{"model":"gpt-up","tools":[{"type":"web_search"},{"type":"function","name":"f","parameters":{"default":1.0}}],"tool_choice":{"type":"web_search"},"service_tier":"priority","include":["reasoning.encrypted_content"],"instructions":"","input":[{"role":"developer","content":"S"},{"type":"function_call","call_id":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_67b9d905","name":"f","arguments":"{\"n\":1.0}"},{"type":"function_call_output","call_id":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_67b9d905","output":"r"}],"parallel_tool_calls":true,"store":false,"stream":true}"##);
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn what_would_have_to_be_stored_is_refused() {
    for body in [
        r#"{"model":"m","input":"x","previous_response_id":"resp_1"}"#,
        r#"{"model":"m","input":[{"type":"item_reference","id":"msg_1"}]}"#,
        r#"{"model":"m"}"#,
        "[]",
    ] {
        assert!(enveloped(body.as_bytes()).is_err(), "{body}");
    }
}

fn unwrapped(stream: &[u8], delivery: Delivery) -> (String, Option<u16>) {
    let client = Format::OpenaiResponses;
    let mut translator =
        Translator::unwrapping(Dialect::Codex, client, delivery, Restore::default(), "seed")
            .expect("Codex is an envelope of Responses");
    let mut out = Vec::new();
    translator.feed(stream, Duration::ZERO, &mut out);
    translator.finish(Duration::ZERO, &mut out);
    let text = String::from_utf8(out).expect("events are text");
    (text, translator.failed_early().map(|error| error.status))
}

#[test]
fn events_pass_untouched_but_for_codexs_own() {
    let stream = fixture("stream/reasoning_and_interleaved_calls.sse");
    let text = String::from_utf8(stream.clone()).expect("events are text");
    let (out, _) = unwrapped(&stream, Delivery::Stream);
    assert!(!out.contains("codex."));
    let (_, kept) = text
        .split_once("\n\n")
        .expect("the first event is Codex's own");
    let (same, _) = kept
        .split_once("event: response.completed")
        .expect("there is an end");
    assert!(out.starts_with(same));
}

#[test]
fn an_empty_output_is_filled_from_the_items() {
    let stream = fixture("stream/late_text.sse");
    let (out, _) = unwrapped(&stream, Delivery::Stream);
    let (_, last) = out
        .split_once("event: response.completed")
        .expect("there is an end");
    assert!(last.contains(r#""output":[{"id": "msg_u""#), "{last}");
    let (whole, _) = unwrapped(&stream, Delivery::Whole);
    assert_snapshot!(whole);
}

#[test]
fn a_failure_is_a_status_for_who_does_not_stream() {
    let (out, status) = unwrapped(&fixture("stream/failed.sse"), Delivery::Whole);
    assert_eq!((out.as_str(), status), ("", Some(429)));
    let (_, status) = unwrapped(&fixture("stream/cut.sse"), Delivery::Whole);
    assert_eq!(status, Some(502));
}

proptest! {
    #[test]
    fn nothing_makes_the_editor_panic(data in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut editor = StreamEditor::default();
        let mut out = Vec::new();
        editor.frame(&Frame { event: Vec::new(), data: data.clone() }, &mut out);
        let _ = editor.whole();
        let _ = enveloped(&data);
    }
}
