use super::Json;

#[test]
fn a_document_is_printed_as_it_was_read() {
    for text in [
        r#"{"b":1,"a":[true,null,-2,1.5,"x\"y"],"c":{}}"#,
        r#""é☃""#,
        "[]",
    ] {
        let json = Json::parse(text.as_bytes(), &[]).expect("JSON");
        assert_eq!(json.to_text(), text);
    }
}

#[test]
fn arguments_keep_their_spelling_and_schemas_are_read() {
    let text = r#"{"input":{"n":1.50, "big":123456789012345678901234},"tools":[{"input_schema":{"properties":{"input":{"type":"string"}}}}]}"#;
    let json = Json::parse(text.as_bytes(), &["input"]).expect("JSON");
    assert_eq!(
        json.get("input").expect("a field").to_text(),
        r#"{"n":1.50, "big":123456789012345678901234}"#
    );
    let tools = json.get("tools").and_then(Json::as_array).expect("a list");
    let property = tools[0].at(&["input_schema", "properties", "input", "type"]);
    assert_eq!(property.and_then(Json::as_str), Some("string"));
}

#[test]
fn arguments_that_are_no_object_are_read_as_usual() {
    let json = Json::parse(br#"{"input":"a\nb"}"#, &["input"]).expect("JSON");
    assert_eq!(json.get("input").and_then(Json::as_str), Some("a\nb"));
}

#[test]
fn what_is_not_json_is_refused() {
    for text in ["", "{", "{} x", "{\"a\":01}", "nul", "\u{feff}{}"] {
        assert!(Json::parse(text.as_bytes(), &[]).is_err(), "{text:?}");
    }
    assert!(Json::parse(b"\"\xff\"", &[]).is_err());
    let deep = "[".repeat(200) + &"]".repeat(200);
    assert!(Json::parse(deep.as_bytes(), &[]).is_err());
}

#[test]
fn whole_floats_are_written_without_a_fraction() {
    assert_eq!(Json::from(1.0).to_text(), "1");
    assert_eq!(Json::from(0.7).to_text(), "0.7");
    assert_eq!(Json::from(f64::NAN).to_text(), "null");
}
