//! `/api/settings`: of the original's many fields, those that this router has.

use admin::{Actor, Admin};
use api::settings::{AccountSettings, AccountStrategy};
use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};

use crate::rest::body::Body;
use crate::rest::error::RestError;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    strict_translation: bool,
    fallback_strategy: AccountStrategy,
    sticky_round_robin_limit: u32,
}

/// An unknown field is refused, so that nobody believes to have set it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SettingsChange {
    strict_translation: Option<bool>,
    fallback_strategy: Option<AccountStrategy>,
    sticky_round_robin_limit: Option<u32>,
}

pub(crate) async fn show(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Settings>, RestError> {
    let translation = admin.translation_settings(&actor).await?;
    let accounts = admin.account_settings(&actor).await?;
    Ok(Json(Settings {
        strict_translation: translation.is_strict,
        fallback_strategy: accounts.strategy,
        sticky_round_robin_limit: accounts.sticky_limit,
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
    if let Some(is_strict) = body.strict_translation {
        admin.set_strict_translation(&actor, is_strict).await?;
    }
    show(State(admin), Extension(actor)).await
}
