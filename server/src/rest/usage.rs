//! `/api/usage/*`: everything at once, and what happens from now on.

use std::convert::Infallible;
use std::time::Duration;

use admin::{Actor, Admin};
use api::usage::{LiveEvent, UsageRow};
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use axum::{Extension, Json};
use futures::{Stream, StreamExt as _, stream};
use serde_json::{Map, Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::openapi::operations::Operations;
use crate::openapi::shape::{any, object, of};
use crate::rest::error::RestError;

const PING: Duration = Duration::from_secs(25);

/// The original's whole statistics object, all time. Keys are named by id, never by their text.
pub(crate) async fn history(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Value>, RestError> {
    let history = admin.usage_history(&actor).await?;
    Ok(Json(super::history::stats(&history)))
}

/// One event per message, as it happens; the original's field names stand beside ours.
pub(crate) async fn stream(
    State(admin): State<Admin>,
    State(stopping): State<CancellationToken>,
    Extension(actor): Extension<Actor>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let first = LiveEvent::Active {
        requests: admin.gateway().live().active(),
    };
    let receiver = admin.gateway().live().subscribe();
    let later = stream::unfold((receiver, actor), |(mut receiver, actor)| async move {
        loop {
            match receiver.recv().await {
                Ok(happening) => {
                    let is_shown = actor.is_admin()
                        || happening.user_id.as_ref() == Some(actor.id())
                        || matches!(happening.event, LiveEvent::Active { .. });
                    if is_shown {
                        return Some((happening.event, (receiver, actor)));
                    }
                }
                // A watcher that fell behind has missed rows; the next one tells it to look again.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    });
    let events = stream::once(async { first })
        .chain(later)
        .take_until(stopping.cancelled_owned())
        .filter_map(async |event| Event::default().json_data(message(&event)).ok().map(Ok));
    Sse::new(events).keep_alive(KeepAlive::new().interval(PING).text("ping"))
}

fn message(event: &LiveEvent) -> Value {
    let mut message = serde_json::to_value(event).unwrap_or_default();
    if let (Value::Object(fields), LiveEvent::Recorded { row }) = (&mut message, event) {
        fields.append(&mut original(row));
    }
    message
}

/// A finished request, as the original's live object lists it.
fn original(row: &UsageRow) -> Map<String, Value> {
    let tokens = row.tokens;
    let recent = json!([{
        "timestamp": row.at,
        "model": row.model_served.as_ref().or(row.model_requested.as_ref()),
        "provider": row.provider,
        "promptTokens": tokens.input + tokens.cache_read + tokens.cache_write,
        "completionTokens": tokens.output,
        "status": row.outcome,
    }]);
    Map::from_iter([("recentRequests".to_owned(), recent)])
}

pub(super) fn describe(api: Operations) -> Operations {
    let table = || super::history::described();
    api.about("Usage")
        .get(
            "/api/usage/history",
            "The original's statistics of all time",
        )
        .gives(object([
            ("totalRequests", of::<u64>()),
            ("totalPromptTokens", of::<u64>()),
            ("totalCompletionTokens", of::<u64>()),
            ("totalCost", of::<f64>()),
            ("byProvider", table()),
            ("byModel", table()),
            ("byAccount", table()),
            ("byApiKey", table()),
            ("byEndpoint", table()),
        ]))
        .get(
            "/api/usage/stream",
            "Each request as it ends, and how many are under way: server-sent events",
        )
        .gives(any())
        .typed("text/event-stream")
}
