//! What each account shows its vendor now, and how it stays good.
//!
//! A snapshot holds the credential that was read with it; a login's tokens change between two snapshots. At most one
//! refresh of an account runs at a time: in this process by a flight that everybody waits for, among several by a lease
//! in the database. What the vendor gave is stored before it is used, since a refresh token is used up by its use.

mod flight;
pub(crate) mod service_account;
mod slot;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use accounts::Accounts;
use accounts::refresh::{can_renew, ends};
use api::ids::ConnectionId;
use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use providers::spec::ProviderSpec;
use secrecy::ExposeSecret as _;
use store::Store;
use store::records::Credential;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;
use uuid::Uuid;

use crate::credentials::slot::Slot;
use crate::snapshot::{Account, Snapshot};
use crate::upstream::Upstream;

/// A token that ends sooner is not used any more: the request would arrive too late.
const SOON: chrono::Duration = chrono::Duration::seconds(30);
/// Between two looks at accounts that nobody uses.
const ROUND: Duration = Duration::from_secs(30);
/// What is waited at shutdown for a refresh that has begun.
const LAST_WAIT: Duration = Duration::from_secs(20);

/// The account has nothing to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spoiled {
    /// For people; holds no secret.
    pub(crate) words: String,
    /// Only its owner can mend it.
    pub(crate) is_revoked: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    accounts: Accounts,
    upstream: Arc<Upstream>,
    slots: Mutex<HashMap<ConnectionId, Arc<Slot>>>,
    /// This process, among those that share the database.
    holder: String,
    flights: TaskTracker,
    ending: CancellationToken,
}

impl Credentials {
    pub(crate) fn new(store: Store, accounts: Accounts, upstream: Arc<Upstream>) -> Self {
        Self {
            inner: Arc::new(Inner {
                store,
                accounts,
                upstream,
                slots: Mutex::default(),
                holder: Uuid::now_v7().to_string(),
                flights: TaskTracker::new(),
                ending: CancellationToken::new(),
            }),
        }
    }

    /// What `account` shows now: a key as it is, a token as long as it works. Waits for a refresh only where the token has ended or is about to.
    pub(crate) async fn fresh(
        &self,
        account: &Account,
        spec: &Arc<ProviderSpec>,
        now: DateTime<Utc>,
    ) -> Result<Arc<Credential>, Spoiled> {
        if let Credential::ApiKey(_) = &*account.credential {
            return Ok(Arc::clone(&account.credential));
        }
        let slot = self.slot(account);
        let held = slot.held();
        if let Some(words) = held.revoked {
            return Err(Spoiled {
                words,
                is_revoked: true,
            });
        }
        if !slot.is_due(spec, now) {
            return Ok(held.credential);
        }
        let has_ended = match &*held.credential {
            Credential::Login(login) => ends(login).is_some_and(|ends| ends - now <= SOON),
            Credential::ServiceAccount(own) => service_account::has_ended(own, now),
            Credential::ApiKey(_) => false,
        };
        match held.failed {
            Some(failed) if now < failed.until && has_ended => Err(failed.spoiled()),
            Some(failed) if now < failed.until => Ok(held.credential),
            _ if has_ended => self.fly(account, spec, slot).await,
            _ => {
                // It still works; the next one has it fresh.
                drop(self.fly(account, spec, slot));
                Ok(held.credential)
            }
        }
    }

    /// What `account` shows now, whatever it is worth.
    pub(crate) fn shown(&self, account: &Account) -> Arc<Credential> {
        self.slot(account).held().credential
    }

    /// What `account` shows after a refresh, where one is due: for whoever has the time to wait for it.
    pub(crate) async fn settled(
        &self,
        account: &Account,
        spec: &Arc<ProviderSpec>,
        now: DateTime<Utc>,
    ) -> Result<Arc<Credential>, Spoiled> {
        let slot = self.slot(account);
        if slot.held().revoked.is_none() && slot.is_due(spec, now) {
            return self.fly(account, spec, slot).await;
        }
        self.fresh(account, spec, now).await
    }

    /// A new credential after the vendor has refused `used`, unless there is one already.
    /// Nothing, for an account that has none to get.
    pub(crate) async fn renew(
        &self,
        account: &Account,
        spec: &Arc<ProviderSpec>,
        used: &Credential,
        now: DateTime<Utc>,
    ) -> Option<Result<Arc<Credential>, Spoiled>> {
        if let Credential::ApiKey(_) = used {
            return None;
        }
        let slot = self.slot(account);
        let held = slot.held();
        if held.credential.bearer().expose_secret() != used.bearer().expose_secret() {
            return Some(Ok(held.credential));
        }
        let can_renew = match &*held.credential {
            Credential::Login(login) => can_renew(spec.oauth.as_ref()?, login),
            Credential::ServiceAccount(_) => true,
            Credential::ApiKey(_) => false,
        };
        // A token this young is not the reason.
        if !can_renew || slot.is_young(now) {
            return None;
        }
        Some(self.fly(account, spec, slot).await)
    }

    /// Begins to look after accounts that nobody uses.
    pub(crate) fn start(&self, snapshot: Arc<ArcSwap<Snapshot>>) {
        let watcher = self.clone();
        self.inner
            .flights
            .spawn(async move { watcher.watch(&snapshot).await });
    }

    /// Refreshes what is due while nobody asks: idle, disabled and exhausted accounts too.
    async fn watch(&self, snapshot: &ArcSwap<Snapshot>) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(ROUND) => {}
                () = self.inner.ending.cancelled() => return,
            }
            let snapshot = snapshot.load_full();
            for (spec, account) in snapshot.logins() {
                if self.inner.ending.is_cancelled() {
                    return;
                }
                let now = Utc::now();
                let slot = self.slot(account);
                let held = slot.held();
                let is_waiting = held.failed.is_some_and(|failed| now < failed.until);
                if held.revoked.is_none() && !is_waiting && slot.is_due(spec, now) {
                    debug!(connection.id = %account.id, "refreshing an account that is due");
                    // One after the other: nobody waits for them.
                    drop(self.fly(account, spec, slot).await);
                }
            }
        }
    }

    /// Waits for what has begun; a refresh that is cut off may lose an account.
    pub(crate) async fn close(&self) {
        self.inner.ending.cancel();
        self.inner.flights.close();
        drop(tokio::time::timeout(LAST_WAIT, self.inner.flights.wait()).await);
    }

    /// The account's place, as new as the snapshot at least.
    fn slot(&self, account: &Account) -> Arc<Slot> {
        let mut slots = self.slots();
        let slot = slots
            .entry(account.id.clone())
            .or_insert_with(|| Arc::new(Slot::new(account)));
        slot.see(account);
        Arc::clone(slot)
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<ConnectionId, Arc<Slot>>> {
        self.inner
            .slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
