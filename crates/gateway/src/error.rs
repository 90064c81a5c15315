//! What can go wrong, by who can act.

use std::time::Duration;

use api::usage::Outcome;
use store::error::StoreError;
use wire::error::{ErrorKind, WireError};
use wire::ir::note::Note;

/// Why the gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("could not read the configuration: {0}")]
    Store(#[from] StoreError),
    #[error("could not prepare outgoing connections: {0}")]
    Upstream(#[from] reqwest::Error),
}

/// Why a request was not sent anywhere: the client, or whoever set this router up, can act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(
        "a key of this router is needed: send it as `Authorization: Bearer`, `x-api-key` or `x-goog-api-key`"
    )]
    MissingKey,
    #[error("the key is not one of this router's")]
    UnknownKey,
    #[error("the key is paused")]
    PausedKey,
    #[error("the key has expired")]
    ExpiredKey,
    #[error("too many wrong keys from this address: try again in a minute")]
    TooManyGuesses,
    /// Who calls may use up no more for now. Whose it is and how much, in words.
    #[error("{whose} of {amount} is used up: it begins anew at {begins_anew}")]
    OverBudget {
        whose: &'static str,
        amount: String,
        begins_anew: String,
        wait: Duration,
    },
    #[error("{0}")]
    Body(WireError),
    #[error("{0}")]
    Malformed(String),
    #[error(
        "the model `{model}` is not known here: write `prefix/model` with the prefix of a provider, as GET /v1/models lists them"
    )]
    UnknownModel { model: String },
    #[error(
        "the model `{model}` is switched off here: an administrator can switch it on at its provider"
    )]
    DisabledModel { model: String },
    #[error("the model `{model}` is offered by several providers: write `{first}` or `{second}`")]
    AmbiguousModel {
        model: String,
        first: String,
        second: String,
    },
    #[error(
        "the provider `{provider}` has no account that this key may use: add or resume one in the dashboard"
    )]
    NoAccount { provider: String },
    #[error("the account `{account}` of the provider `{provider}` cannot be used: {words}")]
    Spoiled {
        provider: String,
        account: String,
        words: String,
    },
    /// The target cannot say something that must not be left out.
    #[error("{0}")]
    Untranslatable(WireError),
    /// Something would be lost, and the client asked that nothing be.
    #[error("{}", losses(.0))]
    Lossy(Vec<Note>),
    #[error("the provider `{provider}` offers no {what}")]
    NotOffered {
        provider: String,
        what: &'static str,
    },
    #[error(
        "the usage recorder is too far behind to take another request: the database does not answer"
    )]
    RecorderBehind,
    #[error("the router is stopping")]
    Stopping,
}

impl Refusal {
    /// As the client is told, before it is put into the client's own format.
    #[must_use]
    pub fn to_wire(&self) -> WireError {
        let (status, code) = match self {
            Self::Body(error) | Self::Untranslatable(error) => return error.clone(),
            Self::MissingKey | Self::UnknownKey | Self::PausedKey | Self::ExpiredKey => {
                (401, Some("invalid_api_key"))
            }
            Self::TooManyGuesses => (429, Some("rate_limit_exceeded")),
            // By this code clients know that waiting a moment is of no use:
            // <https://platform.openai.com/docs/guides/error-codes/api-errors>.
            Self::OverBudget { .. } => (429, Some("insufficient_quota")),
            Self::Malformed(_) | Self::NotOffered { .. } => (400, None),
            Self::Lossy(_) => (422, Some("lossy_translation")),
            Self::AmbiguousModel { .. } => (400, Some("model_ambiguous")),
            Self::UnknownModel { .. } | Self::DisabledModel { .. } | Self::NoAccount { .. } => {
                (404, Some("model_not_found"))
            }
            Self::RecorderBehind | Self::Stopping | Self::Spoiled { .. } => (503, None),
        };
        WireError {
            code: code.map(str::to_owned),
            ..told(status, self.to_string())
        }
    }

    /// How the books call it.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            // The client left while it still sent its request.
            Self::Body(error) if error.status == 499 => Outcome::ClientGone,
            Self::OverBudget { .. } => Outcome::OverBudget,
            Self::Body(_)
            | Self::MissingKey
            | Self::UnknownKey
            | Self::PausedKey
            | Self::ExpiredKey
            | Self::TooManyGuesses
            | Self::Malformed(_)
            | Self::UnknownModel { .. }
            | Self::DisabledModel { .. }
            | Self::AmbiguousModel { .. }
            | Self::NoAccount { .. }
            | Self::Spoiled { .. }
            | Self::Untranslatable(_)
            | Self::Lossy(_)
            | Self::NotOffered { .. }
            | Self::RecorderBehind
            | Self::Stopping => Outcome::Refused,
        }
    }

    /// When another try makes sense.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyGuesses => Some(Duration::from_secs(60)),
            // A fraction of a second too early would be refused again.
            Self::OverBudget { wait, .. } => Some(Duration::from_secs(wait.as_secs() + 1)),
            Self::RecorderBehind | Self::Stopping => Some(Duration::from_secs(5)),
            Self::MissingKey
            | Self::UnknownKey
            | Self::PausedKey
            | Self::ExpiredKey
            | Self::Body(_)
            | Self::Malformed(_)
            | Self::UnknownModel { .. }
            | Self::DisabledModel { .. }
            | Self::AmbiguousModel { .. }
            | Self::NoAccount { .. }
            | Self::Spoiled { .. }
            | Self::Untranslatable(_)
            | Self::Lossy(_)
            | Self::NotOffered { .. } => None,
        }
    }
}

fn losses(notes: &[Note]) -> String {
    let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
    format!(
        "the provider's format cannot carry all of this request, and `x-9router-strict` forbids to lose anything: {}",
        notes.join("; ")
    )
}

/// An error of ours under `status`.
#[must_use]
pub fn told(status: u16, message: impl Into<String>) -> WireError {
    WireError {
        status,
        ..WireError::new(ErrorKind::from_status(status), message)
    }
}
