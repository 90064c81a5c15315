//! Responses in both directions: requests in and out, answers in and out.
#![expect(clippy::expect_used, reason = "a test may fail")]

#[path = "support/fixtures.rs"]
mod files;
#[path = "openai_responses/ladder.rs"]
mod ladder;

use std::fmt::Write as _;
use std::time::Duration;

use insta::{assert_debug_snapshot, assert_snapshot};
use proptest::prelude::*;
use wire::codec::{self, Decoder as _, Encoder as _, Reply};
use wire::dialect::Dialect;
use wire::error::{ErrorKind, WireError};
use wire::format::Format;
use wire::framing::Frame;
use wire::ir::content::{Citation, Hosted, HostedResult, HostedUse, Media, TokenLogprob};
use wire::ir::event::{Delta, Opening, Step, ToolOpening};
use wire::ir::note::Notes;
use wire::ir::proof::{Issuer, Proof};
use wire::ir::response::FinishReason;
use wire::ir::target::{Target, Traits};
use wire::json::Json;
use wire::openai_responses::{StreamDecoder, StreamEncoder};
use wire::stream::accumulator::Accumulator;
use wire::stream::reading::Reading;
use wire::usage::Usage;

fn fixtures(kind: &str) -> Vec<(String, Vec<u8>)> {
    files::fixtures(&format!("openai_responses/{kind}"))
}

fn target(dialect: Dialect) -> Target {
    Target {
        dialect,
        model: "up-model".to_owned(),
        traits: Traits::default(),
        seed: "seed".to_owned(),
        project: None,
        profile: None,
        stream: dialect.always_streams(),
    }
}

fn pretty(bytes: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(bytes).expect("JSON was written");
    serde_json::to_string_pretty(&value).expect("JSON is written")
}

fn noted(notes: &Notes) -> String {
    let lines: Vec<String> = notes.iter().map(|note| format!("  {note}\n")).collect();
    lines.concat()
}

#[test]
fn a_request_is_read() {
    for (name, body) in fixtures("request") {
        let mut notes = Notes::new();
        let request = codec::decode_request(Format::OpenaiResponses, &body, &mut notes)
            .expect("the request is good");
        let shown = format!("{request:#?}\nnotes:\n{}", noted(&notes));
        assert_snapshot!(format!("request_read_{name}"), shown);
    }
}

#[test]
fn a_request_is_written() {
    for (name, body) in fixtures("request") {
        for dialect in [Dialect::OpenaiResponses, Dialect::Codex] {
            let mut notes = Notes::new();
            let target = target(dialect);
            let encoded =
                codec::translate_request(Format::OpenaiResponses, &body, &target, &mut notes)
                    .expect("the request can be written");
            let shown = format!(
                "{}\n{:?}\nnotes:\n{}",
                pretty(&encoded.body),
                encoded.restore,
                noted(&notes)
            );
            assert_snapshot!(format!("request_written_{dialect}_{name}"), shown);
        }
    }
}

#[test]
fn what_is_no_request_is_refused_with_the_reason() {
    let bodies = [
        r#"{"model":"m"}"#,
        r#"[1]"#,
        r#"{"model":7,"input":"x"}"#,
        r#"{"model":"m","input":[7]}"#,
        r#"{"model":"m","input":[{"role":"narrator","content":"x"}]}"#,
        r#"{"model":"m","input":[{"role":"user","content":7}]}"#,
        r#"{"model":"m","input":[{"type":"function_call","call_id":"c"}]}"#,
        r#"{"model":"m","input":"x","tools":{}}"#,
        r#"{"model":"m","input":"x","tools":[{"type":"function"}]}"#,
        r#"{"model":"m","input":"x","previous_response_id":"resp_1"}"#,
        r#"{"model":"m","input":"x","conversation":{"id":"conv_1"}}"#,
        r#"{"model":"m","input":"x","background":true}"#,
        r#"{"model":"m","prompt":{"id":"pmpt_1"}}"#,
        r#"{"model":"m","input":[{"type":"item_reference","id":"msg_1"}]}"#,
        r#"{"model":"m","input":[{"id":"msg_1"}]}"#,
        r#"{"model":"m","input":[{"role":"user","content":"x"}],"n":3}"#,
    ];
    let mut shown = String::new();
    for body in bodies {
        let target = target(Dialect::OpenaiResponses);
        let error = codec::translate_request(
            Format::OpenaiResponses,
            body.as_bytes(),
            &target,
            &mut Notes::new(),
        )
        .expect_err("this is no request");
        writeln!(shown, "{body}\n  {} {error}", error.status).expect("text is written");
    }
    assert_snapshot!(shown);
}

/// The steps of an answer that comes in `chunks`.
fn steps(chunks: &[&[u8]]) -> Vec<Step> {
    let mut reading = Reading::new(Dialect::OpenaiResponses, "seed");
    let mut steps = Vec::new();
    for chunk in chunks {
        reading.feed(chunk, &mut |_| {}, &mut steps);
    }
    reading.finish(&mut |_| {}, &mut steps);
    steps
}

#[test]
fn an_answer_is_read() {
    for (name, bytes) in fixtures("stream").into_iter().chain(fixtures("body")) {
        let lines: Vec<String> = steps(&[&bytes])
            .iter()
            .map(|step| format!("{step:?}\n"))
            .collect();
        assert_snapshot!(format!("answer_read_{name}"), lines.concat());
    }
}

fn reply(request: &str) -> Reply {
    Reply {
        seed: "s1".to_owned(),
        created_at: 1_700_000_000,
        model: "asked-model".to_owned(),
        prompt_estimate: 10,
        request: request.to_owned().into(),
        ..Reply::default()
    }
}

fn streamed(steps: &[Step], request: &str) -> String {
    let mut encoder = StreamEncoder::new(reply(request));
    let mut out = Vec::new();
    for step in steps {
        encoder.step(step, Duration::from_millis(1500), &mut out);
    }
    String::from_utf8(out).expect("events are text")
}

fn whole(steps: &[Step], request: &str) -> Option<Vec<u8>> {
    let mut accumulator = Accumulator::new();
    for step in steps {
        accumulator.push(step.clone());
    }
    let response = accumulator.finish()?.ok()?;
    let format = Format::OpenaiResponses;
    Some(codec::encode_response(
        format,
        &response,
        &reply(request),
        Duration::ZERO,
    ))
}

fn start() -> Step {
    Step::Start {
        model: None,
        usage: None,
    }
}

fn finish(reason: FinishReason) -> Step {
    Step::Finish {
        reason,
        usage: Some(Usage {
            input: 5,
            cache_read: 3,
            cache_write: 2,
            output: 9,
            reasoning: 4,
        }),
    }
}

fn block(opening: Opening, deltas: Vec<Delta>) -> Vec<Step> {
    let mut steps = vec![Step::Open(opening)];
    steps.extend(deltas.into_iter().map(Step::Delta));
    steps.push(Step::Close);
    steps
}

fn tool(id: &str, name: &str, is_custom: bool) -> Opening {
    Opening::Tool(ToolOpening {
        id: Some(id.to_owned()),
        name: name.to_owned(),
        namespace: (name == "read").then(|| "mcp__fs".to_owned()),
        is_custom,
    })
}

fn text(text: &str) -> Delta {
    Delta::Text(text.to_owned())
}

fn input(text: &str) -> Delta {
    Delta::Input(text.to_owned())
}

fn proof(issuer: Issuer) -> Delta {
    Delta::Proof(Proof::new(issuer, "SIG"))
}

fn scripts() -> Vec<(&'static str, &'static str, Vec<Step>)> {
    let plain = r#"{"model":"m","input":"hi"}"#;
    let full = r#"{"model":"m","input":"hi","instructions":"I","temperature":0.5,"max_output_tokens":99,
        "tools":[{"type":"function","name":"get_weather","parameters":{"type":"object"}}],"tool_choice":"required",
        "parallel_tool_calls":false,"reasoning":{"effort":"low"},"text":{"verbosity":"low"},"metadata":{"a":"b"},"store":true}"#;
    let citation = Citation {
        url: Some("https://a.com".to_owned()),
        title: Some("A".to_owned()),
        ..Citation::default()
    };
    let token = TokenLogprob {
        token: "Hel".to_owned(),
        logprob: -0.25,
        bytes: None,
        top: Vec::new(),
    };
    let search = HostedUse {
        id: Some("srv_1".to_owned()),
        tool: Hosted::WebSearch,
        input: r#"{"query":"q"}"#.to_owned(),
    };
    let found = HostedResult {
        id: None,
        tool: Hosted::WebSearch,
        sources: vec![citation.clone()],
    };
    let run = |blocks: Vec<Vec<Step>>, end: Step| {
        let mut steps = vec![start()];
        steps.extend(blocks.into_iter().flatten());
        steps.push(end);
        steps
    };
    vec![
        (
            "text",
            plain,
            run(
                vec![block(
                    Opening::Text,
                    vec![
                        text("Hel"),
                        Delta::Logprobs(vec![token]),
                        text("lo"),
                        Delta::Citation(citation),
                    ],
                )],
                finish(FinishReason::Stop),
            ),
        ),
        (
            "thinking_text_calls",
            full,
            run(
                vec![
                    block(
                        Opening::Thinking,
                        vec![
                            Delta::Thinking("h".to_owned()),
                            Delta::Thinking("m".to_owned()),
                            proof(Issuer::Anthropic),
                        ],
                    ),
                    block(Opening::RedactedThinking, vec![proof(Issuer::Anthropic)]),
                    block(Opening::Text, vec![text("ok")]),
                    block(
                        tool("c1", "get_weather", false),
                        vec![input("{\"city\":"), input("\"A\"}")],
                    ),
                    block(tool("c2", "read", false), vec![]),
                    block(tool("c3", "apply_patch", true), vec![input("*** Begin")]),
                ],
                finish(FinishReason::ToolUse),
            ),
        ),
        (
            "signed_calls",
            plain,
            run(
                vec![
                    block(Opening::Thinking, vec![Delta::Thinking("hm".to_owned())]),
                    block(
                        tool("c1", "f", false),
                        vec![proof(Issuer::Gemini), input("{}")],
                    ),
                    block(
                        tool("c2", "f", false),
                        vec![input("{\"a\":1}"), proof(Issuer::Gemini)],
                    ),
                ],
                finish(FinishReason::ToolUse),
            ),
        ),
        (
            "hosted",
            plain,
            run(
                vec![
                    block(Opening::HostedUse(search.clone()), vec![]),
                    block(Opening::HostedResult(found), vec![]),
                    block(Opening::HostedUse(search), vec![]),
                    block(Opening::Text, vec![text("ok")]),
                    block(Opening::Image(Media::base64(None, "iVBORw0KGgo=")), vec![]),
                ],
                finish(FinishReason::Stop),
            ),
        ),
        (
            "refusal",
            plain,
            run(
                vec![block(Opening::Refusal, vec![text("No"), text(".")])],
                finish(FinishReason::Refusal),
            ),
        ),
        (
            "cut_by_length",
            plain,
            run(
                vec![block(Opening::Text, vec![text("x")])],
                Step::Finish {
                    reason: FinishReason::Length,
                    usage: None,
                },
            ),
        ),
        ("nothing", plain, vec![start(), finish(FinishReason::Stop)]),
        (
            "error_midway",
            plain,
            vec![
                start(),
                Step::Open(Opening::Text),
                Step::Delta(text("done")),
                Step::Close,
                Step::Open(tool("c1", "f", false)),
                Step::Delta(input("{\"a\"")),
                Step::Error(WireError::new(ErrorKind::RateLimit, "try again in 3s")),
            ],
        ),
        (
            "error_first",
            "not a request",
            vec![Step::Error(WireError::new(ErrorKind::Server, "boom"))],
        ),
    ]
}

#[test]
fn an_answer_is_written() {
    for (name, request, steps) in scripts() {
        let stream = streamed(&steps, request);
        ladder::check(&stream);
        assert_snapshot!(format!("answer_streamed_{name}"), stream);
        if let Some(whole) = whole(&steps, request) {
            assert_snapshot!(format!("answer_whole_{name}"), pretty(&whole));
        }
    }
}

#[test]
fn an_answer_written_is_read_again() {
    for (name, request, written) in scripts() {
        if matches!(name, "error_first" | "error_midway" | "cut_by_length") {
            continue;
        }
        let stream = streamed(&written, request);
        let again = streamed(&steps(&[stream.as_bytes()]), request);
        // Foreign proofs become tagged text in OpenAI's slot, so those answers differ in it alone.
        let normal = |text: &str| {
            text.replace("9router.anthropic#", "")
                .replace("9router.gemini#", "")
        };
        if !matches!(name, "hosted") {
            assert_eq!(normal(&again), normal(&stream), "{name}");
        }
    }
}

#[test]
fn the_request_is_repeated_only_if_it_is_one() {
    let steps = [start(), finish(FinishReason::Stop)];
    let chat = r#"{"model":"m","messages":[],"temperature":0.1}"#;
    let whole = whole(&steps, chat).expect("the answer is whole");
    let json = Json::parse(&whole, &[]).expect("the answer is JSON");
    assert_eq!(json.get("temperature").and_then(Json::as_f64), Some(1.0));
}

#[test]
fn reasoning_is_asked_for_as_the_model_and_the_client_can() {
    let cases = [
        (r#"{"model":"m","input":"x"}"#, Dialect::OpenaiResponses),
        (
            r#"{"model":"m","input":"x","reasoning":{"effort":"high"}}"#,
            Dialect::OpenaiResponses,
        ),
        (
            r#"{"model":"m","input":"x","reasoning":{"effort":"high","summary":"detailed"}}"#,
            Dialect::OpenaiResponses,
        ),
        (
            r#"{"model":"m","input":"x","reasoning":{"effort":"none","summary":"auto"}}"#,
            Dialect::OpenaiResponses,
        ),
        (
            r#"{"model":"m","input":"x","reasoning_effort":"low"}"#,
            Dialect::Codex,
        ),
        (
            r#"{"model":"m","input":"x","reasoning":{"effort":"enormous"}}"#,
            Dialect::Codex,
        ),
    ];
    let reasoning: Vec<String> = cases
        .iter()
        .map(|(body, dialect)| {
            let encoded = codec::translate_request(
                Format::OpenaiResponses,
                body.as_bytes(),
                &target(*dialect),
                &mut Notes::new(),
            )
            .expect("the request can be written");
            let json = Json::parse(&encoded.body, &[]).expect("JSON was written");
            json.get("reasoning").map_or("-".to_owned(), Json::to_text)
        })
        .collect();
    assert_debug_snapshot!(reasoning, @r##"[
    "-",
    "{\"effort\":\"high\"}",
    "{\"effort\":\"high\",\"summary\":\"auto\"}",
    "{\"effort\":\"none\"}",
    "{\"effort\":\"low\",\"summary\":\"auto\"}",
    "-",
]"##);
}

/// Any step sequence of the grammar.
fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let delta = prop_oneof![
        "[ -~é]{0,6}".prop_map(Delta::Text),
        "[ -~é]{0,6}".prop_map(Delta::Thinking),
        "[ -~é]{0,6}".prop_map(Delta::Input),
        Just(proof(Issuer::Gemini)),
        Just(proof(Issuer::Openai)),
        Just(Delta::Citation(Citation {
            url: Some("https://a.com".to_owned()),
            ..Citation::default()
        })),
    ];
    let opening = prop_oneof![
        Just(Opening::Text),
        Just(Opening::Refusal),
        Just(Opening::Thinking),
        Just(Opening::RedactedThinking),
        Just(tool("c", "f", false)),
        Just(tool("c", "f", true)),
        Just(Opening::Image(Media::base64(None, "AAAA"))),
        Just(Opening::Image(Media::from_url("https://a.com/i.png"))),
        Just(Opening::HostedUse(HostedUse {
            id: None,
            tool: Hosted::WebSearch,
            input: "{".to_owned(),
        })),
        Just(Opening::HostedResult(HostedResult {
            id: None,
            tool: Hosted::WebSearch,
            sources: Vec::new(),
        })),
    ];
    let block = (opening, prop::collection::vec(delta, 0..5))
        .prop_map(|(opening, deltas)| block(opening, deltas));
    let end = prop_oneof![
        Just(finish(FinishReason::Stop)),
        Just(finish(FinishReason::Refusal)),
        Just(Step::Finish {
            reason: FinishReason::Length,
            usage: None
        }),
        Just(Step::Error(WireError::new(ErrorKind::Server, "boom"))),
    ];
    (prop::collection::vec(block, 0..6), end, any::<bool>()).prop_map(|(blocks, end, is_open)| {
        let mut steps = vec![start()];
        steps.extend(blocks.into_iter().flatten());
        if is_open && matches!(end, Step::Error(_)) && steps.last() == Some(&Step::Close) {
            steps.pop();
        }
        steps.push(end);
        steps
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_cut_of_a_stream_gives_the_same_steps(places in prop::collection::vec(any::<usize>(), 0..8)) {
        for (name, bytes) in fixtures("stream") {
            let mut places: Vec<usize> = places.iter().map(|place| place % (bytes.len() + 1)).collect();
            places.extend([0, bytes.len()]);
            places.sort_unstable();
            let chunks: Vec<&[u8]> = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(steps(&chunks), steps(&[&bytes]), "{}", name);
        }
    }

    #[test]
    fn nothing_makes_the_decoder_panic(event in "[a-z._]{0,20}", data in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut decoder = StreamDecoder::default();
        let frame = Frame { event: event.into_bytes(), data };
        let mut out = Vec::new();
        decoder.frame(&frame, &mut out);
        decoder.body(&frame.data, &mut out);
        decoder.end(&mut out);
        let _ = codec::decode_request(Format::OpenaiResponses, &frame.data, &mut Notes::new());
    }

    #[test]
    fn every_answer_keeps_the_ladder(steps in any_steps()) {
        ladder::check(&streamed(&steps, "{}"));
        if let Some(whole) = whole(&steps, "{}") {
            prop_assert!(Json::parse(&whole, &[]).is_ok());
        }
    }
}
