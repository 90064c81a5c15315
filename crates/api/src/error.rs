//! The one error a browser sees.

use serde::{Deserialize, Serialize};

/// Who can do something about it, in the words of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    /// Too many tries; the message says when to come back.
    Throttled,
    /// Somebody else's server refused or could not be reached.
    Upstream,
    Internal,
}

/// An error as a person may read it: no source chain, no secret, no internal URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    pub kind: ErrorKind,
    pub message: String,
    /// The field of the params that is wrong, where one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Seconds until another try makes sense.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl ApiError {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            field: None,
            retry_after: None,
        }
    }
}

#[cfg(feature = "server-fn")]
impl server_fn::error::FromServerFnError for ApiError {
    type Encoder = server_fn::codec::JsonEncoding;

    fn from_server_fn_error(error: server_fn::error::ServerFnErrorErr) -> Self {
        use server_fn::error::ServerFnErrorErr as Fault;

        match error {
            Fault::Request(_) => Self::new(
                ErrorKind::Internal,
                "the server could not be reached; is it still running?",
            ),
            Fault::Args(reason) | Fault::MissingArg(reason) => {
                Self::new(ErrorKind::Invalid, reason)
            }
            // A proxy's page, or a server of another version.
            Fault::Deserialization(_) => Self::new(
                ErrorKind::Internal,
                "the server sent an answer this page cannot read; reload it",
            ),
            Fault::Registration(reason)
            | Fault::UnsupportedRequestMethod(reason)
            | Fault::ServerError(reason)
            | Fault::MiddlewareError(reason)
            | Fault::Serialization(reason)
            | Fault::Response(reason) => Self::new(ErrorKind::Internal, reason),
        }
    }
}
