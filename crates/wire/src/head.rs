//! The head of a request: what routing must know before anything is parsed.
//!
//! [`probe`] walks the body once, checks that all of it is JSON, finds the top-level `model` and `stream`,
//! and where the conversation begins.
//! [`splice`] puts another model in the place of the first without touching one other byte:
//! cache breakpoints and signatures depend on the client's own spelling.
//! Neither builds a document, and neither knows a format: all of ours keep these two fields at the top.

pub mod opening;
mod scan;

use std::ops::Range;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::error::DecodeError;
use crate::head::opening::Opening;
use crate::head::scan::Scan;

/// The longest model name we route; the longest real ones stay below 150 bytes.
pub const MAX_MODEL_BYTES: usize = 256;

/// What [`probe`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHead {
    /// Unescaped, not empty, free of control characters.
    pub model: String,
    /// Where the string literal stands in the body, quotes included.
    pub model_span: Range<usize>,
    /// `None` if the client did not say, which means different things in different formats.
    pub stream: Option<bool>,
    /// `tools` is there and empty, which OpenAI refuses and real clients send.
    pub has_empty_tools: bool,
    pub opening: Opening,
}

/// A body in three parts, of which at most the middle one is new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spliced {
    pub before: Bytes,
    pub value: Bytes,
    pub after: Bytes,
}

/// Finds `model` and `stream` in one pass over a JSON object.
///
/// A field that appears twice is refused: we could route by one and the upstream could serve the other.
/// A byte order mark is refused as well: RFC 8259 (8.1) forbids sending it, and we could only pass it on.
/// Depth is not limited here, because nothing here recurses.
pub fn probe(body: &Bytes) -> Result<RequestHead, DecodeError> {
    let scan = Scan::of(body)?;
    let raw = scan.model.ok_or_else(|| {
        DecodeError::at("model", r#"expected "model" to be a string, found nothing"#)
    })?;
    Ok(RequestHead {
        model: read_model(raw)?,
        model_span: span_of(raw, body),
        stream: scan.stream.map_or(Ok(None), read_stream)?,
        has_empty_tools: scan.tools.is_some_and(is_empty_list),
        opening: Opening::of(&scan, body),
    })
}

/// The body without its empty `tools`, every other byte as it was; see [`RequestHead::has_empty_tools`].
///
/// A member's own comma goes with it. `None` if there is nothing to take out.
pub fn without_empty_tools(body: &Bytes) -> Option<Bytes> {
    let tools = Scan::of(body)
        .ok()?
        .tools
        .filter(|raw| is_empty_list(raw))?;
    let value = span_of(tools, body);
    // Back over the colon to the quotes around the key; an escape in it would only end the search early.
    let before = body.get(..value.start)?;
    let key_end = before.iter().rposition(|byte| *byte == b'"')?;
    let key = before
        .get(..key_end)?
        .iter()
        .rposition(|byte| *byte == b'"')?;
    let after = body.get(value.end..)?;
    let is_space = |byte: &u8| byte.is_ascii_whitespace();
    let gap = after.iter().take_while(|byte| is_space(byte)).count();
    let (start, end) = if after.get(gap) == Some(&b',') {
        (key, value.end + gap + 1)
    } else {
        // The last member takes the comma before it.
        let head = body.get(..key)?;
        let gap = head.iter().rev().take_while(|byte| is_space(byte)).count();
        let comma = key.checked_sub(gap + 1)?;
        let has_comma = body.get(comma) == Some(&b',');
        (if has_comma { comma } else { key }, value.end)
    };
    Some([body.get(..start)?, body.get(end..)?].concat().into())
}

fn is_empty_list(raw: &RawValue) -> bool {
    let inside = raw
        .get()
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inside.is_some_and(|inside| inside.trim().is_empty())
}

/// Checks that a body is a JSON object, for formats that name the model elsewhere.
pub fn check(body: &Bytes) -> Result<Opening, DecodeError> {
    Scan::of(body).map(|scan| Opening::of(&scan, body))
}

/// Replaces the literal at `span`, as [`RequestHead::model_span`] gives it, by `model`.
///
/// A literal that already says `model` stays as the client spelled it.
/// A span outside the body is cut to the body.
pub fn splice(body: &Bytes, span: Range<usize>, model: &str) -> Spliced {
    let end = span.end.min(body.len());
    let start = span.start.min(end);
    let current = body.slice(start..end);
    let value = match serde_json::from_slice::<String>(&current) {
        Ok(name) if name == model => current,
        Ok(_) | Err(_) => Bytes::from(serde_json::Value::from(model).to_string()),
    };
    Spliced {
        before: body.slice(..start),
        value,
        after: body.slice(end..),
    }
}

impl Spliced {
    pub fn len(&self) -> usize {
        self.before.len() + self.value.len() + self.after.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One contiguous body; this is the only copy.
    pub fn to_bytes(&self) -> Bytes {
        [&self.before[..], &self.value[..], &self.after[..]]
            .concat()
            .into()
    }

    /// The parts in order, for a body that can be sent in pieces.
    pub fn into_parts(self) -> [Bytes; 3] {
        [self.before, self.value, self.after]
    }
}

fn read_model(raw: &RawValue) -> Result<String, DecodeError> {
    if !raw.get().starts_with('"') {
        return Err(unexpected("model", "a string", raw));
    }
    let Ok(model) = serde_json::from_str::<String>(raw.get()) else {
        return Err(DecodeError::at(
            "model",
            r#"expected "model" to be text, found an escape that is no character"#,
        ));
    };
    check_model(&model)?;
    Ok(model)
}

/// Whether `model` may be the name of a model, wherever it stood.
pub fn check_model(model: &str) -> Result<(), DecodeError> {
    let refuse = |message: &str| Err(DecodeError::at("model", message));
    if model.trim().is_empty() {
        return refuse(r#"expected "model" to name a model, found an empty string"#);
    }
    if model.len() > MAX_MODEL_BYTES {
        let length = model.len();
        return refuse(&format!(
            r#"expected "model" to be at most {MAX_MODEL_BYTES} bytes long, found {length}"#
        ));
    }
    if model.chars().any(char::is_control) {
        return refuse(r#"expected "model" to be a name, found a control character in it"#);
    }
    Ok(())
}

fn read_stream(raw: &RawValue) -> Result<Option<bool>, DecodeError> {
    match raw.get() {
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        "null" => Ok(None),
        _ => Err(unexpected("stream", "a boolean", raw)),
    }
}

fn unexpected(path: &str, wanted: &str, raw: &RawValue) -> DecodeError {
    let found = match raw.get().as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'[') => "an array",
        Some(b'{') => "an object",
        Some(b'n') => "null",
        Some(b't' | b'f') => "a boolean",
        Some(_) | None => "a number",
    };
    DecodeError::at(
        path,
        format!("expected \"{path}\" to be {wanted}, found {found}"),
    )
}

/// `raw` borrows from `body`, so the distance of their addresses is its place.
fn span_of(raw: &RawValue, body: &[u8]) -> Range<usize> {
    let literal = raw.get();
    let start = literal.as_ptr().addr().saturating_sub(body.as_ptr().addr());
    start..start + literal.len()
}

#[cfg(test)]
mod tests;
