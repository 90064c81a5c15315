//! One rest: until when, why, on what grounds, and how long one is where the upstream does not say.

use std::time::Duration;

use chrono::{DateTime, Utc};
use providers::failure::FailureKind;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rest {
    pub(crate) until: DateTime<Utc>,
    pub(crate) kind: FailureKind,
    /// How often in a row.
    pub(super) level: u32,
    pub(super) basis: Basis,
    /// It is over, and this request finds out whether the account answers again.
    pub(super) trial: Option<u64>,
    /// What is said of it, where the kind of failure alone would not tell.
    pub(super) because: Option<String>,
}

/// On what grounds an account rests. The later one weighs more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Basis {
    /// A guess of ours: it is only behind the others.
    Guess,
    /// The upstream said so: it is out until then, unless nobody could stand in.
    Known,
    /// Its owner will have it so: it is out until then, even if nobody could stand in.
    Willed,
}

impl Rest {
    /// As others see it at `now`, if they still do.
    pub(super) fn at(&self, now: DateTime<Utc>) -> Option<Self> {
        if self.until > now {
            return Some(self.clone());
        }
        self.trial.map(|_| Self {
            basis: Basis::Guess,
            ..self.clone()
        })
    }

    /// The upstream itself says that nothing is left of the window called `name`.
    pub(crate) fn quota_window(name: &str, until: DateTime<Utc>) -> Self {
        Self {
            until,
            kind: FailureKind::Quota,
            level: 0,
            basis: Basis::Known,
            trial: None,
            because: Some(format!("its quota `{name}` is used up")),
        }
    }

    /// Its owner's budget says that it has done enough.
    pub(crate) fn budget(because: String, until: DateTime<Utc>) -> Self {
        Self {
            until,
            kind: FailureKind::Quota,
            level: 0,
            basis: Basis::Willed,
            trial: None,
            because: Some(because),
        }
    }

    /// It may be asked all the same where nobody could stand in.
    pub(crate) fn may_be_broken(&self) -> bool {
        self.basis < Basis::Willed
    }

    /// What is said of it beyond its kind.
    pub(crate) fn because(&self) -> Option<&str> {
        self.because.as_deref()
    }

    /// Of two reasons the heavier one counts.
    pub(crate) fn weight(&self) -> impl Ord + use<> {
        (self.basis, self.until)
    }

    /// It is not asked at all before it has rested.
    pub(crate) fn is_out(&self) -> bool {
        self.basis > Basis::Guess
    }

    /// Why it rests, for people.
    pub(crate) fn words(&self) -> &str {
        self.because.as_deref().unwrap_or_else(|| words(self.kind))
    }
}

fn words(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Client => "refused the request",
        FailureKind::Credential => "its credential was refused",
        FailureKind::Quota => "its quota is used up",
        FailureKind::RateLimit => "rate limited",
        FailureKind::Overload => "overloaded",
        FailureKind::Down => "failed",
        FailureKind::Network => "could not be reached",
        FailureKind::Context => "the prompt is too long for it",
        FailureKind::Refused => "refused the content",
        FailureKind::UnknownModel => "does not know the model",
    }
}

/// How an account rests after a failure of one kind, where the upstream does not say how long.
pub(super) struct Manner {
    pub(super) first: Duration,
    pub(super) is_of_model: bool,
}

/// `None`: it says nothing of the account.
pub(super) fn manner(kind: FailureKind) -> Option<Manner> {
    let (seconds, is_of_model) = match kind {
        FailureKind::Client | FailureKind::Context | FailureKind::Refused => return None,
        // Until somebody repairs it; asked now and then, since somebody may have.
        FailureKind::Credential => (5 * 60, false),
        FailureKind::Quota => (10 * 60, false),
        FailureKind::RateLimit => (10, true),
        FailureKind::UnknownModel => (10 * 60, true),
        FailureKind::Overload => (5, true),
        FailureKind::Down | FailureKind::Network => (5, false),
    };
    Some(Manner {
        first: Duration::from_secs(seconds),
        is_of_model,
    })
}
