//! Names of the user's own for models: combos and aliases.
//!
//! What is saved leads somewhere and never back to itself. Two who save at the same moment could still
//! close a circle between them, so the data plane follows no name twice.

mod names;

use std::sync::Arc;

use api::ids::ComboId;
use api::routing::{
    AliasSet, AliasView, ComboCreate, ComboPatch, ComboView, ModelChoice, PrefixView, RoutingView,
};
use chrono::{DateTime, SubsecRound as _, Utc};
use gateway::error::Refusal;
use gateway::resolve;
use providers::spec::{Login, ProviderSpec};
use store::records::{AliasRecord, ComboRecord};
use uuid::Uuid;

use crate::Admin;
use crate::actor::Actor;
use crate::error::{AdminError, about};
use crate::routing::names::{Kind, Names};

const NAME_TAKEN: &str = "another combo has this name already";
const ALIAS_TAKEN: &str = "an alias has this name already";

const LONGEST_NAME: usize = 100;
const LONGEST_MODEL: usize = 200;
const MOST_STEPS: usize = 64;

impl Admin {
    /// All there is to choose from and to change.
    pub async fn routing(&self, actor: &Actor) -> Result<RoutingView, AdminError> {
        Ok(RoutingView {
            combos: self.combos(actor).await?,
            aliases: self.aliases(actor).await?,
            models: self.models(actor).await?,
            prefixes: self.prefixes(actor).await?,
            may_change: actor.is_admin(),
        })
    }

    pub async fn combos(&self, _actor: &Actor) -> Result<Vec<ComboView>, AdminError> {
        let records = self.inner.store.routing().combos().await?;
        Ok(records.into_iter().map(combo_view).collect())
    }

    pub async fn combo(&self, actor: &Actor, id: &ComboId) -> Result<ComboView, AdminError> {
        let found = self.combos(actor).await?;
        found
            .into_iter()
            .find(|view| view.id == *id)
            .ok_or(AdminError::NotFound("combo"))
    }

    pub async fn create_combo(
        &self,
        actor: &Actor,
        params: ComboCreate,
    ) -> Result<ComboView, AdminError> {
        actor.must_be_admin()?;
        let now = now();
        let record = ComboRecord {
            id: ComboId(Uuid::now_v7().to_string()),
            owner_id: actor.id().clone(),
            name: own_name("name", &params.name)?,
            models: steps(&params.models)?,
            strategy: params.strategy,
            created_at: now,
            updated_at: now,
        };
        let names = self.names().await?;
        is_free(&names, "name", &record.name)?;
        self.leads_somewhere(names, "models", &record.name, Kind::Combo, &record.models)?;
        self.inner
            .store
            .routing()
            .insert_combo(&record)
            .await
            .map_err(about("combo", "name", NAME_TAKEN))?;
        self.apply().await?;
        Ok(combo_view(record))
    }

    pub async fn patch_combo(
        &self,
        actor: &Actor,
        id: &ComboId,
        patch: ComboPatch,
    ) -> Result<ComboView, AdminError> {
        actor.must_be_admin()?;
        let mut record = self.combo_record(id).await?;
        let mut names = self.names().await?;
        if let Some(text) = patch.name {
            let name = own_name("name", &text)?;
            if name != record.name {
                is_unused(&names, &record.name)?;
                is_free(&names, "name", &name)?;
                names.remove(&record.name);
                names.insert(&name, Kind::Combo, record.models.clone());
                record.name = name;
            }
        }
        // Steps that stay as they are may have lost what they led to: that is no reason to keep the rest.
        if let Some(models) = patch.models {
            record.models = steps(&models)?;
            self.leads_somewhere(names, "models", &record.name, Kind::Combo, &record.models)?;
        } else {
            has_no_circle(&names, "name", &record.name)?;
        }
        record.strategy = patch.strategy.unwrap_or(record.strategy);
        record.updated_at = now();
        self.inner
            .store
            .routing()
            .update_combo(&record)
            .await
            .map_err(about("combo", "name", NAME_TAKEN))?;
        self.apply().await?;
        Ok(combo_view(record))
    }

    /// Refused while another combo or an alias leads to it.
    pub async fn delete_combo(&self, actor: &Actor, id: &ComboId) -> Result<(), AdminError> {
        actor.must_be_admin()?;
        let record = self.combo_record(id).await?;
        is_unused(&self.names().await?, &record.name)?;
        self.inner
            .store
            .routing()
            .delete_combo(id)
            .await
            .map_err(about("combo", "name", "the combo is in use"))?;
        self.apply().await
    }

    pub async fn aliases(&self, _actor: &Actor) -> Result<Vec<AliasView>, AdminError> {
        let records = self.inner.store.routing().aliases().await?;
        Ok(records.into_iter().map(alias_view).collect())
    }

    /// Makes an alias, or lets the one of this name mean something else.
    pub async fn set_alias(
        &self,
        actor: &Actor,
        params: AliasSet,
    ) -> Result<AliasView, AdminError> {
        actor.must_be_admin()?;
        let alias = own_name("alias", &params.alias)?;
        let model = step("model", &params.model)?;
        let names = self.names().await?;
        if names.kind(&alias) == Some(Kind::Combo) {
            return Err(AdminError::Taken {
                field: "alias",
                message: "a combo has this name already",
            });
        }
        let leads_to = std::slice::from_ref(&model);
        self.leads_somewhere(names, "model", &alias, Kind::Alias, leads_to)?;
        let now = now();
        let routing = self.inner.store.routing();
        let known = routing
            .aliases()
            .await?
            .into_iter()
            .find(|record| record.alias == alias);
        let is_new = known.is_none();
        let record = AliasRecord {
            owner_id: known
                .as_ref()
                .map_or_else(|| actor.id().clone(), |known| known.owner_id.clone()),
            created_at: known.map_or(now, |known| known.created_at),
            alias,
            model,
            updated_at: now,
        };
        let saved = if is_new {
            routing.insert_alias(&record).await
        } else {
            routing.update_alias(&record).await
        };
        saved.map_err(about("alias", "alias", ALIAS_TAKEN))?;
        self.apply().await?;
        Ok(alias_view(record))
    }

    /// Refused while a combo or another alias leads to it.
    pub async fn delete_alias(&self, actor: &Actor, alias: &str) -> Result<(), AdminError> {
        actor.must_be_admin()?;
        is_unused(&self.names().await?, alias)?;
        self.inner
            .store
            .routing()
            .delete_alias(alias)
            .await
            .map_err(about("alias", "alias", ALIAS_TAKEN))?;
        self.apply().await
    }

    /// The models of every provider that one can have an account with, those that accounts name as their default
    /// among them.
    pub async fn models(&self, actor: &Actor) -> Result<Vec<ModelChoice>, AdminError> {
        let accounts = self.connections(actor).await?;
        let snapshot = self.inner.gateway.snapshot();
        let mut choices = Vec::new();
        let takes_keys =
            |spec: &&Arc<ProviderSpec>| spec.login == Login::ApiKey || spec.oauth.is_some();
        for spec in snapshot.registry.iter().filter(takes_keys) {
            let of_this = || {
                accounts
                    .iter()
                    .filter(|account| account.provider == spec.id)
            };
            let choice = |model: &str, name: &str| ModelChoice {
                id: format!("{}/{model}", spec.prefix),
                prefix: spec.prefix.clone(),
                model: model.to_owned(),
                name: name.to_owned(),
                provider_name: spec.name.clone(),
                has_account: of_this().any(|account| account.is_active),
            };
            choices.extend(
                spec.models
                    .iter()
                    .filter(|model| !snapshot.is_disabled(&spec.id, &model.id))
                    .map(|model| choice(&model.id, model.name.as_deref().unwrap_or(&model.id))),
            );
            let mut defaults: Vec<&str> = of_this()
                .filter_map(|account| account.default_model.as_deref())
                .filter(|model| spec.model(model).is_none())
                .collect();
            defaults.sort_unstable();
            defaults.dedup();
            choices.extend(defaults.into_iter().map(|model| choice(model, model)));
        }
        Ok(choices)
    }

    async fn prefixes(&self, actor: &Actor) -> Result<Vec<PrefixView>, AdminError> {
        let accounts = self.connections(actor).await?;
        let snapshot = self.inner.gateway.snapshot();
        let view = |spec: &Arc<ProviderSpec>| PrefixView {
            prefix: spec.prefix.clone(),
            provider: spec.id.clone(),
            name: spec.name.clone(),
            has_account: accounts
                .iter()
                .any(|account| account.provider == spec.id && account.is_active),
        };
        Ok(snapshot.registry.iter().map(view).collect())
    }

    async fn combo_record(&self, id: &ComboId) -> Result<ComboRecord, AdminError> {
        let combos = self.inner.store.routing().combos().await?;
        combos
            .into_iter()
            .find(|combo| combo.id == *id)
            .ok_or(AdminError::NotFound("combo"))
    }

    async fn names(&self) -> Result<Names, AdminError> {
        let routing = self.inner.store.routing();
        Ok(Names::of(
            &routing.combos().await?,
            &routing.aliases().await?,
        ))
    }

    /// Every step is something that can be asked now, and none leads back to `name`.
    fn leads_somewhere(
        &self,
        mut names: Names,
        field: &'static str,
        name: &str,
        kind: Kind,
        steps: &[String],
    ) -> Result<(), AdminError> {
        names.insert(name, kind, steps.to_vec());
        has_no_circle(&names, field, name)?;
        let snapshot = self.inner.gateway.snapshot();
        for step in steps {
            if names.kind(step).is_some() {
                continue;
            }
            match resolve::target(&snapshot, step) {
                Ok(_) => {}
                Err(Refusal::UnknownModel { .. }) => {
                    return Err(AdminError::invalid(
                        field,
                        format!(
                            "`{step}` leads nowhere: write `prefix/model` with the prefix of a provider, or the name of a combo or an alias"
                        ),
                    ));
                }
                Err(refusal) => return Err(AdminError::invalid(field, refusal.to_string())),
            }
        }
        Ok(())
    }
}

fn has_no_circle(names: &Names, field: &'static str, name: &str) -> Result<(), AdminError> {
    let message = match names.circle(name).as_deref() {
        None => return Ok(()),
        Some([_, _]) => format!("`{name}` cannot lead to itself"),
        Some(way) => {
            let way: Vec<String> = way.iter().map(|name| format!("`{name}`")).collect();
            format!("`{name}` would lead back to itself: {}", way.join(" → "))
        }
    };
    Err(AdminError::invalid(field, message))
}

fn is_free(names: &Names, field: &'static str, name: &str) -> Result<(), AdminError> {
    let message = match names.kind(name) {
        None => return Ok(()),
        Some(Kind::Combo) => NAME_TAKEN,
        Some(Kind::Alias) => ALIAS_TAKEN,
    };
    Err(AdminError::Taken { field, message })
}

fn is_unused(names: &Names, name: &str) -> Result<(), AdminError> {
    let users = names.users(name);
    if users.is_empty() {
        return Ok(());
    }
    let users: Vec<String> = users.iter().map(|user| format!("`{user}`")).collect();
    Err(AdminError::InUse {
        name: name.to_owned(),
        users: users.join(", "),
    })
}

/// A name that clients write as a model: never with a slash, which is what tells it from `provider/model`.
fn own_name(field: &'static str, text: &str) -> Result<String, AdminError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AdminError::invalid(field, "Name is required"));
    }
    let is_name = text.len() <= LONGEST_NAME
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if !is_name {
        return Err(AdminError::invalid(
            field,
            "expected a name of at most 100 letters, digits, `-`, `_` and `.`",
        ));
    }
    Ok(text.to_owned())
}

fn steps(models: &[String]) -> Result<Vec<String>, AdminError> {
    if models.is_empty() {
        return Err(AdminError::invalid("models", "expected at least one model"));
    }
    if models.len() > MOST_STEPS {
        return Err(AdminError::invalid(
            "models",
            format!("expected at most {MOST_STEPS} models"),
        ));
    }
    models.iter().map(|model| step("models", model)).collect()
}

fn step(field: &'static str, model: &str) -> Result<String, AdminError> {
    let model = model.trim();
    if model.is_empty() {
        return Err(AdminError::invalid(
            field,
            "expected the name of a model, found nothing",
        ));
    }
    if model.len() > LONGEST_MODEL || model.chars().any(char::is_control) {
        return Err(AdminError::invalid(
            field,
            "expected the name of a model, of at most 200 characters on one line",
        ));
    }
    Ok(model.to_owned())
}

/// As fine as it is stored, so that what is made looks the same when it is listed.
fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(3)
}

fn combo_view(record: ComboRecord) -> ComboView {
    ComboView {
        id: record.id,
        name: record.name,
        models: record.models,
        strategy: record.strategy,
        created_at: record.created_at,
        updated_at: record.updated_at,
    }
}

fn alias_view(record: AliasRecord) -> AliasView {
    AliasView {
        alias: record.alias,
        model: record.model,
        created_at: record.created_at,
        updated_at: record.updated_at,
    }
}
