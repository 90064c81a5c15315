//! `/api/settings`: of the original's many fields, those that this router has.

use admin::{Actor, Admin};
use api::log::CaptureSettings;
use api::settings::{AccountSettings, AccountStrategy};
use axum::extract::State;
use axum::{Extension, Json};
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
}

pub(crate) async fn show(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Settings>, RestError> {
    let translation = admin.translation_settings(&actor).await?;
    let accounts = admin.account_settings(&actor).await?;
    let capture = admin.capture_status(&actor).await?.settings;
    Ok(Json(Settings {
        strict_translation: translation.is_strict,
        fallback_strategy: accounts.strategy,
        sticky_round_robin_limit: accounts.sticky_limit,
        enable_observability: capture.is_on,
        observability_max_json_size: capture.stage_kib,
        observability_max_total_size: capture.total_mib,
        observability_max_hours: capture.hours,
    }))
}

pub(crate) async fn update(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<SettingsChange>,
) -> Result<Json<Settings>, RestError> {
    if body.fallback_strategy.is_some() || body.sticky_round_robin_limit.is_some() {
        let now = admin.account_settings(&actor).await?;
        let settings = AccountSettings {
            strategy: body.fallback_strategy.unwrap_or(now.strategy),
            sticky_limit: body.sticky_round_robin_limit.unwrap_or(now.sticky_limit),
        };
        admin.set_account_settings(&actor, settings).await?;
    }
    let now = admin.capture_status(&actor).await?.settings;
    let capture = CaptureSettings {
        is_on: body.enable_observability.unwrap_or(now.is_on),
        stage_kib: body.observability_max_json_size.unwrap_or(now.stage_kib),
        total_mib: body.observability_max_total_size.unwrap_or(now.total_mib),
        hours: body.observability_max_hours.unwrap_or(now.hours),
    };
    if capture != now {
        admin.set_capture(&actor, capture).await?;
    }
    if let Some(is_strict) = body.strict_translation {
        admin.set_strict_translation(&actor, is_strict).await?;
    }
    show(State(admin), Extension(actor)).await
}

pub(super) fn describe(api: Operations) -> Operations {
    api.about("Settings")
        .get("/api/settings", "What the whole installation agrees on")
        .gives(of::<Settings>())
        .patch("/api/settings", "Change some of it")
        .takes::<SettingsChange>()
        .gives(of::<Settings>())
}
