//! The configuration is read again whenever it has changed: here, or in another process that shares the database.
//!
//! Each change raises a number in the database. A task looks at it, never a request, and reads everything anew where
//! somebody else has raised it. A number that could not be raised is made up for by reading anew every minute.

use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::ExposeSecret as _;
use store::error::StoreError;
use store::records::Credential;
use tracing::{debug, warn};

use crate::snapshot::{Account, Snapshot};
use crate::{Gateway, captured, connect};

/// Between two looks at the number.
pub const LOOK: Duration = Duration::from_secs(2);
/// Nothing that is known is older.
const OLDEST: Duration = Duration::from_secs(60);
/// What is waited at shutdown for a look that has begun.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// What was read last. Whoever reads holds it, so that nobody puts something older in the place of something newer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) revision: i64,
    pub(crate) at: Instant,
}

impl Seen {
    /// Whether to read anew, with the number at `revision`.
    fn is_stale(self, revision: i64, now: Instant) -> bool {
        revision != self.revision || now.saturating_duration_since(self.at) >= OLDEST
    }
}

impl Gateway {
    /// After every change of what a snapshot holds: makes it known here at once, and to others within moments.
    pub async fn changed(&self) -> Result<(), StoreError> {
        if let Err(error) = self.inner.store.revision().raise().await {
            warn!(%error, "other processes learn of a change only within a minute");
        }
        self.reload().await
    }

    /// Reads the configuration again.
    pub async fn reload(&self) -> Result<(), StoreError> {
        let mut seen = self.inner.seen.lock().await;
        // Before the configuration: what changes while it is read is read again.
        let revision = self.inner.store.revision().current().await?;
        let snapshot = Snapshot::load(&self.inner.store, self.inner.policy).await?;
        self.inner
            .orders
            .keep(|account| snapshot.has_account(account));
        let timeouts = snapshot.settings.timeouts.or(self.inner.timeouts);
        self.inner.upstream.wait_to_connect(connect(timeouts));
        let forced = self.inner.is_capture_forced;
        self.inner.capture.set(captured(&snapshot, forced));
        self.inner.upstream.keep_only(snapshot.proxies());
        let before = self.inner.snapshot.swap(Arc::new(snapshot));
        for (_, account) in self.snapshot().all_accounts() {
            if let Some(was) = before.account(&account.id) {
                self.forgive(was, account);
            }
        }
        *seen = Seen {
            revision,
            at: Instant::now(),
        };
        Ok(())
    }

    /// What was known of another credential says nothing of a new one. A token that was only renewed is none.
    fn forgive(&self, was: &Account, is: &Account) {
        match (&*was.credential, &*is.credential) {
            (Credential::ApiKey(old), Credential::ApiKey(new)) => {
                if old.expose_secret() != new.expose_secret() {
                    self.wake(&is.id, None);
                }
            }
            (Credential::Login(_), Credential::Login(_)) => {
                if was.is_revoked && !is.is_revoked {
                    self.found_sound(&is.id);
                }
            }
            (Credential::ServiceAccount(old), Credential::ServiceAccount(new)) => {
                if old.key_file.expose_secret() != new.key_file.expose_secret() {
                    self.wake(&is.id, None);
                }
            }
            (
                Credential::ApiKey(_) | Credential::Login(_) | Credential::ServiceAccount(_),
                Credential::ApiKey(_) | Credential::Login(_) | Credential::ServiceAccount(_),
            ) => self.wake(&is.id, None),
        }
    }

    /// Looks for what others change until the gateway is closed.
    pub(crate) fn watch_for_changes(&self) {
        let gateway = Arc::downgrade(&self.inner);
        let ending = self.inner.ending.clone();
        self.inner.background.spawn(async move {
            let mut is_well = true;
            loop {
                tokio::select! {
                    () = tokio::time::sleep(LOOK) => {}
                    () = ending.cancelled() => return,
                }
                let Some(inner) = gateway.upgrade() else {
                    return;
                };
                let looked = Self { inner }.look(Instant::now()).await;
                // One word is enough, however long the database is gone.
                match &looked {
                    Err(error) if is_well => {
                        warn!(%error, "could not look whether the configuration has changed; trying again");
                    }
                    Ok(()) | Err(_) => {}
                }
                is_well = looked.is_ok();
            }
        });
    }

    async fn look(&self, now: Instant) -> Result<(), StoreError> {
        let revision = self.inner.store.revision().current().await?;
        let seen = *self.inner.seen.lock().await;
        if seen.is_stale(revision, now) {
            debug!(revision, "reading the configuration again");
            self.reload().await?;
        }
        Ok(())
    }

    pub(crate) async fn stop_watching(&self) {
        self.inner.background.close();
        drop(tokio::time::timeout(LAST_WAIT, self.inner.background.wait()).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_change_and_what_is_old_is_read_again() {
        let at = Instant::now();
        let seen = Seen { revision: 7, at };
        for (revision, seconds, expected) in [
            (7, 0, false),
            (7, 59, false),
            (7, 60, true),
            (8, 0, true),
            // A database that was put back.
            (6, 0, true),
        ] {
            let now = at + Duration::from_secs(seconds);
            let is_stale = seen.is_stale(revision, now);
            assert_eq!(is_stale, expected, "{revision} after {seconds} s");
        }
    }
}
