//! Exceptions of the service, as a frame or as a JSON answer.

use crate::error::{ErrorKind, WireError};
use crate::json::Json;

/// Clients shorten their conversation on this code.
const CONTEXT_LENGTH_EXCEEDED: &str = "context_length_exceeded";

/// The error that the exception `name` with `payload` says.
pub(super) fn read(name: &str, payload: &[u8]) -> WireError {
    let json = Json::parse(payload, &[]).unwrap_or_default();
    let text = |key: &str| json.get(key).and_then(Json::as_str);
    let message = text("message")
        .or_else(|| text("Message"))
        .filter(|text| !text.trim().is_empty())
        .map_or_else(|| name.to_owned(), str::to_owned);
    let reason = text("reason").unwrap_or_default();
    if is_too_long(name, reason, &message) {
        return WireError {
            code: Some(CONTEXT_LENGTH_EXCEEDED.to_owned()),
            ..WireError::new(ErrorKind::InvalidRequest, message)
        };
    }
    WireError::new(kind(name, reason), message)
}

/// The exception a JSON answer names, without its namespace: `com.amazon…#ThrottlingException`.
pub(super) fn name(json: &Json) -> Option<String> {
    let full = json.get("__type").and_then(Json::as_str)?;
    let name = full.rsplit('#').next().unwrap_or(full);
    Some(name.split(':').next().unwrap_or(name).to_owned())
}

fn is_too_long(name: &str, reason: &str, message: &str) -> bool {
    name.to_ascii_lowercase().starts_with("contentlengthexceed")
        || reason == "CONTENT_LENGTH_EXCEEDS_THRESHOLD"
        || message.starts_with("Input is too long")
}

fn kind(name: &str, reason: &str) -> ErrorKind {
    // The month's allowance is spent: waiting a minute does not help.
    if reason == "MONTHLY_REQUEST_COUNT" {
        return ErrorKind::Billing;
    }
    let name = name.to_ascii_lowercase();
    let kinds: [(&str, ErrorKind); 12] = [
        ("throttling", ErrorKind::RateLimit),
        ("toomanyrequests", ErrorKind::RateLimit),
        ("servicequotaexceeded", ErrorKind::RateLimit),
        ("accessdenied", ErrorKind::Permission),
        ("unauthorized", ErrorKind::Authentication),
        ("unrecognizedclient", ErrorKind::Authentication),
        ("expiredtoken", ErrorKind::Authentication),
        ("resourcenotfound", ErrorKind::NotFound),
        ("validation", ErrorKind::InvalidRequest),
        ("conflict", ErrorKind::InvalidRequest),
        ("serviceunavailable", ErrorKind::Overloaded),
        ("modeltimeout", ErrorKind::Timeout),
    ];
    kinds
        .into_iter()
        .find(|(start, _)| name.starts_with(start))
        .map_or(ErrorKind::Server, |(_, kind)| kind)
}
