//! One answer for all who watch the same thing: whoever asks what was just asked gets the same, until a request ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::usage::query::{SeriesQuery, TableQuery};
use api::usage::table::{UsageSeries, UsageTable};
use serde::Serialize;
use store::usage::UsageScope;
use tokio::sync::OnceCell;

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;
use crate::usage::scope;

/// What changes without a request, such as a name or a price, is seen after this time.
const FRESH: Duration = Duration::from_secs(1);

/// Answers by their questions.
#[derive(Debug)]
pub(crate) struct Shared<T> {
    known: Mutex<HashMap<String, Known<T>>>,
}

#[derive(Debug)]
struct Known<T> {
    /// Requests that had ended when it was asked.
    ended: u64,
    asked_at: Instant,
    answer: Arc<OnceCell<T>>,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
        }
    }
}

impl<T> Shared<T> {
    /// Where the answer is, or where whoever asks first puts it.
    fn place(&self, question: String, ended: u64, now: Instant) -> Arc<OnceCell<T>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, known| known.ended == ended && now < known.asked_at + FRESH);
        let place = known.entry(question).or_insert_with(|| Known {
            ended,
            asked_at: now,
            answer: Arc::default(),
        });
        Arc::clone(&place.answer)
    }
}

impl Admin {
    /// [`Admin::usage_query`] for pages that ask again whenever something happens.
    pub async fn watched_table(
        &self,
        actor: &Actor,
        query: TableQuery,
    ) -> Result<UsageTable, AdminError> {
        let place = self.place(&self.inner.tables, actor, &query);
        let answer = place.get_or_try_init(|| self.usage_query(actor, query));
        answer.await.cloned()
    }

    /// [`Admin::usage_series`], likewise.
    pub async fn watched_series(
        &self,
        actor: &Actor,
        query: SeriesQuery,
    ) -> Result<UsageSeries, AdminError> {
        let place = self.place(&self.inner.charts, actor, &query);
        let answer = place.get_or_try_init(|| self.usage_series(actor, query));
        answer.await.cloned()
    }

    fn place<T>(
        &self,
        shared: &Shared<T>,
        actor: &Actor,
        query: &impl Serialize,
    ) -> Arc<OnceCell<T>> {
        let whose = match scope(actor) {
            UsageScope::Everyone => String::new(),
            UsageScope::User(id) => id.0,
        };
        let query = serde_json::to_string(query).unwrap_or_default();
        let ended = self.inner.gateway.live().ended();
        shared.place(format!("{whose} {query}"), ended, Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::sync::atomic::Ordering::Relaxed;

    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn an_answer_is_shared_until_a_request_ends_or_time_passes() {
        let shared = Shared::<u32>::default();
        let start = Instant::now();
        let ask = async |question: &str, ended, after_ms, own| {
            let now = start + Duration::from_millis(after_ms);
            let place = shared.place(question.to_owned(), ended, now);
            *place.get_or_init(async || own).await
        };
        assert_eq!(ask("a", 0, 0, 1).await, 1);
        assert_eq!(ask("a", 0, 999, 2).await, 1);
        assert_eq!(ask("b", 0, 999, 3).await, 3);
        assert_eq!(ask("a", 1, 999, 4).await, 4);
        assert_eq!(ask("a", 1, 1_998, 5).await, 4);
        assert_eq!(ask("a", 1, 1_999, 6).await, 6);
        assert_eq!(shared.known.lock().expect("unpoisoned").len(), 1);
    }

    #[tokio::test]
    async fn twenty_who_watch_cost_what_one_costs() {
        let shared = Shared::<u64>::default();
        let (now, worked_out) = (Instant::now(), AtomicU64::new(0));
        let watch = async |ended| {
            let place = shared.place("a".to_owned(), ended, now);
            let answer = place.get_or_init(async || {
                // The others come while it is being worked out.
                tokio::task::yield_now().await;
                worked_out.fetch_add(1, Relaxed) + 1
            });
            *answer.await
        };
        // Each time a request has ended all of them ask.
        for ended in 1..=3 {
            let answers = join_all((0..20).map(|_| watch(ended))).await;
            assert_eq!(answers, [ended; 20]);
        }
        assert_eq!(worked_out.into_inner(), 3);
    }

    #[tokio::test]
    async fn a_failure_is_nobody_elses() {
        let shared = Shared::<u32>::default();
        let now = Instant::now();
        let place = shared.place("a".to_owned(), 0, now);
        let failed = place.get_or_try_init(async || Err::<u32, _>("no")).await;
        assert_eq!(failed, Err("no"));
        let place = shared.place("a".to_owned(), 0, now);
        assert_eq!(place.get_or_init(async || 7).await, &7);
    }
}
