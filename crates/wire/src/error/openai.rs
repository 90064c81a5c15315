//! OpenAI's errors: <https://platform.openai.com/docs/guides/error-codes/api-errors>.

use bytes::Bytes;
use serde::Serialize;

use crate::error::{ErrorKind, WireError, json_of};

#[derive(Debug, Serialize)]
struct ErrorBody<'a> {
    error: ErrorObject<'a>,
}

#[derive(Debug, Serialize)]
struct ErrorObject<'a> {
    message: &'a str,
    r#type: &'static str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

/// The terminal event of a failed response: <https://platform.openai.com/docs/api-reference/responses-streaming>.
#[derive(Debug, Serialize)]
struct ResponseFailed<'a> {
    r#type: &'static str,
    sequence_number: u64,
    response: FailedResponse<'a>,
}

#[derive(Debug, Serialize)]
struct FailedResponse<'a> {
    id: &'a str,
    object: &'static str,
    created_at: u64,
    status: &'static str,
    error: ResponseError<'a>,
    incomplete_details: Option<()>,
    model: &'a str,
    output: [(); 0],
    parallel_tool_calls: bool,
    tool_choice: &'static str,
    tools: [(); 0],
    usage: Option<()>,
}

#[derive(Debug, Serialize)]
struct ResponseError<'a> {
    code: &'a str,
    message: &'a str,
}

pub(super) fn body(error: &WireError) -> Bytes {
    json_of(&ErrorBody::of(error)).into()
}

pub(super) fn chat_event(error: &WireError) -> Bytes {
    let json = json_of(&ErrorBody::of(error));
    format!("data: {json}\n\n").into()
}

/// Clients read `response.error` alone; which response we were relaying and how many events went by is not
/// known here, so its identity is empty and the sequence starts again.
pub(super) fn responses_event(error: &WireError) -> Bytes {
    let json = json_of(&ResponseFailed {
        r#type: "response.failed",
        sequence_number: 0,
        response: FailedResponse {
            id: "",
            object: "response",
            created_at: 0,
            status: "failed",
            error: ResponseError {
                code: code_of(error).unwrap_or_else(|| type_of(error.kind)),
                message: &error.message,
            },
            incomplete_details: None,
            model: "",
            output: [],
            parallel_tool_calls: true,
            tool_choice: "auto",
            tools: [],
            usage: None,
        },
    });
    format!("event: response.failed\ndata: {json}\n\n").into()
}

impl<'a> ErrorBody<'a> {
    fn of(error: &'a WireError) -> Self {
        Self {
            error: ErrorObject {
                message: &error.message,
                r#type: type_of(error.kind),
                param: None,
                code: code_of(error),
            },
        }
    }
}

fn type_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest | ErrorKind::NotFound | ErrorKind::TooLarge => {
            "invalid_request_error"
        }
        ErrorKind::Authentication => "authentication_error",
        ErrorKind::Billing => "insufficient_quota",
        ErrorKind::Permission => "permission_error",
        ErrorKind::RateLimit => "rate_limit_error",
        ErrorKind::Server | ErrorKind::Overloaded | ErrorKind::Timeout => "server_error",
    }
}

fn code_of(error: &WireError) -> Option<&str> {
    error.code.as_deref().or(match error.kind {
        ErrorKind::Authentication => Some("invalid_api_key"),
        ErrorKind::Billing => Some("insufficient_quota"),
        ErrorKind::NotFound => Some("model_not_found"),
        ErrorKind::RateLimit => Some("rate_limit_exceeded"),
        ErrorKind::InvalidRequest
        | ErrorKind::Permission
        | ErrorKind::TooLarge
        | ErrorKind::Server
        | ErrorKind::Overloaded
        | ErrorKind::Timeout => None,
    })
}
