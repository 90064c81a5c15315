//! What becomes of a finished login: a new account, or new tokens for one that is there.

use std::pin::Pin;

use accounts::login::Login;
use api::connection::{AuthKind, Health};
use api::ids::{ConnectionId, ProviderId};
use api::login::LoginStep;
use chrono::Utc;
use store::error::StoreError;
use store::records::{ConnectionRecord, Credential};
use uuid::Uuid;

use crate::Admin;
use crate::actor::Actor;
use crate::error::{AdminError, about};
use crate::logins::desk::Aim;

/// How often a name is tried with another number behind it, and a credential against others who write it.
const TRIES: u32 = 20;
const MOST_NAME: usize = 90;

type Stored<'a> = Pin<Box<dyn Future<Output = Result<LoginStep, AdminError>> + Send + 'a>>;

impl Admin {
    /// Stores a login where it belongs, before anybody uses it.
    pub(super) async fn keep_login(
        &self,
        actor: &Actor,
        aim: &Aim,
        mut login: Login,
    ) -> Result<LoginStep, AdminError> {
        login.credential.facts.label = login.label.clone();
        let existing = match &aim.connection {
            Some(id) => Some(self.repairable(actor, id, &aim.provider, &login).await?),
            None => self.known(actor, &aim.provider, &login).await?,
        };
        // Boxed, because the compiler does not see through them that they may move between threads.
        let stored: Stored<'_> = match existing {
            Some(record) => Box::pin(self.renew(record, login, aim)),
            None => Box::pin(self.found(actor, login, aim)),
        };
        let step = stored.await?;
        self.apply().await?;
        Ok(step)
    }

    /// The account that is to be repaired, if this login is its person's.
    async fn repairable(
        &self,
        actor: &Actor,
        id: &ConnectionId,
        provider: &ProviderId,
        login: &Login,
    ) -> Result<ConnectionRecord, AdminError> {
        let record = self.own_connection(actor, id).await?;
        let is_other =
            matches!((&record.identity, &login.identity), (Some(old), Some(new)) if old != new);
        if record.provider != *provider || record.auth != AuthKind::OAuth {
            return Err(AdminError::NotFound("connection"));
        }
        if is_other {
            return Err(AdminError::Conflict(
                "you have signed in as somebody else than this account belongs to: sign in with its own account, or connect this one as a new account",
            ));
        }
        Ok(record)
    }

    /// The actor's account of the same person with the vendor.
    async fn known(
        &self,
        actor: &Actor,
        provider: &ProviderId,
        login: &Login,
    ) -> Result<Option<ConnectionRecord>, AdminError> {
        let Some(identity) = &login.identity else {
            return Ok(None);
        };
        let all = self.inner.store.connections().list().await?;
        Ok(all.into_iter().find(|record| {
            record.provider == *provider
                && record.auth == AuthKind::OAuth
                && record.owner_id == *actor.id()
                && record.identity.as_ref() == Some(identity)
        }))
    }

    async fn renew(
        &self,
        mut record: ConnectionRecord,
        login: Login,
        aim: &Aim,
    ) -> Result<LoginStep, AdminError> {
        let connections = self.inner.store.connections();
        let (id, now) = (record.id.clone(), Utc::now());
        let credential = Credential::Login(Box::new(login.credential));
        let mut tries = 0;
        // A refresh may be under way; what a person has just done wins over it.
        while !connections
            .set_credential(&id, record.version, &credential, now)
            .await?
        {
            tries += 1;
            let read = connections.find(&id).await?;
            record = read
                .filter(|_| tries < TRIES)
                .ok_or(AdminError::NotFound("connection"))?;
        }
        record.identity = record.identity.or(login.identity);
        if let Some(proxy) = &aim.proxy {
            record.proxy = Some(proxy.url().clone());
        }
        record.health = Health::Active;
        (record.last_error, record.error_code, record.last_error_at) = (None, None, None);
        record.updated_at = now;
        connections.update(&record).await.map_err(about(
            "connection",
            "name",
            "another account has this name",
        ))?;
        self.inner.gateway.found_sound(&id);
        Ok(LoginStep::Connected {
            connection: id,
            name: record.name,
            is_new: false,
        })
    }

    async fn found(&self, actor: &Actor, login: Login, aim: &Aim) -> Result<LoginStep, AdminError> {
        let now = Utc::now();
        let name = called(login.label.as_deref());
        let mut record = ConnectionRecord {
            id: ConnectionId(Uuid::now_v7().to_string()),
            owner_id: actor.id().clone(),
            // As with keys: an administrator's accounts serve everyone.
            is_shared: actor.is_admin(),
            provider: aim.provider.clone(),
            auth: AuthKind::OAuth,
            identity: login.identity,
            revoked_at: None,
            name: name.clone(),
            priority: 1,
            default_model: None,
            is_active: true,
            credential: Credential::Login(Box::new(login.credential)),
            version: 0,
            proxy: aim.proxy.as_ref().map(|proxy| proxy.url().clone()),
            parts: std::collections::BTreeMap::new(),
            enabled_models: Vec::new(),
            health: Health::Active,
            last_error: None,
            error_code: None,
            last_error_at: None,
            last_used_at: None,
            created_at: now,
            updated_at: now,
        };
        for number in 2..=TRIES {
            match self.inner.store.connections().insert(&record).await {
                Ok(()) => {
                    return Ok(LoginStep::Connected {
                        connection: record.id,
                        name: record.name,
                        is_new: true,
                    });
                }
                Err(StoreError::Conflict(_)) => record.name = format!("{name} {number}"),
                Err(error) => return Err(error.into()),
            }
        }
        Err(AdminError::Conflict(
            "too many accounts of this provider have the same name: rename some of them first",
        ))
    }
}

/// A name for an account, from what people know it by.
fn called(label: Option<&str>) -> String {
    let one_line: String = label
        .unwrap_or_default()
        .chars()
        .filter(|letter| !letter.is_control())
        .take(MOST_NAME)
        .collect();
    match one_line.trim() {
        "" => "Account".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::called;

    #[test]
    fn a_label_becomes_a_name_on_one_line() {
        assert_eq!(called(Some("a@b.example")), "a@b.example");
        assert_eq!(called(Some(" a\nb ")), "ab");
        assert_eq!(called(Some(&"x".repeat(500))).len(), 90);
        assert_eq!(called(Some("")), "Account");
        assert_eq!(called(None), "Account");
    }
}
