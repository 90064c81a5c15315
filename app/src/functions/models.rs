//! A provider's models: known, found, added, switched off.

use api::error::ApiError;
use api::ids::{ConnectionId, ProviderId};
use api::provider::{ModelCreate, ModelView, ModelsFound};
use leptos::prelude::server;
use leptos::server_fn::codec::Json;

#[server(endpoint = "provider_models", input = Json)]
pub async fn provider_models(provider: ProviderId) -> Result<Vec<ModelView>, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .provider_models(&actor, &provider)
        .await
        .map_err(crate::session::refuse)
}

/// Asks the account's provider for its models, and remembers them.
#[server(endpoint = "discover_models", input = Json)]
pub async fn discover_models(id: ConnectionId) -> Result<ModelsFound, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    let found = admin.discover_models(&actor, &id).await;
    found.map(ModelsFound::from).map_err(crate::session::refuse)
}

#[server(endpoint = "add_model", input = Json)]
pub async fn add_model(params: ModelCreate) -> Result<ModelView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .add_model(&actor, params)
        .await
        .map_err(crate::session::refuse)
}

/// Takes away a model that was added by hand.
#[server(endpoint = "delete_model", input = Json)]
pub async fn delete_model(provider: ProviderId, model: String) -> Result<(), ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .delete_model(&actor, &provider, &model)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "set_models_enabled", input = Json)]
pub async fn set_models_enabled(
    provider: ProviderId,
    models: Vec<String>,
    is_enabled: bool,
) -> Result<(), ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .set_models_enabled(&actor, &provider, &models, is_enabled)
        .await
        .map_err(crate::session::refuse)
}
