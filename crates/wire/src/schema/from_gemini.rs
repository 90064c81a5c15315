//! From Gemini's `Schema` to JSON Schema.

use std::borrow::Cow;

use crate::json::{Json, Object};

pub(super) fn node(schema: &Json) -> Json<'static> {
    let Json::Object(fields) = schema else {
        return schema.clone().into_owned();
    };
    let is_nullable = schema.get("nullable").and_then(Json::as_bool) == Some(true);
    let mut out = Object::new();
    for (key, value) in fields.iter() {
        if let Some((key, value)) = field(key, value, is_nullable) {
            out.push(key, value);
        }
    }
    Json::Object(out)
}

fn field(key: &str, value: &Json, is_nullable: bool) -> Option<(Cow<'static, str>, Json<'static>)> {
    let value = match key {
        "nullable" | "propertyOrdering" | "property_ordering" | "example" => return None,
        "format" if value.as_str() == Some("enum") => return None,
        "type" => types(value, is_nullable)?,
        "enum" => choices(value, is_nullable),
        "properties" | "$defs" | "definitions" | "defs" | "patternProperties" => map(value),
        "items" | "additionalProperties" | "additional_properties" | "not" => node(value),
        "anyOf" | "any_of" | "oneOf" | "allOf" | "prefixItems" | "prefix_items" => list(value),
        // 64-bit integers are strings in the JSON of protocol buffers.
        "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties" | "maxProperties"
        | "min_items" | "max_items" | "min_length" | "max_length" | "min_properties"
        | "max_properties" => number(value),
        _ => value.clone().into_owned(),
    };
    let key = match key {
        "additional_properties" => Cow::Borrowed("additionalProperties"),
        "any_of" => Cow::Borrowed("anyOf"),
        "prefix_items" => Cow::Borrowed("prefixItems"),
        "defs" => Cow::Borrowed("$defs"),
        "min_items" => Cow::Borrowed("minItems"),
        "max_items" => Cow::Borrowed("maxItems"),
        "min_length" => Cow::Borrowed("minLength"),
        "max_length" => Cow::Borrowed("maxLength"),
        "min_properties" => Cow::Borrowed("minProperties"),
        "max_properties" => Cow::Borrowed("maxProperties"),
        key => Cow::Owned(key.to_owned()),
    };
    Some((key, value))
}

fn types(value: &Json, is_nullable: bool) -> Option<Json<'static>> {
    let Some(name) = value.as_str() else {
        return Some(value.clone().into_owned());
    };
    let name = name.to_ascii_lowercase();
    if name == "type_unspecified" {
        return None;
    }
    if is_nullable && name != "null" {
        return Some(Json::Array(vec![Json::from(name), Json::from("null")]));
    }
    Some(Json::from(name))
}

fn choices(value: &Json, is_nullable: bool) -> Json<'static> {
    let mut value = value.clone().into_owned();
    if let Json::Array(items) = &mut value
        && is_nullable
        && !items.iter().any(Json::is_null)
    {
        items.push(Json::Null);
    }
    value
}

fn map(value: &Json) -> Json<'static> {
    let Json::Object(fields) = value else {
        return value.clone().into_owned();
    };
    let fields: Object = fields
        .iter()
        .map(|(name, schema)| (Cow::Owned(name.to_owned()), node(schema)))
        .collect();
    Json::Object(fields)
}

fn list(value: &Json) -> Json<'static> {
    let Json::Array(items) = value else {
        return value.clone().into_owned();
    };
    Json::Array(items.iter().map(node).collect())
}

fn number(value: &Json) -> Json<'static> {
    match value.as_str().and_then(|text| text.parse::<u64>().ok()) {
        Some(number) => Json::from(number),
        None => value.clone().into_owned(),
    }
}
