//! Answers, read and written: streamed and whole.

use std::fmt::Write as _;
use std::time::Duration;

use insta::assert_snapshot;
use proptest::prelude::*;
use wire::codec::{decoder, encode_response};
use wire::dialect::Dialect;
use wire::format::Format;
use wire::framing::Frame;
use wire::ir::content::{Citation, Hosted, HostedResult, HostedUse};
use wire::ir::event::{Delta, Opening, Step, ToolOpening};
use wire::ir::proof::{Issuer, Proof};
use wire::ir::response::FinishReason;
use wire::stream::accumulator::Accumulator;
use wire::stream::reading::Reading;
use wire::usage::Usage;

use crate::fixtures;
use crate::grammar::{check, reply, write};

fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Step> {
    let mut reading = Reading::new(Dialect::Anthropic, "seed");
    let mut steps = Vec::new();
    for chunk in chunks {
        reading.feed(chunk, &mut |_| {}, &mut steps);
    }
    reading.finish(&mut |_| {}, &mut steps);
    steps
}

fn shown(steps: &[Step]) -> String {
    let mut shown = String::new();
    for step in steps {
        let _ = writeln!(shown, "{step:?}");
    }
    shown
}

fn whole(steps: &[Step]) -> Option<String> {
    let mut accumulator = Accumulator::new();
    for step in steps {
        accumulator.push(step.clone());
    }
    let response = accumulator.finish()?.ok()?;
    let body = encode_response(Format::Anthropic, &response, &reply(), Duration::ZERO);
    Some(String::from_utf8(body).expect("an answer is text"))
}

#[test]
fn answers_are_read() {
    for kind in ["stream", "whole"] {
        for (name, body) in fixtures(kind) {
            assert_snapshot!(format!("read_{kind}_{name}"), shown(&read([&*body])));
        }
    }
}

#[test]
fn answers_survive_the_neutral_form() {
    for (name, body) in fixtures("stream") {
        let steps = read([&*body]);
        let stream = write(&steps);
        check(&stream);
        let stream = String::from_utf8(stream).expect("a stream is text");
        let stream = stream.replace("event: ping\ndata: {\"type\":\"ping\"}\n\n", "");
        let whole = whole(&steps).unwrap_or_default();
        assert_snapshot!(format!("written_{name}"), format!("{stream}\n{whole}"));
    }
}

fn proof(data: &str) -> Step {
    Step::Delta(Delta::Proof(Proof::new(Issuer::Gemini, data)))
}

fn tool(id: &str, is_custom: bool) -> Step {
    Step::Open(Opening::Tool(ToolOpening {
        id: Some(id.to_owned()),
        name: "f".to_owned(),
        namespace: None,
        is_custom,
    }))
}

fn answer(steps: Vec<Step>, reason: FinishReason) -> Vec<Step> {
    let mut answer = vec![Step::Start {
        model: None,
        usage: None,
    }];
    answer.extend(steps);
    answer.push(Step::Finish {
        reason,
        usage: Some(Usage {
            input: 3,
            output: 4,
            reasoning: 1,
            ..Usage::default()
        }),
    });
    answer
}

/// The written stream without what is the same everywhere, then the whole answer.
fn both(steps: &[Step]) -> String {
    let mut shown = String::new();
    for event in check(&write(steps)) {
        let _ = writeln!(shown, "{event}");
    }
    shown + &whole(steps).expect("it ends well")
}

#[test]
fn a_calls_proof_rides_on_the_thinking_before_it() {
    let thinking = || Step::Delta(Delta::Thinking("hm".to_owned()));
    let input = || Step::Delta(Delta::Input("{}".to_owned()));
    let steps = answer(
        vec![
            Step::Open(Opening::Thinking),
            thinking(),
            Step::Close,
            tool("functions.f:0", false),
            proof("R0VN"),
            input(),
            Step::Close,
            tool("b", false),
            Step::Close,
            tool("c", false),
            proof("SU5J"),
            input(),
            Step::Close,
            Step::Open(Opening::Thinking),
            thinking(),
            proof("T1dO"),
            Step::Close,
            Step::Open(Opening::Text),
            proof("lost"),
            Step::Close,
        ],
        FinishReason::ToolUse,
    );
    assert_snapshot!(both(&steps));
}

#[test]
fn searches_are_pairs_and_other_hosted_tools_unseen() {
    let call = |id: &str, tool| {
        let call = HostedUse {
            id: Some(id.to_owned()),
            tool,
            input: r#"{"query":"q"}"#.to_owned(),
        };
        [Step::Open(Opening::HostedUse(call)), Step::Close]
    };
    let result = |id: &str| {
        let result = HostedResult {
            id: Some(id.to_owned()),
            tool: Hosted::WebSearch,
            sources: vec![Citation {
                url: Some("https://a.example".to_owned()),
                title: Some("A".to_owned()),
                ..Citation::default()
            }],
        };
        [Step::Open(Opening::HostedResult(result)), Step::Close]
    };
    let mut steps: Vec<Step> = Vec::new();
    steps.extend(call("ws_1", Hosted::WebSearch));
    steps.extend(call("srvtoolu_9", Hosted::WebSearch));
    steps.extend(result("srvtoolu_9"));
    steps.extend(call("ci_1", Hosted::CodeExecution));
    steps.extend([
        Step::Open(Opening::Refusal),
        Step::Delta(Delta::Text("no".to_owned())),
        Step::Close,
    ]);
    steps.extend(result("late"));
    assert_snapshot!(both(&answer(steps, FinishReason::Stop)));
}

#[test]
fn inputs_become_objects() {
    let input = |text: &str| Step::Delta(Delta::Input(text.to_owned()));
    let steps = answer(
        vec![
            tool("a", true),
            input("*** Begin"),
            input(" \"Patch\""),
            Step::Close,
            tool("b", false),
            input("{\"n\":"),
            input("1.0}"),
            Step::Close,
        ],
        FinishReason::ToolUse,
    );
    assert_snapshot!(both(&steps));
    let broken = answer(
        vec![tool("a", false), input("{\"city\": \"A\""), Step::Close],
        FinishReason::ToolUse,
    );
    let whole = whole(&broken).expect("it ends well");
    assert!(
        whole.contains(r#""input":{"_raw":"{\"city\": \"A\""}"#),
        "{whole}"
    );
}

proptest! {
    #[test]
    fn cuts_change_nothing(which in any::<prop::sample::Index>(), mut places in prop::collection::vec(any::<prop::sample::Index>(), 0..8)) {
        let fixtures = fixtures("stream");
        let (_, body) = which.get(&fixtures);
        let mut places: Vec<usize> = places.drain(..).map(|place| place.index(body.len())).collect();
        places.extend([0, body.len()]);
        places.sort_unstable();
        let chunks = places.windows(2).map(|pair| &body[pair[0]..pair[1]]);
        prop_assert_eq!(read(chunks), read([&**body]));
    }

    #[test]
    fn no_bytes_break_the_decoder(data in prop::collection::vec(any::<u8>(), 0..100), event in "[a-z_]{0,20}") {
        let mut decoder = decoder(Dialect::Anthropic);
        let mut out = Vec::new();
        decoder.frame(&Frame { event: event.into_bytes(), data: data.clone() }, &mut out);
        decoder.body(&data, &mut out);
        decoder.end(&mut out);
    }

    /// Every event of a fixture with one of its bytes replaced.
    #[test]
    fn no_damage_breaks_the_decoder(which in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), byte in prop::sample::select(b"{}[]\",:0n\n".to_vec())) {
        let fixtures = fixtures("stream");
        let (_, body) = which.get(&fixtures);
        let mut body = body.clone();
        let index = place.index(body.len());
        body[index] = byte;
        let steps = read([&*body]);
        let is_ended = matches!(steps.last(), Some(Step::Finish { .. } | Step::Error(_)));
        prop_assert!(is_ended, "{:?}", steps);
    }
}
