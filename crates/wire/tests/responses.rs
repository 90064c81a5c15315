//! Responses as they come: every fixture is observed, whole and cut at every place.
#![expect(clippy::expect_used, reason = "a test may fail")]

use std::path::Path;

use bytes::Bytes;
use proptest::prelude::*;
use wire::format::Format;
use wire::framing::Frame;
use wire::framing::sse::SseParser;
use wire::tap::{Observed, Tap};

struct Fixture {
    name: String,
    format: Format,
    is_sse: bool,
    body: Bytes,
}

/// The formats with a reader of their own; the others are read by their codecs.
const TAPPED: [Format; 3] = [
    Format::OpenaiChat,
    Format::OpenaiResponses,
    Format::Anthropic,
];

/// `tests/fixtures/<format>/<case>.{json,sse}`, in order.
fn fixtures() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut fixtures = Vec::new();
    for format in TAPPED {
        for entry in root
            .join(format.as_str())
            .read_dir()
            .expect("every format has fixtures")
        {
            let path = entry.expect("a fixture is listed").path();
            let file = path
                .file_name()
                .expect("a fixture has a name")
                .to_string_lossy();
            fixtures.push(Fixture {
                name: format!("{format}/{file}"),
                format,
                is_sse: file.ends_with(".sse"),
                body: std::fs::read(&path).expect("a fixture is readable").into(),
            });
        }
    }
    fixtures.sort_by(|a, b| a.name.cmp(&b.name));
    fixtures
}

fn events(parser: &mut SseParser) -> Vec<Frame> {
    std::iter::from_fn(|| parser.next_event()).collect()
}

fn parse(mut parser: SseParser, chunks: &[Bytes]) -> (Vec<Frame>, bool) {
    let mut found = Vec::new();
    for chunk in chunks {
        parser.feed(chunk);
        found.extend(events(&mut parser));
    }
    parser.finish();
    found.extend(events(&mut parser));
    (found, parser.is_overflowed())
}

fn observe(format: Format, is_sse: bool, chunks: &[Bytes]) -> Observed {
    let mut tap = Tap::new(format, is_sse);
    for chunk in chunks {
        tap.observe(chunk);
    }
    tap.finish()
}

fn cut(body: &Bytes, mut places: Vec<usize>) -> Vec<Bytes> {
    places.iter_mut().for_each(|place| *place %= body.len() + 1);
    places.extend([0, body.len()]);
    places.sort_unstable();
    places
        .windows(2)
        .map(|pair| body.slice(pair[0]..pair[1]))
        .collect()
}

fn row(fixture: &Fixture) -> String {
    let observed = observe(
        fixture.format,
        fixture.is_sse,
        std::slice::from_ref(&fixture.body),
    );
    let usage = observed.usage.map_or("-".to_owned(), |usage| {
        let [input, read, write] = [usage.input, usage.cache_read, usage.cache_write];
        format!(
            "{input}+{read}r+{write}w/{}({})",
            usage.output, usage.reasoning
        )
    });
    let end = if observed.is_complete {
        "complete"
    } else {
        "cut"
    };
    let model = observed.model.unwrap_or("-".to_owned());
    let error = observed.error.map_or(String::new(), |error| {
        format!(
            " | {} {:?} {:?} {}",
            error.status, error.kind, error.code, error.message
        )
    });
    format!("{}: {model} | {usage} | {end}{error}\n", fixture.name)
}

#[test]
fn every_fixture_says_what_it_says() {
    let rows: String = fixtures().iter().map(row).collect();
    insta::assert_snapshot!(rows, @r#"
    anthropic/cut_between_events.sse: claude-opus-4-6 | 12+0r+0w/1(0) | cut
    anthropic/done_is_no_end.sse: claude-opus-4-6 | 12+0r+0w/1(0) | cut
    anthropic/error_with_success_status.json: - | - | complete | 429 RateLimit None This request would exceed your rate limit
    anthropic/message.json: claude-sonnet-4-5-20250929 | 2095+3000r+100w/503(0) | complete
    anthropic/overloaded_midway.sse: claude-opus-4-6 | 12+0r+0w/1(0) | cut | 503 Overloaded None Overloaded
    anthropic/text.sse: claude-opus-4-6 | 25+0r+0w/15(0) | complete
    anthropic/thinking_crlf.sse: claude-opus-4-6 | 42+128r+0w/310(280) | complete
    anthropic/tool_use_with_cache.sse: claude-opus-4-6 | 4+18432r+612w/89(0) | complete
    anthropic/usage_at_the_end.sse: another-model | 900+0r+0w/2(0) | complete
    openai-chat/crlf_without_done.sse: gpt-5-mini-2025-08-07 | 5+0r+0w/2(0) | complete
    openai-chat/cut.json: - | - | cut
    openai-chat/cut_inside_a_chunk.sse: gpt-5-mini-2025-08-07 | - | cut
    openai-chat/error_midway.sse: gpt-5-mini-2025-08-07 | - | cut | 500 Server None The server had an error while processing your request
    openai-chat/error_with_success_status.json: - | - | complete | 429 RateLimit None Rate limit reached, try again in 20s
    openai-chat/late_model.sse: gpt-5-mini-2025-08-07 | - | complete
    openai-chat/malformed_usage.sse: local-model | 0+0r+0w/3(0) | complete
    openai-chat/reasoning.sse: deep-thinker | 15+0r+16w/260(257) | complete
    openai-chat/text_with_usage.sse: gpt-5-mini-2025-08-07 | 86+1920r+0w/11(0) | complete
    openai-chat/tool_call.json: gpt-5-2025-08-07 | 195+1024r+0w/110(64) | complete
    openai-chat/tool_calls.sse: gpt-5-mini-2025-08-07 | 182+0r+0w/44(0) | complete
    openai-chat/words_in_content.sse: gpt-5-mini-2025-08-07 | - | cut
    openai-responses/cut_before_the_end.sse: gpt-5.1-codex | - | cut
    openai-responses/error_midway.sse: gpt-5.1-codex | - | cut | 500 Server Some("server_error") An error occurred
    openai-responses/failed.json: gpt-5.1-codex | - | complete | 500 Server Some("server_error") The model produced invalid content
    openai-responses/failed.sse: gpt-5.1-codex | - | complete | 429 RateLimit Some("rate_limit_exceeded") Rate limit reached. Please try again in 11.054s.
    openai-responses/incomplete.sse: gpt-5.1-codex | 81+0r+0w/16(16) | complete
    openai-responses/reasoning_and_tool_crlf.sse: gpt-5.1-codex | 131+13952r+128w/310(256) | complete
    openai-responses/response.json: o4-mini | 11+64r+0w/1186(1024) | complete
    openai-responses/text.sse: gpt-5.1-codex | 37+0r+0w/11(0) | complete
    "#);
}

#[test]
fn every_split_point_gives_the_same_result() {
    for fixture in fixtures() {
        let Fixture {
            name,
            format,
            is_sse,
            body,
        } = fixture;
        let whole = std::slice::from_ref(&body);
        let expected = (
            parse(SseParser::new(), whole),
            observe(format, is_sse, whole),
        );
        for place in 0..=body.len() {
            let parts = cut(&body, vec![place]);
            let found = (
                parse(SseParser::new(), &parts),
                observe(format, is_sse, &parts),
            );
            assert_eq!(found, expected, "{name} cut at {place}");
        }
        let bytes: Vec<Bytes> = body.chunks(1).map(Bytes::copy_from_slice).collect();
        let found = (
            parse(SseParser::new(), &bytes),
            observe(format, is_sse, &bytes),
        );
        assert_eq!(found, expected, "{name} byte by byte");
    }
}

#[test]
fn a_truncated_response_is_never_more_complete_than_the_whole() {
    for Fixture {
        name,
        format,
        is_sse,
        body,
    } in fixtures()
    {
        let mut was_complete = false;
        for end in 0..=body.len() {
            let is_complete = observe(format, is_sse, &[body.slice(..end)]).is_complete;
            assert!(
                is_complete || !was_complete,
                "{name} is complete before {end}, but not at it"
            );
            was_complete = is_complete;
        }
    }
}

#[test]
fn a_peek_sees_the_events_that_are_whole() {
    let mut tap = Tap::new(Format::Anthropic, true);
    tap.observe(&Bytes::from_static(
        b"data: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":3}}}\n\ndata: {\"ty",
    ));
    let observed = tap.observed();
    assert_eq!(observed.model.as_deref(), Some("m"));
    assert_eq!(observed.usage.map(|usage| usage.input), Some(3));
    assert!(!observed.is_complete);
}

#[test]
fn an_end_that_is_missing_is_no_error_of_the_upstreams() {
    let begun = [
        (
            Format::Gemini,
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"so far\"}]}}]}\n\n",
        ),
        (
            Format::Ollama,
            "{\"message\":{\"role\":\"assistant\",\"content\":\"so far\"},\"done\":false}\n",
        ),
    ];
    for (format, stream) in begun {
        let observed = observe(format, true, &[Bytes::from_static(stream.as_bytes())]);
        assert_eq!(
            (observed.is_complete, observed.error),
            (false, None),
            "{format}"
        );
    }
    let said = b"data: {\"error\":{\"code\":503,\"message\":\"overloaded\"}}\n\n";
    let observed = observe(Format::Gemini, true, &[Bytes::from_static(said)]);
    assert_eq!(
        observed.error.map(|error| error.message).as_deref(),
        Some("overloaded")
    );
}

#[test]
fn an_oversized_json_body_is_not_read() {
    let mut tap = Tap::new(Format::OpenaiChat, false);
    tap.observe(&Bytes::from_static(br#"{"model":"m","x":""#));
    let mebibyte = Bytes::from(vec![b' '; 1024 * 1024]);
    for _ in 0..64 {
        tap.observe(&mebibyte);
    }
    tap.observe(&Bytes::from_static(br#""}"#));
    assert_eq!(tap.finish(), Observed::default());
}

#[test]
fn an_oversized_event_ends_the_reading_but_not_what_was_learnt() {
    let mut tap = Tap::new(Format::OpenaiChat, true);
    tap.observe(&Bytes::from_static(
        b"data: {\"model\":\"m\",\"choices\":[]}\n\ndata: \"",
    ));
    for _ in 0..9 {
        tap.observe(&Bytes::from(vec![b'x'; 1024 * 1024]));
    }
    tap.observe(&Bytes::from_static(b"\"\n\ndata: [DONE]\n\n"));
    let expected = Observed {
        model: Some("m".to_owned()),
        output_bytes: 4,
        ..Observed::default()
    };
    assert_eq!(tap.finish(), expected);
}

/// Pieces that mean something to the readers, and noise.
fn soup() -> impl Strategy<Value = Bytes> {
    let words = prop::sample::select(vec![
        "data:",
        "data: ",
        "event: ",
        "error",
        ":",
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "\u{feff}",
        "[DONE]",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\"",
        "null",
        "1e99",
        "-1",
        "é",
        "\"usage\":",
        "\"model\":",
        "\"error\":",
        "\"type\":",
        "\"message_start\"",
        "\"message\":",
        "\"response\":",
        "\"response.failed\"",
        "\"choices\":[{",
        "\"finish_reason\":\"stop\"",
        "\"prompt_tokens\":3",
        "\"input_tokens\":3",
        "<title>",
        "\"code\":",
    ]);
    let piece = prop_oneof![
        4 => words.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat().into())
}

proptest! {
    #[test]
    fn chunks_do_not_matter(index in any::<prop::sample::Index>(), places in prop::collection::vec(any::<usize>(), 0..12)) {
        let fixtures = fixtures();
        let Fixture { format, is_sse, body, .. } = index.get(&fixtures);
        let whole = std::slice::from_ref(body);
        let parts = cut(body, places);
        prop_assert_eq!(parse(SseParser::new(), &parts), parse(SseParser::new(), whole));
        prop_assert_eq!(observe(*format, *is_sse, &parts), observe(*format, *is_sse, whole));
    }

    #[test]
    fn chunks_do_not_matter_for_noise_and_overflow(
        body in soup(),
        places in prop::collection::vec(any::<usize>(), 0..12),
        limit in 0_usize..60,
    ) {
        let whole = std::slice::from_ref(&body);
        let parts = cut(&body, places);
        prop_assert_eq!(parse(SseParser::with_limit(limit), &parts), parse(SseParser::with_limit(limit), whole));
        for format in TAPPED {
            for is_sse in [true, false] {
                prop_assert_eq!(observe(format, is_sse, &parts), observe(format, is_sse, whole));
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let body = Bytes::from(body);
        parse(SseParser::new(), std::slice::from_ref(&body));
        for format in TAPPED {
            for is_sse in [true, false] {
                observe(format, is_sse, std::slice::from_ref(&body));
            }
        }
    }
}
