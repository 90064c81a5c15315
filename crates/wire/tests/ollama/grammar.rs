//! What clients demand of the lines, checked over answers made by chance.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;
use wire::codec::{Reply, encode_response, encoder};
use wire::error::{ErrorKind, WireError};
use wire::format::Format;
use wire::ir::content::{Hosted, HostedUse, Media, Source, TokenLogprob};
use wire::ir::event::{Delta, Opening, Step, ToolOpening};
use wire::ir::proof::{Issuer, Proof};
use wire::ir::response::FinishReason;
use wire::stream::accumulator::Accumulator;
use wire::usage::Usage;

/// One object per line, each with all it needs; one last line, and nothing behind it or behind an error.
pub(crate) fn check(out: &str) {
    assert!(out.is_empty() || out.ends_with('\n'), "{out}");
    let mut is_ended = false;
    for line in out.lines() {
        assert!(!is_ended, "something follows the end: {out}");
        let json: Value = serde_json::from_str(line).expect("a line is JSON");
        if let Some(error) = json.get("error") {
            assert!(error.is_string() && json.get("done").is_none());
            is_ended = true;
            continue;
        }
        is_ended = check_object(&json);
    }
    assert!(is_ended, "no end: {out}");
}

/// Whether it is the last.
fn check_object(json: &Value) -> bool {
    assert!(json["model"].is_string());
    let time = json["created_at"].as_str().expect("a time");
    chrono::DateTime::parse_from_rfc3339(time).expect("a time by RFC 3339");
    let message = &json["message"];
    assert_eq!(message["role"], "assistant");
    assert!(message["content"].is_string());
    assert!(message.get("thinking").is_none_or(Value::is_string));
    for call in message["tool_calls"].as_array().unwrap_or(&Vec::new()) {
        assert!(call["id"].is_string() && call["function"]["name"].is_string());
        assert!(call["function"]["arguments"].is_object());
    }
    let is_last = json["done"].as_bool().expect("a boolean");
    if is_last {
        assert!(matches!(
            json["done_reason"].as_str(),
            Some("stop" | "length")
        ));
        for counter in [
            "total_duration",
            "load_duration",
            "prompt_eval_count",
            "prompt_eval_duration",
            "eval_count",
            "eval_duration",
        ] {
            assert!(json[counter].is_u64(), "{counter}");
        }
    }
    is_last
}

fn text() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", " ", "\n", "é\"\\", "{}", "\u{2028}"]).prop_map(str::to_owned)
}

fn block() -> impl Strategy<Value = Vec<Step>> {
    let words = |opening: Opening, delta: fn(String) -> Delta| {
        prop::collection::vec(text(), 1..4).prop_map(move |texts| {
            let deltas = texts.into_iter().map(|text| Step::Delta(delta(text)));
            let mut steps = vec![Step::Open(opening.clone())];
            steps.extend(deltas);
            steps.push(Step::Close);
            steps
        })
    };
    let tool = |is_custom| {
        let inputs = prop::sample::select(vec!["", "{\"a\":", "{\"a\": 1.0}", "[1]", "x", "null"]);
        prop::collection::vec(inputs, 0..3).prop_map(move |inputs| {
            let mut steps = vec![Step::Open(Opening::Tool(ToolOpening {
                id: Some("call_1".to_owned()),
                name: "f".to_owned(),
                namespace: None,
                is_custom,
            }))];
            let deltas = inputs
                .into_iter()
                .map(|input| Delta::Input(input.to_owned()));
            steps.extend(deltas.map(Step::Delta));
            steps.push(Step::Close);
            steps
        })
    };
    let whole = |opening: Opening| Just(vec![Step::Open(opening), Step::Close]);
    let signed = Step::Delta(Delta::Proof(Proof::new(Issuer::Gemini, "AA")));
    let token = TokenLogprob {
        token: "a".to_owned(),
        logprob: -1.0,
        bytes: Some(vec![97]),
        top: Vec::new(),
    };
    prop_oneof![
        words(Opening::Text, Delta::Text),
        words(Opening::Refusal, Delta::Text),
        words(Opening::Thinking, Delta::Thinking),
        tool(false),
        tool(true),
        Just(vec![
            Step::Open(Opening::RedactedThinking),
            signed,
            Step::Close
        ]),
        Just(vec![
            Step::Open(Opening::Text),
            Step::Delta(Delta::Text("a".to_owned())),
            Step::Delta(Delta::Logprobs(vec![token])),
            Step::Close
        ]),
        whole(Opening::Image(Media::base64(None, "iVBORw0KGgo"))),
        whole(Opening::Image(Media {
            source: Source::Url("https://example.com/a.png".to_owned()),
            media_type: None,
            detail: None,
        })),
        whole(Opening::HostedUse(HostedUse {
            id: None,
            tool: Hosted::WebSearch,
            input: "{}".to_owned(),
        })),
    ]
}

fn finish() -> impl Strategy<Value = Step> {
    let reason = prop::sample::select(vec![
        FinishReason::Stop,
        FinishReason::StopSequence(Some("x".to_owned())),
        FinishReason::ToolUse,
        FinishReason::Length,
        FinishReason::ContextWindow,
        FinishReason::Refusal,
        FinishReason::Pause,
    ]);
    let usage = prop::option::of(
        (any::<u64>(), any::<u64>()).prop_map(|(input, output)| Usage {
            input,
            output,
            ..Usage::default()
        }),
    );
    prop_oneof![
        4 => (reason, usage).prop_map(|(reason, usage)| Step::Finish { reason, usage }),
        1 => Just(Step::Error(WireError::new(ErrorKind::Overloaded, "busy"))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_answer_keeps_the_grammar(
        blocks in prop::collection::vec(block(), 0..5),
        end in finish(),
        is_cut in any::<bool>(),
        millis in 0_u64..100_000,
    ) {
        let mut steps = vec![Step::Start { model: None, usage: None }];
        steps.extend(blocks.concat());
        // An error may come in an open block.
        if is_cut && matches!(end, Step::Error(_)) && steps.last() == Some(&Step::Close) {
            steps.pop();
        }
        steps.push(end);
        let reply = Reply { created_at: 1_700_000_000, model: "m".to_owned(), ..Reply::default() };
        let mut encoder = encoder(Format::Ollama, reply.clone());
        let mut accumulator = Accumulator::new();
        let mut out = Vec::new();
        for (place, step) in steps.into_iter().enumerate() {
            let elapsed = Duration::from_millis(millis + place as u64);
            encoder.step(&step, elapsed, &mut out);
            accumulator.push(step);
        }
        let out = String::from_utf8(out).expect("text");
        check(&out);
        if let Some(Ok(response)) = accumulator.finish() {
            let whole = encode_response(Format::Ollama, &response, &reply, Duration::from_millis(millis));
            let whole: Value = serde_json::from_slice(&whole).expect("JSON");
            prop_assert!(check_object(&whole));
            let said: String = out
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
                .filter_map(|line| line["message"]["content"].as_str().map(str::to_owned))
                .collect();
            prop_assert_eq!(whole["message"]["content"].as_str(), Some(said.as_str()));
        }
    }

    #[test]
    fn an_error_may_come_first(message in "[ -~é]{0,20}") {
        let mut encoder = encoder(Format::Ollama, Reply::default());
        let mut out = Vec::new();
        let error = WireError::new(ErrorKind::Server, message);
        encoder.step(&Step::Error(error), Duration::ZERO, &mut out);
        check(&String::from_utf8(out).expect("text"));
    }
}
