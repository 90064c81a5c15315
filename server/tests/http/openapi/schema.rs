//! Whether a value is as a schema says, for as much of JSON Schema as the document uses.
//!
//! Stricter than the standard in one thing: a field that no schema names is an error, so that nothing
//! is left undescribed.

use std::collections::BTreeSet;

use serde_json::Value;

/// A document whose components schemas refer to.
pub(super) struct Schemas<'a>(pub(super) &'a Value);

/// Keywords that say nothing of what is valid, or that are read together with another one.
const ASIDE: [&str; 9] = [
    "title",
    "description",
    "default",
    "format",
    "minimum",
    "maximum",
    "items",
    "required",
    "examples",
];

impl Schemas<'_> {
    #[track_caller]
    pub(super) fn check(&self, place: &str, schema: &Value, value: &Value) {
        if let Err(error) = self.problem(place, schema, value) {
            panic!("{error}\nin {value:#}");
        }
        let known = self.fields(schema);
        let found = value
            .as_object()
            .into_iter()
            .flat_map(serde_json::Map::keys);
        if let (Some(known), Some(field)) = (known.as_ref(), found.clone().find(|_| true)) {
            let unknown: Vec<_> = found.filter(|name| !known.contains(*name)).collect();
            assert!(
                unknown.is_empty(),
                "{place}: {unknown:?} beside `{field}` are not described"
            );
        }
    }

    fn problem(&self, place: &str, schema: &Value, value: &Value) -> Result<(), String> {
        let fields = match schema {
            Value::Bool(true) => return Ok(()),
            Value::Object(fields) => fields,
            other => return Err(format!("{place}: {other} is no schema")),
        };
        for (keyword, said) in fields {
            let is_met = match keyword.as_str() {
                "$ref" => {
                    self.problem(place, self.resolve(said), value)?;
                    true
                }
                "type" => is_of_type(said, value),
                "const" => said == value,
                "enum" => said.as_array().is_some_and(|known| known.contains(value)),
                "anyOf" | "oneOf" => {
                    let choices = said.as_array().expect("choices");
                    choices
                        .iter()
                        .any(|choice| self.problem(place, choice, value).is_ok())
                }
                "allOf" => {
                    for part in said.as_array().expect("parts") {
                        self.problem(place, part, value)?;
                    }
                    true
                }
                "properties" => {
                    for (name, schema) in said.as_object().expect("properties") {
                        if let Some(value) = value.get(name) {
                            self.field(place, name, schema, value)?;
                        }
                    }
                    let required = fields.get("required").and_then(Value::as_array);
                    let missing = required
                        .into_iter()
                        .flatten()
                        .filter_map(Value::as_str)
                        .find(|name| value.is_object() && value.get(name).is_none());
                    if let Some(name) = missing {
                        return Err(format!("{place}: no `{name}`"));
                    }
                    true
                }
                "additionalProperties" => match said {
                    Value::Bool(_) => true,
                    schema => {
                        for (name, value) in value.as_object().into_iter().flatten() {
                            self.field(place, name, schema, value)?;
                        }
                        true
                    }
                },
                _ if ASIDE.contains(&keyword.as_str()) => true,
                other => return Err(format!("{place}: the test does not know `{other}`")),
            };
            if !is_met {
                return Err(format!(
                    "{place}: {value} is not as `{keyword}` {said} says"
                ));
            }
        }
        if let (Some(schema), Some(values)) = (fields.get("items"), value.as_array()) {
            for (number, value) in values.iter().enumerate() {
                self.field(place, &number.to_string(), schema, value)?;
            }
        }
        Ok(())
    }

    /// Within `anyOf` an undescribed field only rules a choice out; elsewhere it is an error.
    fn field(&self, place: &str, name: &str, schema: &Value, value: &Value) -> Result<(), String> {
        let place = format!("{place}.{name}");
        self.problem(&place, schema, value)?;
        let Some(known) = self.fields(schema) else {
            return Ok(());
        };
        let found = value
            .as_object()
            .into_iter()
            .flat_map(serde_json::Map::keys);
        match found.into_iter().find(|name| !known.contains(*name)) {
            Some(name) => Err(format!("{place}: `{name}` is not described")),
            None => Ok(()),
        }
    }

    /// The fields that an object of this schema may have. `None`: any.
    fn fields(&self, schema: &Value) -> Option<BTreeSet<String>> {
        if let Some(reference) = schema.get("$ref") {
            return self.fields(self.resolve(reference));
        }
        let mut fields = BTreeSet::new();
        let mut says = false;
        for keyword in ["anyOf", "oneOf", "allOf"] {
            for part in schema
                .get(keyword)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                if part["type"] == "null" {
                    continue;
                }
                fields.extend(self.fields(part)?);
                says = true;
            }
        }
        match schema.get("additionalProperties") {
            None | Some(Value::Bool(false)) => {}
            Some(_) => return None,
        }
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            fields.extend(properties.keys().cloned());
            says = true;
        }
        says.then_some(fields)
    }

    fn resolve(&self, reference: &Value) -> &Value {
        let pointer = reference.as_str().and_then(|text| text.strip_prefix('#'));
        self.0
            .pointer(pointer.expect("a local reference"))
            .expect("what it points to")
    }
}

fn is_of_type(said: &Value, value: &Value) -> bool {
    match said {
        Value::Array(choices) => choices.iter().any(|choice| is_of_type(choice, value)),
        Value::String(name) => match name.as_str() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            _ => false,
        },
        _ => false,
    }
}
