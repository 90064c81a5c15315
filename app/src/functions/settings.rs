//! What the whole installation agrees on.

use api::error::ApiError;
use api::settings::{SettingsPatch, SettingsView, TranslationSettings, UsageRetention};
use leptos::prelude::server;
use leptos::server_fn::codec::Json;

#[server(endpoint = "settings", input = Json)]
pub async fn settings() -> Result<SettingsView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin.settings(&actor).await.map_err(crate::session::refuse)
}

#[server(endpoint = "patch_settings", input = Json)]
pub async fn patch_settings(patch: SettingsPatch) -> Result<SettingsView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .patch_settings(&actor, patch)
        .await
        .map_err(crate::session::refuse)
}

#[server(name = FetchTranslationSettings, endpoint = "translation_settings", input = Json)]
pub async fn translation_settings() -> Result<TranslationSettings, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .translation_settings(&actor)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "set_strict_translation", input = Json)]
pub async fn set_strict_translation(is_strict: bool) -> Result<TranslationSettings, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .set_strict_translation(&actor, is_strict)
        .await
        .map_err(crate::session::refuse)
}

#[server(name = FetchUsageRetention, endpoint = "usage_retention", input = Json)]
pub async fn usage_retention() -> Result<UsageRetention, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .usage_retention(&actor)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "set_usage_retention", input = Json)]
pub async fn set_usage_retention(retention: UsageRetention) -> Result<UsageRetention, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .set_usage_retention(&actor, retention)
        .await
        .map_err(crate::session::refuse)
}
