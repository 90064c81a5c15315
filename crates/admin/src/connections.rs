//! Accounts with providers.

use std::collections::BTreeSet;
use std::sync::Arc;

use accounts::proxy::OutboundProxy;
use api::connection::{
    AuthKind, ConnectionCreate, ConnectionOrder, ConnectionPatch, ConnectionView, Health,
    LoginFacts, RestView,
};
use api::ids::{ConnectionId, ProviderId};
use chrono::Utc;
use providers::address::Reach;
use providers::spec::{Login, ProviderSpec};
use secrecy::{ExposeSecret as _, SecretString};
use store::records::{ConnectionRecord, Credential};
use uuid::Uuid;

pub(crate) mod address;
pub(crate) mod credential;

use crate::Admin;
use crate::actor::Actor;
use crate::auth::name;
use crate::connections::address::own_spec;
use crate::connections::credential::credential;
use crate::error::{AdminError, about};
use crate::models::LONGEST as LONGEST_MODEL;

pub(crate) const NAME_TAKEN: &str = "this provider has an account of that name already";
const STALE: AdminError =
    AdminError::Conflict("the accounts have changed in the meantime: look at them again");

impl Admin {
    /// What the actor may use: their own and the shared ones; an administrator sees all.
    pub async fn connections(&self, actor: &Actor) -> Result<Vec<ConnectionView>, AdminError> {
        let records = self.inner.store.connections().list().await?;
        let mut rests = self.inner.gateway.rests(Utc::now());
        Ok(records
            .into_iter()
            .filter(|record| actor.is_admin() || record.is_shared || record.owner_id == *actor.id())
            .map(|record| {
                let rests = rests.remove(&record.id).unwrap_or_default();
                view(actor, record, rests)
            })
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
        let parts = self.parts(actor, &spec, &params.parts).await?;
        let credential = credential(&spec, &params.api_key)?;
        own_spec(&spec, &parts, &credential)?;
        let now = Utc::now();
        let others = self.inner.store.connections().list().await?;
        let last = others
            .iter()
            .filter(|other| other.provider == params.provider)
            .map(|other| other.priority)
            .max();
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
            priority: params
                .priority
                .unwrap_or_else(|| last.unwrap_or(0).saturating_add(1)),
            default_model: params
                .default_model
                .filter(|model| !model.trim().is_empty()),
            is_active: true,
            credential,
            version: 0,
            proxy: self.proxy(actor, params.proxy.as_deref()).await?,
            parts,
            enabled_models: enabled_models(&params.enabled_models)?,
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
        Ok(self.view(actor, record))
    }

    pub async fn patch_connection(
        &self,
        actor: &Actor,
        id: &ConnectionId,
        patch: ConnectionPatch,
    ) -> Result<ConnectionView, AdminError> {
        let mut record = self.own_connection(actor, id).await?;
        if !patch.parts.is_empty() {
            let spec = self.provider(&record.provider)?;
            let mut parts = record.parts.clone();
            parts.extend(patch.parts);
            // Whoever changes nothing of the address needs to be nobody.
            if parts != record.parts {
                record.parts = self.parts(actor, &spec, &parts).await?;
            }
        }
        if let Some(models) = patch.enabled_models {
            record.enabled_models = enabled_models(&models)?;
        }
        if let Some(text) = patch.name {
            record.name = name("name", &text)?;
        }
        if let Some(key) = patch.api_key {
            let spec = self.provider(&record.provider)?;
            let credential = credential(&spec, &key)?;
            own_spec(&spec, &record.parts, &credential)?;
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
            self.inner.gateway.wake(id, None);
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
        if let Some(is_shared) = patch.is_shared.filter(|wanted| *wanted != record.is_shared) {
            actor.must_be_admin()?;
            record.is_shared = is_shared;
        }
        if let Some(text) = patch.proxy {
            record.proxy = self.proxy(actor, Some(&text)).await?;
        }
        record.updated_at = Utc::now();
        self.inner
            .store
            .connections()
            .update(&record)
            .await
            .map_err(about("connection", "name", NAME_TAKEN))?;
        self.apply().await?;
        Ok(self.view(actor, record))
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

    /// Puts a provider's accounts in a new order, all at once: of an administrator all of them, of a member their own.
    pub async fn reorder_connections(
        &self,
        actor: &Actor,
        order: ConnectionOrder,
    ) -> Result<(), AdminError> {
        let accounts = self.connections(actor).await?;
        let meant: BTreeSet<&ConnectionId> = accounts
            .iter()
            .filter(|account| account.provider == order.provider && account.may_change)
            .map(|account| &account.id)
            .collect();
        for ids in [&order.before, &order.after] {
            let is_whole = ids.len() == meant.len() && ids.iter().all(|id| meant.contains(id));
            if !is_whole || ids.iter().collect::<BTreeSet<_>>().len() != ids.len() {
                return Err(STALE);
            }
        }
        let is_done = self
            .inner
            .store
            .connections()
            .reorder(&order.provider, &order.before, &order.after, Utc::now())
            .await?;
        if !is_done {
            return Err(STALE);
        }
        self.apply().await
    }

    /// Takes several accounts into use, or out of it, all at once.
    pub async fn set_connections_active(
        &self,
        actor: &Actor,
        ids: &[ConnectionId],
        is_active: bool,
    ) -> Result<(), AdminError> {
        let accounts = self.connections(actor).await?;
        let may_change = |id: &ConnectionId| {
            let mut accounts = accounts.iter();
            accounts.any(|account| account.id == *id && account.may_change)
        };
        if !ids.iter().all(may_change) {
            return Err(AdminError::NotFound("connection"));
        }
        self.inner
            .store
            .connections()
            .set_active(ids, is_active, Utc::now())
            .await?;
        self.apply().await
    }

    /// Lets an account be asked again before it has rested: all of it, or for one model.
    pub async fn wake_connection(
        &self,
        actor: &Actor,
        id: &ConnectionId,
        model: Option<&str>,
    ) -> Result<(), AdminError> {
        self.own_connection(actor, id).await?;
        self.inner.gateway.wake(id, model);
        Ok(())
    }

    /// A proxy's URL as it is stored. Nothing said, or an empty text, is none.
    ///
    /// It may stand in this program's own network, so that only an administrator may name one.
    pub(crate) async fn proxy(
        &self,
        actor: &Actor,
        text: Option<&str>,
    ) -> Result<Option<SecretString>, AdminError> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        actor.must_be_admin()?;
        let invalid = |error: String| AdminError::invalid("proxy", error);
        let proxy = OutboundProxy::parse(text).map_err(|error| invalid(error.to_string()))?;
        let address = format!("http://{}", proxy.host());
        let gateway = &self.inner.gateway;
        let checked = gateway.check_address(&address, Reach::Private).await;
        checked.map_err(|why| invalid(why.to_string()))?;
        Ok(Some(proxy.url().clone()))
    }

    fn view(&self, actor: &Actor, record: ConnectionRecord) -> ConnectionView {
        let mut rests = self.inner.gateway.rests(Utc::now());
        let rests = rests.remove(&record.id).unwrap_or_default();
        view(actor, record, rests)
    }

    /// The provider, if it takes API keys: a key must not be sent where only a login's tokens are read.
    pub(crate) fn provider(&self, id: &ProviderId) -> Result<Arc<ProviderSpec>, AdminError> {
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

    pub(crate) async fn own_connection(
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

/// More models than any account is kept to.
const MOST_MODELS: usize = 500;

/// The provider's own names, each once.
fn enabled_models(models: &[String]) -> Result<Vec<String>, AdminError> {
    if models.len() > MOST_MODELS {
        let message = format!("expected at most {MOST_MODELS} models");
        return Err(AdminError::invalid("enabled_models", message));
    }
    let models = models.iter().map(|model| model.trim());
    let models: BTreeSet<&str> = models.filter(|model| !model.is_empty()).collect();
    if let Some(long) = models.iter().find(|model| model.len() > LONGEST_MODEL) {
        let message = format!("expected a model's name, found `{long}`");
        return Err(AdminError::invalid("enabled_models", message));
    }
    Ok(models.into_iter().map(str::to_owned).collect())
}

fn login_facts(record: &ConnectionRecord) -> Option<LoginFacts> {
    let Credential::Login(login) = &record.credential else {
        return None;
    };
    Some(LoginFacts {
        label: login.facts.label.clone(),
        plan: login.facts.plan.clone(),
        token_ends_at: accounts::refresh::ends(login),
        revoked_at: record.revoked_at,
    })
}

fn view(actor: &Actor, record: ConnectionRecord, rests: Vec<RestView>) -> ConnectionView {
    let login = login_facts(&record);
    let proxy = record
        .proxy
        .and_then(|url| OutboundProxy::parse(url.expose_secret()).ok());
    ConnectionView {
        login,
        is_shared: record.is_shared,
        proxy: proxy.map(|proxy| proxy.host().to_owned()),
        parts: record.parts,
        enabled_models: record.enabled_models,
        rests,
        may_change: actor.must_own(&record.owner_id, "connection").is_ok(),
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
