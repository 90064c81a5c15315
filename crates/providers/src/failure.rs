//! What an upstream's refusal means for whoever must decide what to do next.
//!
//! A provider's own rules come first, then the names and words that vendors share, then the status.

mod clues;
mod rest;
pub mod rule;
mod said;

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::HeaderMap;
use serde::Deserialize;

use crate::failure::rule::Rule;
use crate::failure::said::Said;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The request itself is wrong; everybody would refuse it.
    Client,
    /// The account's credential.
    Credential,
    /// The account has used up what it may use.
    Quota,
    /// Too many at once.
    RateLimit,
    /// Too many of everybody's at once.
    Overload,
    /// The provider itself is broken.
    Down,
    /// It could not be reached, or not in time.
    Network,
    /// The prompt is too long for this model.
    Context,
    /// The content was refused.
    Refused,
    /// This account does not have the model.
    UnknownModel,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// How long the upstream asks to be left alone. Never zero: a reset that has passed says nothing.
    pub rest: Option<Duration>,
    /// The token is too old, and a new one would do: 401, and what a vendor is known to say in its place.
    pub is_token_old: bool,
}

impl FailureKind {
    pub const ALL: [Self; 10] = [
        Self::Client,
        Self::Credential,
        Self::Quota,
        Self::RateLimit,
        Self::Overload,
        Self::Down,
        Self::Network,
        Self::Context,
        Self::Refused,
        Self::UnknownModel,
    ];

    /// The inverse of [`FailureKind::as_str`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name in the database, in headers and in the catalogue.
    #[must_use]
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

/// Reads an answer under a status other than 2xx. `rules` are its provider's.
#[must_use]
pub fn classify(
    rules: &[Rule],
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Failure {
    let said = Said::read(status, body);
    let rule = rules.iter().find(|rule| rule.fits(status, &said));
    let kind = rule.map_or_else(|| kind(status, headers, &said), Rule::kind);
    let rest = rest::asked_for(kind, headers, &said, now);
    Failure {
        kind,
        rest: rest.or_else(|| rule?.rest()),
        is_token_old: kind == FailureKind::Credential
            && (status == 401 || rule.is_some_and(Rule::renews)),
    }
}

fn kind(status: u16, headers: &HeaderMap, said: &Said) -> FailureKind {
    match (clues::find(status, said), status) {
        (None | Some(FailureKind::RateLimit), 429) => rest::limit(headers),
        (Some(kind), _) => kind,
        (None, _) => kind_of_status(status),
    }
}

fn kind_of_status(status: u16) -> FailureKind {
    match status {
        429 => FailureKind::RateLimit,
        401 | 403 => FailureKind::Credential,
        402 => FailureKind::Quota,
        404 | 410 => FailureKind::UnknownModel,
        451 => FailureKind::Refused,
        503 | 529 => FailureKind::Overload,
        // 407 is of a proxy between us; 52x are Cloudflare's ways to say that it did not reach the server.
        407 | 408 | 499 | 504 | 522..=524 => FailureKind::Network,
        400..=499 => FailureKind::Client,
        // What is no error status was no good answer either.
        _ => FailureKind::Down,
    }
}

#[cfg(test)]
mod tests;
