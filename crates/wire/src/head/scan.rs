//! One pass over a request body: a few raw fields kept, everything else checked and dropped.
//!
//! It judges the body, not the fields: what they hold is [`super::probe`]'s business.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::error::DecodeError;

/// The raw values of the fields we look for, borrowed from the body.
#[derive(Debug, Default)]
pub(super) struct Scan<'a> {
    pub(super) model: Option<&'a RawValue>,
    pub(super) stream: Option<&'a RawValue>,
    pub(super) tools: Option<&'a RawValue>,
    pub(super) prompt_cache_key: Option<&'a RawValue>,
    pub(super) conversation: Option<&'a RawValue>,
    pub(super) metadata: Option<&'a RawValue>,
    pub(super) system: Option<&'a RawValue>,
    pub(super) turns: Option<&'a RawValue>,
    duplicate: Option<&'static str>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Model,
    Stream,
    Tools,
    PromptCacheKey,
    Conversation,
    Metadata,
    #[serde(
        alias = "instructions",
        alias = "systemInstruction",
        alias = "system_instruction"
    )]
    System,
    #[serde(rename = "messages", alias = "input", alias = "contents")]
    Turns,
    #[serde(other)]
    Other,
}

impl<'a> Scan<'a> {
    pub(super) fn of(body: &'a [u8]) -> Result<Self, DecodeError> {
        // serde_json does not look into the strings it skips, so the encoding is checked here.
        let text = str::from_utf8(body).map_err(|error| {
            let position = error.valid_up_to();
            DecodeError::at(
                "",
                format!("expected the body to be UTF-8, found another byte at offset {position}"),
            )
        })?;
        if text.starts_with('\u{feff}') {
            return Err(DecodeError::at(
                "",
                "expected the body to be JSON, found a byte order mark before it",
            ));
        }
        let scan: Self = serde_json::from_str(text).map_err(|error| refusal(&error))?;
        match scan.duplicate {
            Some(field) => Err(DecodeError::at(
                field,
                format!("expected \"{field}\" once, found it twice"),
            )),
            None => Ok(scan),
        }
    }

    fn keep(slot: &mut Option<&'a RawValue>, value: &'a RawValue) -> bool {
        slot.replace(value).is_some()
    }
}

fn refusal(error: &serde_json::Error) -> DecodeError {
    let message = match error.classify() {
        Category::Data => "expected the body to be a JSON object".to_owned(),
        Category::Syntax | Category::Eof | Category::Io => {
            format!("expected the body to be JSON: {error}")
        }
    };
    DecodeError::at("", message)
}

impl<'de> Deserialize<'de> for Scan<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ScanVisitor)
    }
}

struct ScanVisitor;

impl<'de> Visitor<'de> for ScanVisitor {
    type Value = Scan<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut scan = Scan::default();
        while let Some(field) = map.next_key()? {
            match field {
                Field::Model if Scan::keep(&mut scan.model, map.next_value()?) => {
                    scan.duplicate = Some("model");
                }
                Field::Stream if Scan::keep(&mut scan.stream, map.next_value()?) => {
                    scan.duplicate = Some("stream");
                }
                Field::Model | Field::Stream => {}
                Field::Tools => scan.tools = Some(map.next_value()?),
                Field::PromptCacheKey => scan.prompt_cache_key = Some(map.next_value()?),
                Field::Conversation => scan.conversation = Some(map.next_value()?),
                Field::Metadata => scan.metadata = Some(map.next_value()?),
                Field::System => scan.system = Some(map.next_value()?),
                Field::Turns => scan.turns = Some(map.next_value()?),
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(scan)
    }
}
