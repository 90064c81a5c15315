//! Who acts. An [`Actor`] cannot be made outside this crate, so holding one is being signed in.

use api::auth::{Role, UserView};
use api::ids::UserId;
use serde::{Deserialize, Serialize};
use store::records::UserRecord;

use crate::error::AdminError;

/// Where a session keeps its [`Claims`].
pub const SESSION_KEY: &str = "claims";

/// A signed-in user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    user: UserView,
    epoch: i64,
}

/// What a session remembers of an actor: enough to find them again, nothing to be believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub user_id: UserId,
    pub epoch: i64,
}

impl Actor {
    pub(crate) fn of(record: &UserRecord) -> Self {
        Self {
            user: UserView {
                id: record.id.clone(),
                name: record.name.clone(),
                role: record.role,
            },
            epoch: record.session_epoch,
        }
    }

    #[must_use]
    pub fn id(&self) -> &UserId {
        &self.user.id
    }

    #[must_use]
    pub fn view(&self) -> UserView {
        self.user.clone()
    }

    #[must_use]
    pub fn claims(&self) -> Claims {
        Claims {
            user_id: self.user.id.clone(),
            epoch: self.epoch,
        }
    }

    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.user.role == Role::Admin
    }

    pub(crate) fn must_be_admin(&self) -> Result<(), AdminError> {
        if self.is_admin() {
            Ok(())
        } else {
            Err(AdminError::Forbidden)
        }
    }

    /// A member touches only what is theirs; what is not might as well not exist.
    pub(crate) fn must_own(&self, owner: &UserId, what: &'static str) -> Result<(), AdminError> {
        if self.is_admin() || self.user.id == *owner {
            Ok(())
        } else {
            Err(AdminError::NotFound(what))
        }
    }
}
