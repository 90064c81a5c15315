//! Providers, the user's own nodes, and the accounts with them.

use api::connection::{
    CheckResult, ConnectionCreate, ConnectionOrder, ConnectionPatch, ConnectionView,
    CredentialCheck, NodeCheck, TestScope, TestView,
};
use api::error::ApiError;
use api::ids::{ConnectionId, NodeId};
use api::provider::{NodeCreate, NodePatch, NodeView, ProviderView};
use leptos::prelude::server;
use leptos::server_fn::codec::Json;

#[server(endpoint = "providers", input = Json)]
pub async fn providers() -> Result<Vec<ProviderView>, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .providers(&actor)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "create_node", input = Json)]
pub async fn create_node(params: NodeCreate) -> Result<NodeView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .create_node(&actor, params)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "patch_node", input = Json)]
pub async fn patch_node(id: NodeId, patch: NodePatch) -> Result<NodeView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .patch_node(&actor, &id, patch)
        .await
        .map_err(crate::session::refuse)
}

/// Deletes the node and its accounts.
#[server(endpoint = "delete_node", input = Json)]
pub async fn delete_node(id: NodeId) -> Result<(), ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .delete_node(&actor, &id)
        .await
        .map_err(crate::session::refuse)
}

/// Tries a base URL and a key; stores nothing.
#[server(endpoint = "check_node", input = Json)]
pub async fn check_node(params: NodeCheck) -> Result<CheckResult, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .check_node(&actor, params)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "connections", input = Json)]
pub async fn connections() -> Result<Vec<ConnectionView>, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .connections(&actor)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "create_connection", input = Json)]
pub async fn create_connection(params: ConnectionCreate) -> Result<ConnectionView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .create_connection(&actor, params)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "patch_connection", input = Json)]
pub async fn patch_connection(
    id: ConnectionId,
    patch: ConnectionPatch,
) -> Result<ConnectionView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .patch_connection(&actor, &id, patch)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "delete_connection", input = Json)]
pub async fn delete_connection(id: ConnectionId) -> Result<(), ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .delete_connection(&actor, &id)
        .await
        .map_err(crate::session::refuse)
}

/// Tries the stored credential and remembers the account's health.
#[server(endpoint = "test_connection", input = Json)]
pub async fn test_connection(id: ConnectionId) -> Result<CheckResult, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .test_connection(&actor, &id)
        .await
        .map_err(crate::session::refuse)
}

/// Tries a key; stores nothing.
#[server(endpoint = "check_credential", input = Json)]
pub async fn check_credential(params: CredentialCheck) -> Result<CheckResult, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .check_credential(&actor, params)
        .await
        .map_err(crate::session::refuse)
}

/// Tests several accounts, a few at a time.
#[server(endpoint = "test_connections", input = Json)]
pub async fn test_connections(scope: TestScope) -> Result<Vec<TestView>, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .test_connections(&actor, &scope)
        .await
        .map_err(crate::session::refuse)
}

/// Refused when the accounts are in another order than `before`.
#[server(endpoint = "reorder_connections", input = Json)]
pub async fn reorder_connections(order: ConnectionOrder) -> Result<(), ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .reorder_connections(&actor, order)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "set_connections_active", input = Json)]
pub async fn set_connections_active(
    ids: Vec<ConnectionId>,
    is_active: bool,
) -> Result<(), ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .set_connections_active(&actor, &ids, is_active)
        .await
        .map_err(crate::session::refuse)
}

/// Lets an account be asked again before it has rested.
#[server(endpoint = "wake_connection", input = Json)]
pub async fn wake_connection(id: ConnectionId, model: Option<String>) -> Result<(), ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .wake_connection(&actor, &id, model.as_deref())
        .await
        .map_err(crate::session::refuse)
}
