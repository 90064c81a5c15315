//! Ollama's errors: one sentence, <https://github.com/ollama/ollama/blob/main/docs/api.md>.

use bytes::Bytes;
use serde::Serialize;

use crate::error::{WireError, json_of};

#[derive(Debug, Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
}

pub(super) fn body(error: &WireError) -> Bytes {
    json_of(&ErrorBody {
        error: &error.message,
    })
    .into()
}

/// The last line of a stream that failed.
pub(super) fn line(error: &WireError) -> Bytes {
    let body = json_of(&ErrorBody {
        error: &error.message,
    });
    format!("{body}\n").into()
}
