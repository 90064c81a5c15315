//! What went wrong: <https://platform.openai.com/docs/api-reference/responses/object#responses/object-error>.

use crate::error::{ErrorKind, WireError, decode_stream_error};
use crate::json::{Json, Object};

/// An `error` event, or a body that is no response.
pub(super) fn of_event(json: &[u8]) -> WireError {
    precise(decode_stream_error(json))
}

/// A response that failed.
pub(super) fn of_response(mut response: Object<'_>, status: &str) -> WireError {
    let Some(error @ Json::Object(_)) = response.take("error") else {
        return WireError::new(
            ErrorKind::Server,
            format!("the upstream's response is {status}, and it does not say why"),
        );
    };
    let json = Json::from(crate::object! { "error" => error });
    precise(decode_stream_error(&json.to_bytes()))
}

/// Here codes alone say what in other places a status says.
fn precise(error: WireError) -> WireError {
    let known = error.code.as_deref().and_then(|code| {
        Some(match code {
            "rate_limit_exceeded" | "usage_limit_reached" => (ErrorKind::RateLimit, 429),
            "insufficient_quota" => (ErrorKind::Billing, 429),
            "usage_not_included" => (ErrorKind::Permission, 403),
            "context_length_exceeded" | "invalid_prompt" | "cyber_policy" | "bio_policy" => {
                (ErrorKind::InvalidRequest, 400)
            }
            "server_is_overloaded" | "slow_down" => (ErrorKind::Overloaded, 503),
            "server_error" => (ErrorKind::Server, 500),
            code if code.contains("image") => (ErrorKind::InvalidRequest, 400),
            _ => return None,
        })
    });
    match known {
        Some((kind, status)) => WireError {
            kind,
            status,
            ..error
        },
        None => error,
    }
}
