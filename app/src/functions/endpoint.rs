//! The address clients use.

use api::endpoint::EndpointView;
use api::error::ApiError;
use leptos::prelude::server;
use leptos::server_fn::codec::Json;

#[server(endpoint = "endpoint", input = Json)]
pub async fn endpoint() -> Result<EndpointView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    let origin = crate::session::origin();
    admin
        .endpoint(&actor, &origin)
        .await
        .map_err(crate::session::refuse)
}
