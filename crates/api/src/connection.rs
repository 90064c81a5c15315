//! Accounts with providers. A credential goes in and never comes out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionId, ProviderId, UserId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthKind {
    ApiKey,
    OAuth,
}

/// What is known of an account's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Never used and never tested.
    Unknown,
    /// The last test or request succeeded.
    Active,
    /// The last test or request failed; `last_error` says how.
    Error,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    pub id: ConnectionId,
    pub owner_id: UserId,
    pub provider: ProviderId,
    pub auth: AuthKind,
    pub name: String,
    /// Lower is tried first.
    pub priority: i32,
    pub default_model: Option<String>,
    pub is_active: bool,
    pub health: Health,
    pub last_error: Option<String>,
    /// The HTTP status of that error, where there was one.
    pub error_code: Option<u16>,
    pub last_error_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct ConnectionCreate {
    pub provider: ProviderId,
    pub name: String,
    pub api_key: String,
    pub priority: Option<i32>,
    pub default_model: Option<String>,
}

/// What may change of a connection; `None` leaves it as it is.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct ConnectionPatch {
    pub name: Option<String>,
    pub api_key: Option<String>,
    pub priority: Option<i32>,
    /// An empty text clears it.
    pub default_model: Option<String>,
    pub is_active: Option<bool>,
}

/// A key to try before anything is stored.
#[derive(Clone, Serialize, Deserialize)]
pub struct CredentialCheck {
    pub provider: ProviderId,
    pub api_key: String,
}

/// A base URL and a key to try before a node is stored.
#[derive(Clone, Serialize, Deserialize)]
pub struct NodeCheck {
    pub kind: crate::provider::NodeKind,
    pub base_url: String,
    pub api_key: String,
}

/// What a test of a credential found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    pub valid: bool,
    pub error: Option<String>,
    pub latency_ms: u64,
}

// Credentials do not print.
impl std::fmt::Debug for ConnectionCreate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionCreate")
            .field("provider", &self.provider)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ConnectionPatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionPatch")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for CredentialCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CredentialCheck")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for NodeCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeCheck")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}
