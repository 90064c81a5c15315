//! What a use case can fail with, by who can act, and its one mapping to what a browser sees.

use std::borrow::Cow;
use std::time::Duration;

use accounts::error::AccountError;
use api::error::{ApiError, ErrorKind};
use store::error::StoreError;
use tracing::error;

#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error("{message}")]
    Invalid {
        field: Cow<'static, str>,
        message: String,
    },
    #[error("{0}")]
    Unauthenticated(&'static str),
    #[error("this needs an administrator")]
    Forbidden,
    #[error("{0} not found")]
    NotFound(&'static str),
    #[error("{0}")]
    Conflict(&'static str),
    /// What others still lead to.
    #[error("`{name}` is used by {users}: take it out there first")]
    InUse { name: String, users: String },
    /// A conflict that another value of one field would mend.
    #[error("{message}")]
    Taken {
        field: &'static str,
        message: &'static str,
    },
    #[error("too many failed tries: try again in {} s", .0.as_secs())]
    Throttled(Duration),
    /// Somebody else's server refused, or could not be reached.
    #[error(transparent)]
    Vendor(#[from] AccountError),
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl AdminError {
    pub(crate) fn invalid(field: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::Invalid {
            field: field.into(),
            message: message.into(),
        }
    }

    pub(crate) fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}

/// A missing row has a name, and a clash has words; anything else of the store is internal.
pub(crate) fn about(
    what: &'static str,
    field: &'static str,
    taken: &'static str,
) -> impl Fn(StoreError) -> AdminError {
    move |error| match error {
        StoreError::NotFound => AdminError::NotFound(what),
        StoreError::Conflict(_) => AdminError::Taken {
            field,
            message: taken,
        },
        StoreError::Database(_) | StoreError::Vault(_) => AdminError::internal(error),
    }
}

impl From<AdminError> for ApiError {
    /// An internal error is logged here, once, and its causes stay here.
    fn from(error: AdminError) -> Self {
        let message = error.to_string();
        match error {
            AdminError::Invalid { field, .. } => Self {
                field: Some(field.into()),
                ..Self::new(ErrorKind::Invalid, message)
            },
            AdminError::Unauthenticated(_) => Self::new(ErrorKind::Unauthenticated, message),
            AdminError::Forbidden => Self::new(ErrorKind::Forbidden, message),
            AdminError::NotFound(_) => Self::new(ErrorKind::NotFound, message),
            AdminError::Conflict(_) | AdminError::InUse { .. } => {
                Self::new(ErrorKind::Conflict, message)
            }
            AdminError::Taken { field, .. } => Self {
                field: Some(field.into()),
                ..Self::new(ErrorKind::Conflict, message)
            },
            AdminError::Throttled(wait) => Self {
                retry_after: Some(wait.as_secs().max(1)),
                ..Self::new(ErrorKind::Throttled, message)
            },
            // What this program's owner has to mend.
            AdminError::Vendor(AccountError::MissingSecret(_)) => {
                Self::new(ErrorKind::Conflict, message)
            }
            AdminError::Vendor(_) => Self::new(ErrorKind::Upstream, message),
            AdminError::Internal(source) => {
                error!(error = %source, "a use case failed");
                Self::new(ErrorKind::Internal, message)
            }
        }
    }
}
