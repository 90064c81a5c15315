//! The first run, signing in, and finding an actor again.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use api::auth::{LoginParams, SetupParams, Welcome};
use chrono::Utc;
use rand::distr::{Alphanumeric, SampleString as _};
use secrecy::{ExposeSecret as _, SecretString};
use store::Store;
use store::error::StoreError;
use subtle::ConstantTimeEq as _;
use tracing::{info, warn};

use crate::actor::{Actor, Claims};
use crate::error::AdminError;
use crate::throttle::Throttle;
use crate::{Admin, password};

/// What the first administrator is called when nobody chose a name.
const FIRST_NAME: &str = "admin";

/// Who stands at the door, as far as the connection says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visitor {
    pub address: IpAddr,
    /// The visit comes from the machine the program runs on: the connection is from loopback to
    /// loopback, under a loopback name, and no proxy is in between.
    pub is_local: bool,
}

/// Everything about getting in.
#[derive(Debug)]
pub(crate) struct Door {
    throttle: Throttle,
    /// The token that makes a first administrator from elsewhere; gone once there is one.
    token: Mutex<Option<SecretString>>,
}

impl Door {
    pub(crate) async fn open(
        store: &Store,
        initial: Option<&SecretString>,
    ) -> Result<Self, AdminError> {
        let mut token = None;
        if store.users().count().await? == 0 {
            match initial {
                Some(initial) => {
                    password::check("INITIAL_PASSWORD", initial.expose_secret())?;
                    let hash = password::hash(initial).await?;
                    match store
                        .users()
                        .create_first_admin(FIRST_NAME, &hash, Utc::now())
                        .await
                    {
                        Ok(_) => info!(
                            "made the first administrator `{FIRST_NAME}` with INITIAL_PASSWORD"
                        ),
                        // Another process on the same database was faster.
                        Err(StoreError::Conflict(_)) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                None => {
                    let random = Alphanumeric.sample_string(&mut rand::rng(), 32);
                    token = Some(SecretString::from(random));
                }
            }
        }
        Ok(Self {
            throttle: Throttle::default(),
            token: Mutex::new(token),
        })
    }

    fn token(&self) -> Option<SecretString> {
        self.token
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn matches(&self, shown: &str) -> bool {
        self.token().is_some_and(|token| {
            token
                .expose_secret()
                .as_bytes()
                .ct_eq(shown.as_bytes())
                .into()
        })
    }

    fn close(&self) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Admin {
    /// The token to print at start, while no administrator exists.
    #[must_use]
    pub fn setup_token(&self) -> Option<SecretString> {
        self.inner.door.token()
    }

    pub async fn welcome(
        &self,
        actor: Option<&Actor>,
        visitor: &Visitor,
    ) -> Result<Welcome, AdminError> {
        let setup_required = self.is_unclaimed().await?;
        Ok(Welcome {
            setup_required,
            token_required: setup_required && !visitor.is_local,
            user: actor.map(Actor::view),
        })
    }

    /// Makes the first administrator. Whoever is faster wins; there is no second.
    pub async fn set_up(
        &self,
        visitor: &Visitor,
        params: SetupParams,
    ) -> Result<Actor, AdminError> {
        let door = &self.inner.door;
        if !self.is_unclaimed().await? {
            return Err(AdminError::Conflict(
                "an administrator exists already: sign in",
            ));
        }
        door.throttle
            .begin(visitor.address, Instant::now())
            .map_err(AdminError::Throttled)?;
        let shown = params.token.as_deref().unwrap_or_default().trim();
        if !(visitor.is_local || door.matches(shown)) {
            warn!(address = %visitor.address, "refused a first run without the token printed at start");
            return Err(AdminError::invalid(
                "token",
                "expected the one-time token that the program printed at start",
            ));
        }
        let name = name("name", &params.name)?;
        password::check("password", &params.password)?;
        let hash = password::hash(&SecretString::from(params.password)).await?;
        let user = self
            .inner
            .store
            .users()
            .create_first_admin(&name, &hash, Utc::now())
            .await
            .map_err(|error| match error {
                StoreError::Conflict(_) => {
                    AdminError::Conflict("an administrator exists already: sign in")
                }
                other => other.into(),
            })?;
        door.close();
        door.throttle.succeeded(visitor.address);
        info!(user.id = %user.id, "made the first administrator `{name}`");
        Ok(Actor::of(&user))
    }

    pub async fn sign_in(
        &self,
        visitor: &Visitor,
        params: LoginParams,
    ) -> Result<Actor, AdminError> {
        let door = &self.inner.door;
        door.throttle
            .begin(visitor.address, Instant::now())
            .map_err(AdminError::Throttled)?;
        let users = self.inner.store.users();
        let user = match params
            .name
            .as_deref()
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            Some(name) => users.find_by_name(name).await?,
            None => users.first_admin().await?,
        };
        let user = user.filter(|user| user.is_active);
        let given = SecretString::from(params.password);
        let is_right =
            password::verify(&given, user.as_ref().map(|user| &user.password_hash)).await?;
        let Some(user) = user.filter(|_| is_right) else {
            warn!(address = %visitor.address, "refused a sign-in");
            return Err(AdminError::Unauthenticated("Invalid password"));
        };
        door.throttle.succeeded(visitor.address);
        Ok(Actor::of(&user))
    }

    /// The actor a session remembers, if they still exist, may still act, and have not been signed out everywhere.
    pub async fn resume(&self, claims: &Claims) -> Result<Option<Actor>, AdminError> {
        let user = self.inner.store.users().find(&claims.user_id).await?;
        Ok(user
            .filter(|user| user.is_active && user.session_epoch == claims.epoch)
            .as_ref()
            .map(Actor::of))
    }

    async fn is_unclaimed(&self) -> Result<bool, AdminError> {
        // The token's absence is proof; its presence may be out of date when another process shares the database.
        if self.inner.door.token().is_none() {
            return Ok(false);
        }
        let unclaimed = self.inner.store.users().count().await? == 0;
        if !unclaimed {
            self.inner.door.close();
        }
        Ok(unclaimed)
    }
}

/// A name a person may give to something: some text on one line.
pub(crate) fn name(field: &'static str, text: &str) -> Result<String, AdminError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AdminError::invalid(field, "Name is required"));
    }
    if text.chars().count() > 100 || text.chars().any(char::is_control) {
        return Err(AdminError::invalid(
            field,
            "expected a name of at most 100 characters on one line",
        ));
    }
    Ok(text.to_owned())
}
