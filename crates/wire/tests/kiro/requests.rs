use std::fmt::Write as _;

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};
use wire::codec::translate_request;
use wire::dialect::Dialect;
use wire::error::WireError;
use wire::format::Format;
use wire::ir::note::Notes;
use wire::ir::target::{Encoded, Target, Traits};

fn target() -> Target {
    Target {
        dialect: Dialect::Kiro,
        model: "claude-sonnet-4.5".to_owned(),
        traits: Traits::default(),
        seed: "seed1".to_owned(),
        project: None,
        profile: Some("arn:aws:codewhisperer:us-east-1:1:profile/X".to_owned()),
        stream: true,
    }
}

fn sent(format: Format, body: &[u8]) -> (Result<Encoded, WireError>, Notes) {
    let mut notes = Notes::new();
    let encoded = translate_request(format, body, &target(), &mut notes);
    (encoded, notes)
}

fn body(encoded: &Encoded) -> Value {
    serde_json::from_slice(&encoded.body).expect("a request is JSON")
}

#[test]
fn requests_are_written_as_the_service_takes_them() {
    for (name, request) in super::fixtures("requests") {
        let (format, _) = name.split_once('_').expect("a fixture names its format");
        let format = Format::parse(format).expect("a format");
        let (encoded, notes) = sent(format, &request);
        let mut shown = match encoded {
            Ok(encoded) => {
                let body: Value = body(&encoded);
                let body = serde_json::to_string_pretty(&body).expect("JSON");
                format!("{body}\n{:#?}\n", encoded.restore)
            }
            Err(error) => format!("{} {:?}: {error}\n", error.status, error.kind),
        };
        for note in notes.iter() {
            writeln!(shown, "{note}").expect("a string can be written to");
        }
        assert_snapshot!(name, shown);
    }
}

/// Any order of roles, with calls that have no result and results that have no call.
fn messages() -> impl Strategy<Value = Vec<Value>> {
    let id = prop::sample::select(vec!["a", "b", "c", "d"]);
    let text = prop::sample::select(vec!["", " ", "x", "long words"]);
    let message = prop_oneof![
        text.clone()
            .prop_map(|text| json!({"role": "user", "content": text})),
        text.clone()
            .prop_map(|text| json!({"role": "system", "content": text})),
        text.clone()
            .prop_map(|text| json!({"role": "assistant", "content": text})),
        (prop::collection::vec(id.clone(), 1..3), text.clone()).prop_map(|(ids, text)| {
            let calls: Vec<Value> = ids
                .iter()
                .map(|id| {
                    json!({"id": id, "type": "function",
                           "function": {"name": format!("tool.{id}"), "arguments": "{}"}})
                })
                .collect();
            json!({"role": "assistant", "content": text, "tool_calls": calls})
        }),
        (id, text).prop_map(|(id, text)| {
            json!({"role": "tool", "tool_call_id": id, "content": text})
        }),
        Just(json!({"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo"}}
        ]})),
    ];
    prop::collection::vec(message, 0..12)
}

fn check_user(message: &Value, calls: &[String]) {
    let user = message["userInputMessage"].as_object().expect("a user");
    assert!(!user["content"].as_str().expect("text").is_empty());
    assert_eq!(user["modelId"], "claude-sonnet-4.5");
    let results = &user.get("userInputMessageContext").unwrap_or(&Value::Null)["toolResults"];
    let mut results: Vec<String> = results
        .as_array()
        .unwrap_or(&Vec::new())
        .iter()
        .map(|result| {
            assert!(
                !result["content"][0]["text"]
                    .as_str()
                    .expect("text")
                    .is_empty()
            );
            result["toolUseId"].as_str().expect("an id").to_owned()
        })
        .collect();
    let mut calls = calls.to_vec();
    results.sort();
    calls.sort();
    assert_eq!(results, calls);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_conversation_alternates_and_pairs(messages in messages()) {
        let request = json!({"model": "m", "messages": messages});
        let (encoded, _) = sent(Format::OpenaiChat, request.to_string().as_bytes());
        let encoded = encoded.expect("any conversation can be sent");
        let body = body(&encoded);
        let state = &body["conversationState"];
        let past = state.get("history").and_then(Value::as_array).cloned().unwrap_or_default();
        prop_assert!(past.len() % 2 == 0);
        let mut calls: Vec<String> = Vec::new();
        let mut called: Vec<Value> = Vec::new();
        for pair in past.chunks(2) {
            check_user(&pair[0], &calls);
            let assistant = &pair[1]["assistantResponseMessage"];
            prop_assert!(!assistant["content"].as_str().expect("text").is_empty());
            let uses = assistant["toolUses"].as_array().cloned().unwrap_or_default();
            calls = uses.iter().map(|used| used["toolUseId"].as_str().expect("an id").to_owned()).collect();
            called.extend(uses.iter().map(|used| used["name"].clone()));
        }
        let current = &state["currentMessage"];
        check_user(current, &calls);
        let tools = &current["userInputMessage"]["userInputMessageContext"]["tools"];
        for name in called {
            let is_declared = tools.as_array().expect("tools").iter().any(|tool| tool["toolSpecification"]["name"] == name);
            prop_assert!(is_declared, "{name}");
        }
    }
}

#[test]
fn the_same_request_is_written_the_same() {
    let request = br#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;
    let written = || sent(Format::OpenaiChat, request).0.expect("a request").body;
    assert_eq!(written(), written());
}
