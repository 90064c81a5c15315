//! Our own API keys.

use api::error::ApiError;
use api::ids::KeyId;
use api::key::{KeyCreate, KeyCreated, KeyPatch, KeyView};
use leptos::prelude::server;
use leptos::server_fn::codec::Json;

#[server(endpoint = "keys", input = Json)]
pub async fn keys() -> Result<Vec<KeyView>, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin.keys(&actor).await.map_err(crate::session::refuse)
}

#[server(endpoint = "create_key", input = Json)]
pub async fn create_key(params: KeyCreate) -> Result<KeyCreated, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .create_key(&actor, params)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "patch_key", input = Json)]
pub async fn patch_key(id: KeyId, patch: KeyPatch) -> Result<KeyView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .patch_key(&actor, &id, patch)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "delete_key", input = Json)]
pub async fn delete_key(id: KeyId) -> Result<(), ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .delete_key(&actor, &id)
        .await
        .map_err(crate::session::refuse)
}
