//! `/api/usage/query` and `/api/usage/series`: the usage table and its charts, with all they can do.
//!
//! `GET` takes the query as parameters, `POST` as JSON; see `docs/USAGE_API.md`.

use admin::{Actor, Admin};
use api::usage::query::{SeriesQuery, TableQuery};
use api::usage::table::{UsageSeries, UsageTable};
use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use url::form_urlencoded;

use crate::rest::body::Body;
use crate::rest::error::RestError;

pub(crate) type Pairs = Vec<(String, String)>;

pub(crate) async fn table(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(query): Body<TableQuery>,
) -> Result<Json<UsageTable>, RestError> {
    Ok(Json(admin.usage_query(&actor, query).await?))
}

pub(crate) async fn table_of_url(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    RawQuery(text): RawQuery,
) -> Result<Json<UsageTable>, RestError> {
    let pairs = pairs(text);
    let query = TableQuery::from_pairs(borrowed(&pairs))?;
    Ok(Json(admin.usage_query(&actor, query).await?))
}

pub(crate) async fn series(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(query): Body<SeriesQuery>,
) -> Result<Json<UsageSeries>, RestError> {
    Ok(Json(admin.usage_series(&actor, query).await?))
}

pub(crate) async fn series_of_url(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    RawQuery(text): RawQuery,
) -> Result<Json<UsageSeries>, RestError> {
    let pairs = pairs(text);
    let query = SeriesQuery::from_pairs(borrowed(&pairs))?;
    Ok(Json(admin.usage_series(&actor, query).await?))
}

pub(crate) fn pairs(text: Option<String>) -> Pairs {
    form_urlencoded::parse(text.unwrap_or_default().as_bytes())
        .into_owned()
        .collect()
}

pub(crate) fn borrowed(pairs: &Pairs) -> impl Iterator<Item = (&str, &str)> {
    pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
}
