//! What accounts do with their vendors beside requests: log in, refresh, sign for tokens, tell their quota.
//!
//! How each vendor does it is data, [`providers::oauth`]; here is who asks. HTTP, but no database: what is learned
//! goes back to the caller, who stores it before it is used. Every question takes the way it goes out by,
//! [`http::Http`]: this crate has none of its own.

pub mod code;
pub mod device;
pub mod error;
mod grant;
pub mod http;
pub mod import;
pub mod login;
pub mod proxy;
pub mod quota;
pub mod refresh;
pub mod service_account;
mod vendor;

use std::collections::HashMap;

use secrecy::SecretString;

/// Speaks with the vendors. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Accounts {
    secrets: HashMap<String, SecretString>,
}

impl Accounts {
    /// `secrets`: the vendors' client secrets, by the variable that the catalogue names.
    #[must_use]
    pub fn new(secrets: HashMap<String, SecretString>) -> Self {
        Self { secrets }
    }

    /// Whether the secret that a login needs is configured.
    #[must_use]
    pub fn has_secret(&self, variable: &str) -> bool {
        self.secrets.contains_key(variable)
    }
}
