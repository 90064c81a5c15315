//! `/api/settings`: of the original's many fields, those that this router has.

use admin::{Actor, Admin};
use api::settings::TranslationSettings;
use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};

use crate::rest::body::Body;
use crate::rest::error::RestError;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    strict_translation: bool,
}

impl From<TranslationSettings> for Settings {
    fn from(settings: TranslationSettings) -> Self {
        Self {
            strict_translation: settings.is_strict,
        }
    }
}

/// An unknown field is refused, so that nobody believes to have set it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SettingsChange {
    strict_translation: Option<bool>,
}

pub(crate) async fn show(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Settings>, RestError> {
    Ok(Json(admin.translation_settings(&actor).await?.into()))
}

pub(crate) async fn update(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<SettingsChange>,
) -> Result<Json<Settings>, RestError> {
    let settings = match body.strict_translation {
        Some(is_strict) => admin.set_strict_translation(&actor, is_strict).await?,
        None => admin.translation_settings(&actor).await?,
    };
    Ok(Json(settings.into()))
}
