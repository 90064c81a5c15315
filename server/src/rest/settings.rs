//! `/api/settings`: of the original's many fields, those that this router has, and a few of its own.

use std::collections::BTreeMap;

use admin::{Actor, Admin};
use api::ids::{ConnectionId, ProviderId};
use api::log::CaptureSettings;
use api::settings::{
    AccountStrategy, Conversations, ProviderOrder, SettingsPatch, SettingsView, TimeoutSettings,
};
use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::openapi::operations::Operations;
use crate::openapi::shape::of;
use crate::rest::body::Body;
use crate::rest::error::RestError;

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    strict_translation: bool,
    fallback_strategy: AccountStrategy,
    sticky_round_robin_limit: u32,
    /// Whole requests and answers are kept.
    enable_observability: bool,
    /// KiB of a payload that are kept.
    observability_max_json_size: u32,
    /// MiB of all payloads.
    observability_max_total_size: u32,
    observability_max_hours: u32,
    provider_strategies: BTreeMap<ProviderId, ProviderStrategy>,
    account_weights: BTreeMap<ConnectionId, u32>,
    conversations: Conversations,
    timeouts: Timeouts,
    /// The IANA name of the time zone in which the days of budgets begin.
    budget_zone: String,
}

/// What one provider has of its own; what is left out is as everywhere.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProviderStrategy {
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback_strategy: Option<AccountStrategy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sticky_round_robin_limit: Option<u32>,
}

/// In milliseconds; what is `null` is as the environment says.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Timeouts {
    connect_ms: Option<u32>,
    first_byte_ms: Option<u32>,
    idle_ms: Option<u32>,
}

/// An unknown field is refused, so that nobody believes to have set it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SettingsChange {
    strict_translation: Option<bool>,
    fallback_strategy: Option<AccountStrategy>,
    sticky_round_robin_limit: Option<u32>,
    enable_observability: Option<bool>,
    observability_max_json_size: Option<u32>,
    observability_max_total_size: Option<u32>,
    observability_max_hours: Option<u32>,
    /// In place of all that were set.
    provider_strategies: Option<BTreeMap<ProviderId, ProviderStrategy>>,
    /// In place of all that were set.
    account_weights: Option<BTreeMap<ConnectionId, u32>>,
    conversations: Option<Conversations>,
    /// In place of all that were set.
    timeouts: Option<Timeouts>,
    budget_zone: Option<String>,
}

pub(crate) async fn show(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Settings>, RestError> {
    shown(&admin, &actor).await
}

pub(crate) async fn update(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<SettingsChange>,
) -> Result<Json<Settings>, RestError> {
    let now = admin.capture_status(&actor).await?.settings;
    let capture = CaptureSettings {
        is_on: body.enable_observability.unwrap_or(now.is_on),
        stage_kib: body.observability_max_json_size.unwrap_or(now.stage_kib),
        total_mib: body.observability_max_total_size.unwrap_or(now.total_mib),
        hours: body.observability_max_hours.unwrap_or(now.hours),
    };
    let patch = SettingsPatch {
        capture: (capture != now).then_some(capture),
        ..body.into()
    };
    let changed = admin.patch_settings(&actor, patch).await;
    // In words of this API, not of the pages.
    changed.map_err(|error| match error {
        admin::AdminError::Invalid { field, message } => RestError::new(
            StatusCode::BAD_REQUEST,
            format!("{}: {message}", ours(&field)),
        ),
        error => error.into(),
    })?;
    shown(&admin, &actor).await
}

async fn shown(admin: &Admin, actor: &Actor) -> Result<Json<Settings>, RestError> {
    let capture = admin.capture_status(actor).await?.settings;
    Ok(Json(Settings::new(admin.settings(actor).await?, capture)))
}

/// The field of this API for one of ours.
fn ours(field: &str) -> &str {
    match field {
        "sticky_limit" => "stickyRoundRobinLimit",
        "providers" => "providerStrategies",
        "weights" => "accountWeights",
        "connect_ms" => "timeouts.connectMs",
        "first_byte_ms" => "timeouts.firstByteMs",
        "idle_ms" => "timeouts.idleMs",
        "budget_zone" => "budgetZone",
        "stage_kib" => "observabilityMaxJsonSize",
        "total_mib" => "observabilityMaxTotalSize",
        "hours" => "observabilityMaxHours",
        field => field,
    }
}

impl Settings {
    fn new(view: SettingsView, capture: CaptureSettings) -> Self {
        let strategies = view.providers.into_iter().map(|(provider, order)| {
            let strategy = ProviderStrategy {
                fallback_strategy: order.strategy,
                sticky_round_robin_limit: order.sticky_limit,
            };
            (provider, strategy)
        });
        Self {
            strict_translation: view.is_strict,
            fallback_strategy: view.accounts.strategy,
            sticky_round_robin_limit: view.accounts.sticky_limit,
            enable_observability: capture.is_on,
            observability_max_json_size: capture.stage_kib,
            observability_max_total_size: capture.total_mib,
            observability_max_hours: capture.hours,
            provider_strategies: strategies.collect(),
            account_weights: view.weights,
            conversations: view.conversations,
            timeouts: Timeouts {
                connect_ms: view.timeouts.connect_ms,
                first_byte_ms: view.timeouts.first_byte_ms,
                idle_ms: view.timeouts.idle_ms,
            },
            budget_zone: view.budget_zone,
        }
    }
}

impl From<SettingsChange> for SettingsPatch {
    fn from(change: SettingsChange) -> Self {
        let orders = change.provider_strategies.map(|strategies| {
            let orders = strategies.into_iter().map(|(provider, strategy)| {
                let order = ProviderOrder {
                    strategy: strategy.fallback_strategy,
                    sticky_limit: strategy.sticky_round_robin_limit,
                };
                (provider, order)
            });
            orders.collect()
        });
        Self {
            is_strict: change.strict_translation,
            strategy: change.fallback_strategy,
            sticky_limit: change.sticky_round_robin_limit,
            providers: orders,
            weights: change.account_weights,
            conversations: change.conversations,
            timeouts: change.timeouts.map(|timeouts| TimeoutSettings {
                connect_ms: timeouts.connect_ms,
                first_byte_ms: timeouts.first_byte_ms,
                idle_ms: timeouts.idle_ms,
            }),
            budget_zone: change.budget_zone,
            capture: None,
        }
    }
}

pub(super) fn describe(api: Operations) -> Operations {
    api.about("Settings")
        .get("/api/settings", "What the whole installation agrees on")
        .gives(of::<Settings>())
        .patch("/api/settings", "Change some of it")
        .takes::<SettingsChange>()
        .gives(of::<Settings>())
}
