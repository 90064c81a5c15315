//! Accounts with providers. A credential goes in and never comes out.

use std::collections::BTreeMap;

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

/// What is wrong with an account, by what its owner can do about it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    Credential,
    Quota,
    RateLimit,
    Overload,
    Down,
    /// The provider, or the proxy before it.
    Network,
    UnknownModel,
    /// Its address leads where it must not.
    Blocked,
    Other,
}

impl Trouble {
    /// The name on our wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credential => "credential",
            Self::Quota => "quota",
            Self::RateLimit => "rate_limit",
            Self::Overload => "overload",
            Self::Down => "down",
            Self::Network => "network",
            Self::UnknownModel => "unknown_model",
            Self::Blocked => "blocked",
            Self::Other => "other",
        }
    }

    /// What an account in this trouble does: "needs a new key".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Credential => "needs a new key",
            Self::Quota => "has used up its quota",
            Self::RateLimit => "was asked too often",
            Self::Overload => "is overloaded",
            Self::Down => "has an error",
            Self::Network => "cannot be reached",
            Self::UnknownModel => "does not have this model",
            Self::Blocked => "has an address that is not allowed",
            Self::Other => "refuses",
        }
    }
}

/// An account is left alone for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestView {
    /// For this model alone; without one, all of the account.
    pub model: Option<String>,
    pub until: DateTime<Utc>,
    pub trouble: Trouble,
    /// The provider said so, and the account is not asked before; otherwise it is only asked after the others.
    pub is_known: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    pub id: ConnectionId,
    pub owner_id: UserId,
    pub provider: ProviderId,
    pub auth: AuthKind,
    /// What a login told of its account.
    pub login: Option<LoginFacts>,
    pub name: String,
    /// Lower is tried first.
    pub priority: i32,
    pub default_model: Option<String>,
    pub is_active: bool,
    /// Every user may route through it, not its owner alone.
    pub is_shared: bool,
    /// `host:port` of the proxy it is reached through; nothing more of it is ever shown.
    pub proxy: Option<String>,
    /// What it gives to its provider's address, by the names of the provider's parts.
    pub parts: BTreeMap<String, String>,
    /// The only models it is asked for; with none, for all.
    pub enabled_models: Vec<String>,
    /// Those that last, the whole account's first.
    pub rests: Vec<RestView>,
    /// Whether whoever asks may change it.
    pub may_change: bool,
    pub health: Health,
    pub last_error: Option<String>,
    /// The HTTP status of that error, where there was one.
    pub error_code: Option<u16>,
    pub last_error_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What is known of an account that has logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginFacts {
    /// What people know the account by: an address, a name.
    pub label: Option<String>,
    /// What the account pays for, by the vendor's name.
    pub plan: Option<String>,
    /// When its token ends, which is refreshed before.
    pub token_ends_at: Option<DateTime<Utc>>,
    /// Since when the vendor takes its tokens no more: its owner has to log in again.
    pub revoked_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct ConnectionCreate {
    pub provider: ProviderId,
    pub name: String,
    pub api_key: String,
    pub priority: Option<i32>,
    pub default_model: Option<String>,
    /// A proxy's URL, which may hold a password.
    pub proxy: Option<String>,
    /// By the names of the provider's parts.
    #[serde(default)]
    pub parts: BTreeMap<String, String>,
    /// The only models it is to be asked for; with none, for all.
    #[serde(default)]
    pub enabled_models: Vec<String>,
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
    pub is_shared: Option<bool>,
    /// An empty text clears it.
    pub proxy: Option<String>,
    /// Parts that are not named stay; an empty text clears one.
    #[serde(default)]
    pub parts: BTreeMap<String, String>,
    /// With none, it is asked for all models again.
    pub enabled_models: Option<Vec<String>>,
}

/// A new order of a provider's accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionOrder {
    pub provider: ProviderId,
    /// As whoever reorders has seen it: refused when it is not true any more.
    pub before: Vec<ConnectionId>,
    pub after: Vec<ConnectionId>,
}

/// Which accounts to test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TestScope {
    All,
    Provider(ProviderId),
    /// Accounts with a login.
    Logins,
    /// Accounts with a key.
    Keys,
    /// Accounts with providers of the user's own.
    Nodes,
    /// Accounts with providers that give something away.
    Free,
}

/// What a test of a stored account found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestView {
    pub id: ConnectionId,
    pub name: String,
    pub provider: ProviderId,
    pub result: CheckResult,
    pub at: DateTime<Utc>,
}

/// A key to try before anything is stored.
#[derive(Clone, Serialize, Deserialize)]
pub struct CredentialCheck {
    pub provider: ProviderId,
    pub api_key: String,
    pub proxy: Option<String>,
    /// By the names of the provider's parts.
    #[serde(default)]
    pub parts: BTreeMap<String, String>,
}

/// A base URL and a key to try before a node is stored.
#[derive(Clone, Serialize, Deserialize)]
pub struct NodeCheck {
    pub kind: crate::provider::NodeKind,
    pub base_url: String,
    pub api_key: String,
    pub allows_private: bool,
}

/// What a test of a credential found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    pub valid: bool,
    pub error: Option<String>,
    /// The HTTP status of that error, where there was one.
    pub status: Option<u16>,
    pub trouble: Option<Trouble>,
    pub latency_ms: u64,
    /// The token was renewed on the way, of an account that logs in.
    #[serde(default)]
    pub was_renewed: bool,
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
