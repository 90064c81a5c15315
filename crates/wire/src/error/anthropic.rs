//! Anthropic's errors: <https://platform.claude.com/docs/en/api/errors>.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Serialize;

use crate::error::{CONTEXT_LENGTH_EXCEEDED, ErrorKind, PROMPT_IS_TOO_LONG, WireError, json_of};

#[derive(Debug, Serialize)]
struct ErrorResponse<'a> {
    r#type: &'static str,
    error: ErrorObject<'a>,
    request_id: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct ErrorObject<'a> {
    r#type: &'static str,
    message: Cow<'a, str>,
}

pub(super) fn body(error: &WireError, request_id: Option<&str>) -> Bytes {
    json_of(&ErrorResponse::of(error, request_id)).into()
}

pub(super) fn event(error: &WireError) -> Bytes {
    let json = json_of(&ErrorResponse::of(error, None));
    format!("event: error\ndata: {json}\n\n").into()
}

impl<'a> ErrorResponse<'a> {
    fn of(error: &'a WireError, request_id: Option<&'a str>) -> Self {
        Self {
            r#type: "error",
            error: ErrorObject {
                r#type: type_of(error.kind),
                message: message_of(error),
            },
            request_id,
        }
    }
}

fn type_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest => "invalid_request_error",
        ErrorKind::Authentication => "authentication_error",
        ErrorKind::Billing => "billing_error",
        ErrorKind::Permission => "permission_error",
        ErrorKind::NotFound => "not_found_error",
        ErrorKind::TooLarge => "request_too_large",
        ErrorKind::RateLimit => "rate_limit_error",
        ErrorKind::Server => "api_error",
        ErrorKind::Overloaded => "overloaded_error",
        ErrorKind::Timeout => "timeout_error",
    }
}

/// Anthropic's clients know this case by its words, since the format has no codes.
fn message_of(error: &WireError) -> Cow<'_, str> {
    let message = &error.message;
    let is_overflow = error.code.as_deref() == Some(CONTEXT_LENGTH_EXCEEDED);
    if is_overflow && !message.contains(PROMPT_IS_TOO_LONG) {
        Cow::Owned(format!("{PROMPT_IS_TOO_LONG}: {message}"))
    } else {
        Cow::Borrowed(message)
    }
}
