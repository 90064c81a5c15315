//! What goes wrong on the wire: a client's body we cannot read, and an upstream's refusal.
//!
//! [`WireError`] is the neutral form between an upstream's error and the client's.
//! It keeps the upstream's own words, because "credit balance too low" helps and "502" does not.
//! Which status a client gets for an upstream's, and what a failure means for the account, is the gateway's decision.

mod anthropic;
mod decode;
mod gemini;
mod ollama;
mod openai;

use bytes::Bytes;
use serde::Serialize;
use thiserror::Error;

use crate::format::Format;

/// Clients shorten their conversation on this: OpenAI's know it by its code, Anthropic's by its words.
const CONTEXT_LENGTH_EXCEEDED: &str = "context_length_exceeded";
const PROMPT_IS_TOO_LONG: &str = "prompt is too long";

/// A body we cannot read, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct DecodeError {
    /// The JSON path, empty for the body as a whole; the message names it as well.
    pub path: String,
    pub message: String,
}

/// An upstream's error or our own, in no format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct WireError {
    /// The HTTP status it came with, or would have come with.
    pub status: u16,
    pub kind: ErrorKind,
    pub message: String,
    /// A machine-readable name, as OpenAI's `code`: `context_length_exceeded`, `model_not_found`.
    pub code: Option<String>,
}

/// What an error says about the request; the finest distinction all formats can express.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    InvalidRequest,
    Authentication,
    Billing,
    Permission,
    NotFound,
    TooLarge,
    RateLimit,
    Server,
    Overloaded,
    Timeout,
}

/// An upstream's error body under a status other than 2xx.
///
/// Every server has its own mixture of shapes, whatever format it claims to speak, so all are tried.
pub fn decode_error(status: u16, body: &[u8]) -> WireError {
    decode::body(status, body)
}

/// The JSON body of an error response in the client's format.
pub fn encode_error(format: Format, error: &WireError, request_id: Option<&str>) -> Bytes {
    match format {
        Format::OpenaiChat | Format::OpenaiResponses => openai::body(error),
        Format::Anthropic => anthropic::body(error, request_id),
        Format::Gemini => gemini::body(error),
        Format::Ollama => ollama::body(error),
    }
}

/// The event that ends a stream which has already begun.
pub fn encode_stream_error(format: Format, error: &WireError) -> Bytes {
    match format {
        Format::OpenaiChat => openai::chat_event(error),
        Format::OpenaiResponses => openai::responses_event(error),
        Format::Anthropic => anthropic::event(error),
        Format::Gemini => gemini::event(error),
        Format::Ollama => ollama::line(error),
    }
}

/// An error object that arrived inside a stream or a 200 response.
pub(crate) fn decode_stream_error(json: &[u8]) -> WireError {
    decode::object(json)
}

impl DecodeError {
    pub(crate) fn at(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}

impl From<DecodeError> for WireError {
    fn from(error: DecodeError) -> Self {
        Self::new(ErrorKind::InvalidRequest, error.message)
    }
}

impl WireError {
    /// An error with the kind's usual status and code.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            status: kind.status(),
            kind,
            message: message.into(),
            code: None,
        }
    }

    /// The client asks for what cannot be done.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest, message)
    }

    /// The upstream's answer is none; not the client's fault.
    pub fn broken(message: impl Into<String>) -> Self {
        Self {
            status: 502,
            ..Self::new(ErrorKind::Server, message)
        }
    }
}

impl ErrorKind {
    pub fn from_status(status: u16) -> Self {
        match status {
            401 => Self::Authentication,
            402 => Self::Billing,
            403 => Self::Permission,
            404 => Self::NotFound,
            408 | 504 => Self::Timeout,
            413 => Self::TooLarge,
            429 => Self::RateLimit,
            503 | 529 => Self::Overloaded,
            400..500 => Self::InvalidRequest,
            // What is no error status was no good answer either.
            _ => Self::Server,
        }
    }

    /// The status for an error that came without one.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::Authentication => 401,
            Self::Billing => 402,
            Self::Permission => 403,
            Self::NotFound => 404,
            Self::TooLarge => 413,
            Self::RateLimit => 429,
            Self::Server => 500,
            Self::Overloaded => 503,
            Self::Timeout => 504,
        }
    }
}

/// Strings and options always serialise; an empty object would still be an answer.
fn json_of(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_else(|_| "{}".to_owned())
}
