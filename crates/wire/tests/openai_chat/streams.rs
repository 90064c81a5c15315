//! Answers of chat servers, and the streams chat clients get.

use std::time::Duration;

use proptest::prelude::*;
use wire::codec::{Encoder as _, Reply};
use wire::dialect::Dialect;
use wire::error::{ErrorKind, WireError};
use wire::format::Format;
use wire::ir::content::{Citation, Hosted, HostedResult, HostedUse, Media, TokenLogprob};
use wire::ir::event::{Delta, Opening, Step, ToolOpening};
use wire::ir::proof::{Issuer, Proof};
use wire::ir::response::FinishReason;
use wire::ir::target::Restore;
use wire::openai_chat::StreamEncoder;
use wire::stream::reading::Reading;
use wire::stream::translator::{Delivery, Translator};
use wire::usage::Usage;

use super::{fixtures, grammar};

fn reply() -> Reply {
    Reply {
        seed: "seed".to_owned(),
        created_at: 1_700_000_000,
        model: "m".to_owned(),
        include_usage: true,
        ..Reply::default()
    }
}

fn read(chunks: &[&[u8]]) -> Vec<Step> {
    let mut reading = Reading::new(Dialect::OpenaiChat, "seed");
    let mut steps = Vec::new();
    for chunk in chunks {
        reading.feed(chunk, &mut |_| {}, &mut steps);
    }
    reading.finish(&mut |_| {}, &mut steps);
    steps
}

fn translate(body: &[u8], delivery: Delivery) -> String {
    let mut translator = Translator::new(
        Dialect::OpenaiChat,
        Format::OpenaiChat,
        delivery,
        Restore::default(),
        reply(),
    );
    let mut out = Vec::new();
    translator.feed(body, Duration::ZERO, &mut out);
    translator.finish(Duration::ZERO, &mut out);
    if let Some(error) = translator.failed_early() {
        return format!("{} {}", error.status, error.message);
    }
    String::from_utf8(out).expect("UTF-8")
}

/// What a client gets in full, when `head` is the same in every chunk.
fn shorten(stream: &str) -> String {
    let head = r#"{"id":"chatcmpl-seed","object":"chat.completion.chunk","created":1700000000,"model":"m","#;
    stream.replace(head, "{…").replace("\n\n", "\n")
}

fn all_fixtures() -> Vec<(String, Vec<u8>)> {
    let answers = fixtures("answers");
    let named = answers
        .into_iter()
        .map(|(name, body)| (format!("whole_{name}"), body));
    fixtures("streams").into_iter().chain(named).collect()
}

#[test]
fn answers_are_read_and_written() {
    for (name, body) in all_fixtures() {
        let steps: String = read(&[&body])
            .iter()
            .map(|step| format!("{step:?}\n"))
            .collect();
        let stream = translate(&body, Delivery::Stream);
        let whole = translate(&body, Delivery::Whole);
        let shown = format!("{steps}\n{}\n{whole}\n", shorten(&stream));
        insta::assert_snapshot!(format!("answer_{name}"), shown);
    }
}

#[test]
fn whole_streams_keep_the_grammar() {
    for (name, body) in all_fixtures() {
        let stream = translate(&body, Delivery::Stream);
        let is_whole = read(&[&body])
            .iter()
            .any(|step| matches!(step, Step::Finish { .. }));
        if is_whole {
            grammar::check(stream.as_bytes()).unwrap_or_else(|what| panic!("{name}: {what}"));
        } else {
            assert!(!stream.contains("[DONE]"), "{name}");
            assert!(!stream.contains("finish_reason\":\""), "{name}");
        }
    }
}

#[test]
fn every_split_gives_the_same_steps() {
    for (name, body) in fixtures("streams") {
        let expected = read(&[&body]);
        for place in 0..=body.len() {
            let (one, other) = body.split_at(place);
            assert_eq!(read(&[one, other]), expected, "{name} cut at {place}");
        }
        let bytes: Vec<&[u8]> = body.chunks(1).collect();
        assert_eq!(read(&bytes), expected, "{name} byte by byte");
    }
}

fn write(steps: &[Step]) -> Vec<u8> {
    let mut encoder = StreamEncoder::new(reply());
    let mut out = Vec::new();
    for step in steps {
        encoder.step(step, Duration::ZERO, &mut out);
    }
    out
}

fn tool(name: &str, is_custom: bool) -> Opening {
    Opening::Tool(ToolOpening {
        id: Some(format!("id_{name}")),
        name: name.to_owned(),
        namespace: None,
        is_custom,
    })
}

fn delta() -> impl Strategy<Value = Delta> {
    let citation = Citation {
        url: Some("https://example.com".to_owned()),
        span: Some((0, 1)),
        ..Citation::default()
    };
    let token = TokenLogprob {
        token: "a".to_owned(),
        logprob: -0.5,
        bytes: Some(vec![97]),
        top: Vec::new(),
    };
    prop_oneof![
        "[a-zé\"]{1,3}".prop_map(Delta::Text),
        "[a-z]{1,3}".prop_map(Delta::Thinking),
        "[{}a-z\"]{1,3}".prop_map(Delta::Input),
        Just(Delta::Proof(Proof::new(Issuer::Gemini, "EjQKMg=="))),
        Just(Delta::Citation(citation)),
        Just(Delta::Logprobs(vec![token])),
    ]
}

fn opening() -> impl Strategy<Value = Opening> {
    let hosted = HostedUse {
        id: None,
        tool: Hosted::WebSearch,
        input: "{}".to_owned(),
    };
    let result = HostedResult {
        id: None,
        tool: Hosted::WebSearch,
        sources: Vec::new(),
    };
    prop_oneof![
        Just(Opening::Text),
        Just(Opening::Refusal),
        Just(Opening::Thinking),
        Just(Opening::RedactedThinking),
        Just(tool("f", false)),
        Just(tool("c", true)),
        Just(Opening::Image(Media::base64(None, "iVBORw0KGgo="))),
        Just(Opening::HostedUse(hosted)),
        Just(Opening::HostedResult(result)),
    ]
}

fn reason() -> impl Strategy<Value = FinishReason> {
    prop::sample::select(vec![
        FinishReason::Stop,
        FinishReason::StopSequence(Some("x".to_owned())),
        FinishReason::ToolUse,
        FinishReason::Length,
        FinishReason::ContextWindow,
        FinishReason::Refusal,
        FinishReason::Pause,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_steps_make_a_stream_that_clients_can_read(
        blocks in prop::collection::vec((opening(), prop::collection::vec(delta(), 0..4)), 0..5),
        reason in reason(),
    ) {
        let mut steps = vec![Step::Start { model: None, usage: None }];
        let mut inputs = Vec::new();
        for (opening, deltas) in blocks {
            if let Opening::Tool(tool) = &opening {
                let input: String = deltas.iter().filter_map(|delta| match delta {
                    Delta::Input(input) => Some(input.as_str()),
                    _ => None,
                }).collect();
                let is_empty = input.is_empty() && !tool.is_custom;
                inputs.push(if is_empty { "{}".to_owned() } else { input });
            }
            steps.push(Step::Open(opening));
            steps.extend(deltas.into_iter().map(Step::Delta));
            steps.push(Step::Close);
        }
        steps.push(Step::Finish { reason, usage: Some(Usage::default()) });
        let chunks = grammar::check(&write(&steps)).map_err(TestCaseError::fail)?;
        prop_assert_eq!(grammar::arguments(&chunks), inputs);
    }

    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        read(&[&body]);
        let mut framed = b"data: ".to_vec();
        framed.extend_from_slice(&body);
        framed.extend_from_slice(b"\n\n");
        read(&[&framed]);
        let mut unused = wire::ir::note::Notes::new();
        let _ = wire::openai_chat::decode_request(&body, &mut unused);
    }

    /// Values of all kinds where the format wants others.
    #[test]
    fn no_field_of_another_kind_makes_it_panic(
        path in prop::sample::select(vec![
            "choices", "delta", "message", "content", "tool_calls", "function", "name", "index",
            "finish_reason", "usage", "logprobs", "error", "model", "images", "annotations",
            "messages", "tools", "role", "tool_choice", "stop", "thinking", "response_format",
        ]),
        value in prop::sample::select(vec!["null", "true", "-1", "1e400", "\"x\"", "[]", "[[]]", "{}", "[null]", "[{}]"]),
        name in prop::sample::select(vec!["interleaved_calls", "parts_logprobs_images", "every_part", "mixed_shapes"]),
    ) {
        let everything: Vec<(String, Vec<u8>)> =
            fixtures("streams").into_iter().chain(fixtures("requests")).collect();
        let (_, body) = everything.iter().find(|(found, _)| found == name).expect("a fixture");
        let text = String::from_utf8_lossy(body);
        // A field before the real one of the same name is the one that is found.
        let key = format!("\"{path}\":");
        let changed = text.replace(&key, &format!("{key}{value},{key}"));
        read(&[changed.as_bytes()]);
        let mut unused = wire::ir::note::Notes::new();
        let _ = wire::openai_chat::decode_request(changed.as_bytes(), &mut unused);
    }
}

#[test]
fn an_error_ends_the_stream_without_a_word_more() {
    let error = WireError::new(ErrorKind::Overloaded, "busy");
    let steps = [
        Step::Start {
            model: None,
            usage: None,
        },
        Step::Open(tool("f", false)),
        Step::Delta(Delta::Input("{\"a\"".to_owned())),
        Step::Error(error),
    ];
    let stream = String::from_utf8(write(&steps)).expect("UTF-8");
    let last = stream.trim_end().lines().last().expect("a line");
    assert!(
        last.starts_with(r#"data: {"error":{"message":"busy""#),
        "{last}"
    );
}
