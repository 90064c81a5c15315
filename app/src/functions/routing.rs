//! Names of the user's own for models: combos and aliases.

use api::error::ApiError;
use api::ids::ComboId;
use api::routing::{AliasSet, AliasView, ComboCreate, ComboPatch, ComboView, RoutingView};
use leptos::prelude::server;
use leptos::server_fn::codec::Json;

#[server(endpoint = "routing", input = Json)]
pub async fn routing() -> Result<RoutingView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin.routing(&actor).await.map_err(crate::session::refuse)
}

#[server(endpoint = "create_combo", input = Json)]
pub async fn create_combo(params: ComboCreate) -> Result<ComboView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .create_combo(&actor, params)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "patch_combo", input = Json)]
pub async fn patch_combo(id: ComboId, patch: ComboPatch) -> Result<ComboView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .patch_combo(&actor, &id, patch)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "delete_combo", input = Json)]
pub async fn delete_combo(id: ComboId) -> Result<(), ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .delete_combo(&actor, &id)
        .await
        .map_err(crate::session::refuse)
}

/// Makes an alias, or lets the one of this name mean something else.
#[server(endpoint = "set_alias", input = Json)]
pub async fn set_alias(params: AliasSet) -> Result<AliasView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .set_alias(&actor, params)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "delete_alias", input = Json)]
pub async fn delete_alias(alias: String) -> Result<(), ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .delete_alias(&actor, &alias)
        .await
        .map_err(crate::session::refuse)
}
