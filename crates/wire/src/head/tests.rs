//! What is found, what is refused with which words, and what a splice leaves alone.

use std::ops::Range;

use bytes::Bytes;

use super::{probe, splice, without_empty_tools};

fn check(body: &str, model: &str, literal: &str, stream: bool) {
    let head = probe(&Bytes::copy_from_slice(body.as_bytes())).expect("the body has a head");
    let found = body
        .get(head.model_span)
        .expect("the span lies in the body");
    assert_eq!(
        (head.model.as_str(), found, head.stream == Some(true)),
        (model, literal, stream),
        "{body}"
    );
}

fn check_refused(body: impl AsRef<[u8]>, path: &str, message: &str) {
    let body = Bytes::copy_from_slice(body.as_ref());
    let error = probe(&body).expect_err("the body has no head");
    assert_eq!(
        (error.path.as_str(), error.message.as_str()),
        (path, message),
        "{body:?}"
    );
}

#[test]
fn empty_tools_are_taken_out_and_nothing_else() {
    let cases = [
        (
            r#"{"model":"m","tools":[],"x":1}"#,
            r#"{"model":"m","x":1}"#,
        ),
        (r#"{"tools" : [ ] , "model":"m"}"#, r#"{ "model":"m"}"#),
        (r#"{"model":"m" , "tools":[]}"#, r#"{"model":"m" }"#),
        (
            r#"{"model":"m","\u0074ools":[],"x":[]}"#,
            r#"{"model":"m","x":[]}"#,
        ),
    ];
    for (body, expected) in cases {
        let body = Bytes::from(body);
        assert!(probe(&body).expect("a head").has_empty_tools, "{body:?}");
        let without = without_empty_tools(&body).expect("something to take out");
        assert_eq!(without, expected);
        assert!(!probe(&without).expect("a head").has_empty_tools);
    }
    for body in [
        r#"{"model":"m","tools":[1]}"#,
        r#"{"model":"m","x":{"tools":[]}}"#,
    ] {
        assert!(
            !probe(&Bytes::from(body)).expect("a head").has_empty_tools,
            "{body}"
        );
    }
}

#[test]
fn the_head_is_found_wherever_it_stands() {
    check(r#"{"model":"m"}"#, "m", r#""m""#, false);
    check(
        "\n{ \"stream\" : true ,\t\"model\" :\r\n \"a/b:c\" } \n",
        "a/b:c",
        r#""a/b:c""#,
        true,
    );
    check(
        r#"{"x":{"model":"no","stream":7},"model":"yes","stream":null}"#,
        "yes",
        r#""yes""#,
        false,
    );
    check(
        r#"{"a":"é","model":"é","stream":false}"#,
        "é",
        "\"é\"",
        false,
    );
}

#[test]
fn escapes_in_keys_and_values_are_read() {
    check(
        r#"{"mod\u0065l":"a\/b\u0021","stre\u0061m":true}"#,
        "a/b!",
        r#""a\/b\u0021""#,
        true,
    );
}

#[test]
fn a_body_that_is_no_json_object_is_refused() {
    check_refused(
        "",
        "",
        "expected the body to be JSON: EOF while parsing a value at line 1 column 0",
    );
    check_refused(
        "{\"model\":\"m\",\n\"x\":tru}",
        "",
        "expected the body to be JSON: expected ident at line 2 column 8",
    );
    check_refused(
        r#"{"model":"m"}}"#,
        "",
        "expected the body to be JSON: trailing characters at line 1 column 14",
    );
    check_refused("[]", "", "expected the body to be a JSON object");
    check_refused(r#""model""#, "", "expected the body to be a JSON object");
    check_refused(
        "\u{feff}{}",
        "",
        "expected the body to be JSON, found a byte order mark before it",
    );
    check_refused(
        b"{\"model\":\"m\",\"x\":\"\xff\"}",
        "",
        "expected the body to be UTF-8, found another byte at offset 18",
    );
}

#[test]
fn a_model_that_names_nothing_is_refused() {
    check_refused(
        "{}",
        "model",
        r#"expected "model" to be a string, found nothing"#,
    );
    for (json, found) in [
        ("null", "null"),
        ("true", "a boolean"),
        ("-1.5", "a number"),
        ("[\"m\"]", "an array"),
        ("{}", "an object"),
    ] {
        let message = format!(r#"expected "model" to be a string, found {found}"#);
        check_refused(format!("{{\"model\":{json}}}"), "model", &message);
    }
    for json in [r#""""#, r#"" ""#] {
        let message = r#"expected "model" to name a model, found an empty string"#;
        check_refused(format!("{{\"model\":{json}}}"), "model", message);
    }
    let message = r#"expected "model" to be a name, found a control character in it"#;
    check_refused(r#"{"model":"a\nb"}"#, "model", message);
    let message = r#"expected "model" to be text, found an escape that is no character"#;
    check_refused(r#"{"model":"a\ud800b"}"#, "model", message);
}

#[test]
fn a_model_may_be_256_bytes_long() {
    let name = "m".repeat(256);
    check(
        &format!("{{\"model\":\"{name}\"}}"),
        &name,
        &format!("\"{name}\""),
        false,
    );
    let message = r#"expected "model" to be at most 256 bytes long, found 257"#;
    check_refused(format!("{{\"model\":\"{name}m\"}}"), "model", message);
}

#[test]
fn a_stream_that_is_no_boolean_is_refused() {
    let message = r#"expected "stream" to be a boolean, found a string"#;
    check_refused(r#"{"model":"m","stream":"true"}"#, "stream", message);
    let message = r#"expected "stream" to be a boolean, found a number"#;
    check_refused(r#"{"model":"m","stream":1}"#, "stream", message);
}

#[test]
fn a_duplicate_model_is_refused() {
    let message = r#"expected "model" once, found it twice"#;
    check_refused(r#"{"model":"m","model":"m"}"#, "model", message);
    check_refused(r#"{"model":"m","x":1,"mod\u0065l":null}"#, "model", message);
}

#[test]
fn a_duplicate_stream_is_refused() {
    let message = r#"expected "stream" once, found it twice"#;
    check_refused(
        r#"{"stream":true,"model":"m","stream":null}"#,
        "stream",
        message,
    );
}

#[test]
fn a_million_brackets_do_not_overflow_the_stack() {
    let open = "[".repeat(1_000_000);
    let close = "]".repeat(1_000_000);
    check(
        &format!("{{\"x\":{open}{close},\"model\":\"m\"}}"),
        "m",
        "\"m\"",
        false,
    );
    for body in [
        open.clone(),
        format!("{{\"x\":{open}"),
        format!("{{\"model\":{open}{close}}}"),
    ] {
        assert!(probe(&Bytes::from(body)).is_err());
    }
}

#[test]
fn a_splice_changes_the_literal_alone() {
    let body = Bytes::from_static(br#" {"n": 1.0, "model" : "old" , "x":"\u00e9"} "#);
    let head = probe(&body).expect("the body has a head");
    let spliced = splice(&body, head.model_span.clone(), "new \"name\"");
    let expected = Bytes::from_static(br#" {"n": 1.0, "model" : "new \"name\"" , "x":"\u00e9"} "#);
    assert_eq!(spliced.to_bytes(), expected);
    assert_eq!(spliced.len(), expected.len());
    assert_eq!(spliced.into_parts().concat(), expected);
    assert_eq!(splice(&body, head.model_span, "old").to_bytes(), body);
}

#[test]
fn a_literal_that_already_says_the_name_keeps_its_spelling() {
    let body = Bytes::from_static(br#"{"model":"a\/b"}"#);
    let head = probe(&body).expect("the body has a head");
    assert_eq!(splice(&body, head.model_span, "a/b").to_bytes(), body);
}

#[test]
fn a_span_outside_the_body_is_cut() {
    let body = Bytes::from_static(b"{}");
    let reversed = Range { start: 9, end: 1 };
    assert_eq!(
        splice(&body, 7..9, "m").to_bytes(),
        Bytes::from_static(b"{}\"m\"")
    );
    assert_eq!(
        splice(&body, reversed, "m").to_bytes(),
        Bytes::from_static(b"{\"m\"}")
    );
}
