//! Reads a document in one pass, through serde_json.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_json::value::RawValue;

use super::{Json, Object};
use crate::error::DecodeError;

/// Under these keys stands a JSON schema, in which a property may have any name.
const SCHEMAS: [&str; 10] = [
    "parameters",
    "input_schema",
    "inputSchema",
    "parametersJsonSchema",
    "parameters_json_schema",
    "schema",
    "responseSchema",
    "responseJsonSchema",
    "response_schema",
    "response_json_schema",
];

pub(super) fn document<'a>(
    body: &'a [u8],
    raw: &'static [&'static str],
) -> Result<Json<'a>, DecodeError> {
    let fail = |error: serde_json::Error| {
        DecodeError::at("", format!("expected the body to be JSON: {error}"))
    };
    // Everything that is borrowed must be text.
    let text = std::str::from_utf8(body)
        .map_err(|error| DecodeError::at("", format!("expected the body to be UTF-8: {error}")))?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let json = Seed { raw }.deserialize(&mut deserializer).map_err(fail)?;
    deserializer.end().map_err(fail)?;
    Ok(json)
}

#[derive(Clone, Copy)]
struct Seed {
    raw: &'static [&'static str],
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Json::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json<'de>, A::Error> {
        let mut object = Object::new();
        while let Some(Key(key)) = fields.next_key()? {
            let value = if self.raw.contains(&key.as_ref()) {
                kept(fields.next_value()?, self)
            } else if SCHEMAS.contains(&key.as_ref()) {
                fields.next_value_seed(Self { raw: &[] })?
            } else {
                fields.next_value_seed(self)?
            };
            object.push(key, value);
        }
        Ok(Json::Object(object))
    }
}

/// An object stays text; anything else under such a key is no arguments, and is read as usual.
fn kept(raw: &RawValue, seed: Seed) -> Json<'_> {
    if raw.get().starts_with('{') {
        return Json::Raw(Cow::Borrowed(raw));
    }
    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
    seed.deserialize(&mut deserializer).unwrap_or_default()
}

struct Key<'a>(Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field's name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}
