use proptest::prelude::*;
use serde_json::{Value, json};

use super::{from_gemini, to_gemini_json_schema, to_gemini_parameters};
use crate::json::Json;

type Narrow = fn(&Json) -> Json<'static>;

fn apply(narrow: Narrow, schema: &Value) -> Value {
    let text = schema.to_string();
    let json = Json::parse(text.as_bytes(), &[]).expect("JSON");
    serde_json::from_str(&narrow(&json).to_text()).expect("JSON was written")
}

fn check(narrow: Narrow, schema: &Value, expected: &Value) {
    assert_eq!(&apply(narrow, schema), expected, "{schema}");
}

#[test]
fn both_forms_lose_what_gemini_lacks_and_say_so() {
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": false,
        "x-order": 1,
        "properties": {
            "n": {"type": "integer", "exclusiveMinimum": 0, "description": "how many"},
            "kind": {"const": "x"},
            "m": {"type": "object", "patternProperties": {"^a": {"type": "string"}}, "propertyNames": {"pattern": "^a"}},
            "title": {"type": "string", "description": "a title", "title": "T"},
            "r": {"$ref": "#/$defs/R"},
            "when": {"type": ["string", "null"], "format": "uri", "minLength": 3, "default": "x"},
            "list": {"type": "ARRAY", "maxItems": 3},
        },
        "$defs": {"R": {"type": "string", "pattern": "^r"}},
        "required": ["n", "ghost"],
    });
    check(
        to_gemini_parameters,
        &schema,
        &json!({
            "type": "object",
            "description": "No extra properties allowed",
            "properties": {
                "n": {"type": "integer", "description": "how many (exclusiveMinimum: 0)"},
                "kind": {"type": "string", "enum": ["x"]},
                "m": {"type": "object"},
                "title": {"type": "string", "description": "a title"},
                "r": {"type": "string", "description": "pattern: ^r"},
                "when": {"type": "string", "nullable": true, "description": "minLength: 3; default: x; format: uri"},
                "list": {"type": "array", "description": "maxItems: 3", "items": {"type": "string"}},
            },
            "required": ["n"],
        }),
    );
    check(
        to_gemini_json_schema,
        &schema,
        &json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "n": {"type": "integer", "description": "how many (exclusiveMinimum: 0)"},
                "kind": {"type": "string", "enum": ["x"]},
                "m": {"type": "object"},
                "title": {"type": "string", "description": "a title", "title": "T"},
                "r": {"type": "string", "description": "pattern: ^r"},
                "when": {"type": "string", "format": "uri", "description": "minLength: 3; default: x"},
                "list": {"type": "array", "maxItems": 3, "items": {}},
            },
            "required": ["n"],
        }),
    );
}

#[test]
fn numbers_to_choose_from_become_words_only_where_they_must() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer", "enum": [1, 2]}, "b": {"enum": ["x", "", null]}}});
    check(
        to_gemini_parameters,
        &schema,
        &json!({"type": "object", "properties": {
            "a": {"type": "string", "enum": ["1", "2"]},
            "b": {"type": "string", "nullable": true, "enum": ["x"]},
        }}),
    );
    check(
        to_gemini_json_schema,
        &schema,
        &json!({"type": "object", "properties": {
            "a": {"type": "integer", "description": "Allowed: 1, 2"},
            "b": {"type": "string", "enum": ["x"]},
        }}),
    );
}

#[test]
fn composition_is_merged() {
    let schema = json!({
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            {"properties": {"b": {"type": "number"}}},
        ],
        "if": {"properties": {"a": {"const": "x"}}},
        "then": {"properties": {"c": {"type": "boolean"}}, "required": ["c"]},
        "oneOf": [{"required": ["a"]}, {"properties": {"d": {"type": "string"}}, "required": ["d"]}],
    });
    let expected = json!({"type": "object", "properties": {
        "a": {"type": "string"}, "b": {"type": "number"}, "c": {"type": "boolean"}, "d": {"type": "string"},
    }, "required": ["a"]});
    check(to_gemini_parameters, &schema, &expected);
    check(to_gemini_json_schema, &schema, &expected);
}

#[test]
fn one_of_several_schemas_is_chosen_or_kept() {
    let schema = json!({"type": "object", "properties": {
        "v": {"description": "value", "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "number"}}, {"type": "null"}]},
        "w": {"anyOf": [{"type": "null"}, {"type": "number", "minimum": 1}]},
        "c": {"oneOf": [{"const": "a"}, {"const": "b"}]},
    }});
    check(
        to_gemini_parameters,
        &schema,
        &json!({"type": "object", "properties": {
            "v": {"type": "array", "nullable": true, "description": "value (Accepts: string | array)", "items": {"type": "number"}},
            "w": {"type": "number", "nullable": true, "minimum": 1},
            "c": {"type": "string", "enum": ["a", "b"]},
        }}),
    );
    check(
        to_gemini_json_schema,
        &schema,
        &json!({"type": "object", "properties": {
            "v": {"description": "value", "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "number"}}]},
            "w": {"type": "number", "minimum": 1},
            "c": {"type": "string", "enum": ["a", "b"]},
        }}),
    );
}

#[test]
fn recursion_is_cut_with_a_hint() {
    let schema = json!({
        "$ref": "#/definitions/Node",
        "definitions": {"Node": {"type": "object", "properties": {
            "name": {"type": "string"},
            "children": {"type": "array", "items": {"$ref": "#/definitions/Node"}},
        }}},
    });
    let cut = json!({"type": "object", "description": "See: Node"});
    let expected = json!({"type": "object", "properties": {
        "name": {"type": "string"},
        "children": {"type": "array", "items": cut},
    }});
    check(to_gemini_parameters, &schema, &expected);
    check(to_gemini_json_schema, &schema, &expected);
    let itself = json!({"type": "object", "properties": {"self": {"$ref": "#"}, "lost": {"$ref": "#/nowhere"}}});
    let narrowed = apply(to_gemini_parameters, &itself);
    assert_eq!(
        narrowed["properties"]["lost"]["description"],
        "See: nowhere"
    );
}

#[test]
fn a_definition_used_twice_is_not_recursion() {
    let schema = json!({
        "type": "object",
        "properties": {
            "a": {"anyOf": [{"$ref": "#/$defs/T"}, {"type": "object", "properties": {"t": {"$ref": "#/$defs/T"}}}]},
            "b": {"$ref": "#/$defs/T"},
        },
        "$defs": {"T": {"type": "string"}},
    });
    let text = apply(to_gemini_json_schema, &schema).to_string();
    assert!(!text.contains("See:"), "{text}");
}

#[test]
fn references_that_multiply_come_to_an_end() {
    let mut definitions = serde_json::Map::new();
    for level in 0..40 {
        let next = json!({"$ref": format!("#/$defs/L{}", level + 1)});
        let schema = json!({"anyOf": [
            {"type": "object", "properties": {"a": next, "b": next}},
            {"type": "array", "items": next},
        ]});
        definitions.insert(format!("L{level}"), schema);
    }
    let schema = json!({"type": "object", "properties": {"x": {"$ref": "#/$defs/L0"}}, "$defs": definitions});
    for narrow in [to_gemini_parameters as Narrow, to_gemini_json_schema] {
        assert!(apply(narrow, &schema).to_string().len() < 2_000_000);
    }
}

#[test]
fn odd_schemas_are_mended() {
    let properties =
        json!({"city": {"type": "string", "required": true}, "type": {"type": "string"}});
    check(
        to_gemini_parameters,
        &properties,
        &json!({"type": "object", "properties": {
        "city": {"type": "string"}, "type": {"type": "string"},
    }, "required": ["city"]}),
    );
    check(
        to_gemini_parameters,
        &json!(true),
        &json!({"type": "string"}),
    );
    check(
        to_gemini_json_schema,
        &json!({"type": "object"}),
        &json!({"type": "object"}),
    );
    check(
        to_gemini_json_schema,
        &json!({"type": "array", "prefixItems": [{"type": "string"}]}),
        &json!({"type": "array", "prefixItems": [{"type": "string"}]}),
    );
}

#[test]
fn geminis_own_form_becomes_json_schema() {
    check(
        from_gemini,
        &json!({"type": "OBJECT", "propertyOrdering": ["type"], "properties": {
            "type": {"type": "STRING", "format": "enum", "enum": ["A", "B"], "nullable": true},
            "nullable": {"type": "INTEGER", "format": "int64", "minimum": 1},
            "format": {"type": "ARRAY", "minItems": "1", "items": {"anyOf": [{"type": "NUMBER"}, {"type": "BOOLEAN"}]}},
        }, "required": ["type"]}),
        &json!({"type": "object", "properties": {
            "type": {"type": ["string", "null"], "enum": ["A", "B", null]},
            "nullable": {"type": "integer", "format": "int64", "minimum": 1},
            "format": {"type": "array", "minItems": 1, "items": {"anyOf": [{"type": "number"}, {"type": "boolean"}]}},
        }, "required": ["type"]}),
    );
}

const WORDS: [&str; 24] = [
    "type",
    "properties",
    "items",
    "required",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "allOf",
    "$ref",
    "$defs",
    "not",
    "additionalProperties",
    "patternProperties",
    "description",
    "format",
    "default",
    "title",
    "pattern",
    "minLength",
    "if",
    "then",
    "nullable",
    "prefixItems",
];

fn any_schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop::sample::select(vec![
            "string",
            "object",
            "ARRAY",
            "null",
            "#/$defs/type",
            "#",
            "#/properties/items",
            "x"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 50, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((prop::sample::select(WORDS.to_vec()), inner), 0..6).prop_map(
                |fields| {
                    fields
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value))
                        .collect()
                }
            ),
        ]
    })
}

/// Keywords are of the form's own set, everywhere but in the names of properties.
fn check_keywords(schema: &Value, allowed: &[&str]) {
    let fields = schema.as_object().expect("a schema is an object");
    for (key, value) in fields {
        assert!(allowed.contains(&key.as_str()), "{key} in {schema}");
        match key.as_str() {
            "properties" => {
                let properties = value.as_object().expect("an object");
                properties
                    .values()
                    .for_each(|schema| check_keywords(schema, allowed));
                let required = schema["required"]
                    .as_array()
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                assert!(
                    required
                        .iter()
                        .all(|name| properties.contains_key(name.as_str().expect("a name")))
                );
            }
            "items" => check_keywords(value, allowed),
            "additionalProperties" if value.is_object() => check_keywords(value, allowed),
            "anyOf" | "prefixItems" => {
                let list = value.as_array().expect("a list");
                list.iter()
                    .for_each(|schema| check_keywords(schema, allowed));
            }
            "enum" => assert!(
                value
                    .as_array()
                    .expect("a list")
                    .iter()
                    .all(Value::is_string)
            ),
            "type" => assert!(value.is_string()),
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_known_keywords_are_left(schema in any_schema()) {
        let both = ["type", "description", "format", "enum", "items", "properties", "required", "minimum", "maximum"];
        let proto = [both.as_slice(), &["nullable"]].concat();
        check_keywords(&apply(to_gemini_parameters, &schema), &proto);
        let plain = [both.as_slice(), &["title", "minItems", "maxItems", "prefixItems", "anyOf", "additionalProperties"]].concat();
        check_keywords(&apply(to_gemini_json_schema, &schema), &plain);
        apply(from_gemini, &schema);
    }

    #[test]
    fn what_is_narrow_stays_as_it_is(schema in any_schema()) {
        let narrow = apply(to_gemini_parameters, &schema);
        prop_assert_eq!(apply(to_gemini_parameters, &narrow), narrow);
    }

    #[test]
    fn properties_named_like_keywords_survive(name in prop::sample::select(WORDS.to_vec())) {
        let mut schema = json!({"type": "object", "properties": {}, "required": [name]});
        schema["properties"][name] = json!({"type": "string"});
        for narrow in [to_gemini_parameters as Narrow, to_gemini_json_schema, from_gemini] {
            prop_assert_eq!(apply(narrow, &schema), schema.clone());
        }
    }
}
