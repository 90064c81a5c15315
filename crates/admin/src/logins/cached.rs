//! The login that Kiro's own program keeps on this machine. It is looked for when somebody asks, and never shown.

use std::path::Path;

use api::ids::{ConnectionId, ProviderId};
use api::login::{LoginImport, LoginStep};
use serde::Deserialize;
use tokio::fs;

use crate::Admin;
use crate::actor::Actor;
use crate::auth::Visitor;
use crate::error::AdminError;

const PROVIDER: &str = "kiro";
const METHOD: &str = "imported";
const FILE: &str = ".aws/sso/cache/kiro-auth-token.json";
/// A token file is a kilobyte or two.
const MOST_BYTES: u64 = 64 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cached {
    refresh_token: Option<String>,
    auth_method: Option<String>,
}

impl Admin {
    /// Whether there is one that can be taken over; why not, in words.
    pub async fn find_cached_login(
        &self,
        actor: &Actor,
        visitor: &Visitor,
    ) -> Result<(), AdminError> {
        self.cached_token(actor, visitor).await.map(drop)
    }

    /// Takes it over.
    pub async fn import_cached_login(
        &self,
        actor: &Actor,
        visitor: &Visitor,
        connection: Option<ConnectionId>,
        proxy: Option<String>,
    ) -> Result<LoginStep, AdminError> {
        let token = self.cached_token(actor, visitor).await?;
        let params = LoginImport {
            provider: ProviderId::from(PROVIDER),
            method: METHOD.to_owned(),
            connection,
            token,
            proxy,
        };
        self.import_login(actor, params).await
    }

    /// The files of this machine are the business of whoever sits at it.
    async fn cached_token(&self, actor: &Actor, visitor: &Visitor) -> Result<String, AdminError> {
        let home = self.inner.config.home.as_deref();
        let may_look = actor.is_admin() && visitor.is_local;
        let Some(home) = home.filter(|_| may_look) else {
            return Err(AdminError::Conflict(
                "Kiro's login can be taken over only by an administrator who uses the dashboard on the router's own machine: paste its refresh token instead",
            ));
        };
        let cached = read(&home.join(FILE)).await;
        match cached {
            Some(Cached {
                auth_method: Some(method),
                ..
            }) if method.eq_ignore_ascii_case("idc") => Err(AdminError::Conflict(
                "Kiro is signed in through an organisation here: connect with IAM Identity Center instead",
            )),
            Some(Cached {
                refresh_token: Some(token),
                ..
            }) => Ok(token),
            Some(_) | None => Err(AdminError::Conflict(
                "no login of Kiro was found on this machine: sign in with Kiro first, or paste its refresh token",
            )),
        }
    }
}

async fn read(path: &Path) -> Option<Cached> {
    let is_small = fs::metadata(path).await.ok()?.len() <= MOST_BYTES;
    let bytes = fs::read(path).await.ok().filter(|_| is_small)?;
    serde_json::from_slice(&bytes).ok()
}
