//! Errors at both ends: an upstream's in any shape, the client's in its own.
#![expect(clippy::expect_used, reason = "a test may fail")]

use insta::assert_snapshot;
use proptest::prelude::*;
use wire::error::{ErrorKind, WireError, decode_error, encode_error, encode_stream_error};
use wire::format::Format;

const KINDS: [ErrorKind; 10] = [
    ErrorKind::InvalidRequest,
    ErrorKind::Authentication,
    ErrorKind::Billing,
    ErrorKind::Permission,
    ErrorKind::NotFound,
    ErrorKind::TooLarge,
    ErrorKind::RateLimit,
    ErrorKind::Server,
    ErrorKind::Overloaded,
    ErrorKind::Timeout,
];

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).expect("an error is text")
}

fn bodies(format: Format) -> String {
    let body = |kind| encode_error(format, &WireError::new(kind, "m"), Some("req_1"));
    KINDS
        .map(|kind| format!("{} {}\n", kind.status(), text(&body(kind))))
        .concat()
}

#[test]
fn every_kind_has_its_openai_body() {
    assert_eq!(bodies(Format::OpenaiChat), bodies(Format::OpenaiResponses));
    assert_snapshot!(bodies(Format::OpenaiChat), @r#"
    400 {"error":{"message":"m","type":"invalid_request_error","param":null,"code":null}}
    401 {"error":{"message":"m","type":"authentication_error","param":null,"code":"invalid_api_key"}}
    402 {"error":{"message":"m","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}
    403 {"error":{"message":"m","type":"permission_error","param":null,"code":null}}
    404 {"error":{"message":"m","type":"invalid_request_error","param":null,"code":"model_not_found"}}
    413 {"error":{"message":"m","type":"invalid_request_error","param":null,"code":null}}
    429 {"error":{"message":"m","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}
    500 {"error":{"message":"m","type":"server_error","param":null,"code":null}}
    503 {"error":{"message":"m","type":"server_error","param":null,"code":null}}
    504 {"error":{"message":"m","type":"server_error","param":null,"code":null}}
    "#);
}

#[test]
fn every_kind_has_its_anthropic_body() {
    assert_snapshot!(bodies(Format::Anthropic), @r#"
    400 {"type":"error","error":{"type":"invalid_request_error","message":"m"},"request_id":"req_1"}
    401 {"type":"error","error":{"type":"authentication_error","message":"m"},"request_id":"req_1"}
    402 {"type":"error","error":{"type":"billing_error","message":"m"},"request_id":"req_1"}
    403 {"type":"error","error":{"type":"permission_error","message":"m"},"request_id":"req_1"}
    404 {"type":"error","error":{"type":"not_found_error","message":"m"},"request_id":"req_1"}
    413 {"type":"error","error":{"type":"request_too_large","message":"m"},"request_id":"req_1"}
    429 {"type":"error","error":{"type":"rate_limit_error","message":"m"},"request_id":"req_1"}
    500 {"type":"error","error":{"type":"api_error","message":"m"},"request_id":"req_1"}
    503 {"type":"error","error":{"type":"overloaded_error","message":"m"},"request_id":"req_1"}
    504 {"type":"error","error":{"type":"timeout_error","message":"m"},"request_id":"req_1"}
    "#);
}

#[test]
fn a_stream_ends_with_an_event_in_its_format() {
    let error = WireError::new(ErrorKind::Overloaded, "two\nlines");
    let events = Format::ALL
        .map(|format| encode_stream_error(format, &error))
        .concat();
    assert_snapshot!(text(&events), @r#"
    data: {"error":{"message":"two\nlines","type":"server_error","param":null,"code":null}}

    event: response.failed
    data: {"type":"response.failed","sequence_number":0,"response":{"id":"","object":"response","created_at":0,"status":"failed","error":{"code":"server_error","message":"two\nlines"},"incomplete_details":null,"model":"","output":[],"parallel_tool_calls":true,"tool_choice":"auto","tools":[],"usage":null}}

    event: error
    data: {"type":"error","error":{"type":"overloaded_error","message":"two\nlines"},"request_id":null}

    data: {"error":{"code":503,"message":"two\nlines","status":"UNAVAILABLE"}}

    {"error":"two\nlines"}
    "#);
}

#[test]
fn an_overflow_is_recognisable_in_both_worlds() {
    let error = WireError {
        code: Some("context_length_exceeded".to_owned()),
        ..WireError::new(
            ErrorKind::InvalidRequest,
            "128001 tokens is more than 128000",
        )
    };
    assert_snapshot!(text(&encode_error(Format::OpenaiChat, &error, None)), @r#"
    {"error":{"message":"128001 tokens is more than 128000","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}}
    "#);
    assert_snapshot!(text(&encode_error(Format::Anthropic, &error, None)), @r#"
    {"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 128001 tokens is more than 128000"},"request_id":null}
    "#);
}

fn check(status: u16, json: &str, kind: ErrorKind, message: &str, code: Option<&str>) {
    let error = decode_error(status, json.as_bytes());
    let found = (
        error.status,
        error.kind,
        error.message.as_str(),
        error.code.as_deref(),
    );
    assert_eq!(found, (status, kind, message, code), "{json}");
}

#[test]
fn an_error_keeps_the_upstreams_words() {
    check(
        401,
        r#"{"error":{"message":"Incorrect API key","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
        ErrorKind::Authentication,
        "Incorrect API key",
        Some("invalid_api_key"),
    );
    check(
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"},"request_id":"req_1"}"#,
        ErrorKind::InvalidRequest,
        "Your credit balance is too low",
        None,
    );
    check(
        429,
        r#"{"error":"slow down"}"#,
        ErrorKind::RateLimit,
        "slow down",
        None,
    );
    check(
        422,
        r#"{"message":"bad field","code":"1210"}"#,
        ErrorKind::InvalidRequest,
        "bad field",
        Some("1210"),
    );
    check(
        403,
        r#"{"detail":"no access"}"#,
        ErrorKind::Permission,
        "no access",
        None,
    );
    check(
        404,
        r#"{"error":true,"message":"no such model"}"#,
        ErrorKind::NotFound,
        "no such model",
        None,
    );
    check(500, "it broke\n", ErrorKind::Server, "it broke", None);
}

#[test]
fn a_precise_name_says_more_than_the_status() {
    let json = r#"{"error":{"message":"m","type":"insufficient_quota","code":null}}"#;
    check(429, json, ErrorKind::Billing, "m", None);
    let json = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    check(529, json, ErrorKind::Overloaded, "Overloaded", None);
}

#[test]
fn a_prompt_that_is_too_long_gets_its_code() {
    let json = r#"{"error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}"#;
    let message = "prompt is too long: 9 tokens > 8 maximum";
    check(
        400,
        json,
        ErrorKind::InvalidRequest,
        message,
        Some("context_length_exceeded"),
    );
}

#[test]
fn an_error_without_a_sentence_still_says_something() {
    check(
        502,
        "",
        ErrorKind::Server,
        "upstream returned HTTP 502",
        None,
    );
    check(
        502,
        " \n",
        ErrorKind::Server,
        "upstream returned HTTP 502",
        None,
    );
    let page = "<html><head><title>502 Bad Gateway</title></head><body>x</body></html>";
    let hint = r#"upstream returned HTTP 502 with a page titled "502 Bad Gateway""#;
    check(502, page, ErrorKind::Server, hint, None);
    let hint = "upstream returned HTTP 503 with a page instead of an error message";
    check(
        503,
        "<!DOCTYPE html><p>busy",
        ErrorKind::Overloaded,
        hint,
        None,
    );
    check(
        500,
        r#"{"error":{"trace":7}}"#,
        ErrorKind::Server,
        r#"{"trace":7}"#,
        None,
    );
    check(
        500,
        r#"{"oops":7}"#,
        ErrorKind::Server,
        r#"{"oops":7}"#,
        None,
    );
}

#[test]
fn a_message_is_cut_between_characters() {
    let error = decode_error(500, "é".repeat(5000).as_bytes());
    assert_eq!(error.message, format!("{}…", "é".repeat(2000)));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(status in any::<u16>(), body in prop::collection::vec(any::<u8>(), 0..200)) {
        let error = decode_error(status, &body);
        prop_assert!(!error.message.is_empty());
        prop_assert_eq!(error.status, status);
    }

    #[test]
    fn any_error_object_is_read_and_written(
        status in 400_u16..600,
        body in r#"\{("error":)?\{?("(message|type|code|error|detail)":("[a-zé\\n"]{0,4}"|null|7|\{\}|\[\]),?){0,4}\}{1,2}"#,
    ) {
        for format in Format::ALL {
            let error = decode_error(status, body.as_bytes());
            prop_assert!(!error.message.is_empty());
            let encoded = encode_error(format, &error, None);
            let again = decode_error(status, &encoded);
            prop_assert_eq!(again.message.trim(), error.message.trim());
        }
    }
}
