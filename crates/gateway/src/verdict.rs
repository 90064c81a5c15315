//! What a failure means for what comes next.

use providers::failure::FailureKind;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Everybody would say the same: the client's own mistake.
    Stop,
    /// The provider's other accounts would say the same; another target may not.
    NextTarget,
    NextAccount,
}

pub(crate) fn verdict(kind: FailureKind) -> Verdict {
    match kind {
        FailureKind::Client => Verdict::Stop,
        FailureKind::Context | FailureKind::Refused => Verdict::NextTarget,
        FailureKind::Credential
        | FailureKind::Quota
        | FailureKind::RateLimit
        | FailureKind::Overload
        | FailureKind::Down
        | FailureKind::Network
        | FailureKind::UnknownModel => Verdict::NextAccount,
    }
}
