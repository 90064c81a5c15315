//! `/api/usage/{connectionId}`: what an account's upstream says of its quota, in the original's shape.

use admin::{Actor, Admin};
use api::ids::ConnectionId;
use api::quota::{Amount, QuotaView, Source, WindowView};
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde_json::{Map, Value, json};

use crate::openapi::operations::Operations;
use crate::openapi::shape::{Shape, any, map, object, of, or_null};
use crate::rest::error::RestError;

/// Nobody is asked because somebody looks.
pub(crate) async fn show(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Json<Value>, RestError> {
    let id = ConnectionId(id);
    admin.connection(&actor, &id).await?;
    let views = admin.quotas(&actor).await?;
    let view = views.iter().find(|view| view.id == id);
    Ok(Json(view.map_or_else(nothing, shape)))
}

/// Asks the upstream, unless that was done a moment ago.
pub(crate) async fn refresh(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Json<Value>, RestError> {
    let view = admin.refresh_quota(&actor, &ConnectionId(id)).await?;
    Ok(Json(shape(&view)))
}

fn nothing() -> Value {
    json!({
        "plan": null,
        "resetDate": null,
        "limitReached": false,
        "message": "Usage not available for API key connections",
        "asOf": null,
        "quotas": {},
    })
}

fn shape(view: &QuotaView) -> Value {
    let quotas: Map<String, Value> = view
        .windows
        .iter()
        .map(|view| (view.window.name.clone(), window(view)))
        .collect();
    let is_reached = |view: &WindowView| view.window.amount.share() == Some(1.0);
    json!({
        "plan": view.plan,
        "resetDate": view.first_reset(),
        "limitReached": view.windows.iter().any(is_reached),
        "message": view.message,
        "asOf": view.as_of,
        "quotas": quotas,
    })
}

/// Percentages count as so many of a hundred.
fn window(view: &WindowView) -> Value {
    let window = &view.window;
    let (used, total) = match window.amount {
        Amount::Unlimited => (0.0, 0.0),
        Amount::Share { used } => (rounded(used * 100.0), 100.0),
        Amount::Count { used, total } => (rounded(used), total),
    };
    let left = window
        .amount
        .share()
        .map(|share| rounded((1.0 - share) * 100.0));
    json!({
        "used": used,
        "total": total,
        "remaining": rounded((total - used).max(0.0)),
        "remainingPercentage": left.unwrap_or(100.0),
        "resetAt": window.resets_at,
        "unlimited": window.amount == Amount::Unlimited,
        "displayName": window.name,
        "source": match window.source {
            Source::Reported => "reported",
            Source::Counted => "counted",
        },
        "forecast": view.forecast,
    })
}

fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

pub(super) fn describe(api: Operations) -> Operations {
    let quota = || {
        object([
            ("plan", or_null(of::<String>())),
            ("resetDate", or_null(of::<String>())),
            ("limitReached", of::<bool>()),
            ("message", or_null(of::<String>())),
            ("asOf", or_null(of::<String>())),
            ("quotas", map(described())),
        ])
    };
    api.about("Usage")
        .get(
            "/api/usage/{connectionId}",
            "What an account's upstream said of its quota; nobody is asked",
        )
        .gives(quota())
        .post(
            "/api/usage/{connectionId}/refresh",
            "Ask an account's upstream for its quota, unless that was done a moment ago",
        )
        .gives(quota())
}

fn described() -> Shape {
    object([
        ("used", of::<f64>()),
        ("total", of::<f64>()),
        ("remaining", of::<f64>()),
        ("remainingPercentage", of::<f64>()),
        ("resetAt", or_null(of::<String>())),
        ("unlimited", of::<bool>()),
        ("displayName", of::<String>()),
        ("source", of::<String>()),
        ("forecast", any()),
    ])
}
