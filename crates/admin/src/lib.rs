//! The control plane: every use case a person, or `/api/*`, has.
//!
//! Methods take `&Actor` first; only [`Admin::welcome`], [`Admin::set_up`] and [`Admin::sign_in`]
//! do without one, and the last two are how an actor comes to be; [`Admin::login_home`] says where one has begun.

pub mod actor;
pub mod auth;
pub mod budgets;
pub mod connections;
pub mod endpoint;
pub mod error;
pub mod explain;
pub mod identification;
pub mod keys;
pub mod log;
pub mod logins;
pub mod models;
pub mod nodes;
pub mod password;
pub mod pricing;
pub mod quota;
pub mod routing;
pub mod settings;
pub mod throttle;
pub mod translator;
pub mod trials;
pub mod usage;

use std::path::PathBuf;
use std::sync::Arc;

use accounts::Accounts;
use api::usage::table::{UsageSeries, UsageTable};
use gateway::Gateway;
use secrecy::SecretString;
use store::Store;

pub use crate::actor::{Actor, Claims, SESSION_KEY};
pub use crate::auth::Visitor;
pub use crate::error::AdminError;

use crate::auth::Door;
use crate::logins::Logins;
use crate::usage::shared::Shared;

/// What the control plane needs to know that is not in the database.
#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// Names this installation inside its keys: 16 hex digits.
    pub machine_id: String,
    /// Signs the checksum inside our keys.
    pub key_secret: SecretString,
    /// The address under which clients reach this router, when it is not the one they use to see the dashboard.
    pub public_url: Option<String>,
    /// The home directory of whoever runs this program, where other programs keep their logins.
    pub home: Option<PathBuf>,
    /// The first administrator's password, used only while no user exists.
    pub initial_password: Option<SecretString>,
}

/// The control plane. Cheap to clone: all clones are one.
#[derive(Clone)]
pub struct Admin {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    gateway: Gateway,
    accounts: Accounts,
    config: AdminConfig,
    door: Door,
    logins: Logins,
    tables: Shared<UsageTable>,
    charts: Shared<UsageSeries>,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}

impl Admin {
    /// Makes the first administrator if the configuration names a password and nobody exists yet.
    pub async fn start(
        store: Store,
        gateway: Gateway,
        accounts: Accounts,
        config: AdminConfig,
    ) -> Result<Self, AdminError> {
        let door = Door::open(&store, config.initial_password.as_ref()).await?;
        Ok(Self {
            inner: Arc::new(Inner {
                store,
                gateway,
                accounts,
                config,
                door,
                logins: Logins::default(),
                tables: Shared::default(),
                charts: Shared::default(),
            }),
        })
    }

    #[must_use]
    pub fn gateway(&self) -> &Gateway {
        &self.inner.gateway
    }

    /// Whether the database answers.
    pub async fn is_healthy(&self) -> bool {
        self.inner.store.ping().await.is_ok()
    }

    /// Makes a change known to the data plane, and to every other process that shares the database.
    async fn apply(&self) -> Result<(), AdminError> {
        self.inner.gateway.changed().await.map_err(AdminError::from)
    }
}
