//! One refresh, from the lease to the stored token. It ends even if everybody who waits for it has gone.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use accounts::error::AccountError;
use accounts::http::Http;
use accounts::proxy::OutboundProxy;
use api::ids::ConnectionId;
use chrono::Utc;
use futures::FutureExt as _;
use providers::spec::ProviderSpec;
use secrecy::ExposeSecret as _;
use store::connections::lease::Lease;
use store::error::StoreError;
use store::records::{ConnectionRecord, Credential, LoginCredential, ServiceAccountCredential};
use tracing::{error, info, warn};

use crate::credentials::slot::{Flight, Slot};
use crate::credentials::{Credentials, Spoiled, service_account};
use crate::snapshot::Account;
use crate::upstream::Way;

/// Longer than any vendor takes to answer; a process that died holds an account no longer than this.
const LEASE: chrono::Duration = chrono::Duration::seconds(90);
/// Between two looks at what another process does.
const LOOK: Duration = Duration::from_millis(200);
/// Between two tries to store what a vendor gave.
const AGAIN: Duration = Duration::from_millis(500);
const MOST_TRIES: u32 = 60;

/// What this flight is for.
struct Flown {
    credentials: Credentials,
    slot: Arc<Slot>,
    id: ConnectionId,
    name: String,
    spec: Arc<ProviderSpec>,
    /// Of the snapshot: those that the database knows better look there.
    proxy: Option<OutboundProxy>,
}

impl Credentials {
    /// The refresh that is under way, or a new one.
    pub(super) fn fly(
        &self,
        account: &Account,
        spec: &Arc<ProviderSpec>,
        slot: Arc<Slot>,
    ) -> Flight {
        let place = Arc::clone(&slot);
        let mut current = place.flight.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = &*current {
            return flight.clone();
        }
        let flown = Flown {
            credentials: self.clone(),
            slot,
            id: account.id.clone(),
            name: account.name.clone(),
            spec: Arc::clone(spec),
            proxy: account.proxy.clone(),
        };
        let task = self.inner.flights.spawn(async move {
            let result = match &*flown.slot.held().credential {
                Credential::ServiceAccount(own) => flown.sign(own).await,
                Credential::Login(_) | Credential::ApiKey(_) => flown.refresh().await,
            };
            // Whoever comes from now on finds what was learned, and begins anew if it must.
            let mut current = flown
                .slot
                .flight
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *current = None;
            result
        });
        let flight = async move {
            task.await.unwrap_or_else(|_| {
                Err(Spoiled {
                    words: "its token could not be refreshed: internal error".to_owned(),
                    is_revoked: false,
                })
            })
        }
        .boxed()
        .shared();
        *current = Some(flight.clone());
        flight
    }
}

/// How a refresh came to nothing.
enum Lost {
    Vendor(AccountError),
    Store(StoreError),
    /// Somebody has removed the account.
    Gone,
}

impl From<StoreError> for Lost {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Flown {
    async fn refresh(&self) -> Result<Arc<Credential>, Spoiled> {
        let result = match self.take_off().await {
            Ok(Some(was_cut_off)) => {
                let result = self.exchange(was_cut_off).await;
                let connections = self.credentials.inner.store.connections();
                let holder = &self.credentials.inner.holder;
                if let Err(error) = connections.release(&self.id, holder).await {
                    warn!(connection.id = %self.id, %error, "a lease was not given back, and runs out by itself");
                }
                result
            }
            Ok(None) => Ok(()),
            Err(lost) => Err(lost),
        };
        match result {
            Ok(()) => {}
            Err(Lost::Gone) => self.slot.revoke("the account is gone", i64::MAX),
            Err(Lost::Vendor(error)) => {
                warn!(connection.id = %self.id, %error, "the token of `{}` was not refreshed", self.name);
                self.slot.fail(
                    &format!("its token could not be refreshed: {error}"),
                    Utc::now(),
                );
            }
            Err(Lost::Store(error)) => {
                error!(connection.id = %self.id, %error, "the token of `{}` was not refreshed", self.name);
                self.slot.fail(
                    "its token could not be refreshed: the database does not answer",
                    Utc::now(),
                );
            }
        }
        let held = self.slot.held();
        match (held.revoked, held.failed) {
            (Some(words), _) => Err(Spoiled {
                words,
                is_revoked: true,
            }),
            (None, Some(failed)) => Err(failed.spoiled()),
            (None, None) => Ok(held.credential),
        }
    }

    /// Takes the lease, or waits for whoever has it. Nothing, where that one's tokens are there.
    async fn take_off(&self) -> Result<Option<bool>, Lost> {
        let inner = &self.credentials.inner;
        let connections = inner.store.connections();
        loop {
            let now = Utc::now();
            let lease = match connections
                .lease(&self.id, &inner.holder, now, now + LEASE)
                .await
            {
                Err(StoreError::NotFound) => return Err(Lost::Gone),
                other => other?,
            };
            match lease {
                Lease::Mine { was_cut_off } => return Ok(Some(was_cut_off)),
                Lease::Taken => {
                    tokio::time::sleep(LOOK).await;
                    let record = self.read().await?;
                    if self.has_news(&record) {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Adopts what another process or a person has stored since. Says whether it did.
    fn has_news(&self, record: &ConnectionRecord) -> bool {
        let held = self.slot.held();
        if record.version <= held.version {
            return false;
        }
        if record.revoked_at.is_some() {
            self.slot.revoke(super::slot::REVOKED, record.version);
            return true;
        }
        let is_same =
            record.credential.bearer().expose_secret() == held.credential.bearer().expose_secret();
        let credential = Arc::new(record.credential.clone());
        self.slot.adopt(credential, record.version, None);
        !is_same
    }

    async fn exchange(&self, was_cut_off: bool) -> Result<(), Lost> {
        let inner = &self.credentials.inner;
        let record = self.read().await?;
        if self.has_news(&record) {
            return Ok(());
        }
        let (Some(oauth), Credential::Login(login)) = (&self.spec.oauth, &record.credential) else {
            return Ok(());
        };
        let renewed = async {
            let http = self.way_out(&record)?;
            let accounts = &inner.accounts;
            accounts.refresh(&http, oauth, login, Utc::now()).await
        };
        match renewed.await {
            Ok(renewed) => self.store(record.version, login, renewed).await,
            Err(AccountError::Revoked(words)) => {
                let words = if was_cut_off {
                    "the program was stopped while it refreshed this login, and the vendor's newest token was lost with it: connect the account again".to_owned()
                } else {
                    AccountError::Revoked(words).to_string()
                };
                if inner
                    .store
                    .connections()
                    .revoke(&self.id, record.version, &words, Utc::now())
                    .await?
                {
                    warn!(connection.id = %self.id, "`{}` has to be connected again", self.name);
                    self.slot.revoke(&words, record.version + 1);
                }
                Ok(())
            }
            Err(error) => Err(Lost::Vendor(error)),
        }
    }

    /// By the proxy that the account has now, which may be newer than the snapshot. Never without it: somebody wants
    /// this account to be seen from elsewhere.
    fn way_out(&self, record: &ConnectionRecord) -> Result<Http, AccountError> {
        let url = record.proxy.as_ref();
        let proxy = url
            .map(|url| OutboundProxy::parse(url.expose_secret()))
            .transpose()
            .map_err(|_| AccountError::Unusable("its proxy cannot be read".to_owned()))?;
        self.way_through(proxy.as_ref())
    }

    fn way_through(&self, proxy: Option<&OutboundProxy>) -> Result<Http, AccountError> {
        let way = Way::new(&self.spec, proxy);
        self.credentials.inner.upstream.http(way)
    }

    /// A service account's next token. Nothing is used up by it, so that each process has one of its own.
    async fn sign(&self, own: &ServiceAccountCredential) -> Result<Arc<Credential>, Spoiled> {
        let version = self.slot.held().version;
        let now = Utc::now();
        let signed = async {
            let http = self.way_through(self.proxy.as_ref())?;
            service_account::signed(&http, own, now).await
        };
        match signed.await {
            Ok(credential) => {
                info!(connection.id = %self.id, "`{}` has a new token", self.name);
                let credential = Arc::new(Credential::ServiceAccount(Box::new(credential)));
                self.slot.adopt(Arc::clone(&credential), version, Some(now));
                Ok(credential)
            }
            Err(error) => {
                warn!(connection.id = %self.id, %error, "`{}` has no new token", self.name);
                let words = format!("it got no token: {error}");
                self.slot.fail(&words, now);
                Err(Spoiled {
                    words,
                    is_revoked: false,
                })
            }
        }
    }

    /// Stores what the vendor gave before anybody uses it. A person who edits the account meanwhile is no reason
    /// to lose it; one who logs in again is.
    async fn store(
        &self,
        mut version: i64,
        old: &LoginCredential,
        renewed: LoginCredential,
    ) -> Result<(), Lost> {
        let connections = self.credentials.inner.store.connections();
        let now = Utc::now();
        let credential = Arc::new(Credential::Login(Box::new(renewed)));
        let mut tries = 0;
        loop {
            match connections
                .set_credential(&self.id, version, &credential, now)
                .await
            {
                Ok(true) => {
                    info!(connection.id = %self.id, "refreshed the token of `{}`", self.name);
                    self.slot.adopt(credential, version + 1, Some(now));
                    return Ok(());
                }
                Ok(false) => {
                    let record = self.read().await?;
                    if !is_same_login(&record.credential, old) {
                        let credential = Arc::new(record.credential);
                        self.slot.adopt(credential, record.version, None);
                        return Ok(());
                    }
                    version = record.version;
                }
                Err(error) if tries == MOST_TRIES => {
                    // Losing it would lose the account: it is used, and lost only with this process.
                    error!(connection.id = %self.id, %error, "the new token of `{}` could not be stored", self.name);
                    self.slot.adopt(credential, version, Some(now));
                    return Ok(());
                }
                Err(error) => {
                    warn!(connection.id = %self.id, %error, "storing the new token of `{}` again", self.name);
                    tries += 1;
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    async fn read(&self) -> Result<ConnectionRecord, Lost> {
        let connections = self.credentials.inner.store.connections();
        connections.find(&self.id).await?.ok_or(Lost::Gone)
    }
}

/// Whether both came of the same login: nobody has replaced the tokens that were refreshed.
fn is_same_login(stored: &Credential, old: &LoginCredential) -> bool {
    let Credential::Login(stored) = stored else {
        return false;
    };
    let text = |login: &LoginCredential| {
        let refresh = login.refresh_token.as_ref();
        (
            login.access_token.expose_secret().to_owned(),
            refresh.map(|token| token.expose_secret().to_owned()),
        )
    };
    text(stored) == text(old)
}
