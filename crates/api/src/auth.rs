//! Signing in, and the first run.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees and changes everything.
    Admin,
    /// Sees what is theirs or shared.
    Member,
}

impl Role {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }
}

/// The signed-in person, as the page's header shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserView {
    pub id: UserId,
    pub name: String,
    pub role: Role,
}

/// What a visitor who is not signed in may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// No administrator exists yet.
    pub setup_required: bool,
    /// This visitor must show the one-time token printed at start: they are not on the same machine.
    pub token_required: bool,
    pub user: Option<UserView>,
}

/// The first administrator.
#[derive(Clone, Serialize, Deserialize)]
pub struct SetupParams {
    pub name: String,
    pub password: String,
    /// The one-time token printed at start; needed unless the visit comes from the same machine.
    pub token: Option<String>,
}

/// A sign-in. Without a name it is the first administrator's, as the original has it.
#[derive(Clone, Serialize, Deserialize)]
pub struct LoginParams {
    pub name: Option<String>,
    pub password: String,
}

// Passwords do not print.
impl std::fmt::Debug for SetupParams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetupParams")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for LoginParams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginParams")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
