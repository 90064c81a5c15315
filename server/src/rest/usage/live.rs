//! What the original's live object says beside the sums: who is at work, what ended, who failed.

use std::collections::VecDeque;

use admin::usage::running::RunningRequests;
use api::ids::ProviderId;
use api::usage::{Outcome, UsageRow};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Map, Value, json};

/// Requests that are listed.
const RECENT: usize = 20;
/// For how long a provider counts as failing after a failure.
const FAILING: Duration = Duration::seconds(10);

/// The newest requests, newest first.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<UsageRow>);

impl Recent {
    pub(super) fn new(rows: Vec<UsageRow>) -> Self {
        Self(rows.into_iter().take(RECENT).collect())
    }

    pub(super) fn add(&mut self, row: UsageRow) {
        // It may have been stored before the stream began to listen.
        if self.0.iter().all(|known| known.id != row.id) {
            self.0.push_front(row);
            self.0.truncate(RECENT);
        }
    }

    /// The provider whose request failed last, if that is not long ago.
    fn failing(&self, now: DateTime<Utc>) -> Option<&ProviderId> {
        let ended = |row: &UsageRow| row.at + Duration::milliseconds(row.duration_ms.into());
        let failed = self
            .0
            .iter()
            .filter(|row| row.outcome == Outcome::UpstreamError && ended(row) + FAILING > now);
        failed.max_by_key(|row| ended(row))?.provider.as_ref()
    }
}

/// `activeRequests`, `pending`, `recentRequests` and `errorProvider`.
pub(super) fn fields(
    running: &[RunningRequests],
    recent: &Recent,
    now: DateTime<Utc>,
) -> Map<String, Value> {
    let active = running.iter().map(|running| {
        json!({
            "model": running.model,
            "provider": running.provider,
            "account": running.connection_name.as_deref().unwrap_or(running.connection_id.as_str()),
            "count": running.requests,
        })
    });
    Map::from_iter([
        ("activeRequests".to_owned(), active.collect()),
        ("pending".to_owned(), pending(running)),
        (
            "recentRequests".to_owned(),
            recent.0.iter().map(listed).collect(),
        ),
        (
            "errorProvider".to_owned(),
            json!(recent.failing(now).map_or("", |id| id.as_str())),
        ),
    ])
}

fn pending(running: &[RunningRequests]) -> Value {
    let mut models: Map<String, Value> = Map::new();
    let mut accounts: Map<String, Value> = Map::new();
    for running in running {
        let name = format!("{} ({})", running.model, running.provider);
        let sum = models.get(&name).and_then(Value::as_u64).unwrap_or(0);
        models.insert(name.clone(), json!(sum + u64::from(running.requests)));
        let account = accounts
            .entry(running.connection_id.as_str())
            .or_insert_with(|| json!({}));
        if let Value::Object(account) = account {
            account.insert(name, json!(running.requests));
        }
    }
    json!({ "byModel": models, "byAccount": accounts })
}

fn listed(row: &UsageRow) -> Value {
    let tokens = row.tokens;
    json!({
        "timestamp": row.at,
        "model": row.model_served.as_ref().or(row.model_requested.as_ref()),
        "provider": row.provider,
        "promptTokens": tokens.input + tokens.cache_read + tokens.cache_write,
        "completionTokens": tokens.output,
        "status": row.outcome,
    })
}
