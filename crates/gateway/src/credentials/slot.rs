//! One account's credential as it is now.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use accounts::refresh::ends;
use chrono::{DateTime, Duration, Utc};
use futures::future::{BoxFuture, Shared};
use providers::spec::ProviderSpec;
use store::records::Credential;

use crate::credentials::{Spoiled, service_account};
use crate::snapshot::Account;

/// After the first failure; doubled with each, up to [`LONGEST`].
const FIRST: Duration = Duration::seconds(5);
const LONGEST: Duration = Duration::minutes(10);
/// A token that was refreshed so lately is not refreshed again, however long the lead is.
const SHORTEST_LIFE: Duration = Duration::seconds(60);

pub(super) const REVOKED: &str =
    "the vendor no longer accepts its login: connect the account again";

pub(super) type Flight = Shared<BoxFuture<'static, Result<Arc<Credential>, Spoiled>>>;

#[derive(Debug)]
pub(super) struct Slot {
    held: Mutex<Held>,
    pub(super) flight: Mutex<Option<Flight>>,
}

#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) credential: Arc<Credential>,
    pub(super) version: i64,
    /// Why its owner has to log in again.
    pub(super) revoked: Option<String>,
    pub(super) failed: Option<Failed>,
    /// When this process refreshed it last.
    refreshed_at: Option<DateTime<Utc>>,
}

/// A refresh that came to nothing and is tried again.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    pub(super) until: DateTime<Utc>,
    pub(super) words: String,
    times: u32,
}

impl Failed {
    pub(super) fn spoiled(&self) -> Spoiled {
        Spoiled {
            words: self.words.clone(),
            is_revoked: false,
        }
    }
}

impl Slot {
    pub(super) fn new(account: &Account) -> Self {
        Self {
            held: Mutex::new(Held::of(account)),
            flight: Mutex::default(),
        }
    }

    /// A snapshot that is newer wins: somebody logged in again, or another process refreshed.
    pub(super) fn see(&self, account: &Account) {
        let mut held = self.lock();
        if account.version > held.version {
            *held = Held::of(account);
        }
    }

    pub(super) fn held(&self) -> Held {
        self.lock().clone()
    }

    pub(super) fn adopt(
        &self,
        credential: Arc<Credential>,
        version: i64,
        at: Option<DateTime<Utc>>,
    ) {
        let mut held = self.lock();
        *held = Held {
            credential,
            version,
            revoked: None,
            failed: None,
            refreshed_at: at.or(held.refreshed_at),
        };
    }

    pub(super) fn revoke(&self, words: &str, version: i64) {
        let mut held = self.lock();
        held.revoked = Some(words.to_owned());
        held.version = version;
    }

    pub(super) fn fail(&self, words: &str, now: DateTime<Utc>) {
        let mut held = self.lock();
        let times = held.failed.as_ref().map_or(0, |failed| failed.times + 1);
        let wait = (FIRST * (1 << times.min(10))).min(LONGEST);
        held.failed = Some(Failed {
            until: now + wait,
            words: words.to_owned(),
            times,
        });
    }

    /// By the provider's lead, but never before half of the token's life is over.
    pub(super) fn is_due(&self, spec: &ProviderSpec, now: DateTime<Utc>) -> bool {
        let held = self.lock();
        let (ends, mut lead) = match (&*held.credential, &spec.oauth) {
            (Credential::Login(login), Some(oauth)) => {
                let lead = Duration::from_std(oauth.lead);
                (ends(login), lead.unwrap_or(LONGEST))
            }
            (Credential::ServiceAccount(own), _) => match &own.token {
                Some(token) => (token.expires_at, service_account::LEAD),
                None => return true,
            },
            (Credential::Login(_), None) | (Credential::ApiKey(_), _) => return false,
        };
        let Some(ends) = ends else {
            return false;
        };
        if let Some(at) = held.refreshed_at {
            lead = lead.min((ends - at) / 2);
            if now - at < SHORTEST_LIFE.min((ends - at) / 2) {
                return false;
            }
        }
        ends - now <= lead
    }

    /// It was refreshed so lately that another refresh would change nothing.
    pub(super) fn is_young(&self, now: DateTime<Utc>) -> bool {
        let refreshed_at = self.lock().refreshed_at;
        refreshed_at.is_some_and(|at| now - at < SHORTEST_LIFE)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn of(account: &Account) -> Self {
        Self {
            credential: Arc::clone(&account.credential),
            version: account.version,
            revoked: account.is_revoked.then(|| REVOKED.to_owned()),
            failed: None,
            refreshed_at: None,
        }
    }
}
