//! What models cost: the catalogue's prices, those that were set over them, and pricing what is stored anew.
//!
//! Only what differs from the catalogue is stored, each from a time on. A later price changes no request that
//! was charged before, unless somebody asks for that.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::ids::ProviderId;
use api::price::{PriceList, PriceRow, PriceSet, Rates, RatesPatch, Recomputed};
use chrono::{DateTime, SubsecRound as _, Utc};
use gateway::prices::{Prices, catalogue};
use gateway::snapshot::Snapshot;
use providers::spec::ProviderSpec;
use store::records::PriceRecord;

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;

const LONGEST_MODEL: usize = 200;

impl Admin {
    /// Every model of every provider, and whatever else a price was set for.
    #[expect(clippy::unused_async, reason = "use cases are asynchronous alike")]
    pub async fn price_list(&self, actor: &Actor) -> Result<PriceList, AdminError> {
        let snapshot = self.inner.gateway.snapshot();
        let now = Utc::now();
        let (mut rows, mut providers) = (Vec::new(), Vec::new());
        for spec in snapshot.registry.iter() {
            let by_prefix = snapshot.registry.by_prefix(&spec.prefix);
            let is_shadowed = by_prefix.is_some_and(|owner| owner.id != spec.id);
            providers.push((spec.id.to_string(), spec.name.clone()));
            rows.extend(models(&snapshot, spec).into_iter().map(|model| {
                PriceRow {
                    provider: spec.id.clone(),
                    prefix: spec.prefix.clone(),
                    provider_name: spec.name.clone(),
                    model: model.to_owned(),
                    catalogue: catalogue(&snapshot.registry, &spec.id, model),
                    applied: snapshot.price(&spec.id, model, now),
                    entries: snapshot.prices.entries(&spec.id, model).to_vec(),
                    is_shadowed,
                    has_account: snapshot
                        .accounts(&spec.id)
                        .iter()
                        .any(|account| account.is_active),
                }
            }));
        }
        Ok(PriceList {
            rows,
            providers,
            may_change: actor.is_admin(),
        })
    }

    /// Sets prices, all of them or none. What is the same as before is not stored.
    pub async fn set_prices(&self, actor: &Actor, sets: Vec<PriceSet>) -> Result<(), AdminError> {
        actor.must_be_admin()?;
        let snapshot = self.inner.gateway.snapshot();
        let now = now();
        let mut records: Vec<PriceRecord> = Vec::new();
        for set in sets {
            let spec = provider(&snapshot, &set.provider)?;
            let model = model(&set.model)?;
            let valid_from = set.valid_from.map_or(now, |at| at.trunc_subsecs(3));
            check(&set.rates)?;
            let before = snapshot.price(&spec.id, &model, valid_from);
            let rates = set.rates.over(before.map(|price| price.rates));
            let rates = rates.ok_or_else(|| {
                AdminError::invalid(
                    "input",
                    format!("`{model}` has no price yet: input and output are needed"),
                )
            })?;
            if before.is_some_and(|price| price.rates == rates) {
                continue;
            }
            let is_the_catalogues = catalogue(&snapshot.registry, &spec.id, &model) == Some(rates);
            records.retain(|record| (&record.provider, &record.model) != (&spec.id, &model));
            records.push(PriceRecord {
                provider: spec.id.clone(),
                model,
                valid_from,
                rates: (!is_the_catalogues).then_some(rates),
                owner_id: actor.id().clone(),
                created_at: now,
            });
        }
        self.inner.store.prices().set(&records).await?;
        self.apply().await
    }

    /// From now on the catalogue's prices hold again: for one model, for all of a provider, or for all there are.
    pub async fn reset_prices(
        &self,
        actor: &Actor,
        of_provider: Option<&str>,
        of_model: Option<&str>,
    ) -> Result<(), AdminError> {
        actor.must_be_admin()?;
        let snapshot = self.inner.gateway.snapshot();
        let meant = of_provider
            .map(|name| provider(&snapshot, name))
            .transpose()?
            .map(|spec| spec.id.clone());
        let now = now();
        let records: Vec<PriceRecord> = snapshot
            .prices
            .models()
            .filter(|(id, model)| {
                meant.as_ref().is_none_or(|meant| meant == *id)
                    && of_model.is_none_or(|meant| meant == *model)
                    && is_set(&snapshot.prices, id, model, now)
            })
            .map(|(id, model)| PriceRecord {
                provider: id.clone(),
                model: model.to_owned(),
                valid_from: now,
                rates: None,
                owner_id: actor.id().clone(),
                created_at: now,
            })
            .collect();
        self.inner.store.prices().set(&records).await?;
        self.apply().await
    }

    /// Takes one price back, as if it had never been set.
    pub async fn remove_price(
        &self,
        actor: &Actor,
        provider: &ProviderId,
        model: &str,
        valid_from: DateTime<Utc>,
    ) -> Result<(), AdminError> {
        actor.must_be_admin()?;
        self.inner
            .store
            .prices()
            .delete(provider, model, valid_from)
            .await
            .map_err(|error| match error {
                store::error::StoreError::NotFound => AdminError::NotFound("price"),
                other => other.into(),
            })?;
        self.apply().await
    }

    /// Prices the requests of `from..to` anew, each by the price of its own moment.
    pub async fn recompute_prices(
        &self,
        actor: &Actor,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Recomputed, AdminError> {
        actor.must_be_admin()?;
        if from >= to {
            return Err(AdminError::invalid(
                "to",
                "expected an end after the beginning",
            ));
        }
        let snapshot = self.inner.gateway.snapshot();
        let price = |provider: &ProviderId, model: &str, at| snapshot.price(provider, model, at);
        let usage = self.inner.store.usage();
        let (done, corrections) = usage.recompute(from, to, price).await?;
        self.inner.gateway.correct_costs(corrections);
        Ok(done)
    }
}

/// A price that is not the catalogue's holds now.
fn is_set(prices: &Prices, provider: &ProviderId, model: &str, now: DateTime<Utc>) -> bool {
    prices
        .entries(provider, model)
        .iter()
        .find(|entry| entry.valid_from <= now)
        .is_some_and(|entry| entry.rates.is_some())
}

fn models<'a>(snapshot: &'a Snapshot, spec: &'a ProviderSpec) -> Vec<&'a str> {
    let mut models: Vec<&str> = spec.models.iter().map(|model| model.id.as_str()).collect();
    let defaults = snapshot
        .accounts(&spec.id)
        .iter()
        .filter_map(|account| account.default_model.as_deref());
    let set = snapshot
        .prices
        .models()
        .filter(|(id, _)| **id == spec.id)
        .map(|(_, model)| model);
    let others: BTreeSet<&str> = defaults
        .chain(set)
        .filter(|model| spec.model(model).is_none())
        .collect();
    models.extend(others);
    models
}

fn provider<'a>(snapshot: &'a Snapshot, name: &str) -> Result<&'a Arc<ProviderSpec>, AdminError> {
    snapshot.registry.by_prefix(name).ok_or_else(|| {
        AdminError::invalid(
            "provider",
            format!("expected the prefix or the id of a provider, found `{name}`"),
        )
    })
}

fn model(text: &str) -> Result<String, AdminError> {
    let text = text.trim();
    let is_name =
        !text.is_empty() && text.len() <= LONGEST_MODEL && !text.chars().any(char::is_control);
    if !is_name {
        return Err(AdminError::invalid(
            "model",
            "expected the provider's name of a model, of at most 200 characters",
        ));
    }
    Ok(text.to_owned())
}

fn check(rates: &RatesPatch) -> Result<(), AdminError> {
    for (field, rate) in [
        ("input", rates.input),
        ("output", rates.output),
        ("cache_read", rates.cache_read),
        ("cache_write", rates.cache_write),
        ("reasoning", rates.reasoning),
    ] {
        if rate.is_some_and(|rate| rate > Rates::MOST) {
            return Err(AdminError::invalid(
                field,
                "expected a price of at most 100000 dollars per million tokens",
            ));
        }
    }
    Ok(())
}

/// As fine as it is stored.
fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(3)
}
