//! Logging in with a provider, as a browser may see it: no token and no verifier.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionId, LoginId, ProviderId};

/// How accounts of a provider log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginOffer {
    /// What the vendor may hold against it, to be read before.
    pub terms: Option<String>,
    /// The usual one first.
    pub methods: Vec<LoginMethod>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginMethod {
    pub id: String,
    /// What people choose by.
    pub name: String,
    pub flow: LoginFlow,
    /// Organisations say where they log in.
    pub asks_region: bool,
    /// The variable of the environment that has to be set first.
    pub missing: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginFlow {
    /// In the browser, which comes back with a code.
    Code,
    /// In any browser, with a short code that is typed there.
    Device,
    /// With a token of another program of the user's.
    Import,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginBegin {
    pub provider: ProviderId,
    /// The provider's usual one where it is left out.
    pub method: Option<String>,
    /// The account that is to be repaired; a new one, or whichever has the same identity, where it is left out.
    pub connection: Option<ConnectionId>,
    /// Of AWS: `us-east-1`.
    pub region: Option<String>,
    /// Where an organisation's people log in.
    pub start_url: Option<String>,
    /// What the login goes through, and the account from then on.
    pub proxy: Option<String>,
}

/// A token of another program's, to be tried and kept.
#[derive(Clone, Serialize, Deserialize)]
pub struct LoginImport {
    pub provider: ProviderId,
    pub method: String,
    pub connection: Option<ConnectionId>,
    pub token: String,
    /// What the token is tried through, and the account goes through from then on.
    pub proxy: Option<String>,
}

/// A login and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginView {
    pub id: LoginId,
    pub provider: ProviderId,
    pub expires_at: DateTime<Utc>,
    pub step: LoginStep,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LoginStep {
    /// The vendor's page is open, or should be.
    Browser {
        url: String,
        /// Where that page sends the browser.
        redirect: String,
        /// This program waits there. Otherwise the address has to be brought here by hand.
        is_awaited: bool,
    },
    /// The vendor waits for the code.
    Device {
        user_code: String,
        url: String,
        /// The same page with the code filled in.
        complete_url: Option<String>,
    },
    /// The vendor is asked for tokens.
    Finishing,
    Connected {
        connection: ConnectionId,
        name: String,
        is_new: bool,
    },
    Failed {
        message: String,
    },
}

impl LoginStep {
    /// Nothing more will happen.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Connected { .. } | Self::Failed { .. })
    }
}

// A proxy's password does not print.
impl std::fmt::Debug for LoginBegin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginBegin")
            .field("provider", &self.provider)
            .field("method", &self.method)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

// Credentials do not print.
impl std::fmt::Debug for LoginImport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginImport")
            .field("provider", &self.provider)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}
