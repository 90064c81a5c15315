//! JSON schemas as Anthropic takes them.
//!
//! <https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools> for a tool's input,
//! <https://platform.claude.com/docs/en/build-with-claude/structured-outputs> for what an answer is held to.

use crate::json::{Json, Object};
use crate::object;

/// Unions and references within each other, beyond which nobody means it.
const DEEPEST: u8 = 8;

/// Keywords that an answer cannot be held to; the model is told in words.
const LIMITS: [&str; 12] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// The schema of a tool's input: an object, with no union at its top.
pub(super) fn of_input(schema: Option<&Json<'static>>) -> Object<'static> {
    let schema = schema
        .and_then(Json::as_object)
        .cloned()
        .unwrap_or_default();
    let is_plain = schema.get("type").and_then(Json::as_str) == Some("object")
        && schema.get("properties").is_some_and(is_object)
        && !["$ref", "allOf", "anyOf", "oneOf"]
            .iter()
            .any(|key| schema.contains(key));
    if is_plain {
        return schema;
    }
    let root = schema.clone();
    flat(schema, &root, DEEPEST)
}

/// Whether every value it describes is an object.
pub(super) fn is_of_object(schema: &Json<'_>) -> bool {
    let kind = schema.get("type");
    kind.and_then(Json::as_str) == Some("object")
        || kind.is_none() && schema.get("properties").is_some_and(is_object)
}

/// The schema of an answer: no field that is not named.
pub(super) fn closed(schema: &Json<'static>) -> Json<'static> {
    let mut schema = schema.clone();
    close(&mut schema);
    schema
}

/// The union's branches merged into one object: everything any of them allows, nothing but what all demand.
fn flat(mut schema: Object<'static>, root: &Object<'static>, depth: u8) -> Object<'static> {
    if let Some(target) = schema
        .take("$ref")
        .and_then(|reference| find(root, reference.as_str()?))
    {
        for (key, value) in target {
            if !schema.contains(&key) {
                schema.push(key, value);
            }
        }
    }
    let mut properties = schema
        .take("properties")
        .and_then(Json::into_object)
        .unwrap_or_default();
    let mut required = strings(schema.take("required"));
    for (key, is_each_demanded) in [("allOf", true), ("anyOf", false), ("oneOf", false)] {
        let branches = schema.take(key).and_then(Json::into_array);
        let mut in_all: Option<Vec<String>> = None;
        for branch in branches.unwrap_or_default() {
            let Some(branch) = branch.into_object().filter(may_be_object) else {
                continue;
            };
            let mut branch = match depth.checked_sub(1) {
                Some(depth) => flat(branch, root, depth),
                None => continue,
            };
            let fields = branch.take("properties").and_then(Json::into_object);
            for (name, field) in fields.unwrap_or_default() {
                add(&mut properties, &name, field);
            }
            let demanded = strings(branch.take("required"));
            if is_each_demanded {
                required.extend(demanded);
            } else {
                in_all = Some(match in_all {
                    None => demanded,
                    Some(names) => names
                        .into_iter()
                        .filter(|name| demanded.contains(name))
                        .collect(),
                });
            }
        }
        required.extend(in_all.unwrap_or_default());
    }
    let mut names: Vec<Json<'static>> = Vec::new();
    for name in required {
        let name = Json::from(name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut object = object! { "type" => "object", "properties" => properties };
    if !names.is_empty() {
        object.push("required", names);
    }
    for (key, value) in schema {
        if key != "type" {
            object.push(key, value);
        }
    }
    object
}

fn may_be_object(branch: &Object<'_>) -> bool {
    match branch.get("type") {
        Some(Json::String(kind)) => kind == "object",
        Some(_) | None => true,
    }
}

/// A field that two branches describe may be as either of them says.
fn add(properties: &mut Object<'static>, name: &str, field: Json<'static>) {
    match properties.get_mut(name) {
        None => {
            properties.push(name.to_owned(), field);
        }
        Some(known) if *known == field => {}
        Some(known) => {
            let earlier = std::mem::take(known);
            *known = Json::from(object! { "anyOf" => vec![earlier, field] });
        }
    }
}

/// What `#/$defs/name` stands for.
fn find(root: &Object<'static>, reference: &str) -> Option<Object<'static>> {
    let path = reference.strip_prefix("#/")?;
    let mut keys = path.split('/');
    let first = root.get(keys.next()?)?;
    keys.try_fold(first, |value, key| value.get(key))?
        .as_object()
        .cloned()
}

fn close(schema: &mut Json<'static>) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    // There is no `oneOf`; the branches of a sensible one exclude each other anyway.
    if let Some(branches) = object.take("oneOf")
        && !object.contains("anyOf")
    {
        object.push("anyOf", branches);
    }
    for (key, value) in object.iter_mut() {
        match key {
            "properties" | "$defs" | "definitions" => {
                for (_, field) in value.as_object_mut().into_iter().flat_map(Object::iter_mut) {
                    close(field);
                }
            }
            "items" | "anyOf" | "allOf" | "prefixItems" => match value {
                Json::Array(list) => list.iter_mut().for_each(close),
                other => close(other),
            },
            _ => {}
        }
    }
    tell_limits(object);
    let kind = object.get("type");
    let is_of_object = match kind {
        Some(Json::Array(kinds)) => kinds.iter().any(|kind| kind.as_str() == Some("object")),
        Some(kind) => kind.as_str() == Some("object"),
        None => object.contains("properties"),
    };
    if is_of_object {
        object.set("additionalProperties", false);
    }
}

fn tell_limits(object: &mut Object<'static>) {
    let mut told = Vec::new();
    for limit in LIMITS {
        let is_known = limit == "minItems"
            && object
                .get(limit)
                .and_then(Json::as_u64)
                .is_some_and(|least| least <= 1);
        if is_known {
            continue;
        }
        if let Some(value) = object.take(limit) {
            told.push(format!("{limit}: {value}"));
        }
    }
    if told.is_empty() {
        return;
    }
    let described = object.take("description").and_then(Json::into_string);
    let lines: Vec<String> = described.into_iter().chain(told).collect();
    object.push("description", lines.join("\n"));
}

fn strings(json: Option<Json<'_>>) -> Vec<String> {
    let list = json.and_then(Json::into_array).unwrap_or_default();
    list.into_iter().filter_map(Json::into_string).collect()
}

fn is_object(json: &Json<'_>) -> bool {
    matches!(json, Json::Object(_))
}

#[cfg(test)]
mod tests {
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
}
