//! What accounts with logins do with their vendors: connect, refresh, tell their quota.
//!
//! How each vendor does it is data, [`providers::oauth`]; here is who asks. HTTP, but no database: what is learned
//! goes back to the caller, who stores it before it is used.

pub mod code;
pub mod device;
pub mod error;
mod grant;
pub mod http;
pub mod import;
pub mod login;
pub mod quota;
pub mod refresh;
mod vendor;

use std::collections::HashMap;

use secrecy::SecretString;

use crate::http::{Http, HttpConfig};

/// Speaks with the vendors. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Accounts {
    http: Http,
    secrets: HashMap<String, SecretString>,
}

impl Accounts {
    /// `secrets`: the vendors' client secrets, by the variable that the catalogue names.
    pub fn new(
        config: &HttpConfig,
        secrets: HashMap<String, SecretString>,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: Http::new(config)?,
            secrets,
        })
    }

    /// Whether the secret that a login needs is configured.
    #[must_use]
    pub fn has_secret(&self, variable: &str) -> bool {
        self.secrets.contains_key(variable)
    }
}
