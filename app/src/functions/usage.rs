//! What was used, by endpoint, model and provider.

use api::error::ApiError;
use api::usage::RecentUsage;
use api::usage::query::{SeriesQuery, TableQuery};
use api::usage::report::{ReportQuery, UsageReport};
use api::usage::table::{UsageSeries, UsageTable};
use leptos::prelude::server;
use leptos::server_fn::codec::Json;

#[server(name = FetchUsageTable, endpoint = "usage_table", input = Json)]
pub async fn usage_table(query: TableQuery) -> Result<UsageTable, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .watched_table(&actor, query)
        .await
        .map_err(crate::session::refuse)
}

#[server(name = FetchUsageSeries, endpoint = "usage_series", input = Json)]
pub async fn usage_series(query: SeriesQuery) -> Result<UsageSeries, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .watched_series(&actor, query)
        .await
        .map_err(crate::session::refuse)
}

#[server(name = FetchUsageRecent, endpoint = "usage_recent", input = Json)]
pub async fn usage_recent() -> Result<RecentUsage, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .usage_recent(&actor)
        .await
        .map_err(crate::session::refuse)
}

#[server(name = FetchUsageReport, endpoint = "usage_report", input = Json)]
pub async fn usage_report(query: ReportQuery) -> Result<UsageReport, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .usage_report(&actor, query)
        .await
        .map_err(crate::session::refuse)
}
