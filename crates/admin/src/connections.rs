//! Accounts with providers.

use std::sync::Arc;

use api::connection::{
    AuthKind, CheckResult, ConnectionCreate, ConnectionPatch, ConnectionView, CredentialCheck,
    Health,
};
use api::ids::{ConnectionId, ProviderId};
use chrono::Utc;
use providers::spec::{Login, ProviderSpec};
use secrecy::SecretString;
use store::records::{ConnectionRecord, Credential};
use uuid::Uuid;

use crate::Admin;
use crate::actor::Actor;
use crate::auth::name;
use crate::error::{AdminError, about};

const NAME_TAKEN: &str = "this provider has an account of that name already";

impl Admin {
    /// What the actor may use: their own and the shared ones; an administrator sees all.
    pub async fn connections(&self, actor: &Actor) -> Result<Vec<ConnectionView>, AdminError> {
        let records = self.inner.store.connections().list().await?;
        Ok(records
            .into_iter()
            .filter(|record| actor.is_admin() || record.is_shared || record.owner_id == *actor.id())
            .map(view)
            .collect())
    }

    pub async fn connection(
        &self,
        actor: &Actor,
        id: &ConnectionId,
    ) -> Result<ConnectionView, AdminError> {
        let found = self.connections(actor).await?;
        found
            .into_iter()
            .find(|view| view.id == *id)
            .ok_or(AdminError::NotFound("connection"))
    }

    pub async fn create_connection(
        &self,
        actor: &Actor,
        params: ConnectionCreate,
    ) -> Result<ConnectionView, AdminError> {
        let spec = self.provider(&params.provider)?;
        let now = Utc::now();
        let record = ConnectionRecord {
            id: ConnectionId(Uuid::now_v7().to_string()),
            owner_id: actor.id().clone(),
            // An administrator's accounts serve everyone; a member's are their own.
            is_shared: actor.is_admin(),
            provider: params.provider,
            auth: AuthKind::ApiKey,
            identity: None,
            revoked_at: None,
            name: name("name", &params.name)?,
            priority: params.priority.unwrap_or(1),
            default_model: params
                .default_model
                .filter(|model| !model.trim().is_empty()),
            is_active: true,
            credential: Credential::ApiKey(api_key(&spec, &params.api_key)?),
            version: 0,
            health: Health::Unknown,
            last_error: None,
            error_code: None,
            last_error_at: None,
            last_used_at: None,
            created_at: now,
            updated_at: now,
        };
        self.inner
            .store
            .connections()
            .insert(&record)
            .await
            .map_err(about("connection", "name", NAME_TAKEN))?;
        self.apply().await?;
        Ok(view(record))
    }

    pub async fn patch_connection(
        &self,
        actor: &Actor,
        id: &ConnectionId,
        patch: ConnectionPatch,
    ) -> Result<ConnectionView, AdminError> {
        let mut record = self.own_connection(actor, id).await?;
        if let Some(text) = patch.name {
            record.name = name("name", &text)?;
        }
        if let Some(key) = patch.api_key {
            let spec = self.provider(&record.provider)?;
            let credential = Credential::ApiKey(api_key(&spec, &key)?);
            let is_ours = self
                .inner
                .store
                .connections()
                .set_credential(id, record.version, &credential, Utc::now())
                .await
                .map_err(about("connection", "api_key", NAME_TAKEN))?;
            if !is_ours {
                return Err(AdminError::Conflict(
                    "somebody else changed this connection at the same time",
                ));
            }
            // What was known of the old key says nothing about the new one.
            (
                record.health,
                record.last_error,
                record.error_code,
                record.last_error_at,
            ) = (Health::Unknown, None, None, None);
        }
        record.priority = patch.priority.unwrap_or(record.priority);
        if let Some(model) = patch.default_model {
            record.default_model = Some(model.trim().to_owned()).filter(|model| !model.is_empty());
        }
        record.is_active = patch.is_active.unwrap_or(record.is_active);
        record.updated_at = Utc::now();
        self.inner
            .store
            .connections()
            .update(&record)
            .await
            .map_err(about("connection", "name", NAME_TAKEN))?;
        self.apply().await?;
        Ok(view(record))
    }

    pub async fn delete_connection(
        &self,
        actor: &Actor,
        id: &ConnectionId,
    ) -> Result<(), AdminError> {
        self.own_connection(actor, id).await?;
        self.inner
            .store
            .connections()
            .delete(id)
            .await
            .map_err(about("connection", "name", "the connection is in use"))?;
        self.apply().await
    }

    /// Asks the provider whether the stored key works, and remembers the answer.
    pub async fn test_connection(
        &self,
        actor: &Actor,
        id: &ConnectionId,
    ) -> Result<CheckResult, AdminError> {
        let record = self.own_connection(actor, id).await?;
        let spec = self.provider(&record.provider)?;
        let key = record.credential.bearer();
        let result = self.inner.gateway.check(&spec, key).await;
        let health = if result.valid {
            Health::Active
        } else {
            Health::Error
        };
        self.inner
            .store
            .connections()
            .set_health(
                id,
                health,
                result.error.as_deref(),
                status_in(result.error.as_deref()),
                Utc::now(),
            )
            .await
            .map_err(about("connection", "name", NAME_TAKEN))?;
        Ok(result)
    }

    /// Tries a key before anything is stored.
    pub async fn check_credential(
        &self,
        _actor: &Actor,
        check: CredentialCheck,
    ) -> Result<CheckResult, AdminError> {
        let spec = self.provider(&check.provider)?;
        let key = api_key(&spec, &check.api_key)?;
        Ok(self.inner.gateway.check(&spec, &key).await)
    }

    /// The provider, if it takes API keys: a key must not be sent where only a login's tokens are read.
    fn provider(&self, id: &ProviderId) -> Result<Arc<ProviderSpec>, AdminError> {
        let snapshot = self.inner.gateway.snapshot();
        let spec = snapshot
            .registry
            .get(id)
            .ok_or_else(|| AdminError::invalid("provider", "Invalid provider"))?;
        match spec.login {
            Login::ApiKey => Ok(Arc::clone(spec)),
            Login::Oauth => Err(AdminError::invalid(
                "provider",
                "this provider takes a login and no API key",
            )),
        }
    }

    async fn own_connection(
        &self,
        actor: &Actor,
        id: &ConnectionId,
    ) -> Result<ConnectionRecord, AdminError> {
        let record = self
            .inner
            .store
            .connections()
            .find(id)
            .await?
            .ok_or(AdminError::NotFound("connection"))?;
        actor.must_own(&record.owner_id, "connection")?;
        Ok(record)
    }
}

/// A key as it will stand in a header: no blanks around it, nothing a header cannot carry.
fn api_key(spec: &ProviderSpec, text: &str) -> Result<SecretString, AdminError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AdminError::invalid("api_key", "API Key is required"));
    }
    if spec.auth.header(text).is_none() {
        return Err(AdminError::invalid(
            "api_key",
            "the key has characters that no header can carry",
        ));
    }
    Ok(SecretString::from(text))
}

/// The HTTP status with which a check's error begins, where it does.
fn status_in(error: Option<&str>) -> Option<u16> {
    error?.split_once(':')?.0.parse().ok()
}

fn view(record: ConnectionRecord) -> ConnectionView {
    ConnectionView {
        id: record.id,
        owner_id: record.owner_id,
        provider: record.provider,
        auth: record.auth,
        name: record.name,
        priority: record.priority,
        default_model: record.default_model,
        is_active: record.is_active,
        health: record.health,
        last_error: record.last_error,
        error_code: record.error_code,
        last_error_at: record.last_error_at,
        last_used_at: record.last_used_at,
        created_at: record.created_at,
        updated_at: record.updated_at,
    }
}
