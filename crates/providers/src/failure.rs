//! What an upstream's refusal means for whoever must decide what to do next.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::HeaderMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    Client,
    Credential,
    Quota,
    RateLimit,
    Overload,
    Down,
    Network,
    Context,
    Refused,
    UnknownModel,
}

impl FailureKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Credential => "credential",
            Self::Quota => "quota",
            Self::RateLimit => "rate_limit",
            Self::Overload => "overload",
            Self::Down => "down",
            Self::Network => "network",
            Self::Context => "context",
            Self::Refused => "refused",
            Self::UnknownModel => "unknown_model",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// How long the upstream asks to be left alone.
    pub rest: Option<Duration>,
}

pub fn classify(status: u16, headers: &HeaderMap, _body: &[u8], _now: DateTime<Utc>) -> Failure {
    let kind = match status {
        401 | 403 => FailureKind::Credential,
        402 => FailureKind::Quota,
        404 => FailureKind::UnknownModel,
        408 | 504 => FailureKind::Network,
        429 => FailureKind::RateLimit,
        503 | 529 => FailureKind::Overload,
        500..=599 => FailureKind::Down,
        _ => FailureKind::Client,
    };
    let rest = headers
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(Duration::from_secs);
    Failure { kind, rest }
}
