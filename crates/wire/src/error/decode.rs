//! From whatever an upstream sends with a failure to one neutral error.
//!
//! Documented shapes: <https://platform.openai.com/docs/guides/error-codes/api-errors> and
//! <https://platform.claude.com/docs/en/api/errors>; proxies in between answer in HTML, plain text or nothing.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{CONTEXT_LENGTH_EXCEEDED, ErrorKind, PROMPT_IS_TOO_LONG, WireError};
use crate::lenient::{self, Lenient};

/// What Bedrock and CodeWhisperer say of a conversation that is too long.
const INPUT_IS_TOO_LONG: &str = "Input is too long";

/// The longest message kept, in characters.
const MAX_MESSAGE_CHARS: usize = 2000;

/// `{"error": …}` around an error object or a sentence.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope<'a> {
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// The error object itself; some servers send it bare, and some say `detail` for `message`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorObject<'a> {
    message: Lenient<String>,
    detail: Lenient<String>,
    r#type: Lenient<String>,
    /// A string, or the status as a number.
    #[serde(borrow)]
    code: Option<&'a RawValue>,
}

pub(super) fn body(status: u16, body: &[u8]) -> WireError {
    read(Some(status), body).unwrap_or_else(|| WireError {
        status,
        kind: ErrorKind::from_status(status),
        message: shorten(&describe(status, body)),
        code: None,
    })
}

pub(super) fn object(json: &[u8]) -> WireError {
    read(None, json).unwrap_or_else(|| {
        WireError::new(ErrorKind::Server, shorten(&String::from_utf8_lossy(json)))
    })
}

fn read(status: Option<u16>, json: &[u8]) -> Option<WireError> {
    let envelope: Envelope = lenient::object(json).unwrap_or_default();
    let inner = envelope.error.map(RawValue::get).unwrap_or_default();
    if let Ok(message) = serde_json::from_str::<String>(inner)
        && !message.trim().is_empty()
    {
        return Some(neutral(status, &message, &ErrorObject::default()));
    }
    let fields: ErrorObject =
        lenient::object(inner.as_bytes()).or_else(|| lenient::object(json))?;
    let bare: ErrorObject = lenient::object(json).unwrap_or_default();
    // An error object without a sentence is still the best there is.
    let message = fields
        .sentence()
        .or_else(|| bare.sentence())
        .or(Some(inner).filter(|raw| raw.starts_with('{')))?;
    Some(neutral(status, message, &fields))
}

fn neutral(status: Option<u16>, message: &str, fields: &ErrorObject) -> WireError {
    let code = fields.code.map(RawValue::get).unwrap_or_default();
    let name = serde_json::from_str::<String>(code)
        .ok()
        .filter(|name| !name.is_empty());
    let status = status.or_else(|| {
        code.parse()
            .ok()
            .filter(|number| (400..600).contains(number))
    });
    let names = || {
        [name.as_deref(), fields.r#type.0.as_deref()]
            .into_iter()
            .flatten()
    };
    let kind = names()
        .find_map(specific_kind)
        .or_else(|| status.map(ErrorKind::from_status))
        .or_else(|| names().find_map(vague_kind))
        .unwrap_or(ErrorKind::Server);
    WireError {
        status: status.unwrap_or_else(|| kind.status()),
        kind,
        code: name.or_else(|| known_code(message)),
        message: shorten(message),
    }
}

impl ErrorObject<'_> {
    fn sentence(&self) -> Option<&str> {
        [&self.message, &self.detail]
            .into_iter()
            .filter_map(|said| said.0.as_deref())
            .find(|sentence| !sentence.trim().is_empty())
    }
}

/// Names that say more than a status.
fn specific_kind(name: &str) -> Option<ErrorKind> {
    Some(match name {
        "authentication_error" | "invalid_api_key" => ErrorKind::Authentication,
        "insufficient_quota" | "billing_error" => ErrorKind::Billing,
        "permission_error" => ErrorKind::Permission,
        "not_found_error" | "model_not_found" => ErrorKind::NotFound,
        "request_too_large" => ErrorKind::TooLarge,
        "rate_limit_error" | "rate_limit_exceeded" => ErrorKind::RateLimit,
        "overloaded_error" => ErrorKind::Overloaded,
        "timeout_error" => ErrorKind::Timeout,
        _ => return None,
    })
}

/// Names so general that a status says more: OpenAI's `invalid_request_error` also comes with a 401.
fn vague_kind(name: &str) -> Option<ErrorKind> {
    Some(match name {
        "invalid_request_error" | "invalid_prompt" | CONTEXT_LENGTH_EXCEEDED => {
            ErrorKind::InvalidRequest
        }
        "api_error" | "server_error" => ErrorKind::Server,
        _ => return None,
    })
}

/// Anthropic and AWS have no codes, only words.
fn known_code(message: &str) -> Option<String> {
    [PROMPT_IS_TOO_LONG, INPUT_IS_TOO_LONG]
        .into_iter()
        .any(|words| message.contains(words))
        .then(|| CONTEXT_LENGTH_EXCEEDED.to_owned())
}

/// A body that is no error object.
fn describe(status: u16, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.is_empty() {
        return format!("upstream returned HTTP {status}");
    }
    if !text.starts_with('<') {
        return text.to_owned();
    }
    match title(text) {
        Some(title) => format!("upstream returned HTTP {status} with a page titled \"{title}\""),
        None => format!("upstream returned HTTP {status} with a page instead of an error message"),
    }
}

fn title(page: &str) -> Option<&str> {
    let (_, rest) = page
        .split_once("<title>")
        .or_else(|| page.split_once("<TITLE>"))?;
    let (title, _) = rest.split_once("</")?;
    Some(title.trim()).filter(|title| !title.is_empty())
}

fn shorten(message: &str) -> String {
    let message = message.trim();
    match message.char_indices().nth(MAX_MESSAGE_CHARS) {
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or_default()),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::object;
    use crate::error::ErrorKind;

    #[test]
    fn a_status_is_found_inside_a_stream() {
        let cases = [
            (
                r#"{"error":{"message":"m","code":429}}"#,
                429,
                ErrorKind::RateLimit,
            ),
            (
                r#"{"error":{"message":"m","type":"invalid_request_error"}}"#,
                400,
                ErrorKind::InvalidRequest,
            ),
            (
                r#"{"type":"error","code":"rate_limit_exceeded","message":"m"}"#,
                429,
                ErrorKind::RateLimit,
            ),
            (
                r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#,
                503,
                ErrorKind::Overloaded,
            ),
            (r#"{"error":{"message":"m"}}"#, 500, ErrorKind::Server),
        ];
        for (json, status, kind) in cases {
            let error = object(json.as_bytes());
            assert_eq!(
                (error.status, error.kind, error.message.as_str()),
                (status, kind, "m"),
                "{json}"
            );
        }
    }
}
