//! What requests to a provider say of the program that sends them.

use std::collections::BTreeMap;

use api::error::ApiError;
use api::identification::IdentificationView;
use api::ids::ProviderId;
use leptos::prelude::server;
use leptos::server_fn::codec::Json;

#[server(endpoint = "identification", input = Json)]
pub async fn identification(provider: ProviderId) -> Result<IdentificationView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .identification(&actor, &provider)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "set_identification", input = Json)]
pub async fn set_identification(
    provider: ProviderId,
    headers: BTreeMap<String, String>,
) -> Result<IdentificationView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .set_identification(&actor, &provider, &headers)
        .await
        .map_err(crate::session::refuse)
}
