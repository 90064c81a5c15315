//! The only crate that knows SeaORM: entities inside, records and read models outside.
//!
//! A [`Store`] is cheap to clone; its sub-handles are named as the resource is named in every layer.

use std::sync::Arc;

use sea_orm::DatabaseConnection;

pub mod budgets;
pub mod captures;
pub mod connections;
pub mod error;
pub mod keys;
pub mod models;
pub mod nodes;
pub mod prices;
pub mod quotas;
pub mod records;
pub mod revision;
pub mod routing;
pub mod sessions;
pub mod settings;
pub mod usage;
pub mod users;
pub mod vault;

mod connect;
mod entity;
mod number;
mod text;
mod transaction;

use crate::budgets::Budgets;
use crate::captures::Captures;
use crate::connections::Connections;
use crate::error::StoreError;
use crate::keys::Keys;
use crate::models::Models;
use crate::nodes::Nodes;
use crate::prices::Prices;
use crate::quotas::Quotas;
use crate::revision::Revision;
use crate::routing::Routing;
use crate::sessions::Sessions;
use crate::settings::Settings;
use crate::usage::Usage;
use crate::usage::cache::Cache;
use crate::users::Users;
use crate::vault::Vault;

#[derive(Debug, Clone)]
pub struct Store {
    db: DatabaseConnection,
    vault: Arc<Vault>,
    blocks: Arc<Cache>,
}

impl Store {
    /// Opens `sqlite://path?mode=rwc`, `sqlite::memory:` or `postgres://…`.
    /// The schema is the `migration` crate's business.
    pub async fn connect(url: &str, vault: Vault) -> Result<Self, StoreError> {
        Ok(Self {
            db: connect::connect(url).await?,
            vault: Arc::new(vault),
            blocks: Arc::default(),
        })
    }

    /// For the `migration` crate alone.
    #[must_use]
    pub fn database(&self) -> &DatabaseConnection {
        &self.db
    }

    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.db.ping().await?)
    }

    /// Waits for what is under way; every clone of this store is closed with it.
    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.db.close().await?)
    }

    #[must_use]
    pub fn users(&self) -> Users {
        Users {
            db: self.db.clone(),
        }
    }

    #[must_use]
    pub fn keys(&self) -> Keys {
        Keys {
            db: self.db.clone(),
        }
    }

    #[must_use]
    pub fn nodes(&self) -> Nodes {
        Nodes {
            db: self.db.clone(),
        }
    }

    #[must_use]
    pub fn connections(&self) -> Connections {
        Connections {
            db: self.db.clone(),
            vault: Arc::clone(&self.vault),
        }
    }

    #[must_use]
    pub fn models(&self) -> Models {
        Models {
            db: self.db.clone(),
        }
    }

    #[must_use]
    pub fn routing(&self) -> Routing {
        Routing {
            db: self.db.clone(),
        }
    }

    #[must_use]
    pub fn budgets(&self) -> Budgets {
        Budgets {
            db: self.db.clone(),
        }
    }

    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings {
            db: self.db.clone(),
        }
    }

    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage {
            db: self.db.clone(),
            blocks: Arc::clone(&self.blocks),
        }
    }

    #[must_use]
    pub fn prices(&self) -> Prices {
        Prices {
            db: self.db.clone(),
        }
    }

    #[must_use]
    pub fn captures(&self) -> Captures {
        Captures {
            db: self.db.clone(),
        }
    }

    #[must_use]
    pub fn quotas(&self) -> Quotas {
        Quotas {
            db: self.db.clone(),
        }
    }

    #[must_use]
    pub fn revision(&self) -> Revision {
        Revision {
            db: self.db.clone(),
        }
    }

    #[must_use]
    pub fn sessions(&self) -> Sessions {
        Sessions {
            db: self.db.clone(),
        }
    }
}
