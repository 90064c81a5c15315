//! Gemini's codec and its envelopes, by fixtures: what is read, what is written, and that every stream is valid.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/fixtures.rs"]
mod files;

use std::fmt::Write as _;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use wire::codec::{self, Reply};
use wire::dialect::Dialect;
use wire::error::{ErrorKind, WireError};
use wire::format::Format;
use wire::ir::content::{
    At, Block, Citation, Content, Document, DocumentBody, Hosted, HostedResult, HostedUse, Media,
    Source, Thinking, ToolInput, ToolResult, ToolUse,
};
use wire::ir::event::{Delta, Opening, Step, ToolOpening};
use wire::ir::note::Notes;
use wire::ir::proof::{Issuer, Proof};
use wire::ir::reasoning::{Effort, Reasoning, ThinkingLimits, ThinkingSupport};
use wire::ir::request::{Request, Role, Tool, ToolChoice, ToolKind, Turn};
use wire::ir::response::FinishReason;
use wire::ir::target::{Target, Traits};
use wire::json::Json;
use wire::stream::accumulator::Accumulator;
use wire::stream::reading::Reading;
use wire::usage::Usage;

fn fixtures(kind: &str) -> Vec<(String, Vec<u8>)> {
    files::fixtures(&format!("codec-gemini/{kind}"))
}

fn request(name: &str) -> Vec<u8> {
    let mut all = fixtures("requests").into_iter();
    all.find(|(known, _)| known == name)
        .expect("a fixture of this name")
        .1
}

fn target(dialect: Dialect) -> Target {
    Target {
        dialect,
        model: "gemini-up".to_owned(),
        traits: Traits::default(),
        seed: "seed1".to_owned(),
        project: None,
        profile: None,
        stream: true,
    }
}

fn gemini_3(dialect: Dialect) -> Target {
    let levels = [Effort::Low, Effort::Medium, Effort::High];
    Target {
        traits: Traits {
            wants_signatures: true,
            thinking: ThinkingSupport::Known(ThinkingLimits {
                is_dynamic: true,
                levels: levels.to_vec(),
                ..ThinkingLimits::default()
            }),
            ..Traits::default()
        },
        ..target(dialect)
    }
}

/// The request as a person reads it, and the notes under it.
fn shown(body: &[u8], notes: &Notes) -> String {
    let value: Value = serde_json::from_slice(body).expect("JSON was written");
    let mut text = serde_json::to_string_pretty(&value).expect("it prints");
    for note in notes.iter() {
        write!(text, "\n! {note}").expect("memory suffices");
    }
    text
}

fn encoded(request: &Request, target: &Target) -> String {
    let mut notes = Notes::new();
    let encoded = codec::encode_request(request, target, &mut notes).expect("it can be written");
    shown(&encoded.body, &notes)
}

fn body_of(request: &Request, target: &Target) -> Value {
    let encoded =
        codec::encode_request(request, target, &mut Notes::new()).expect("it can be written");
    serde_json::from_slice(&encoded.body).expect("JSON was written")
}

fn decoded(body: &[u8]) -> (Request, Notes) {
    let mut notes = Notes::new();
    let mut request =
        codec::decode_request(Format::Gemini, body, &mut notes).expect("it is a request");
    request.repair_history(&mut notes);
    (request, notes)
}

#[test]
fn requests_are_read() {
    for (name, body) in fixtures("requests") {
        let (request, notes) = decoded(&body);
        insta::assert_snapshot!(format!("read_{name}"), format!("{request:#?}\n{notes:#?}"));
    }
}

#[test]
fn requests_are_written_again() {
    let (agent, _) = decoded(&request("agent"));
    insta::assert_snapshot!("agent_to_gemini", encoded(&agent, &target(Dialect::Gemini)));
    let cli = gemini_3(Dialect::GeminiCli);
    insta::assert_snapshot!("agent_to_gemini_cli", encoded(&agent, &cli));
    let claude = Target {
        model: "claude-up".to_owned(),
        ..target(Dialect::Antigravity)
    };
    insta::assert_snapshot!("agent_to_antigravity_claude", encoded(&agent, &claude));
    let (snake, _) = decoded(&request("snake_case"));
    insta::assert_snapshot!(
        "snake_case_to_gemini",
        encoded(&snake, &gemini_3(Dialect::Gemini))
    );
    insta::assert_snapshot!(
        "snake_case_to_antigravity",
        encoded(&snake, &target(Dialect::Antigravity))
    );
}

#[test]
fn a_clients_own_body_goes_into_the_envelope() {
    let body = request("agent");
    let envelope = |dialect, model: &str| {
        let target = Target {
            model: model.to_owned(),
            project: Some("p1".to_owned()),
            ..target(dialect)
        };
        let mut notes = Notes::new();
        codec::envelope_request(Format::Gemini, &body, &target, &mut notes)
            .expect("an envelope")
            .expect("it can be put in")
            .body
    };
    let cli = envelope(Dialect::GeminiCli, "gemini-up");
    let text = std::str::from_utf8(&cli).expect("text");
    assert!(text.starts_with(
        r#"{"model":"gemini-up","project":"p1","user_prompt_id":"seed1","request":{"#
    ));
    let inside = std::str::from_utf8(&body).expect("text").trim();
    assert!(text.contains(inside), "the body is not touched");
    let claude = envelope(Dialect::Antigravity, "claude-up");
    insta::assert_snapshot!("agent_in_antigravity_claude", shown(&claude, &Notes::new()));
    for broken in ["", "[1]", "{", "\"x\""] {
        for dialect in [Dialect::GeminiCli, Dialect::Antigravity] {
            let target = target(dialect);
            let result = codec::envelope_request(
                Format::Gemini,
                broken.as_bytes(),
                &target,
                &mut Notes::new(),
            );
            let error = result.expect("an envelope").expect_err("it is no request");
            assert_eq!(error.status, 400, "{broken}");
        }
    }
}

#[test]
fn what_is_no_request_is_refused_with_the_place() {
    for (body, expected) in [
        ("[]", r#"expected the body to be an object, found a list"#),
        ("{}", r#"expected "contents" to be a list, found nothing"#),
        (
            r#"{"contents":"hi"}"#,
            r#"expected "contents" to be a list, found a string"#,
        ),
        (
            r#"{"contents":[7]}"#,
            r#"expected "contents[0]" to be an object, found a number"#,
        ),
        (
            r#"{"contents":[{"role":"x","parts":[]}]}"#,
            r#"expected "contents[0].role" to be "user" or "model", found "x""#,
        ),
        (
            r#"{"contents":[{"parts":[{"text":1}]}]}"#,
            r#"expected "contents[0].parts[0].text" to be a string, found a number"#,
        ),
        (
            r#"{"contents":[{"parts":[{"functionCall":{}}]}]}"#,
            r#"expected "contents[0].parts[0].functionCall.name" to be a string, found nothing"#,
        ),
        (
            r#"{"contents":[],"tools":[{"functionDeclarations":[{}]}]}"#,
            r#"expected "tools[0].functionDeclarations[0].name" to be a string, found nothing"#,
        ),
    ] {
        let error = codec::decode_request(Format::Gemini, body.as_bytes(), &mut Notes::new())
            .expect_err("it is no request");
        assert_eq!(error.message, expected);
    }
}

fn text(text: &str) -> Block {
    Block::text(At::default(), text)
}

fn block(content: Content) -> Block {
    Block::new(At::default(), content)
}

fn call(id: &str, namespace: Option<&str>, name: &str, input: ToolInput) -> Block {
    block(Content::ToolUse(ToolUse {
        id: Some(id.to_owned()),
        name: name.to_owned(),
        namespace: namespace.map(str::to_owned),
        input,
        proof: None,
    }))
}

fn result(id: &str, name: &str, content: Vec<Block>, is_error: bool) -> Block {
    block(Content::ToolResult(ToolResult {
        id: Some(id.to_owned()),
        name: Some(name.to_owned()),
        content,
        is_error,
        is_custom: false,
    }))
}

fn thinking(text: &str, issuer: Issuer, data: &str) -> Block {
    block(Content::Thinking(Thinking {
        text: text.to_owned(),
        proof: Some(Proof::new(issuer, data)),
        is_redacted: false,
    }))
}

fn image(source: Source) -> Block {
    block(Content::Image(Media {
        source,
        media_type: None,
        detail: None,
    }))
}

fn tool(index: u32, namespace: Option<&str>, name: &str, kind: ToolKind) -> Tool {
    Tool {
        index,
        name: name.to_owned(),
        namespace: namespace.map(str::to_owned),
        description: Some("d".to_owned()),
        kind,
        cache: None,
    }
}

fn turn(message: usize, role: Role, blocks: Vec<Block>) -> Turn {
    Turn::new(At::message(message), role, blocks)
}

/// What no client of Gemini sends, but others do.
fn foreign() -> Request {
    let mut request = Request::new(Format::OpenaiResponses, "m");
    let schema = |text: &str| Json::raw(text.to_owned()).expect("JSON").to_text();
    let parsed = |text: &str| {
        let text = schema(text);
        Json::parse(text.as_bytes(), &[])
            .expect("JSON")
            .into_owned()
    };
    request.turns = vec![
        turn(0, Role::System, vec![text("S1")]),
        turn(1, Role::Assistant, vec![text("Hello!")]),
        turn(
            2,
            Role::User,
            vec![
                text("a"),
                image(Source::Url("https://example.com/x.png?s=1".to_owned())),
            ],
        ),
        turn(3, Role::System, vec![text("MID")]),
        turn(
            4,
            Role::Assistant,
            vec![
                thinking("secret", Issuer::Anthropic, "EqQB"),
                thinking("", Issuer::Gemini, "EjQK"),
                text("b"),
                call(
                    "c1",
                    Some("files"),
                    "read",
                    ToolInput::Json("[1,2]".to_owned()),
                ),
                call(
                    "c2",
                    None,
                    "apply.patch!",
                    ToolInput::Text("*** Begin".to_owned()),
                ),
            ],
        ),
        turn(
            5,
            Role::User,
            vec![result(
                "c1",
                "read",
                vec![text("x"), image(Source::Base64("iVBORw0KGgo=".to_owned()))],
                false,
            )],
        ),
        turn(
            6,
            Role::User,
            vec![
                result("c2", "apply.patch!", vec![text("disk full")], true),
                text("go on"),
            ],
        ),
        turn(
            7,
            Role::Assistant,
            vec![call(
                "c3",
                None,
                "apply.patch!",
                ToolInput::Json(String::new()),
            )],
        ),
        turn(
            8,
            Role::User,
            vec![result(
                "c3",
                "apply.patch!",
                vec![text(" {\"ok\": 1.50} ")],
                false,
            )],
        ),
        turn(
            9,
            Role::User,
            vec![block(Content::Document(Document {
                body: DocumentBody::Text("words".to_owned()),
                title: Some("t".to_owned()),
                context: Some("c".to_owned()),
            }))],
        ),
        turn(10, Role::Assistant, vec![text("So it")]),
    ];
    request.tools = vec![
        tool(
            0,
            Some("files"),
            "read",
            ToolKind::Function {
                schema: Some(parsed(
                    r#"{"type":"object","properties":{"n":{"type":["integer","null"],"exclusiveMinimum":0}},"required":["n","ghost"]}"#,
                )),
                strict: Some(true),
            },
        ),
        tool(
            1,
            None,
            "apply.patch!",
            ToolKind::Custom {
                format: Some(parsed(
                    r#"{"type":"grammar","syntax":"lark","definition":"start: x"}"#,
                )),
            },
        ),
        tool(2, None, "web_search", ToolKind::Hosted(Hosted::WebSearch)),
        tool(
            3,
            None,
            "computer",
            ToolKind::Hosted(Hosted::Other("computer_use".to_owned())),
        ),
        tool(
            4,
            None,
            "empty",
            ToolKind::Function {
                schema: None,
                strict: None,
            },
        ),
    ];
    request.tool_choice = Some(ToolChoice::Tool("read".to_owned()));
    request.parallel_tool_calls = Some(false);
    request.sampling.stop = (0..7).map(|n| format!("s{n}")).collect();
    request.sampling.seed = Some(1 << 40);
    request.reasoning = Reasoning {
        effort: Some(Effort::High),
        ..Reasoning::default()
    };
    request
}

#[test]
fn other_clients_requests_are_written() {
    let request = foreign();
    insta::assert_snapshot!(
        "foreign_to_gemini_2",
        encoded(&request, &target(Dialect::Gemini))
    );
    insta::assert_snapshot!(
        "foreign_to_gemini_3",
        encoded(&request, &gemini_3(Dialect::Gemini))
    );
    insta::assert_snapshot!(
        "foreign_to_antigravity",
        encoded(&request, &target(Dialect::Antigravity))
    );
    let restore = codec::encode_request(&request, &target(Dialect::Gemini), &mut Notes::new())
        .expect("it can be written")
        .restore;
    assert_eq!(restore.stop, ["s5", "s6"]);
    let renamed: Vec<_> = restore
        .tools
        .iter()
        .map(|tool| (&*tool.sent, &*tool.name))
        .collect();
    assert_eq!(
        renamed,
        [("files__read", "read"), ("apply.patch_", "apply.patch!")]
    );
}

#[test]
fn what_gemini_cannot_do_is_refused() {
    let check = |change: fn(&mut Request), expected: &str| {
        let mut request = foreign();
        change(&mut request);
        let error = codec::encode_request(&request, &target(Dialect::Gemini), &mut Notes::new())
            .expect_err("it must not be sent");
        assert_eq!(error.kind, ErrorKind::InvalidRequest);
        assert!(error.message.contains(expected), "{}", error.message);
    };
    check(|request| request.sampling.n = Some(2), "\"n\"");
    check(
        |request| {
            let file = image(Source::FileId("file-1".to_owned()));
            request.turns.push(turn(11, Role::User, vec![file]));
        },
        "file-1",
    );
    check(
        |request| {
            request.tools.retain(|tool| tool.name == "computer");
            request.tool_choice = Some(ToolChoice::Required);
        },
        "tool_choice",
    );
}

#[test]
fn a_conversation_keeps_its_session() {
    let mut request = foreign();
    let first = body_of(&request, &target(Dialect::Antigravity));
    request.turns.push(turn(11, Role::User, vec![text("more")]));
    let second = body_of(&request, &target(Dialect::Antigravity));
    let session = |body: &Value| body["request"]["sessionId"].as_str().map(str::to_owned);
    assert_eq!(session(&first), session(&second));
    let number: i64 = session(&first)
        .expect("a session")
        .parse()
        .expect("a number");
    assert!(number < 0);
}

fn read(dialect: Dialect, chunks: &[&[u8]]) -> Vec<Step> {
    let mut reading = Reading::new(dialect, "seed1");
    let mut steps = Vec::new();
    for chunk in chunks {
        reading.feed(chunk, &mut |_| {}, &mut steps);
    }
    reading.finish(&mut |_| {}, &mut steps);
    steps
}

fn dialect_of(name: &str) -> Dialect {
    if name == "enveloped" {
        Dialect::Antigravity
    } else {
        Dialect::Gemini
    }
}

fn reply(is_array: bool) -> Reply {
    Reply {
        seed: "seed1".to_owned(),
        model: "asked".to_owned(),
        is_array,
        ..Reply::default()
    }
}

fn written(steps: &[Step], is_array: bool) -> String {
    let mut encoder = codec::encoder(Format::Gemini, reply(is_array));
    let mut out = Vec::new();
    for step in steps {
        encoder.step(step, Duration::ZERO, &mut out);
    }
    String::from_utf8(out).expect("text was written")
}

#[test]
fn streams_are_read_and_written() {
    for (name, body) in fixtures("streams") {
        let steps = read(dialect_of(&name), &[&body]);
        let listed: String = steps.iter().map(|step| format!("{step:?}\n")).collect();
        let stream = written(&steps, false);
        insta::assert_snapshot!(format!("stream_{name}"), format!("{listed}\n{stream}"));
        check_events(&stream, &steps);
        check_list(&written(&steps, true), &steps);
    }
}

#[test]
fn whole_answers_are_read_and_written() {
    for (name, body) in fixtures("bodies") {
        let steps = read(Dialect::Gemini, &[&body]);
        let enveloped = format!("{{\"response\":{}}}", String::from_utf8_lossy(&body));
        if name != "error" {
            assert_eq!(read(Dialect::GeminiCli, &[enveloped.as_bytes()]), steps);
        }
        let mut accumulator = Accumulator::new();
        for step in &steps {
            accumulator.push(step.clone());
        }
        let listed: String = steps.iter().map(|step| format!("{step:?}\n")).collect();
        let answer = accumulator.finish().expect("it ended").map(|response| {
            let body =
                codec::encode_response(Format::Gemini, &response, &reply(false), Duration::ZERO);
            shown(&body, &Notes::new())
        });
        insta::assert_snapshot!(
            format!("body_{name}"),
            format!("{listed}\n{}", answer.unwrap_or_else(|error| error.message))
        );
    }
}

#[test]
fn an_envelope_is_taken_off() {
    let mut editor = codec::editor(Format::Gemini, Dialect::GeminiCli).expect("an editor");
    let mut out = Vec::new();
    for data in [
        r#"{"traceId":"t","response":{"candidates":[ 1.50 ]}}"#,
        "{\"response\":{\n\"usageMetadata\":{}}}",
        r#"{"traceId":"t"}"#,
        "[DONE]",
        r#"{"error":{"code":429}}"#,
    ] {
        let frame = wire::framing::Frame {
            event: Vec::new(),
            data: data.as_bytes().to_vec(),
        };
        editor.frame(&frame, &mut out);
    }
    assert_eq!(
        String::from_utf8(out).expect("text"),
        "data: {\"candidates\":[ 1.50 ]}\n\ndata: { \"usageMetadata\":{}}\n\ndata: {\"error\":{\"code\":429}}\n\n"
    );
    assert_eq!(editor.body(br#"{"response":{"a":1}}"#), br#"{"a":1}"#);
    assert_eq!(editor.body(br#"{"error":1}"#), br#"{"error":1}"#);
}

#[test]
fn what_only_others_answer_is_written() {
    let citation = Citation {
        url: Some("https://a.example".to_owned()),
        title: Some("A".to_owned()),
        cited_text: None,
        span: Some((0, 2)),
    };
    let steps = vec![
        Step::Start {
            model: None,
            usage: None,
        },
        Step::Open(Opening::RedactedThinking),
        Step::Delta(Delta::Proof(Proof::new(Issuer::Anthropic, "EqQB"))),
        Step::Close,
        Step::Open(Opening::HostedUse(HostedUse {
            id: None,
            tool: Hosted::WebSearch,
            input: r#"{"query":"q"}"#.to_owned(),
        })),
        Step::Close,
        Step::Open(Opening::HostedResult(HostedResult {
            id: None,
            tool: Hosted::WebSearch,
            sources: vec![citation.clone()],
        })),
        Step::Close,
        Step::Open(Opening::Text),
        Step::Delta(Delta::Text("Zü".to_owned())),
        Step::Delta(Delta::Citation(citation)),
        Step::Delta(Delta::Text("rich".to_owned())),
        Step::Close,
        Step::Open(Opening::Tool(ToolOpening {
            id: Some("c1".to_owned()),
            name: "f".to_owned(),
            ..ToolOpening::default()
        })),
        Step::Delta(Delta::Input("{\"n\":".to_owned())),
        Step::Delta(Delta::Input("1.50}".to_owned())),
        Step::Close,
        Step::Finish {
            reason: FinishReason::ToolUse,
            usage: Some(Usage {
                input: 5,
                cache_read: 3,
                cache_write: 2,
                output: 9,
                reasoning: 4,
            }),
        },
    ];
    insta::assert_snapshot!("foreign_answer", written(&steps, false));
    insta::assert_snapshot!("foreign_answer_as_list", written(&steps, true));
    check_events(&written(&steps, false), &steps);
}

const REASONS: [&str; 3] = ["STOP", "MAX_TOKENS", "SAFETY"];

/// What the SDKs ask of a stream of events.
fn check_events(stream: &str, steps: &[Step]) {
    let mut frames = Vec::new();
    for event in stream.split_terminator("\n\n") {
        let data = event.strip_prefix("data: ").expect("every line is data");
        assert!(!data.contains('\n'), "one line per event");
        frames.push(serde_json::from_str(data).expect("JSON"));
    }
    assert!(stream.is_empty() || stream.ends_with("\n\n"));
    check_frames(&frames, steps);
}

fn check_list(list: &str, steps: &[Step]) {
    let frames: Vec<Value> = serde_json::from_str(list).expect("one list");
    check_frames(&frames, steps);
}

fn check_frames(frames: &[Value], steps: &[Step]) {
    let mut finished = 0;
    let mut words = String::new();
    for frame in frames {
        if frame.get("error").is_some() {
            assert!(frame["error"]["code"].is_u64() && frame["error"]["status"].is_string());
            continue;
        }
        assert_eq!(
            (&frame["modelVersion"], &frame["responseId"]),
            (&json!("asked"), &json!("seed1"))
        );
        let candidate = &frame["candidates"][0];
        if let Some(reason) = candidate["finishReason"].as_str() {
            assert!(REASONS.contains(&reason), "{reason}");
            finished += 1;
        }
        let parts = candidate["content"]["parts"].as_array().expect("parts");
        assert!(!parts.is_empty());
        for part in parts {
            if let Some(call) = part.get("functionCall") {
                assert!(
                    call["args"].is_object() && call["id"].is_string() && call["name"].is_string()
                );
            } else if part.get("thought").is_none() {
                words.push_str(part["text"].as_str().unwrap_or_default());
            }
            if let Some(signature) = part.get("thoughtSignature") {
                let signature = signature.as_str().expect("text");
                let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte);
                assert!(signature.bytes().all(is_base64), "{signature}");
            }
        }
    }
    let ends_well = matches!(steps.last(), Some(Step::Finish { .. }));
    assert_eq!(finished, usize::from(ends_well));
    let told: String = steps
        .iter()
        .filter_map(|step| match step {
            Step::Delta(Delta::Text(text)) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(words, told);
}

fn any_block() -> impl Strategy<Value = Vec<Step>> {
    let openings = prop_oneof![
        Just(Opening::Text),
        Just(Opening::Refusal),
        Just(Opening::Thinking),
        Just(Opening::RedactedThinking),
        Just(Opening::Image(Media::base64(None, "iVBORw0KGgo="))),
        any::<bool>().prop_map(|is_custom| Opening::Tool(ToolOpening {
            id: Some("c".to_owned()),
            name: "f".to_owned(),
            namespace: None,
            is_custom,
        })),
    ];
    (
        openings,
        prop::collection::vec(".{0,8}", 0..4),
        any::<bool>(),
    )
        .prop_map(|(opening, texts, is_signed)| {
            let mut steps = vec![Step::Open(opening.clone())];
            for text in texts {
                steps.extend(match &opening {
                    Opening::Text | Opening::Refusal => Some(Step::Delta(Delta::Text(text))),
                    Opening::Thinking => Some(Step::Delta(Delta::Thinking(text))),
                    Opening::Tool(_) => Some(Step::Delta(Delta::Input(text))),
                    _ => None,
                });
            }
            if is_signed && !matches!(opening, Opening::Image(_) | Opening::Refusal) {
                steps.push(Step::Delta(Delta::Proof(Proof::new(
                    Issuer::Openai,
                    "gAAAAA",
                ))));
            }
            steps.push(Step::Close);
            steps
        })
}

fn any_answer() -> impl Strategy<Value = Vec<Step>> {
    let start = || Step::Start {
        model: None,
        usage: None,
    };
    let error = || Step::Error(WireError::new(ErrorKind::Overloaded, "busy"));
    let finish = || Step::Finish {
        reason: FinishReason::Stop,
        usage: Some(Usage::default()),
    };
    (prop::collection::vec(any_block(), 0..5), 0..4_usize).prop_map(move |(blocks, end)| {
        let mut steps: Vec<Step> = std::iter::once(start())
            .chain(blocks.into_iter().flatten())
            .collect();
        match end {
            0 => steps = vec![error()],
            // In an open block.
            1 => {
                steps.pop_if(|step| *step == Step::Close);
                steps.push(error());
            }
            _ => steps.push(finish()),
        }
        steps
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_is_written_as_sdks_want_it(steps in any_answer()) {
        check_events(&written(&steps, false), &steps);
        check_list(&written(&steps, true), &steps);
    }

    #[test]
    fn chunks_do_not_matter(places in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        for (name, body) in fixtures("streams") {
            let mut cuts: Vec<usize> = places.iter().map(|place| place.index(body.len() + 1)).collect();
            cuts.extend([0, body.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &body[pair[0]..pair[1]]).collect();
            let dialect = dialect_of(&name);
            prop_assert_eq!(read(dialect, &chunks), read(dialect, &[&body]));
        }
    }

    #[test]
    fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), junk in any_json()) {
        for dialect in [Dialect::Gemini, Dialect::Antigravity] {
            for body in [bytes.as_slice(), junk.as_bytes()] {
                read(dialect, &[body]);
                let stream = [b"data: ".as_slice(), body, b"\n\n"].concat();
                read(dialect, &[&stream]);
                let _ = codec::decode_request(Format::Gemini, body, &mut Notes::new()).map(|mut request| {
                    request.repair_history(&mut Notes::new());
                    let _ = codec::encode_request(&request, &gemini_3(dialect), &mut Notes::new());
                });
                let _ = codec::envelope_request(Format::Gemini, body, &target(Dialect::Antigravity), &mut Notes::new());
            }
        }
    }
}

/// Documents of the format's own words in places where they may not belong.
fn any_json() -> impl Strategy<Value = String> {
    const KEYS: [&str; 30] = [
        "contents",
        "parts",
        "role",
        "text",
        "thought",
        "thoughtSignature",
        "functionCall",
        "functionResponse",
        "name",
        "args",
        "response",
        "id",
        "tools",
        "functionDeclarations",
        "parameters",
        "properties",
        "type",
        "items",
        "anyOf",
        "required",
        "candidates",
        "content",
        "finishReason",
        "groundingMetadata",
        "groundingChunks",
        "groundingSupports",
        "segment",
        "endIndex",
        "generationConfig",
        "partialArgs",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(KEYS.to_vec()).prop_map(Value::from),
    ];
    let tree = leaf.prop_recursive(7, 60, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((prop::sample::select(KEYS.to_vec()), inner), 0..5).prop_map(
                |fields| {
                    fields
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value))
                        .collect()
                }
            ),
        ]
    });
    let contents = tree.clone().prop_map(|part| json!({ "contents": [{ "parts": [part.clone()], "role": "model" }, part.clone()], "tools": part }));
    let answer = tree.clone().prop_map(|part| json!({ "candidates": [{ "content": { "parts": [part.clone()] }, "groundingMetadata": part, "finishReason": "STOP" }] }));
    prop_oneof![tree, contents, answer].prop_map(|value| value.to_string())
}
