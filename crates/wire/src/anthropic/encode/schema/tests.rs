use super::{closed, of_input};
use crate::json::Json;

fn parse(text: &str) -> Json<'static> {
    Json::parse(text.as_bytes(), &[])
        .expect("a schema is JSON")
        .into_owned()
}

fn check_input(schema: &str, expected: &str) {
    let written = Json::from(of_input(Some(&parse(schema)))).to_text();
    assert_eq!(written, expected, "{schema}");
}

#[test]
fn an_input_is_an_object_with_properties() {
    let nothing = r#"{"type":"object","properties":{}}"#;
    assert_eq!(Json::from(of_input(None)).to_text(), nothing);
    for schema in [
        "{}",
        "true",
        r#"{"type":"object"}"#,
        r#"{"type":["object","null"]}"#,
    ] {
        check_input(schema, nothing);
    }
    let plain = r#"{"properties":{"type":{"type":"string"}},"type":"object","x":1}"#;
    check_input(plain, plain);
}

#[test]
fn a_union_becomes_one_object() {
    check_input(
        r#"{"anyOf":[
            {"type":"object","properties":{"a":{"const":1},"b":{}},"required":["a","b"]},
            {"type":"object","properties":{"a":{"const":2},"b":{}},"required":["a"]},
            {"type":"null"}],"description":"d"}"#,
        r#"{"type":"object","properties":{"a":{"anyOf":[{"const":1},{"const":2}]},"b":{}},"required":["a"],"description":"d"}"#,
    );
    check_input(
        r##"{"allOf":[{"properties":{"a":{}},"required":["a"]},{"$ref":"#/$defs/B"}],"$defs":{"B":{"properties":{"b":{}},"required":["b","a"]}}}"##,
        r#"{"type":"object","properties":{"a":{},"b":{}},"required":["a","b"],"$defs":{"B":{"properties":{"b":{}},"required":["b","a"]}}}"#,
    );
}

#[test]
fn a_reference_that_never_ends_is_cut() {
    check_input(
        r##"{"$ref":"#/$defs/A","$defs":{"A":{"anyOf":[{"$ref":"#/$defs/A"}]}}}"##,
        r##"{"type":"object","properties":{},"$defs":{"A":{"anyOf":[{"$ref":"#/$defs/A"}]}}}"##,
    );
}

#[test]
fn an_answer_has_no_other_fields_and_its_limits_in_words() {
    let schema = parse(
        r#"{"type":"object","properties":{
            "n":{"type":"integer","minimum":1,"description":"d"},
            "minimum":{"oneOf":[{"type":"object","properties":{}},{"type":"null"}]},
            "list":{"type":"array","minItems":1,"maxItems":3,"items":{"type":["object","null"]}}}}"#,
    );
    let expected = parse(
        r#"{"type":"object","properties":{
            "n":{"type":"integer","description":"d\nminimum: 1"},
            "minimum":{"anyOf":[{"type":"object","properties":{},"additionalProperties":false},{"type":"null"}]},
            "list":{"type":"array","minItems":1,"description":"maxItems: 3","items":{"type":["object","null"],"additionalProperties":false}}},
            "additionalProperties":false}"#,
    );
    assert_eq!(closed(&schema), expected);
}
