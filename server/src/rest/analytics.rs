//! `/api/usage/query` and `/api/usage/series`: the usage table and its charts, with all they can do.
//!
//! `GET` takes the query as parameters, `POST` as JSON; see `docs/USAGE_API.md`.

use admin::{Actor, Admin};
use api::settings::UsageRetention;
use api::usage::Direction;
use api::usage::query::{Dimension, Measure, Preset, SeriesQuery, SortBy, Step, TableQuery};
use api::usage::table::{UsageSeries, UsageTable};
use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use url::form_urlencoded;

use crate::openapi::operations::Operations;
use crate::openapi::shape::{Shape, of};
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

/// For how long usage is kept.
pub(crate) async fn retention(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<UsageRetention>, RestError> {
    Ok(Json(admin.usage_retention(&actor).await?))
}

pub(crate) async fn set_retention(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(retention): Body<UsageRetention>,
) -> Result<Json<UsageRetention>, RestError> {
    Ok(Json(admin.set_usage_retention(&actor, retention).await?))
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

pub(super) fn describe(api: Operations) -> Operations {
    let api = api
        .about("Usage")
        .post(
            "/api/usage/query",
            "The usage table: any two dimensions over any period",
        )
        .takes::<TableQuery>()
        .gives(of::<UsageTable>())
        .post(
            "/api/usage/series",
            "A chart: one measure over time, as one line or several",
        )
        .takes::<SeriesQuery>()
        .gives(of::<UsageSeries>())
        .get("/api/usage/query", "The usage table, asked by parameters")
        .gives(of::<UsageTable>());
    let api = table_parameters(api)
        .get("/api/usage/series", "A chart, asked by parameters")
        .gives(of::<UsageSeries>())
        .query("by", "A line for each value of it", of::<Dimension>())
        .query("step", "How wide a step is", of::<Step>())
        .query("measure", "What is drawn", of::<Measure>())
        .query(
            "limit",
            "Lines before the rest becomes one; 1 to 50",
            of::<u32>(),
        );
    selection(api)
        .get(
            "/api/settings/usage-retention",
            "For how many days usage is kept",
        )
        .gives(of::<UsageRetention>())
        .put(
            "/api/settings/usage-retention",
            "Keep it for longer or shorter",
        )
        .takes::<UsageRetention>()
        .gives(of::<UsageRetention>())
}

/// The parameters of a table.
pub(crate) fn table_parameters(api: Operations) -> Operations {
    let text = of::<String>;
    let api = api
        .query("by", "One dimension, or two with a comma between", text())
        .query("sort", "What rows are sorted by", of::<SortBy>())
        .query("direction", "Which way", of::<Direction>())
        .query(
            "then_sort",
            "What rows are sorted by that are the same by `sort`",
            text(),
        )
        .query(
            "limit",
            "Rows before the rest becomes one; 1 to 1000",
            of::<u32>(),
        )
        .query("compare", "With the period before", of::<bool>());
    selection(api)
}

/// The parameters that say which requests are meant.
fn selection(api: Operations) -> Operations {
    let text: fn() -> Shape = of::<String>;
    let api = api
        .query("period", "A period that ends now", of::<Preset>())
        .query(
            "from",
            "Where another period begins: a moment, a time or a day",
            text(),
        )
        .query("until", "Where it ends; a day is included", text())
        .query(
            "zone",
            "The time zone of days and hours, by its IANA name",
            text(),
        )
        .query(
            "text",
            "Only requests with this text in a value or a name",
            text(),
        );
    let filters = Dimension::ALL
        .iter()
        .filter(|dimension| !dimension.is_time());
    filters.fold(api, |api, dimension| {
        let meaning = "Only requests with this value, or one of several; empty for having none";
        api.query(dimension.as_str(), meaning, text())
    })
}
