//! Google's errors: <https://cloud.google.com/apis/design/errors#http_mapping>.

use bytes::Bytes;
use serde::Serialize;

use crate::error::{ErrorKind, WireError, json_of};

#[derive(Debug, Serialize)]
struct ErrorBody<'a> {
    error: Status<'a>,
}

#[derive(Debug, Serialize)]
struct Status<'a> {
    code: u16,
    message: &'a str,
    status: &'static str,
}

pub(super) fn body(error: &WireError) -> Bytes {
    json_of(&ErrorBody::of(error)).into()
}

/// The SDKs raise on any frame with an `error`.
pub(super) fn event(error: &WireError) -> Bytes {
    format!("data: {}\n\n", json_of(&ErrorBody::of(error))).into()
}

impl<'a> ErrorBody<'a> {
    fn of(error: &'a WireError) -> Self {
        Self {
            error: Status {
                code: error.status,
                message: &error.message,
                status: status_of(error.kind),
            },
        }
    }
}

fn status_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest | ErrorKind::TooLarge => "INVALID_ARGUMENT",
        ErrorKind::Authentication => "UNAUTHENTICATED",
        ErrorKind::Billing => "FAILED_PRECONDITION",
        ErrorKind::Permission => "PERMISSION_DENIED",
        ErrorKind::NotFound => "NOT_FOUND",
        ErrorKind::RateLimit => "RESOURCE_EXHAUSTED",
        ErrorKind::Server => "INTERNAL",
        ErrorKind::Overloaded => "UNAVAILABLE",
        ErrorKind::Timeout => "DEADLINE_EXCEEDED",
    }
}
