//! What models cost.

use api::error::ApiError;
use api::ids::ProviderId;
use api::price::{PriceList, PriceSet, Recomputed};
use chrono::{DateTime, Utc};
use leptos::prelude::server;
use leptos::server_fn::codec::Json;

#[server(name = FetchPriceList, endpoint = "price_list", input = Json)]
pub async fn price_list() -> Result<PriceList, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .price_list(&actor)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "set_price", input = Json)]
pub async fn set_price(params: PriceSet) -> Result<(), ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .set_prices(&actor, vec![params])
        .await
        .map_err(crate::session::refuse)
}

/// Lets the catalogue's price of one model hold again.
#[server(endpoint = "reset_price", input = Json)]
pub async fn reset_price(provider: ProviderId, model: String) -> Result<(), ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .reset_prices(&actor, Some(provider.as_str()), Some(&model))
        .await
        .map_err(crate::session::refuse)
}

/// Takes one price back, as if it had never been set.
#[server(endpoint = "remove_price", input = Json)]
pub async fn remove_price(
    provider: ProviderId,
    model: String,
    valid_from: DateTime<Utc>,
) -> Result<(), ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .remove_price(&actor, &provider, &model, valid_from)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "recompute_prices", input = Json)]
pub async fn recompute_prices(
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Recomputed, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .recompute_prices(&actor, from, to)
        .await
        .map_err(crate::session::refuse)
}
