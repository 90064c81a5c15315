//! `/api/pricing`: prices in dollars per million tokens, by provider's prefix and model, as the original has them.

use std::collections::BTreeMap;

use admin::{Actor, Admin};
use api::price::{PriceSet, Rates, RatesPatch, Recomputed};
use axum::extract::{Query, State};
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::openapi::operations::Operations;
use crate::openapi::shape::{map, object, of};
use crate::rest::body::Body;
use crate::rest::error::RestError;
use crate::rest::log::moment;

/// The original's five fields.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Prices {
    input: f64,
    output: f64,
    cached: f64,
    reasoning: f64,
    cache_creation: f64,
}

/// By prefix, then by model.
type Table<T> = BTreeMap<String, BTreeMap<String, T>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Which {
    provider: Option<String>,
    model: Option<String>,
    valid_from: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Beginning {
    valid_from: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "PricedSpan")]
pub(crate) struct Span {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

/// What holds now: the catalogue's prices, and those that were set over them.
pub(crate) async fn show(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Table<Prices>>, RestError> {
    let mut table = Table::new();
    let rows = admin.price_list(&actor).await?.rows;
    for row in rows.into_iter().filter(|row| !row.is_shadowed) {
        if let Some(price) = row.applied {
            let models: &mut BTreeMap<_, _> = table.entry(row.prefix).or_default();
            models.insert(row.model, price.rates.into());
        }
    }
    Ok(Json(table))
}

/// Sets prices from now on, or from `?validFrom=` on. Fields that are left out stay as they are.
pub(crate) async fn update(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Query(query): Query<Beginning>,
    Body(body): Body<Table<BTreeMap<String, Value>>>,
) -> Result<Json<Table<Prices>>, RestError> {
    let valid_from = query.valid_from.as_deref().map(a_moment).transpose()?;
    let mut sets = Vec::new();
    for (provider, models) in body {
        for (model, fields) in models {
            sets.push(PriceSet {
                provider: provider.clone(),
                rates: rates(&model, &fields)?,
                model,
                valid_from,
            });
        }
    }
    admin.set_prices(&actor, sets).await?;
    show(State(admin), Extension(actor)).await
}

/// Lets the catalogue's prices hold again, of one model, of a provider, or all; with `validFrom` it takes back the
/// one price that was set from that moment on.
pub(crate) async fn reset(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Query(which): Query<Which>,
) -> Result<Json<Table<Prices>>, RestError> {
    let (provider, model) = (which.provider.as_deref(), which.model.as_deref());
    match (provider, model, which.valid_from.as_deref()) {
        (Some(provider), Some(model), Some(at)) => {
            let at = a_moment(at)?;
            let rows = admin.price_list(&actor).await?.rows;
            let found = rows
                .into_iter()
                .find(|row| row.prefix == provider || row.provider.as_str() == provider);
            let id = found
                .ok_or_else(|| refused(format!("there is no provider `{provider}`")))?
                .provider;
            admin.remove_price(&actor, &id, model, at).await?;
        }
        (None, Some(_), _) | (_, None, Some(_)) => {
            return Err(refused("expected a provider and a model".to_owned()));
        }
        (provider, model, None) => admin.reset_prices(&actor, provider, model).await?,
    }
    show(State(admin), Extension(actor)).await
}

/// Prices the requests from `from` to `to` anew, each by the price of its own moment.
pub(crate) async fn recompute(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(span): Body<Span>,
) -> Result<Json<Value>, RestError> {
    let done = admin.recompute_prices(&actor, span.from, span.to).await?;
    let Recomputed {
        requests,
        changed,
        before_micros,
        after_micros,
        unpriced_before,
        unpriced_after,
    } = done;
    Ok(Json(json!({
        "requests": requests,
        "changed": changed,
        "costMicrosBefore": before_micros,
        "costMicrosAfter": after_micros,
        "unpricedBefore": unpriced_before,
        "unpricedAfter": unpriced_after,
    })))
}

fn refused(message: String) -> RestError {
    RestError::new(StatusCode::BAD_REQUEST, message)
}

fn a_moment(text: &str) -> Result<DateTime<Utc>, RestError> {
    moment(text).ok_or_else(|| refused(format!("expected a date or a time, found `{text}`")))
}

fn rates(model: &str, fields: &BTreeMap<String, Value>) -> Result<RatesPatch, RestError> {
    let mut rates = RatesPatch::default();
    for (name, value) in fields {
        let field = match name.as_str() {
            "input" => &mut rates.input,
            "output" => &mut rates.output,
            "cached" => &mut rates.cache_read,
            "cache_creation" => &mut rates.cache_write,
            "reasoning" => &mut rates.reasoning,
            other => {
                return Err(refused(format!(
                    "Invalid pricing field for {model}: expected input, output, cached, reasoning or cache_creation, found `{other}`"
                )));
            }
        };
        let dollars = value.as_f64().ok_or_else(|| {
            refused(format!(
                "Invalid pricing value for {name} of {model}: expected a number, found {value}"
            ))
        })?;
        let rate = api::price::rate(dollars).map_err(|message| {
            refused(format!(
                "Invalid pricing value for {name} of {model}: {message}"
            ))
        })?;
        *field = Some(rate);
    }
    Ok(rates)
}

impl From<Rates> for Prices {
    fn from(rates: Rates) -> Self {
        Self {
            input: dollars(rates.input),
            output: dollars(rates.output),
            cached: dollars(rates.cache_read),
            reasoning: dollars(rates.reasoning),
            cache_creation: dollars(rates.cache_write),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate is far below what a float counts exactly"
)]
fn dollars(rate: u64) -> f64 {
    rate as f64 / 1_000_000.0
}

pub(super) fn describe(api: Operations) -> Operations {
    let prices = || map(map(of::<Prices>()));
    let which = of::<String>;
    api.about("Prices")
        .get(
            "/api/pricing",
            "What holds now, by provider's prefix and model, in dollars per million tokens",
        )
        .gives(prices())
        .patch(
            "/api/pricing",
            "Set prices, from now on or from a moment on",
        )
        .query("validFrom", "The moment", which())
        .takes::<Table<BTreeMap<String, f64>>>()
        .gives(prices())
        .delete(
            "/api/pricing",
            "Let the catalogue's prices hold again: of a model, of a provider, or all",
        )
        .query("provider", "By its prefix", which())
        .query("model", "Which", which())
        .query(
            "validFrom",
            "Take back only the price that was set from this moment on",
            which(),
        )
        .gives(prices())
        .post(
            "/api/pricing/recompute",
            "Price the requests of a time anew",
        )
        .takes::<Span>()
        .gives(object([
            ("requests", of::<u64>()),
            ("changed", of::<u64>()),
            ("costMicrosBefore", of::<i64>()),
            ("costMicrosAfter", of::<i64>()),
            ("unpricedBefore", of::<u64>()),
            ("unpricedAfter", of::<u64>()),
        ]))
}
