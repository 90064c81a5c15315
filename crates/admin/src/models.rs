//! A provider's models: those of the catalogue, those it lists, those a person adds; and which are switched off.

use api::connection::{CheckResult, RestView};
use api::ids::{ConnectionId, ProviderId};
use api::provider::{ModelCreate, ModelOrigin, ModelView, ModelsFound};
use chrono::Utc;
use gateway::check::Trial;
use providers::listing::Listed;
use providers::spec::ProviderSpec;
use store::records::{ConnectionRecord, ModelRecord};

use crate::Admin;
use crate::actor::Actor;
use crate::connections::address::own_spec;
use crate::error::{AdminError, about};
use crate::trials::proxy;

pub(crate) const LONGEST: usize = 200;

/// What an account's provider has listed just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    pub provider: ProviderId,
    pub result: CheckResult,
    /// Empty where it failed.
    pub models: Vec<Listed>,
}

impl From<Discovery> for ModelsFound {
    fn from(found: Discovery) -> Self {
        Self {
            count: found.models.len(),
            result: found.result,
        }
    }
}

/// A model that an account is not asked for at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    pub provider: ProviderId,
    pub connection: ConnectionId,
    pub connection_name: String,
    pub rest: RestView,
}

impl Admin {
    /// Every model that is known of a provider, those that are switched off included, by name.
    pub async fn provider_models(
        &self,
        _actor: &Actor,
        provider: &ProviderId,
    ) -> Result<Vec<ModelView>, AdminError> {
        let snapshot = self.inner.gateway.snapshot();
        let spec = snapshot
            .registry
            .get(provider)
            .ok_or(AdminError::NotFound("provider"))?;
        let records = self.inner.store.models().list().await?;
        let is_custom = |model: &str| {
            records.iter().any(|record| {
                record.provider == *provider
                    && record.model == model
                    && record.origin == ModelOrigin::Custom
            })
        };
        let mut models: Vec<ModelView> = spec
            .models
            .iter()
            .map(|model| ModelView {
                id: format!("{}/{}", spec.prefix, model.id),
                model: model.id.clone(),
                name: model.name.clone().unwrap_or_else(|| model.id.clone()),
                context: model.context,
                origin: match model.is_discovered {
                    true => ModelOrigin::Discovered,
                    false if is_custom(&model.id) => ModelOrigin::Custom,
                    false => ModelOrigin::Catalogue,
                },
                is_enabled: !snapshot.is_disabled(provider, &model.id),
            })
            .collect();
        models.sort_by(|one, other| one.model.cmp(&other.model));
        Ok(models)
    }

    /// Asks an account's provider for its models, and remembers them.
    pub async fn discover_models(
        &self,
        actor: &Actor,
        id: &ConnectionId,
    ) -> Result<Discovery, AdminError> {
        let record = self.own_connection(actor, id).await?;
        let spec = self.provider(&record.provider)?;
        let spec = own_spec(&spec, &record.parts, &record.credential)?;
        let proxy = proxy(record.proxy.as_ref())?;
        let report = self
            .inner
            .gateway
            .list_models(Trial {
                spec: &spec,
                credential: &record.credential,
                proxy: proxy.as_ref(),
            })
            .await;
        let models = report.models.unwrap_or_default();
        if report.result.valid {
            self.remember_models(&record, models.clone()).await?;
            self.apply().await?;
        }
        Ok(Discovery {
            provider: record.provider,
            result: report.result,
            models,
        })
    }

    /// What an account of a member alone may use says nothing about what the others may.
    pub(crate) async fn remember_models(
        &self,
        account: &ConnectionRecord,
        found: Vec<Listed>,
    ) -> Result<(), AdminError> {
        if !account.is_shared {
            return Ok(());
        }
        let now = Utc::now();
        let records: Vec<ModelRecord> = found
            .into_iter()
            .map(|listed| ModelRecord {
                provider: account.provider.clone(),
                model: listed.id,
                origin: ModelOrigin::Discovered,
                name: listed.name,
                context: listed.context,
                is_enabled: true,
                created_at: now,
                updated_at: now,
            })
            .collect();
        let models = self.inner.store.models();
        Ok(models
            .save_discovered(&account.provider, &records, now)
            .await?)
    }

    /// Every model that was added by hand.
    pub async fn custom_models(
        &self,
        _actor: &Actor,
    ) -> Result<Vec<(ProviderId, ModelView)>, AdminError> {
        let snapshot = self.inner.gateway.snapshot();
        let records = self.inner.store.models().list().await?;
        let customs = records
            .into_iter()
            .filter(|record| record.origin == ModelOrigin::Custom);
        Ok(customs
            .filter_map(|record| {
                let spec = snapshot.registry.get(&record.provider)?;
                Some((record.provider.clone(), custom_view(spec, record)))
            })
            .collect())
    }

    pub async fn add_model(
        &self,
        actor: &Actor,
        params: ModelCreate,
    ) -> Result<ModelView, AdminError> {
        actor.must_be_admin()?;
        let snapshot = self.inner.gateway.snapshot();
        let spec = snapshot
            .registry
            .get(&params.provider)
            .ok_or(AdminError::NotFound("provider"))?;
        // People paste what they have copied, and that has the prefix.
        let text = params.model.trim();
        let text = text
            .strip_prefix(&format!("{}/", spec.prefix))
            .unwrap_or(text);
        if text.is_empty() {
            return Err(AdminError::invalid("model", "Model is required"));
        }
        if text.len() > LONGEST
            || text
                .chars()
                .any(|letter| letter.is_control() || letter == ' ')
        {
            return Err(AdminError::invalid(
                "model",
                "expected the provider's own name of a model, of at most 200 characters without blanks",
            ));
        }
        if spec.model(text).is_some_and(|known| !known.is_discovered) {
            return Err(AdminError::Taken {
                field: "model",
                message: "this provider has a model of that name already",
            });
        }
        let now = Utc::now();
        let record = ModelRecord {
            provider: params.provider,
            model: text.to_owned(),
            origin: ModelOrigin::Custom,
            name: params
                .name
                .map(|name| name.trim().to_owned())
                .filter(|name| !name.is_empty()),
            context: params.context.filter(|context| *context > 0),
            is_enabled: true,
            created_at: now,
            updated_at: now,
        };
        self.inner.store.models().save_custom(&record).await?;
        self.apply().await?;
        Ok(custom_view(spec, record))
    }

    /// Takes away a model that was added by hand.
    pub async fn delete_model(
        &self,
        actor: &Actor,
        provider: &ProviderId,
        model: &str,
    ) -> Result<(), AdminError> {
        actor.must_be_admin()?;
        self.inner
            .store
            .models()
            .delete_custom(provider, model)
            .await
            .map_err(about("model", "model", "the model is in use"))?;
        self.apply().await
    }

    /// Switched off, a model is listed nowhere and nobody is sent to it.
    pub async fn set_models_enabled(
        &self,
        actor: &Actor,
        provider: &ProviderId,
        models: &[String],
        is_enabled: bool,
    ) -> Result<(), AdminError> {
        actor.must_be_admin()?;
        let snapshot = self.inner.gateway.snapshot();
        let spec = snapshot
            .registry
            .get(provider)
            .ok_or(AdminError::NotFound("provider"))?;
        let now = Utc::now();
        for model in models {
            let known = spec.model(model).ok_or(AdminError::NotFound("model"))?;
            let record = ModelRecord {
                provider: provider.clone(),
                model: model.clone(),
                origin: if known.is_discovered {
                    ModelOrigin::Discovered
                } else {
                    ModelOrigin::Catalogue
                },
                name: known.name.clone(),
                context: known.context,
                is_enabled,
                created_at: now,
                updated_at: now,
            };
            self.inner.store.models().set_enabled(&record).await?;
        }
        self.apply().await
    }

    /// What rests now: whole accounts, and single models of them.
    pub async fn unavailable(&self, actor: &Actor) -> Result<Vec<Unavailable>, AdminError> {
        let accounts = self.connections(actor).await?;
        Ok(accounts
            .into_iter()
            .flat_map(|account| {
                account.rests.into_iter().map(move |rest| Unavailable {
                    provider: account.provider.clone(),
                    connection: account.id.clone(),
                    connection_name: account.name.clone(),
                    rest,
                })
            })
            .collect())
    }
}

fn custom_view(spec: &ProviderSpec, record: ModelRecord) -> ModelView {
    ModelView {
        id: format!("{}/{}", spec.prefix, record.model),
        name: record.name.unwrap_or_else(|| record.model.clone()),
        model: record.model,
        context: record.context,
        origin: record.origin,
        is_enabled: record.is_enabled,
    }
}
