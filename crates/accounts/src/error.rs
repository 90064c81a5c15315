//! Why a vendor gave no tokens, by who can do something about it.

/// In words for people; no variant holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// The account's owner, or the vendor, said no.
    #[error("the vendor refused: {0}")]
    Denied(String),
    /// A code was used too late.
    #[error("the login took too long and has expired: begin again")]
    Expired,
    /// The vendor takes the stored tokens no more.
    #[error("the vendor no longer accepts this login ({0}): connect the account again")]
    Revoked(String),
    #[error("the vendor could not be reached: {0}")]
    Unreachable(String),
    #[error("the vendor answered {status}: {message}")]
    Refused { status: u16, message: String },
    #[error("the vendor's answer was not understood: {0}")]
    Malformed(String),
    /// The administrator has to configure it first.
    #[error("this login needs the vendor's client secret: set {0} and start again")]
    MissingSecret(String),
    /// The login worked, and the account is still good for nothing.
    #[error("{0}")]
    Unusable(String),
}

impl AccountError {
    /// Trying again later may help.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Malformed(_) => true,
            Self::Refused { status, .. } => *status >= 500 || matches!(status, 408 | 425 | 429),
            Self::Denied(_)
            | Self::Expired
            | Self::Revoked(_)
            | Self::MissingSecret(_)
            | Self::Unusable(_) => false,
        }
    }
}
