//! Rows with secrets or write-side facts. What a browser may see of them is in `api`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use api::auth::Role;
use api::budget::{Allowance, BudgetSubject};
use api::connection::{AuthKind, Health};
use api::ids::{BudgetId, ComboId, ConnectionId, KeyId, NodeId, ProviderId, RequestId, UserId};
use api::log::SkipReason;
use api::price::{AppliedPrice, Rates};
use api::provider::{ApiType, ModelOrigin, NodeKind};
use api::routing::Strategy;
use api::usage::{NoteView, Outcome, Tokens};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone)]
pub struct UserRecord {
    pub id: UserId,
    pub name: String,
    pub email: Option<String>,
    /// Argon2id, in PHC string form.
    pub password_hash: SecretString,
    pub role: Role,
    pub is_active: bool,
    /// Raised when every session of this user must end: a new password, a suspension.
    pub session_epoch: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone)]
pub struct KeyRecord {
    pub id: KeyId,
    pub owner_id: UserId,
    pub name: String,
    /// SHA-256 of the whole key, in lower-case hex. The key itself is nowhere.
    pub hash: String,
    /// Enough of the key's text to recognise it.
    pub prefix: String,
    pub is_active: bool,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
pub struct NodeRecord {
    pub id: NodeId,
    pub owner_id: UserId,
    pub kind: NodeKind,
    pub name: String,
    pub prefix: String,
    pub api_type: Option<ApiType>,
    pub base_url: String,
    /// It may lead into the network this program stands in.
    pub allows_private: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

static NOTHING: LazyLock<SecretString> = LazyLock::new(SecretString::default);

/// What an upstream wants to see of us. Encrypted at rest; see `vault`.
#[derive(Debug, Clone)]
pub enum Credential {
    ApiKey(SecretString),
    Login(Box<LoginCredential>),
    ServiceAccount(Box<ServiceAccountCredential>),
}

/// A key file that signs for tokens. Requests carry a token and never the file.
#[derive(Debug, Clone)]
pub struct ServiceAccountCredential {
    /// The JSON as it was pasted.
    pub key_file: SecretString,
    /// The project it names.
    pub project: String,
    /// Not stored: the next process signs for another.
    pub token: Option<SessionToken>,
}

/// What a login with the vendor gave, and what its refreshing needs.
#[derive(Debug, Clone)]
pub struct LoginCredential {
    pub access_token: SecretString,
    /// Without one the account's owner has to log in again when the token ends.
    pub refresh_token: Option<SecretString>,
    /// When the access token ends, where the vendor says so.
    pub expires_at: Option<DateTime<Utc>>,
    /// What requests carry where that is not the access token itself but something it was exchanged for.
    pub session: Option<SessionToken>,
    /// The client this account was registered with, where each login registers its own.
    pub client: Option<RegisteredClient>,
    pub facts: AccountFacts,
}

/// A token or key that the access token was exchanged for.
#[derive(Debug, Clone)]
pub struct SessionToken {
    pub token: SecretString,
    pub expires_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
pub struct RegisteredClient {
    pub id: String,
    pub secret: SecretString,
}

/// What a vendor said about an account, and its requests must repeat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountFacts {
    /// Google's project that is billed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// The host the tokens are for, where accounts differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_host: Option<String>,
    /// The account's id with the vendor, where requests name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Kiro's profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_arn: Option<String>,
    /// Of the token endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Where an organisation's people log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_url: Option<String>,
    /// Of the vendor's own program on the user's machine, where requests name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_id: Option<String>,
    /// What people know the account by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What the account pays for, by the vendor's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// How the login came about, where refreshing depends on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

impl Credential {
    /// Everything of it that nobody may see.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        let (key, token, login) = match self {
            Self::ApiKey(key) => (Some(key), None, None),
            Self::Login(login) => (None, None, Some(login)),
            Self::ServiceAccount(own) => (Some(&own.key_file), own.token.as_ref(), None),
        };
        let of_login = login.into_iter().flat_map(|login| {
            [
                Some(&login.access_token),
                login.refresh_token.as_ref(),
                login.session.as_ref().map(|session| &session.token),
                login.client.as_ref().map(|client| &client.secret),
            ]
        });
        let token = token.map(|token| &token.token);
        key.into_iter().chain(token).chain(of_login.flatten())
    }

    /// What the vendor said about the account; of a key it says nothing.
    #[must_use]
    pub fn facts(&self) -> Option<&AccountFacts> {
        self.as_login().map(|login| &login.facts)
    }

    #[must_use]
    pub fn as_login(&self) -> Option<&LoginCredential> {
        match self {
            Self::Login(login) => Some(login),
            Self::ApiKey(_) | Self::ServiceAccount(_) => None,
        }
    }

    /// What a request carries. Of a service account that nobody has signed for yet: nothing.
    #[must_use]
    pub fn bearer(&self) -> &SecretString {
        match self {
            Self::ApiKey(key) => key,
            Self::Login(login) => login
                .session
                .as_ref()
                .map_or(&login.access_token, |session| &session.token),
            Self::ServiceAccount(own) => own.token.as_ref().map_or(&NOTHING, |token| &token.token),
        }
    }
}

#[derive(Debug, Clone)]
pub struct ConnectionRecord {
    pub id: ConnectionId,
    pub owner_id: UserId,
    /// Every user may route through it, not its owner alone.
    pub is_shared: bool,
    pub provider: ProviderId,
    pub auth: AuthKind,
    /// Who the vendor says has logged in: the same person's next login updates this account.
    pub identity: Option<String>,
    /// Since when the vendor takes its tokens no more, and its owner has to log in again.
    pub revoked_at: Option<DateTime<Utc>>,
    pub name: String,
    /// Lower is tried first.
    pub priority: i32,
    pub default_model: Option<String>,
    pub is_active: bool,
    pub credential: Credential,
    /// Raised with every change of the row: who writes a credential says which one it read.
    pub version: i64,
    /// The URL of the proxy it is reached through, a password in it included.
    pub proxy: Option<SecretString>,
    /// What it gives to its provider's address, by the names of the provider's parts. No secrets.
    pub parts: BTreeMap<String, String>,
    /// The only models it is asked for; with none, for all.
    pub enabled_models: Vec<String>,
    pub health: Health,
    pub last_error: Option<String>,
    pub error_code: Option<u16>,
    pub last_error_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What is known of a provider's model beside the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRecord {
    pub provider: ProviderId,
    /// The provider's own name for it.
    pub model: String,
    pub origin: ModelOrigin,
    /// The name for people.
    pub name: Option<String>,
    /// Tokens of context.
    pub context: Option<u64>,
    pub is_enabled: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Several models under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComboRecord {
    pub id: ComboId,
    pub owner_id: UserId,
    pub name: String,
    /// As a client would write them: `provider/model`, an alias, another combo.
    pub models: Vec<String>,
    pub strategy: Strategy,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Another name for one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasRecord {
    pub alias: String,
    pub owner_id: UserId,
    /// As a client would write it.
    pub model: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// How much something may use up in a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetRecord {
    pub id: BudgetId,
    pub subject: BudgetSubject,
    pub allowance: Allowance,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Whose budgets something counts in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Payers {
    pub connection_id: Option<ConnectionId>,
    pub provider: Option<ProviderId>,
    /// As it was served.
    pub model: Option<String>,
    /// The combo that was asked for.
    pub combo: Option<String>,
    pub key_id: Option<KeyId>,
    pub user_id: Option<UserId>,
}

impl From<&UsageRecord> for Payers {
    fn from(record: &UsageRecord) -> Self {
        Self {
            connection_id: record.connection_id.clone(),
            provider: record.provider.clone(),
            model: record.model_served.clone(),
            combo: record.combo.clone(),
            key_id: record.key_id.clone(),
            user_id: record.user_id.clone(),
        }
    }
}

/// What was used up in an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpentRecord {
    /// Its beginning.
    pub hour: DateTime<Utc>,
    /// Of sums, what was used up through targets, by keys and by users is told apart: each has none of the others.
    pub payers: Payers,
    /// Millionths of a dollar.
    pub micros: u64,
    pub tokens: u64,
}

/// What the requests of an hour cost less or more than was thought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostCorrection {
    /// Whose hour it was, with what it costs now; the tokens are as they were, and not here.
    pub after: SpentRecord,
    /// Millionths of a dollar.
    pub before_micros: u64,
}

/// Where a request's token counters come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageSource {
    /// The upstream said so.
    Reported,
    /// We counted, because the upstream said nothing.
    Estimated,
    /// There was nothing to count.
    None,
}

/// One request, whatever its end, with every attempt under it.
#[derive(Debug, Clone)]
pub struct UsageRecord {
    pub id: RequestId,
    pub at: DateTime<Utc>,
    /// Normalised: `/v1/chat/completions`, `/v1/messages`, … `None` only on imported rows.
    pub endpoint: Option<String>,
    pub client_format: Option<String>,
    pub upstream_format: Option<String>,
    pub is_stream: bool,
    pub provider: Option<ProviderId>,
    pub connection_id: Option<ConnectionId>,
    pub key_id: Option<KeyId>,
    pub user_id: Option<UserId>,
    pub combo: Option<String>,
    pub model_requested: Option<String>,
    pub model_served: Option<String>,
    pub tokens: Tokens,
    pub usage_source: UsageSource,
    /// Millionths of a dollar; `None` where no price is known.
    pub cost_micros: Option<i64>,
    /// A flat rate, or a provider that takes nothing: the cost is what it is worth, not what was paid.
    pub is_flat_rate: bool,
    pub ttft_ms: Option<u32>,
    pub duration_ms: u32,
    /// What the client was told; 499 when it left first.
    pub status: u16,
    pub outcome: Outcome,
    pub error: Option<String>,
    pub user_agent: Option<String>,
    /// What the client calls this and other requests of its kind.
    pub tag: Option<String>,
    /// What translation could not carry.
    pub notes: Vec<NoteView>,
    /// The price of `cost_micros`.
    pub price: Option<AppliedPrice>,
    pub attempts: Vec<AttemptRecord>,
    /// Who could have served and was not asked.
    pub skipped: Vec<SkipRecord>,
}

/// A candidate that was not asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkipRecord {
    #[serde(rename = "p")]
    pub provider: ProviderId,
    #[serde(rename = "c", skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<ConnectionId>,
    #[serde(rename = "m")]
    pub model: String,
    /// Milliseconds after the request's start.
    #[serde(rename = "t")]
    pub at_ms: u32,
    /// How many were asked before it.
    #[serde(rename = "n")]
    pub after: u32,
    #[serde(rename = "r")]
    pub reason: SkipReason,
    /// The kind of failure it rests because of.
    #[serde(rename = "f", skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    #[serde(rename = "u", skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    #[serde(rename = "w", skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// A price that somebody set, and from when on it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRecord {
    pub provider: ProviderId,
    pub model: String,
    pub valid_from: DateTime<Utc>,
    /// `None`: from then on the catalogue's price holds again.
    pub rates: Option<Rates>,
    pub owner_id: UserId,
    pub created_at: DateTime<Utc>,
}

/// An account that must not be asked before a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestRecord {
    pub connection_id: ConnectionId,
    pub model: String,
    /// The kind of failure it rests because of.
    pub failure: String,
    pub until: DateTime<Utc>,
}

/// One try of one account.
#[derive(Debug, Clone)]
pub struct AttemptRecord {
    pub provider: ProviderId,
    pub connection_id: ConnectionId,
    pub model: String,
    /// Milliseconds after the request's start.
    pub started_ms: u32,
    pub duration_ms: u32,
    /// To the upstream's status and headers, after the attempt's start.
    pub headers_ms: Option<u32>,
    pub ttft_ms: Option<u32>,
    /// The upstream's HTTP status, where it gave one.
    pub status: Option<u16>,
    pub outcome: Outcome,
    pub error: Option<String>,
    /// What kind of failure it was, where it was lost.
    pub failure: Option<String>,
    /// Until when the account rests because of it.
    pub rest_until: Option<DateTime<Utc>>,
}
