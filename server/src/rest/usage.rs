//! `/api/usage/*` in the original's shapes: all sums at once, a chart, and what happens from now on.

mod live;

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use admin::usage::lately::Lately;
use admin::{Actor, Admin};
use api::ids::ProviderId;
use api::usage::LiveEvent;
use axum::extract::{Query, State};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt as _, stream};
use gateway::live::Happening;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio_util::sync::CancellationToken;

use crate::openapi::operations::Operations;
use crate::openapi::shape::{Shape, any, map, object, of, several};
use crate::rest::error::RestError;
use crate::rest::history::{bars, described, minutes, stats};
use crate::rest::usage::live::Recent;

const PING: Duration = Duration::from_secs(25);
/// Minutes that the statistics have one by one.
const MINUTES: u16 = 10;

/// The original's whole statistics object, all time. Keys are named by id, never by their text.
pub(crate) async fn history(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Value>, RestError> {
    Ok(Json(statistics(&admin, &actor, Lately::Ever, "UTC").await?))
}

/// The same of a period.
pub(crate) async fn period(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, RestError> {
    let (lately, zone) = asked(&query)?;
    Ok(Json(statistics(&admin, &actor, lately, zone).await?))
}

/// The tokens and the cost of a period, by its hours or days.
pub(crate) async fn chart(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, RestError> {
    let (lately, zone) = asked(&query)?;
    Ok(Json(bars(&admin.usage_bars(&actor, lately, zone).await?)))
}

/// The providers that have requests.
pub(crate) async fn providers(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Value>, RestError> {
    let providers = admin.usage_providers(&actor).await?;
    let providers = providers
        .iter()
        .map(|(id, name)| json!({ "id": id, "name": name }));
    Ok(Json(json!({ "providers": providers.collect::<Value>() })))
}

async fn statistics(
    admin: &Admin,
    actor: &Actor,
    lately: Lately,
    zone: &str,
) -> Result<Value, RestError> {
    let mut stats = stats(&admin.usage_history(actor, lately, zone).await?);
    stats.insert(
        "last10Minutes".to_owned(),
        minutes(&admin.usage_minutes(actor, MINUTES).await?),
    );
    let recent = Recent::new(admin.usage_recent(actor).await?.rows);
    let mut live = live::fields(&admin.usage_running(actor), &recent, Utc::now());
    stats.append(&mut live);
    Ok(Value::Object(stats))
}

/// A period of the original's, and whose days are meant.
fn asked(query: &HashMap<String, String>) -> Result<(Lately, &str), RestError> {
    let lately = match query.get("period").map(String::as_str) {
        Some("24h") => Lately::Hours(24),
        None | Some("7d") => Lately::Days(7),
        Some("30d") => Lately::Days(30),
        Some("60d") => Lately::Days(60),
        Some("all") => Lately::Ever,
        Some(other) => {
            let message = format!(
                "Invalid period: expected `24h`, `7d`, `30d`, `60d` or `all`, found `{other}`"
            );
            return Err(RestError::new(StatusCode::BAD_REQUEST, message));
        }
    };
    Ok((lately, query.get("zone").map_or("UTC", String::as_str)))
}

/// What happens, as it happens: our own events, and beside them the fields of the original's live object.
pub(crate) async fn stream(
    State(admin): State<Admin>,
    State(stopping): State<CancellationToken>,
    Extension(actor): Extension<Actor>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, RestError> {
    let receiver = admin.gateway().live().subscribe();
    let mut watch = Watch {
        recent: Recent::new(admin.usage_recent(&actor).await?.rows),
        receiver,
        admin,
        actor,
    };
    let first = watch.message(LiveEvent::Active {
        requests: watch.admin.gateway().live().active(),
    });
    let later = stream::unfold(watch, |mut watch| async move {
        let messages = watch.next().await?;
        Some((stream::iter(messages), watch))
    });
    let events = stream::once(async { first })
        .chain(later.flatten())
        .take_until(stopping.cancelled_owned())
        .filter_map(async |message| Event::default().json_data(message).ok().map(Ok));
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(PING).text("ping")))
}

/// Somebody who watches, and what they know.
struct Watch {
    admin: Admin,
    actor: Actor,
    receiver: Receiver<Happening>,
    recent: Recent,
}

impl Watch {
    /// What has happened since, at least one thing. `None` when nothing will happen any more.
    async fn next(&mut self) -> Option<Vec<Value>> {
        let mut events = Vec::new();
        loop {
            match self.receiver.recv().await {
                Ok(happening) => events.extend(self.shown(happening)),
                Err(RecvError::Lagged(_)) => events.push(LiveEvent::Missed),
                Err(RecvError::Closed) => return None,
            }
            loop {
                match self.receiver.try_recv() {
                    Ok(happening) => events.extend(self.shown(happening)),
                    Err(TryRecvError::Lagged(_)) => events.push(LiveEvent::Missed),
                    Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                }
            }
            if !events.is_empty() {
                return Some(self.messages(events));
            }
        }
    }

    fn shown(&self, happening: Happening) -> Option<LiveEvent> {
        let is_shown = self.actor.is_admin()
            || happening.user_id.as_ref() == Some(self.actor.id())
            || matches!(happening.event, LiveEvent::Active { .. });
        is_shown.then_some(happening.event)
    }

    /// Of several numbers of requests under way only the last is true.
    fn messages(&mut self, events: Vec<LiveEvent>) -> Vec<Value> {
        let is_count = |event: &LiveEvent| matches!(event, LiveEvent::Active { .. });
        let last = events.iter().rposition(is_count);
        let events = events.into_iter().enumerate();
        events
            .filter(|(place, event)| !is_count(event) || Some(*place) == last)
            .map(|(_, event)| self.message(event))
            .collect()
    }

    fn message(&mut self, event: LiveEvent) -> Value {
        let mut message = serde_json::to_value(&event).unwrap_or_default();
        if let LiveEvent::Recorded { row } = event {
            self.recent.add(*row);
        }
        if let Value::Object(fields) = &mut message {
            let running = self.admin.usage_running(&self.actor);
            fields.append(&mut live::fields(&running, &self.recent, Utc::now()));
        }
        message
    }
}

/// The statistics object.
fn described_stats() -> Shape {
    let minute = object([
        ("requests", of::<u64>()),
        ("promptTokens", of::<u64>()),
        ("completionTokens", of::<u64>()),
        ("cost", of::<f64>()),
    ]);
    let text = of::<String>;
    object([
        ("totalRequests", of::<u64>()),
        ("totalPromptTokens", of::<u64>()),
        ("totalCompletionTokens", of::<u64>()),
        ("totalCost", of::<f64>()),
        ("byProvider", described()),
        ("byModel", described()),
        ("byAccount", described()),
        ("byApiKey", described()),
        ("byEndpoint", described()),
        ("last10Minutes", several(minute)),
        (
            "activeRequests",
            several(object([
                ("model", text()),
                ("provider", text()),
                ("account", text()),
                ("count", of::<u32>()),
            ])),
        ),
        (
            "pending",
            object([
                ("byModel", map(of::<u32>())),
                ("byAccount", map(map(of::<u32>()))),
            ]),
        ),
        ("recentRequests", several(any())),
        ("errorProvider", text()),
    ])
}

fn with_period(api: Operations) -> Operations {
    api.query(
        "period",
        "`24h`, `7d`, `30d`, `60d` or `all`; `7d` where none is said",
        of::<String>(),
    )
    .query(
        "zone",
        "The time zone of its hours and days, by its IANA name; otherwise UTC",
        of::<String>(),
    )
}

pub(super) fn describe(api: Operations) -> Operations {
    let provider = object([("id", of::<ProviderId>()), ("name", of::<String>())]);
    let bar = object([
        ("label", of::<String>()),
        ("tokens", of::<u64>()),
        ("cost", of::<f64>()),
        ("requests", of::<u64>()),
        ("start", of::<DateTime<Utc>>()),
    ]);
    let api = api
        .about("Usage")
        .get(
            "/api/usage/history",
            "The original's statistics of all time",
        )
        .gives(described_stats())
        .get("/api/usage/stats", "The original's statistics of a period")
        .gives(described_stats());
    let api = with_period(api)
        .get("/api/usage/chart", "A period by its hours or days")
        .gives(several(bar));
    with_period(api)
        .get("/api/usage/providers", "The providers that have requests")
        .gives(object([("providers", several(provider))]))
        .get(
            "/api/usage/stream",
            "Each request as it ends, and who is at work: server-sent events",
        )
        .gives(any())
        .typed("text/event-stream")
}
