//! How much of their quotas the accounts have left.

use api::error::ApiError;
use api::ids::ConnectionId;
use api::quota::{DryCombo, QuotaView};
use leptos::prelude::server;
use leptos::server_fn::codec::Json;

#[server(endpoint = "quotas", input = Json)]
pub async fn quotas() -> Result<Vec<QuotaView>, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin.quotas(&actor).await.map_err(crate::session::refuse)
}

/// Asks the account's vendor, unless that was done a moment ago.
#[server(endpoint = "refresh_quota", input = Json)]
pub async fn refresh_quota(id: ConnectionId) -> Result<QuotaView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .refresh_quota(&actor, &id)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "refresh_quotas", input = Json)]
pub async fn refresh_quotas() -> Result<Vec<QuotaView>, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .refresh_quotas(&actor)
        .await
        .map_err(crate::session::refuse)
}

/// The combos that are about to run dry.
#[server(endpoint = "dry_combos", input = Json)]
pub async fn dry_combos() -> Result<Vec<DryCombo>, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .dry_combos(&actor)
        .await
        .map_err(crate::session::refuse)
}
