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

use super::frames;

fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Step> {
    let mut reading = Reading::new(Dialect::Kiro, "seed");
    let mut steps = Vec::new();
    for chunk in chunks {
        reading.feed(chunk, &mut |_| {}, &mut steps);
    }
    reading.finish(&mut |_| {}, &mut steps);
    steps
}

fn fixture(name: &str) -> Vec<u8> {
    let (_, lines) = super::fixtures("streams")
        .into_iter()
        .find(|(other, _)| other == name)
        .expect("a fixture of this name");
    frames::of_fixture(&lines).concat()
}

#[test]
fn streams_become_steps() {
    for (name, lines) in super::fixtures("streams") {
        let stream = frames::of_fixture(&lines).concat();
        let mut shown = String::new();
        for step in read([stream.as_slice()]) {
            writeln!(shown, "{step:?}").expect("a string can be written to");
        }
        assert_snapshot!(name, shown);
    }
}

#[test]
fn steps_are_the_same_for_every_cut() {
    for (name, lines) in super::fixtures("streams") {
        let stream = frames::of_fixture(&lines).concat();
        let whole = read([stream.as_slice()]);
        for size in [1, 2, 3, 7, 16, 61] {
            assert_eq!(read(stream.chunks(size)), whole, "{name} by {size}");
        }
    }
}

#[test]
fn a_cut_inside_a_frame_is_an_error() {
    for (name, lines) in super::fixtures("streams") {
        let frames = frames::of_fixture(&lines);
        let stream = frames.concat();
        let mut ends = Vec::new();
        for frame in &frames {
            ends.push(ends.last().unwrap_or(&0) + frame.len());
        }
        for end in 0..stream.len() {
            let steps = read([&stream[..end]]);
            let is_error = matches!(steps.last(), Some(Step::Error(_)));
            assert!(is_error || ends.contains(&end), "{name} cut at {end}");
        }
    }
}

#[test]
fn a_changed_byte_is_an_error() {
    let stream = fixture("text_and_calls");
    for place in 0..stream.len() {
        let mut stream = stream.clone();
        stream[place] ^= 1;
        let steps = read([stream.as_slice()]);
        assert!(matches!(steps.last(), Some(Step::Error(_))), "byte {place}");
    }
}

#[test]
fn a_json_answer_is_a_refusal() {
    for (body, status, message) in [
        (
            r#"{"__type":"com.amazon.aws.codewhisperer#ThrottlingException","message":"slow"}"#,
            429,
            "slow",
        ),
        (
            r#"{"Output":{"__type":"com.amazon#UnknownOperationException"},"Version":"1"}"#,
            500,
            "UnknownOperationException",
        ),
        (
            r#"{"message":"Input is too long.","reason":"CONTENT_LENGTH_EXCEEDS_THRESHOLD"}"#,
            400,
            "Input is too long.",
        ),
        ("{", 500, "{"),
    ] {
        let steps = read([body.as_bytes()]);
        let [Step::Error(error)] = steps.as_slice() else {
            panic!("{body}: {steps:?}");
        };
        assert_eq!(
            (error.status, error.message.as_str()),
            (status, message),
            "{body}"
        );
    }
}

#[test]
fn a_client_of_another_format_gets_it_all() {
    let stream = fixture("text_and_calls");
    for format in [Format::OpenaiChat, Format::Ollama] {
        let mut translator = Translator::new(
            Dialect::Kiro,
            format,
            Delivery::Stream,
            Restore::default(),
            Reply {
                seed: "seed".to_owned(),
                created_at: 1_700_000_000,
                model: "mine".to_owned(),
                include_usage: true,
                ..Reply::default()
            },
        );
        let mut out = Vec::new();
        translator.feed(&stream, Duration::from_millis(250), &mut out);
        translator.finish(Duration::from_millis(750), &mut out);
        let out = String::from_utf8(out).expect("text");
        assert_snapshot!(format!("for_{format}"), out);
    }
}

const EVENTS: [&str; 9] = [
    "assistantResponseEvent",
    "reasoningContentEvent",
    "toolUseEvent",
    "metricsEvent",
    "messageStopEvent",
    "metadataEvent",
    "exception:ValidationException",
    "exception:",
    "",
];

/// JSON with the fields that are looked for, of the right type and of others.
fn payload() -> impl Strategy<Value = String> {
    let value = prop::sample::select(vec![
        "null",
        "true",
        "1",
        "-1",
        "1e400",
        "\"\"",
        "\"x\"",
        "\"{\"",
        "{}",
        "{\"a\":1}",
        "[1]",
        "{\"text\":2}",
    ]);
    let key = prop::sample::select(vec![
        "content",
        "text",
        "signature",
        "redactedContent",
        "toolUseId",
        "name",
        "input",
        "stop",
        "tokenUsage",
        "inputTokens",
        "outputTokens",
        "stopReason",
        "message",
        "toolUseEvent",
    ]);
    prop_oneof![
        4 => prop::collection::vec((key, value), 0..6).prop_map(|fields| {
            let fields: Vec<String> = fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            format!("{{{}}}", fields.join(","))
        }),
        1 => "[ -~]{0,20}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_frames_end_in_one_end(frames in prop::collection::vec((prop::sample::select(EVENTS.to_vec()), payload()), 0..12)) {
        let stream: Vec<u8> = frames
            .iter()
            .flat_map(|(event, payload)| {
                let headers = match event.strip_prefix("exception:") {
                    Some(name) => [(":message-type", "exception"), (":exception-type", name)],
                    None => [(":message-type", "event"), (":event-type", *event)],
                };
                frames::encode(&headers, payload.as_bytes())
            })
            .collect();
        let steps = read([stream.as_slice()]);
        let ends = steps.iter().filter(|step| matches!(step, Step::Finish { .. } | Step::Error(_))).count();
        prop_assert_eq!(ends, 1);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(event in prop::collection::vec(any::<u8>(), 0..24), data in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut decoder = decoder(Dialect::Kiro);
        let mut out = Vec::new();
        decoder.frame(&Frame { event, data: data.clone() }, &mut out);
        decoder.body(&data, &mut out);
        decoder.end(&mut out);
        read([data.as_slice()]);
    }
}
