//! What official SDKs demand of a stream: <https://platform.claude.com/docs/en/build-with-claude/streaming>.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;
use wire::codec::{Reply, encoder};
use wire::error::{ErrorKind, WireError};
use wire::format::Format;
use wire::framing::sse::SseParser;
use wire::ir::content::{Citation, Hosted, HostedResult, HostedUse, Media};
use wire::ir::event::{Delta, Opening, Step, ToolOpening};
use wire::ir::proof::{Issuer, Proof};
use wire::ir::response::FinishReason;
use wire::usage::Usage;

/// The events, with every rule of the format checked. An error may end it anywhere.
pub(crate) fn check(stream: &[u8]) -> Vec<Value> {
    let mut parser = SseParser::new();
    parser.feed(stream);
    let mut events: Vec<Value> = Vec::new();
    let mut open: Option<String> = None;
    let mut next = 0;
    let mut input = String::new();
    let mut is_stopping = false;
    let mut is_over = false;
    while let Some(frame) = parser.next_event() {
        let event: Value = serde_json::from_slice(&frame.data).expect("an event is JSON");
        let kind = event["type"].as_str().expect("an event has a type");
        assert_eq!(frame.event, kind.as_bytes());
        assert!(!is_over, "{kind} after the end");
        match kind {
            "ping" => continue,
            "error" => {
                is_over = true;
                events.push(event);
                continue;
            }
            "message_start" => {
                assert!(events.is_empty(), "a second start");
                let message = &event["message"];
                assert!(message["id"].as_str().is_some_and(|id| id.len() > 4));
                assert_eq!(message["type"], "message");
                assert_eq!(message["role"], "assistant");
                assert_eq!(message["content"], Value::Array(Vec::new()));
                assert!(message["model"].is_string() && message["stop_reason"].is_null());
                assert!(message.get("stop_sequence").is_some_and(Value::is_null));
                assert!(message["usage"]["input_tokens"].is_u64());
                assert!(message["usage"]["output_tokens"].is_u64());
            }
            "content_block_start" => {
                assert!(open.is_none() && !is_stopping && !events.is_empty());
                assert_eq!(event["index"], next);
                let block = &event["content_block"];
                match block["type"].as_str().expect("a block has a type") {
                    "text" => assert_eq!(block["text"], ""),
                    "thinking" => assert!(block["thinking"] == "" && block["signature"] == ""),
                    "redacted_thinking" => assert!(block["data"].is_string()),
                    "tool_use" => {
                        let id = block["id"].as_str().expect("a call has an id");
                        let is_legal = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
                        assert!(!id.is_empty() && id.chars().all(is_legal), "{id}");
                        assert_ne!(block["name"], "");
                        assert_eq!(block["input"], serde_json::json!({}));
                    }
                    "server_tool_use" | "web_search_tool_result" => {}
                    other => panic!("a block of type {other}"),
                }
                open = block["type"].as_str().map(str::to_owned);
                input.clear();
            }
            "content_block_delta" => {
                assert_eq!(event["index"], next);
                let delta = &event["delta"];
                let kind = delta["type"].as_str().expect("a delta has a type");
                let fits: &[&str] = match open.as_deref().expect("a block is open") {
                    "text" => &["text_delta", "citations_delta"],
                    "thinking" => &["thinking_delta", "signature_delta"],
                    "tool_use" | "server_tool_use" => &["input_json_delta"],
                    _ => &[],
                };
                assert!(fits.contains(&kind), "{kind} in {open:?}");
                input.push_str(delta["partial_json"].as_str().unwrap_or_default());
            }
            "content_block_stop" => {
                assert_eq!(event["index"], next);
                let kind = open.take().expect("a block is open");
                if kind.ends_with("tool_use") {
                    let input: Value = serde_json::from_str(&input).expect("an input is JSON");
                    assert!(input.is_object(), "{input}");
                }
                next += 1;
            }
            "message_delta" => {
                assert!(open.is_none() && !is_stopping && !events.is_empty());
                is_stopping = true;
                assert!(event["delta"]["stop_reason"].is_string());
                assert!(event["delta"].get("stop_sequence").is_some());
                assert!(event["usage"]["output_tokens"].is_u64());
            }
            "message_stop" => {
                assert!(is_stopping);
                is_over = true;
            }
            other => panic!("an event of type {other}"),
        }
        events.push(event);
    }
    assert!(is_over, "no end");
    events
}

pub(crate) fn reply() -> Reply {
    Reply {
        seed: "seed".to_owned(),
        created_at: 1_700_000_000,
        model: "claude-asked".to_owned(),
        prompt_estimate: 77,
        ..Reply::default()
    }
}

pub(crate) fn write(steps: &[Step]) -> Vec<u8> {
    let mut encoder = encoder(Format::Anthropic, reply());
    let mut out = Vec::new();
    for step in steps {
        out.extend_from_slice(encoder.keep_alive());
        encoder.step(step, Duration::ZERO, &mut out);
    }
    out
}

fn words() -> impl Strategy<Value = String> {
    "[a-zé🙂\" \n]{1,6}"
}

fn proof() -> impl Strategy<Value = Delta> {
    prop::sample::select(vec![Issuer::Anthropic, Issuer::Openai, Issuer::Gemini])
        .prop_map(|issuer| Delta::Proof(Proof::new(issuer, "AbC+/=")))
}

fn input() -> impl Strategy<Value = Vec<Delta>> {
    prop_oneof![
        Just(Vec::new()),
        words().prop_map(|text| {
            let json = serde_json::json!({ "a": text }).to_string();
            let middle = json.char_indices().nth(4).map_or(0, |(place, _)| place);
            let (one, two) = json.split_at(middle);
            vec![Delta::Input(one.to_owned()), Delta::Input(two.to_owned())]
        }),
    ]
}

fn block() -> impl Strategy<Value = Vec<Step>> {
    let citation = Delta::Citation(Citation {
        url: Some("https://a.example".to_owned()),
        ..Citation::default()
    });
    let text = prop_oneof![words().prop_map(Delta::Text), Just(citation), proof()];
    let thinking = prop_oneof![words().prop_map(Delta::Thinking), proof()];
    let hosted = prop::sample::select(vec![Hosted::WebSearch, Hosted::CodeExecution]);
    prop_oneof![
        (any::<bool>(), prop::collection::vec(text, 1..4)).prop_map(|(is_text, deltas)| {
            block_of(
                if is_text {
                    Opening::Text
                } else {
                    Opening::Refusal
                },
                deltas,
            )
        }),
        prop::collection::vec(thinking, 1..4)
            .prop_map(|deltas| block_of(Opening::Thinking, deltas)),
        proof().prop_map(|proof| block_of(Opening::RedactedThinking, vec![proof])),
        (
            prop::option::of(proof()),
            input(),
            "[a-z:./|]{1,5}",
            any::<bool>()
        )
            .prop_map(|(proof, input, id, is_custom)| {
                let opening = ToolOpening {
                    id: Some(id),
                    name: "f".to_owned(),
                    namespace: None,
                    is_custom,
                };
                block_of(
                    Opening::Tool(opening),
                    proof.into_iter().chain(input).collect(),
                )
            }),
        Just(block_of(
            Opening::Image(Media::base64(None, "iVBORw0KGgo=")),
            Vec::new()
        )),
        (hosted.clone(), "[ab]").prop_map(|(tool, id)| {
            let call = HostedUse {
                id: Some(id),
                tool,
                input: "{}".to_owned(),
            };
            block_of(Opening::HostedUse(call), Vec::new())
        }),
        (hosted, "[ab]").prop_map(|(tool, id)| {
            let result = HostedResult {
                id: Some(id),
                tool,
                sources: Vec::new(),
            };
            block_of(Opening::HostedResult(result), Vec::new())
        }),
    ]
}

fn block_of(opening: Opening, deltas: Vec<Delta>) -> Vec<Step> {
    let mut steps = vec![Step::Open(opening)];
    steps.extend(deltas.into_iter().map(Step::Delta));
    steps.push(Step::Close);
    steps
}

fn answer() -> impl Strategy<Value = Vec<Step>> {
    let usage = prop::option::of((0..3_u64).prop_map(|input| Usage {
        input,
        output: 5,
        ..Usage::default()
    }));
    let reason = prop::sample::select(vec![
        FinishReason::Stop,
        FinishReason::StopSequence(None),
        FinishReason::StopSequence(Some("END".to_owned())),
        FinishReason::ToolUse,
        FinishReason::Length,
        FinishReason::ContextWindow,
        FinishReason::Refusal,
        FinishReason::Pause,
    ]);
    (prop::collection::vec(block(), 0..6), usage, reason).prop_map(|(blocks, usage, reason)| {
        let mut steps = vec![Step::Start { model: None, usage }];
        steps.extend(blocks.into_iter().flatten());
        steps.push(Step::Finish { reason, usage });
        steps
    })
}

proptest! {
    #[test]
    fn every_answer_is_written_as_sdks_read_it(steps in answer()) {
        let events = check(&write(&steps));
        // Every search has its result.
        let count = |kind: &str| events.iter().filter(|event| event["content_block"]["type"] == kind).count();
        prop_assert_eq!(count("server_tool_use"), count("web_search_tool_result"));
    }

    #[test]
    fn an_error_ends_it_anywhere(steps in answer(), place in any::<prop::sample::Index>()) {
        let mut steps = steps;
        steps.truncate(place.index(steps.len()));
        steps.push(Step::Error(WireError::new(ErrorKind::Overloaded, "m")));
        let events = check(&write(&steps));
        prop_assert_eq!(&events.last().expect("an error is an event")["type"], "error");
    }
}
