//! Metrics in Prometheus' text format: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

pub mod family;
mod labels;
mod page;
mod series;

use std::sync::{Mutex, MutexGuard, PoisonError};

use api::usage::Outcome;
use gateway::gauges::Gauges;
use gateway::watch::{Settled, Watcher};
use store::records::{AttemptRecord, UsageRecord, UsageSource};

use crate::metrics::family as f;
use crate::metrics::labels::{Label, Names};
use crate::metrics::page::Page;
use crate::metrics::series::{Counter, Histogram};
use crate::traces::Exported;

/// The type that scrapers expect the page under.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Providers with a label of their own. The catalogue and a user's nodes are fewer.
const MOST_PROVIDERS: usize = 128;
/// Models with a label of their own.
const MOST_MODELS: usize = 256;

/// Counts what has happened since the start.
#[derive(Debug, Default)]
pub struct Metrics {
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    providers: Names,
    models: Names,
    requests: Counter<4>,
    errors: Counter<3>,
    tokens: Counter<3>,
    cost: Counter<3>,
    unpriced: Counter<2>,
    attempts: Counter<2>,
    fallbacks: Counter<2>,
    first_token: Histogram<2>,
    duration: Histogram<2>,
}

impl Default for Books {
    fn default() -> Self {
        Self {
            providers: Names::new(MOST_PROVIDERS),
            models: Names::new(MOST_MODELS),
            requests: Counter::new(&f::REQUESTS),
            errors: Counter::new(&f::ERRORS),
            tokens: Counter::new(&f::TOKENS),
            cost: Counter::new(&f::COST),
            unpriced: Counter::new(&f::UNPRICED),
            attempts: Counter::new(&f::ATTEMPTS),
            fallbacks: Counter::new(&f::FALLBACKS),
            first_token: Histogram::new(&f::FIRST_TOKEN, &f::FIRST_TOKEN_BOUNDS),
            duration: Histogram::new(&f::DURATION, &f::DURATION_BOUNDS),
        }
    }
}

impl Watcher for Metrics {
    fn settled(&self, settled: &Settled) {
        self.lock().count(&settled.record);
    }
}

impl Metrics {
    /// The whole page: what was counted, and how things stand.
    #[must_use]
    pub fn page(&self, gauges: &Gauges, exported: Exported) -> String {
        let mut page = Page::default();
        self.lock().write(&mut page);
        page.family(&f::IN_FLIGHT);
        page.sample(&f::IN_FLIGHT, &[], gauges.in_flight);
        page.family(&f::ACCOUNTS);
        for (provider, counts) in &gauges.accounts {
            let states = [
                ("ready", counts.ready),
                ("resting", counts.resting),
                ("paused", counts.paused),
            ];
            for (state, count) in states {
                page.sample(&f::ACCOUNTS, &[provider.as_str(), state], count);
            }
        }
        page.family(&f::QUOTA);
        for quota in &gauges.quotas {
            let labels = [
                quota.provider.as_str(),
                quota.account.as_str(),
                &quota.window,
            ];
            page.sample(&f::QUOTA, &labels, quota.used);
        }
        page.family(&f::RECORDER_WAITING);
        page.sample(&f::RECORDER_WAITING, &[], gauges.recorder.waiting);
        page.family(&f::RECORDER_LAG);
        page.sample(&f::RECORDER_LAG, &[], gauges.recorder.lag.as_secs_f64());
        page.family(&f::RECORDER_FAILURES);
        page.sample(&f::RECORDER_FAILURES, &[], gauges.recorder.failures);
        page.family(&f::SPANS);
        page.sample(&f::SPANS, &["sent"], exported.sent);
        page.sample(&f::SPANS, &["dropped"], exported.dropped);
        page.family(&f::BUILD);
        page.sample(&f::BUILD, &[env!("CARGO_PKG_VERSION")], 1);
        page.text()
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    fn count(&mut self, record: &UsageRecord) {
        let endpoint: Label = record
            .endpoint
            .as_ref()
            .map_or(labels::NONE.into(), |endpoint| endpoint.clone().into());
        let provider = match &record.provider {
            Some(provider) => self.providers.label(provider.as_str()),
            None => labels::NONE.into(),
        };
        let model = self.model(record, &provider);

        self.requests.add(
            [
                endpoint.clone(),
                provider.clone(),
                model.clone(),
                record.outcome.as_str().into(),
            ],
            1,
        );
        if record.outcome != Outcome::Ok {
            let kind = error_kind(record);
            self.errors
                .add([endpoint.clone(), provider.clone(), kind], 1);
        }
        self.spend(record, &provider, &model);
        let at = [endpoint, provider];
        if let Some(ttft_ms) = record.ttft_ms {
            self.first_token.observe(at.clone(), seconds(ttft_ms));
        }
        self.duration.observe(at, seconds(record.duration_ms));
        self.tries(&record.attempts);
    }

    /// Clients may write anything as a model's name, so one gets a label of its own once it has answered.
    fn model(&mut self, record: &UsageRecord, provider: &Label) -> Label {
        let Some(model) = &record.model_served else {
            return labels::NONE.into();
        };
        // The same name with two providers is one label, as on the pages.
        if record.outcome == Outcome::Ok && *provider != labels::OTHER {
            self.models.label(model)
        } else {
            self.models.known(model)
        }
    }

    fn spend(&mut self, record: &UsageRecord, provider: &Label, model: &Label) {
        let tokens = record.tokens;
        let kinds = [
            ("input", tokens.input),
            ("cache_read", tokens.cache_read),
            ("cache_write", tokens.cache_write),
            ("output", tokens.output),
            ("reasoning", tokens.reasoning),
        ];
        for (kind, count) in kinds.into_iter().filter(|(_, count)| *count > 0) {
            let labels = [provider.clone(), model.clone(), kind.into()];
            self.tokens.add(labels, count);
        }
        let labels = [provider.clone(), model.clone()];
        match record.cost_micros {
            Some(micros) => {
                let [provider, model] = labels;
                let billing = if record.is_flat_rate {
                    "flat_rate"
                } else {
                    "metered"
                };
                let labels = [provider, model, billing.into()];
                self.cost.add(labels, u64::try_from(micros).unwrap_or(0));
            }
            None if record.usage_source != UsageSource::None => self.unpriced.add(labels, 1),
            None => {}
        }
    }

    fn tries(&mut self, attempts: &[AttemptRecord]) {
        for (place, attempt) in attempts.iter().enumerate() {
            let provider = self.providers.label(attempt.provider.as_str());
            let result = attempt_result(attempt);
            if place + 1 < attempts.len() {
                self.fallbacks.add([provider.clone(), result.clone()], 1);
            }
            self.attempts.add([provider, result], 1);
        }
    }

    fn write(&self, page: &mut Page) {
        self.requests.write(page);
        self.errors.write(page);
        self.tokens.write(page);
        self.cost.write(page);
        self.unpriced.write(page);
        self.attempts.write(page);
        self.fallbacks.write(page);
        self.first_token.write(page);
        self.duration.write(page);
    }
}

/// The kind of failure of who was asked last, or else how the request ended.
fn error_kind(record: &UsageRecord) -> Label {
    let failure = record.attempts.last().and_then(|last| last.failure.clone());
    failure.map_or(record.outcome.as_str().into(), Label::from)
}

fn attempt_result(attempt: &AttemptRecord) -> Label {
    let failure = attempt.failure.clone();
    failure.map_or(attempt.outcome.as_str().into(), Label::from)
}

fn seconds(millis: u32) -> f64 {
    f64::from(millis) / 1_000.0
}

#[cfg(test)]
pub(crate) mod tests;
