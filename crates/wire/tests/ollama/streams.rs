use std::fmt::Write as _;
use std::time::Duration;

use insta::assert_snapshot;
use proptest::prelude::*;
use wire::codec::{Reply, decoder};
use wire::dialect::Dialect;
use wire::format::Format;
use wire::framing::Frame;
use wire::ir::event::Step;
use wire::ir::target::Restore;
use wire::stream::reading::Reading;
use wire::stream::translator::{Delivery, Translator};

use super::grammar;

fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Step> {
    let mut reading = Reading::new(Dialect::Ollama, "seed");
    let mut steps = Vec::new();
    for chunk in chunks {
        reading.feed(chunk, &mut |_| {}, &mut steps);
    }
    reading.finish(&mut |_| {}, &mut steps);
    steps
}

#[test]
fn streams_become_steps() {
    for (name, stream) in super::fixtures("streams") {
        let mut shown = String::new();
        for step in read([stream.as_slice()]) {
            writeln!(shown, "{step:?}").expect("a string can be written to");
        }
        assert_snapshot!(name, shown);
    }
}

#[test]
fn steps_are_the_same_for_every_cut() {
    for (name, stream) in super::fixtures("streams") {
        let whole = read([stream.as_slice()]);
        for size in [1, 2, 3, 7, 64] {
            assert_eq!(read(stream.chunks(size)), whole, "{name} by {size}");
        }
    }
}

/// Chat completions as the upstream, Ollama's client behind it.
fn answer(delivery: Delivery, stream: &[u8]) -> (String, bool) {
    let mut translator = Translator::new(
        Dialect::OpenaiChat,
        Format::Ollama,
        delivery,
        Restore::default(),
        Reply {
            seed: "seed".to_owned(),
            created_at: 1_735_689_600,
            model: "mine".to_owned(),
            prompt_estimate: 5,
            ..Reply::default()
        },
    );
    let mut out = Vec::new();
    translator.feed(stream, Duration::from_millis(1), &mut out);
    translator.finish(Duration::from_millis(1_500), &mut out);
    let has_failed = translator.failed_early().is_some();
    (String::from_utf8(out).expect("text"), has_failed)
}

const CHAT: &str = concat!(
    r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"up","choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"hm"}}]}"#,
    "\n\n",
    r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"up","choices":[{"index":0,"delta":{"content":"Hé"},"logprobs":{"content":[{"token":"Hé","logprob":-0.5,"bytes":[72],"top_logprobs":[]}]}}]}"#,
    "\n\n",
    r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"up","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":"{\"b\": 1.0"}}]}}]}"#,
    "\n\n",
    r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"up","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}}]}"#,
    "\n\n",
    r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"up","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
    "\n\n",
    "data: [DONE]\n\n",
);

#[test]
fn an_answer_is_written_as_lines() {
    let (out, _) = answer(Delivery::Stream, CHAT.as_bytes());
    grammar::check(&out);
    assert_snapshot!(out);
}

#[test]
fn an_answer_is_written_as_one_object() {
    let (out, _) = answer(Delivery::Whole, CHAT.as_bytes());
    assert_snapshot!(out);
}

#[test]
fn an_answer_that_breaks_ends_in_an_error_and_nothing_else() {
    let cut = CHAT
        .find(r#""arguments":"}""#)
        .expect("the second fragment");
    let (out, _) = answer(Delivery::Stream, &CHAT.as_bytes()[..cut]);
    let last = out.lines().last().expect("a line");
    assert!(last.starts_with(r#"{"error":""#), "{out}");
    assert!(
        !out.contains("tool_calls") && !out.contains(r#""done":true"#),
        "{out}"
    );
    let (out, has_failed) = answer(Delivery::Whole, &CHAT.as_bytes()[..cut]);
    assert!(out.is_empty() && has_failed);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_read_without_a_panic(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..5)) {
        let mut decoder = decoder(Dialect::Ollama);
        let mut out = Vec::new();
        for data in lines {
            decoder.body(&data, &mut out);
            decoder.frame(&Frame { event: Vec::new(), data }, &mut out);
        }
        decoder.end(&mut out);
    }

    #[test]
    fn any_fields_are_read_without_a_panic(fields in prop::collection::vec((field(), value()), 0..6), inner in prop::collection::vec((field(), value()), 0..6)) {
        let object = |fields: &[(&str, &str)]| {
            let fields: Vec<String> = fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            format!("{{{}}}", fields.join(","))
        };
        let mut outer = fields;
        let message = object(&inner);
        outer.push(("message", &message));
        let stream = format!("{}\n", object(&outer));
        let steps = read([stream.as_bytes()]);
        let ends = steps.iter().filter(|step| matches!(step, Step::Finish { .. } | Step::Error(_))).count();
        prop_assert_eq!(ends, 1);
    }
}

fn field() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "model",
        "message",
        "content",
        "thinking",
        "images",
        "tool_calls",
        "done",
        "done_reason",
        "error",
        "logprobs",
        "eval_count",
    ])
}

fn value() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "null",
        "true",
        "1",
        "-1",
        "\"\"",
        "\"x\"",
        "{}",
        "[]",
        "[1,\"x\",{}]",
        r#"[{"function":{"name":"f","arguments":{"a":1}}}]"#,
        r#"[{"function":{"name":"f","arguments":3}}]"#,
        r#"[{"function":{"name":3}}]"#,
        r#"[{"token":"x","logprob":"no"}]"#,
    ])
}
