//! A JSON document that borrows its text: what codecs read from and write to.
//!
//! Unlike `serde_json::Value` it keeps the order of fields, copies no string that needs no unescaping,
//! and can leave chosen values as the text they came in, so that a tool call's arguments are never
//! parsed and printed again: key order, number spelling and escapes survive.

mod parse;

use std::borrow::Cow;
use std::fmt;

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use serde_json::Number;
use serde_json::value::RawValue;

use crate::error::DecodeError;

/// Any JSON value.
#[derive(Debug, Clone, Default)]
pub enum Json<'a> {
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    String(Cow<'a, str>),
    Array(Vec<Self>),
    Object(Object<'a>),
    /// A value as it was spelled.
    Raw(Cow<'a, RawValue>),
}

/// An object's fields in their order. Of a field that appears twice, the first is found.
#[derive(Debug, Clone, Default)]
pub struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Json<'a> {
    /// Parses `body`; objects under a key of `raw` stay text, except inside of JSON schemas.
    pub fn parse(body: &'a [u8], raw: &'static [&'static str]) -> Result<Self, DecodeError> {
        parse::document(body, raw)
    }

    /// JSON text as a value, if it is JSON.
    pub fn raw(text: String) -> Option<Json<'static>> {
        RawValue::from_string(text)
            .ok()
            .map(|raw| Json::Raw(Cow::Owned(raw)))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn into_str(self) -> Option<Cow<'a, str>> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn into_string(self) -> Option<String> {
        self.into_str().map(Cow::into_owned)
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    /// A whole number that is not negative; `12.0` counts as one.
    pub fn as_u64(&self) -> Option<u64> {
        let Self::Number(number) = self else {
            return None;
        };
        number.as_u64().or_else(|| {
            let float = number.as_f64()?;
            (float >= 0.0 && float.fract() == 0.0).then_some(float as u64)
        })
    }

    /// A whole number.
    pub fn as_i64(&self) -> Option<i64> {
        let Self::Number(number) = self else {
            return None;
        };
        number.as_i64().or_else(|| {
            let float = number.as_f64()?;
            (float.fract() == 0.0).then_some(float as i64)
        })
    }

    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    pub fn into_array(self) -> Option<Vec<Self>> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    pub fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    pub fn as_object_mut(&mut self) -> Option<&mut Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    pub fn into_object(self) -> Option<Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The field `key` of an object.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.get(key)
    }

    /// A value deep inside: `value.at(&["error", "message"])`.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The value as JSON text; what came as text is that text.
    pub fn to_text(&self) -> String {
        match self {
            Self::Raw(raw) => raw.get().to_owned(),
            value => serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned()),
        }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1024);
        self.write_to(&mut bytes);
        bytes
    }

    /// Appends the value as JSON text.
    pub fn write_to(&self, bytes: &mut Vec<u8>) {
        // Writing to memory cannot fail, and every value of ours serialises.
        let _ = serde_json::to_writer(bytes, self);
    }

    pub fn into_owned(self) -> Json<'static> {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(value),
            Self::Number(number) => Json::Number(number),
            Self::String(text) => Json::String(Cow::Owned(text.into_owned())),
            Self::Array(items) => Json::Array(items.into_iter().map(Self::into_owned).collect()),
            Self::Object(object) => Json::Object(object.into_owned()),
            Self::Raw(raw) => Json::Raw(Cow::Owned(raw.into_owned())),
        }
    }

    /// What kind of value it is, for an error message: `a string`, `null`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
            Self::Raw(raw) if raw.get().starts_with('{') => "an object",
            Self::Raw(_) => "a value",
        }
    }
}

impl<'a> Object<'a> {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        let (_, value) = self.0.iter().find(|(name, _)| name == key)?;
        Some(value)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Json<'a>> {
        let (_, value) = self.0.iter_mut().find(|(name, _)| name == key)?;
        Some(value)
    }

    pub fn contains(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Takes a field out; `null` is as good as absent.
    pub fn take(&mut self, key: &str) -> Option<Json<'a>> {
        let index = self.0.iter().position(|(name, _)| name == key)?;
        let (_, value) = self.0.remove(index);
        (!value.is_null()).then_some(value)
    }

    /// The first of several spellings that is there.
    pub fn take_any(&mut self, keys: &[&str]) -> Option<Json<'a>> {
        keys.iter().find_map(|key| self.take(key))
    }

    /// Appends a field.
    pub fn push(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Json<'a>>) -> &mut Self {
        self.0.push((key.into(), value.into()));
        self
    }

    /// Appends a field that may be absent.
    pub fn push_some(
        &mut self,
        key: impl Into<Cow<'a, str>>,
        value: Option<impl Into<Json<'a>>>,
    ) -> &mut Self {
        if let Some(value) = value {
            self.push(key, value);
        }
        self
    }

    /// Sets a field in its place, or appends it.
    pub fn set(&mut self, key: &'static str, value: impl Into<Json<'a>>) {
        match self.get_mut(key) {
            Some(old) => *old = value.into(),
            None => {
                self.push(key, value);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_ref())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json<'a>)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Json<'a>)> {
        self.0.iter_mut().map(|(key, value)| (&**key, value))
    }

    pub fn retain(&mut self, mut keep: impl FnMut(&str, &Json<'a>) -> bool) {
        self.0.retain(|(key, value)| keep(key, value));
    }

    pub fn into_owned(self) -> Object<'static> {
        Object(
            self.0
                .into_iter()
                .map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned()))
                .collect(),
        )
    }
}

impl<'a> IntoIterator for Object<'a> {
    type Item = (Cow<'a, str>, Json<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> FromIterator<(Cow<'a, str>, Json<'a>)> for Object<'a> {
    fn from_iter<T: IntoIterator<Item = (Cow<'a, str>, Json<'a>)>>(fields: T) -> Self {
        Self(fields.into_iter().collect())
    }
}

/// An object with these fields: `object! { "type" => "text", "text" => text }`.
#[macro_export]
macro_rules! object {
    () => {
        $crate::json::Object::new()
    };
    ($($key:literal => $value:expr),+ $(,)?) => {{
        let mut object = $crate::json::Object::new();
        $(object.push($key, $value);)+
        object
    }};
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Object(object) => object.serialize(serializer),
            Self::Raw(raw) => raw.serialize(serializer),
        }
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl<'a> From<&'a str> for Json<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Json<'a> {
    fn from(text: &'a String) -> Self {
        Self::String(Cow::Borrowed(text))
    }
}

impl From<String> for Json<'_> {
    fn from(text: String) -> Self {
        Self::String(Cow::Owned(text))
    }
}

impl<'a> From<Cow<'a, str>> for Json<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Json<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for Json<'_> {
    fn from(value: u64) -> Self {
        Self::Number(value.into())
    }
}

impl From<u32> for Json<'_> {
    fn from(value: u32) -> Self {
        Self::Number(value.into())
    }
}

impl From<i64> for Json<'_> {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<f64> for Json<'_> {
    /// What is no JSON number becomes null.
    fn from(value: f64) -> Self {
        // Whole numbers are written without a fraction, as people write them.
        if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
            return Self::Number((value as i64).into());
        }
        Number::from_f64(value).map_or(Self::Null, Self::Number)
    }
}

impl<'a> From<Vec<Self>> for Json<'a> {
    fn from(items: Vec<Self>) -> Self {
        Self::Array(items)
    }
}

impl<'a> From<Vec<Object<'a>>> for Json<'a> {
    fn from(items: Vec<Object<'a>>) -> Self {
        Self::Array(items.into_iter().map(Self::Object).collect())
    }
}

impl<'a> From<Object<'a>> for Json<'a> {
    fn from(object: Object<'a>) -> Self {
        Self::Object(object)
    }
}

impl<'a> From<&'a RawValue> for Json<'a> {
    fn from(raw: &'a RawValue) -> Self {
        Self::Raw(Cow::Borrowed(raw))
    }
}

/// Text is compared as JSON, so that spelling does not matter.
impl PartialEq for Json<'_> {
    fn eq(&self, other: &Self) -> bool {
        let value = |json: &Self| serde_json::to_value(json).ok();
        value(self) == value(other)
    }
}

#[cfg(test)]
mod tests;
