//! What the whole installation agrees on.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use api::ids::{ConnectionId, ProviderId};
use api::settings::{
    AccountSettings, ProviderOrder, SettingsPatch, SettingsView, TimeoutSettings, Timeouts,
    TranslationSettings, USAGE_RETENTION, UsageRetention,
};
use chrono::Utc;
use gateway::settings::{
    ACCOUNT_ORDER, ACCOUNT_WEIGHTS, BUDGET_ZONE, CONVERSATIONS, PROVIDER_ORDERS,
    STRICT_TRANSLATION, Settings, TIMEOUTS,
};
use gateway::snapshot::CAPTURE;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;
use crate::log::check_capture;

impl Admin {
    /// As the data plane holds them, which is what counts.
    #[expect(clippy::unused_async, reason = "use cases are asynchronous alike")]
    pub async fn settings(&self, actor: &Actor) -> Result<SettingsView, AdminError> {
        let snapshot = self.inner.gateway.snapshot();
        let Settings {
            is_strict,
            routing,
            timeouts,
            budget_zone,
            identification: _,
        } = snapshot.settings.clone();
        let mut weights = routing.weights;
        weights.retain(|account, _| {
            let account = snapshot.account(account);
            account.is_some_and(|account| {
                actor.is_admin() || account.is_shared || account.owner_id == *actor.id()
            })
        });
        Ok(SettingsView {
            is_strict,
            accounts: routing.accounts,
            providers: routing.providers,
            weights,
            conversations: routing.conversations,
            timeouts,
            default_timeouts: self.inner.gateway.default_timeouts(),
            budget_zone: Some(budget_zone)
                .filter(|zone| !zone.is_empty())
                .unwrap_or_else(|| "UTC".to_owned()),
            may_change: actor.is_admin(),
        })
    }

    /// For how long usage is kept.
    pub async fn usage_retention(&self, _actor: &Actor) -> Result<UsageRetention, AdminError> {
        let kept = self.inner.store.settings().get(USAGE_RETENTION).await?;
        Ok(kept
            .and_then(|kept| serde_json::from_value(kept).ok())
            .unwrap_or_default())
    }

    /// What is older than the new terms goes within the hour.
    pub async fn set_usage_retention(
        &self,
        actor: &Actor,
        retention: UsageRetention,
    ) -> Result<UsageRetention, AdminError> {
        actor.must_be_admin()?;
        if let Some((field, message)) = retention.problem() {
            return Err(AdminError::invalid(field, message));
        }
        let value = serde_json::to_value(retention).unwrap_or_default();
        self.inner
            .store
            .settings()
            .set(USAGE_RETENTION, &value, Utc::now())
            .await?;
        Ok(retention)
    }

    /// Changes all that `patch` names, or nothing.
    pub async fn patch_settings(
        &self,
        actor: &Actor,
        patch: SettingsPatch,
    ) -> Result<SettingsView, AdminError> {
        actor.must_be_admin()?;
        let values = self.checked(patch)?;
        self.inner
            .store
            .settings()
            .set_all(&values, Utc::now())
            .await?;
        self.apply().await?;
        self.settings(actor).await
    }

    /// What is written for a patch, once all of it is found to be right.
    fn checked(&self, patch: SettingsPatch) -> Result<BTreeMap<&'static str, Value>, AdminError> {
        let SettingsPatch {
            is_strict,
            strategy,
            sticky_limit,
            providers,
            weights,
            conversations,
            timeouts,
            budget_zone,
            capture,
        } = patch;
        let mut values = BTreeMap::new();
        if let Some(is_strict) = is_strict {
            values.insert(STRICT_TRANSLATION, json!(is_strict));
        }
        if strategy.is_some() || sticky_limit.is_some() {
            let now = self.inner.gateway.snapshot().settings.routing.accounts;
            let order = AccountSettings {
                strategy: strategy.unwrap_or(now.strategy),
                sticky_limit: sticky_limit.unwrap_or(now.sticky_limit),
            };
            within("sticky_limit", "requests", order.sticky_limit, STICKY)?;
            values.insert(ACCOUNT_ORDER, json!(order));
        }
        if let Some(providers) = providers {
            values.insert(PROVIDER_ORDERS, json!(self.checked_orders(providers)?));
        }
        if let Some(weights) = weights {
            values.insert(ACCOUNT_WEIGHTS, json!(self.checked_weights(weights)?));
        }
        if let Some(conversations) = conversations {
            values.insert(CONVERSATIONS, json!(conversations));
        }
        if let Some(timeouts) = timeouts {
            values.insert(TIMEOUTS, json!(checked_timeouts(timeouts)?));
        }
        if let Some(zone) = budget_zone {
            let known = TimeZone::get(zone.trim()).map_err(|_| {
                AdminError::invalid(
                    "budget_zone",
                    format!(
                        "expected the name of a time zone such as `Europe/Berlin`, found `{zone}`"
                    ),
                )
            })?;
            values.insert(BUDGET_ZONE, json!(known.iana_name().unwrap_or("UTC")));
        }
        if let Some(capture) = capture {
            check_capture(capture)?;
            values.insert(CAPTURE, json!(capture));
        }
        Ok(values)
    }

    /// An order that says nothing of its own is left out.
    fn checked_orders(
        &self,
        mut orders: BTreeMap<ProviderId, ProviderOrder>,
    ) -> Result<BTreeMap<ProviderId, ProviderOrder>, AdminError> {
        orders.retain(|_, order| *order != ProviderOrder::default());
        let snapshot = self.inner.gateway.snapshot();
        for (provider, order) in &orders {
            // One that is gone may still be there in what a page read a minute ago.
            let is_new = !snapshot.settings.routing.providers.contains_key(provider);
            if is_new && snapshot.registry.get(provider).is_none() {
                return Err(AdminError::invalid(
                    "providers",
                    format!("expected the id of a provider, found `{provider}`"),
                ));
            }
            if let Some(limit) = order.sticky_limit {
                within("sticky_limit", "requests", limit, STICKY)?;
            }
        }
        Ok(orders)
    }

    /// A weight of one is what accounts have anyway; those of accounts that are gone are left out.
    fn checked_weights(
        &self,
        mut weights: BTreeMap<ConnectionId, u32>,
    ) -> Result<BTreeMap<ConnectionId, u32>, AdminError> {
        for weight in weights.values() {
            within("weights", "turns", *weight, 1..=AccountSettings::HEAVIEST)?;
        }
        let snapshot = self.inner.gateway.snapshot();
        weights.retain(|account, weight| *weight != 1 && snapshot.has_account(account));
        Ok(weights)
    }

    /// Of the settings what the translator's page shows.
    pub async fn translation_settings(
        &self,
        actor: &Actor,
    ) -> Result<TranslationSettings, AdminError> {
        let settings = self.settings(actor).await?;
        Ok(TranslationSettings {
            is_strict: settings.is_strict,
            may_change: settings.may_change,
        })
    }

    /// Whether every request is refused rather than a part of it lost.
    pub async fn set_strict_translation(
        &self,
        actor: &Actor,
        is_strict: bool,
    ) -> Result<TranslationSettings, AdminError> {
        let patch = SettingsPatch {
            is_strict: Some(is_strict),
            ..SettingsPatch::default()
        };
        self.patch_settings(actor, patch).await?;
        self.translation_settings(actor).await
    }
}

const STICKY: RangeInclusive<u32> = 1..=AccountSettings::MOST_STICKY;

fn checked_timeouts(timeouts: TimeoutSettings) -> Result<TimeoutSettings, AdminError> {
    for (field, value) in [
        ("connect_ms", timeouts.connect_ms),
        ("first_byte_ms", timeouts.first_byte_ms),
        ("idle_ms", timeouts.idle_ms),
    ] {
        if let Some(value) = value {
            within(field, "milliseconds", value, Timeouts::BOUNDS_MS)?;
        }
    }
    Ok(timeouts)
}

fn within<T: PartialOrd + Copy + std::fmt::Display>(
    field: &'static str,
    unit: &str,
    value: T,
    bounds: RangeInclusive<T>,
) -> Result<(), AdminError> {
    if bounds.contains(&value) {
        return Ok(());
    }
    let (least, most) = bounds.into_inner();
    Err(AdminError::invalid(
        field,
        format!("expected a number of {unit} from {least} to {most}, found {value}"),
    ))
}
