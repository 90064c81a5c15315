//! What the usage pages show.

pub mod address;
pub mod query;
pub mod report;
pub mod table;

mod words;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionId, KeyId, ProviderId, RequestId};

/// Token counters, disjoint but for `reasoning`, which is a part of `output`.
/// Total input is `input + cache_read + cache_write`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Input that neither came from nor went into a cache.
    pub input: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    /// All output, reasoning included.
    pub output: u64,
    pub reasoning: u64,
}

impl Tokens {
    #[must_use]
    pub fn total(&self) -> u64 {
        self.input + self.cache_read + self.cache_write + self.output
    }
}

/// How a request ended.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok,
    /// The request itself was wrong: bad JSON, unknown model, no key.
    Refused,
    /// The upstream said no, broke off, or could not be reached.
    UpstreamError,
    /// Who called had used up the budget of their key, or of all their keys.
    OverBudget,
    /// The client went away first.
    ClientGone,
    /// Our own fault.
    Internal,
}

impl Outcome {
    pub const ALL: [Self; 6] = [
        Self::Ok,
        Self::Refused,
        Self::OverBudget,
        Self::UpstreamError,
        Self::ClientGone,
        Self::Internal,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::OverBudget => "over_budget",
            Self::UpstreamError => "upstream_error",
            Self::ClientGone => "client_gone",
            Self::Internal => "internal",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
    }
}

/// One request, as the log shows it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsageRow {
    pub id: RequestId,
    pub at: DateTime<Utc>,
    /// `None` on rows from before endpoints were tracked.
    pub endpoint: Option<String>,
    pub client_format: Option<String>,
    pub provider: Option<ProviderId>,
    pub model_requested: Option<String>,
    pub model_served: Option<String>,
    pub connection_id: Option<ConnectionId>,
    pub connection_name: Option<String>,
    pub key_id: Option<KeyId>,
    pub key_name: Option<String>,
    /// The combo that was asked for.
    pub combo: Option<String>,
    pub tokens: Tokens,
    /// The upstream reported no usage; these figures are ours.
    pub is_estimate: bool,
    /// Millionths of a dollar; `None` where no price is known.
    pub cost_micros: Option<i64>,
    pub ttft_ms: Option<u32>,
    pub duration_ms: u32,
    pub status: u16,
    pub outcome: Outcome,
    pub error: Option<String>,
    pub attempts: u32,
    /// What translation could not carry.
    pub notes: Vec<NoteView>,
}

/// One thing that was lost or approximated on the way to another format.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteView {
    /// Where in the client's request: `messages[3].content[1]`, `seed`.
    pub path: String,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Period {
    #[serde(rename = "24h")]
    Day,
    #[default]
    #[serde(rename = "7d")]
    Week,
    #[serde(rename = "30d")]
    Month,
    #[serde(rename = "all")]
    All,
}

impl Period {
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::All];

    /// The name in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::All => "all",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.as_str() == text)
    }
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    #[default]
    Ascending,
    Descending,
}

/// Sums over some requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    pub requests: u64,
    /// Requests whose outcome is not `Ok`.
    pub errors: u64,
    pub tokens: Tokens,
    pub cost_micros: i64,
    /// Requests among them that have no price.
    pub unpriced: u64,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The newest requests, newest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RecentUsage {
    pub rows: Vec<UsageRow>,
    /// What their providers are called.
    pub provider_names: BTreeMap<ProviderId, String>,
}

impl RecentUsage {
    /// Rows at most.
    pub const ROWS: usize = 50;
}

/// What the live stream tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveEvent {
    /// How many requests are under way right now.
    Active { requests: u32 },
    /// A request has ended and its row is stored.
    Recorded { row: Box<UsageRow> },
    /// Who listens was too slow for some of them: what is known must be asked for again.
    Missed,
}
