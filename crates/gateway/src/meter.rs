//! Measures one request from its first byte to its last, and owes exactly one row for it.
//!
//! The row is settled explicitly where the end is known, and otherwise when the meter is dropped:
//! then the client has gone away.

mod decision;
mod recording;

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::ids::RequestId;
use api::price::AppliedPrice;
use api::usage::{NoteView, Outcome, Tokens};
use chrono::{DateTime, Utc};
use providers::failure::FailureKind;
use providers::spec::Tier;
use secrecy::SecretString;
use store::records::{AttemptRecord, UsageRecord, UsageSource};
use tokio::sync::mpsc::OwnedPermit;
use uuid::Uuid;
use wire::dialect::Dialect;
use wire::estimate;
use wire::tap::Observed;
use wire::usage::Usage;

use crate::attempt::LastWords;
use crate::call::Surface;
use crate::caller::Caller;
use crate::capture::Tape;
use crate::ledger::Ledger;
use crate::live::{Active, Running};
use crate::mask::Secrets;
use crate::resolve::Target;
use crate::snapshot::Account;
use crate::trace_parent::TraceParent;
use crate::translate::Written;
use crate::watch::Settled;

/// The status of a request whose client left before it was answered, as nginx has it.
const CLIENT_CLOSED_REQUEST: u16 = 499;
/// Characters of an error that a row keeps.
const LONGEST_ERROR: usize = 1_000;
/// Characters of a tag.
const LONGEST_TAG: usize = 64;

/// What the router owes its books for one request.
#[derive(Debug)]
pub(crate) struct Meter {
    started: Instant,
    /// What has been learned so far, and the place in the queue that waits for it. `None` once settled.
    owed: Option<Box<(Settled, OwnedPermit<Settled>)>>,
    /// Of the target.
    price: Option<AppliedPrice>,
    /// Tokens of the prompt, in case nobody says.
    prompt_estimate: u64,
    attempt_started: Option<Instant>,
    /// Who was asked or skipped before the one that answers.
    trail: Vec<String>,
    ledger: Arc<Ledger>,
    tape: Option<Tape>,
    /// Whose secrets an upstream's words may repeat.
    key: Option<SecretString>,
    accounts: Vec<Arc<Account>>,
    active: Active,
}

/// How a request ended.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) outcome: Outcome,
    /// What the client was told.
    pub(crate) status: u16,
    pub(crate) error: Option<String>,
}

impl Meter {
    pub(crate) fn start(
        surface: Surface,
        permit: OwnedPermit<Settled>,
        active: Active,
        ledger: Arc<Ledger>,
        at: DateTime<Utc>,
    ) -> Self {
        let record = UsageRecord {
            id: RequestId(Uuid::now_v7().to_string()),
            at,
            endpoint: Some(surface.endpoint.to_owned()),
            client_format: Some(surface.format.as_str().to_owned()),
            upstream_format: None,
            is_stream: false,
            provider: None,
            connection_id: None,
            key_id: None,
            user_id: None,
            combo: None,
            model_requested: None,
            model_served: None,
            tokens: Tokens::default(),
            usage_source: UsageSource::None,
            cost_micros: None,
            is_flat_rate: false,
            ttft_ms: None,
            duration_ms: 0,
            status: 0,
            outcome: Outcome::ClientGone,
            error: None,
            user_agent: None,
            tag: None,
            notes: Vec::new(),
            price: None,
            attempts: Vec::new(),
            skipped: Vec::new(),
        };
        Self {
            started: Instant::now(),
            owed: Some(Box::new((
                Settled {
                    record,
                    parent: None,
                },
                permit,
            ))),
            price: None,
            prompt_estimate: 0,
            attempt_started: None,
            trail: Vec::new(),
            ledger,
            tape: None,
            key: None,
            accounts: Vec::new(),
            active,
        }
    }

    pub(crate) fn id(&self) -> Option<&str> {
        self.owed.as_ref().map(|owed| owed.0.record.id.as_str())
    }

    /// When the request came.
    pub(crate) fn at(&self) -> DateTime<Utc> {
        self.owed
            .as_ref()
            .map(|owed| owed.0.record.at)
            .unwrap_or_default()
    }

    /// How long ago the request came.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// What became of the request on the way to its upstream's format.
    pub(crate) fn translated(&mut self, written: &Written, prompt_estimate: u64) {
        self.prompt_estimate = prompt_estimate;
        if let Some(record) = self.record() {
            record.notes = written
                .notes
                .iter()
                .map(|note| NoteView {
                    path: note.path.clone(),
                    message: note.message.clone(),
                })
                .collect();
        }
    }

    fn record(&mut self) -> Option<&mut UsageRecord> {
        self.owed.as_mut().map(|owed| &mut owed.0.record)
    }

    /// Where the request belongs in its client's trace.
    pub(crate) fn within(&mut self, parent: Option<TraceParent>) {
        if let Some(owed) = &mut self.owed {
            owed.0.parent = parent;
        }
    }

    pub(crate) fn sent_by(&mut self, user_agent: Option<&str>) {
        if let Some(record) = self.record() {
            record.user_agent = user_agent.map(|text| text.chars().take(200).collect());
        }
    }

    /// What the client calls the request.
    pub(crate) fn tagged(&mut self, tag: Option<&str>) {
        let tag = tag.map(str::trim).filter(|tag| !tag.is_empty());
        if let Some(record) = self.record() {
            record.tag = tag.map(|tag| tag.chars().take(LONGEST_TAG).collect());
        }
    }

    pub(crate) fn admitted(&mut self, caller: &Caller) {
        if let Some(tape) = &self.tape {
            tape.admitted(caller.user_id.as_ref());
        }
        if let Some(record) = self.record() {
            record.key_id.clone_from(&caller.key_id);
            record.user_id.clone_from(&caller.user_id);
        }
    }

    pub(crate) fn asked(&mut self, model: &str, is_stream: bool) {
        if let Some(record) = self.record() {
            record.model_requested = Some(model.to_owned());
            record.is_stream = is_stream;
        }
    }

    /// Where the request goes next, and what that costs.
    pub(crate) fn resolved(&mut self, target: &Target, price: Option<AppliedPrice>) {
        self.price = price;
        if let Some(record) = self.record() {
            record.provider = Some(target.spec.id.clone());
            record.is_flat_rate = matches!(target.spec.tier, Some(Tier::Subscription | Tier::Free));
        }
    }

    /// An account is about to be asked.
    pub(crate) fn attempting(&mut self, target: &Target, account: &Arc<Account>, dialect: Dialect) {
        self.accounts.push(Arc::clone(account));
        self.attempt_started = Some(Instant::now());
        let started_ms = millis(self.started);
        let Some(owed) = &mut self.owed else { return };
        let record = &mut owed.0.record;
        self.active.asks(Running {
            provider: target.spec.id.clone(),
            connection_id: account.id.clone(),
            model: target.model.clone(),
            user_id: record.user_id.clone(),
        });
        record.connection_id = Some(account.id.clone());
        record.model_served = Some(target.model.clone());
        record.upstream_format = Some(dialect.as_str().to_owned());
        record.attempts.push(AttemptRecord {
            provider: target.spec.id.clone(),
            connection_id: account.id.clone(),
            model: target.model.clone(),
            started_ms,
            duration_ms: 0,
            headers_ms: None,
            ttft_ms: None,
            status: None,
            outcome: Outcome::ClientGone,
            error: None,
            failure: None,
            rest_until: None,
        });
    }

    /// The combo that was asked for.
    pub(crate) fn combo(&mut self, name: &str) {
        if let Some(record) = self.record() {
            record.combo = Some(name.to_owned());
        }
    }

    /// The account that was asked last did not answer.
    pub(crate) fn attempt_lost(
        &mut self,
        words: &LastWords,
        kind: FailureKind,
        until: Option<DateTime<Utc>>,
    ) {
        let duration_ms = self.attempt_started.take().map_or(0, millis);
        let status = words.status.as_u16();
        let message = self.for_the_books(&words.message);
        let Some(record) = self.record() else { return };
        let Some(attempt) = record.attempts.last_mut() else {
            return;
        };
        attempt.duration_ms = duration_ms;
        attempt.outcome = Outcome::UpstreamError;
        attempt.error = Some(message);
        attempt.failure = Some(kind.as_str().to_owned());
        attempt.rest_until = until;
        // Another one answers for itself.
        record.ttft_ms = None;
        self.trail.push(format!("{} {status}", kind.as_str()));
    }

    /// Who was asked or skipped before the one that answers, in words.
    pub(crate) fn trail(&self) -> &[String] {
        &self.trail
    }

    /// The upstream has answered with a status.
    fn upstream_status(&mut self, status: u16) {
        let since = self.attempt_started.map(millis);
        if let Some(attempt) = self.record().and_then(|record| record.attempts.last_mut()) {
            attempt.status = Some(status);
            attempt.headers_ms = since;
        }
    }

    /// The first bytes of the answer have come.
    pub(crate) fn first_byte(&mut self) {
        let whole = millis(self.started);
        let attempt = self.attempt_started.map(millis);
        let Some(record) = self.record() else { return };
        record.ttft_ms.get_or_insert(whole);
        if let Some(last) = record.attempts.last_mut() {
            last.ttft_ms = last.ttft_ms.or(attempt);
        }
    }

    /// What the tap read.
    pub(crate) fn observed(&mut self, observed: &Observed) {
        if let Some(usage) = observed.usage {
            self.count(&usage, UsageSource::Reported);
        } else if observed.output_bytes > 0 {
            let output = usize::try_from(observed.output_bytes).unwrap_or(usize::MAX);
            let usage = Usage {
                input: self.prompt_estimate,
                output: estimate::of_bytes(output),
                ..Usage::default()
            };
            self.count(&usage, UsageSource::Estimated);
        }
    }

    fn count(&mut self, usage: &Usage, source: UsageSource) {
        let tokens = tokens(usage);
        let price = self.price;
        if let Some(record) = self.record() {
            record.tokens = tokens;
            record.usage_source = source;
            record.cost_micros = price.map(|price| price.rates.cost_micros(&tokens));
            record.price = price;
        }
    }

    /// An upstream's words as a row keeps them: short, and without the secrets they may repeat.
    fn for_the_books(&self, words: &str) -> String {
        let accounts = self.accounts.iter();
        let secrets = accounts.flat_map(|account| account.credential.secrets());
        let masked = Secrets::new(secrets.chain(&self.key)).text(words);
        masked.chars().take(LONGEST_ERROR).collect()
    }

    pub(crate) fn settle(&mut self, ending: Ending) {
        let error = ending.error.map(|error| self.for_the_books(&error));
        let Some(owed) = self.owed.take() else { return };
        let (mut settled, permit) = *owed;
        let record = &mut settled.record;
        record.duration_ms = millis(self.started);
        record.status = ending.status;
        record.outcome = ending.outcome;
        record.error = error;
        // One that was lost has been settled already.
        if let (Some(attempt), Some(started)) = (record.attempts.last_mut(), self.attempt_started) {
            attempt.duration_ms = millis(started);
            attempt.outcome = ending.outcome;
            attempt.error.clone_from(&record.error);
        }
        self.ledger.count(&settled.record);
        permit.send(settled);
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.settle(Ending {
            outcome: Outcome::ClientGone,
            status: CLIENT_CLOSED_REQUEST,
            error: Some(
                "the client closed the connection before the answer was complete".to_owned(),
            ),
        });
    }
}

fn tokens(usage: &Usage) -> Tokens {
    Tokens {
        input: usage.input,
        cache_read: usage.cache_read,
        cache_write: usage.cache_write,
        output: usage.output,
        reasoning: usage.reasoning,
    }
}

fn millis(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use providers::registry::Registry;
    use tokio::sync::mpsc;

    use super::*;
    use crate::call::MESSAGES;
    use crate::live::Live;

    async fn meter() -> (Meter, mpsc::Receiver<Settled>) {
        let (sender, receiver) = mpsc::channel(1);
        let permit = sender.reserve_owned().await.expect("a place");
        (
            Meter::start(
                MESSAGES,
                permit,
                Live::new().begin(),
                Arc::default(),
                Utc::now(),
            ),
            receiver,
        )
    }

    #[tokio::test]
    async fn a_meter_that_is_dropped_still_leaves_its_row() {
        let (meter, mut receiver) = meter().await;
        drop(meter);
        let record = receiver.recv().await.expect("a row").record;
        assert_eq!(
            (record.outcome, record.status),
            (Outcome::ClientGone, CLIENT_CLOSED_REQUEST)
        );
        assert!(receiver.recv().await.is_none());
    }

    #[tokio::test]
    async fn a_row_is_settled_once() {
        let (mut meter, mut receiver) = meter().await;
        for status in [200, 500] {
            meter.settle(Ending {
                outcome: Outcome::Ok,
                status,
                error: None,
            });
        }
        drop(meter);
        assert_eq!(receiver.recv().await.expect("a row").record.status, 200);
        assert!(receiver.recv().await.is_none());
    }

    #[tokio::test]
    async fn tokens_are_priced_as_the_served_model_is() {
        let (mut meter, mut receiver) = meter().await;
        let registry = Registry::new([]);
        let spec = registry.by_prefix("anthropic").expect("a provider");
        let target = Target {
            spec: Arc::clone(spec),
            model: "claude-sonnet-4-6".to_owned(),
        };
        let account = Arc::new(Account {
            id: "a".into(),
            owner_id: "u".into(),
            is_shared: true,
            name: "main".to_owned(),
            is_active: true,
            default_model: None,
            credential: Arc::new(store::records::Credential::ApiKey("k".into())),
            version: 0,
            is_revoked: false,
            proxy: None,
            spec: None,
            enabled_models: Vec::new(),
        });
        let prices = crate::prices::Prices::default();
        let price = prices.at(&registry, &target.spec.id, &target.model, Utc::now());
        meter.resolved(&target, price);
        meter.attempting(&target, &account, Dialect::Anthropic);
        let usage = Usage {
            input: 1_000,
            cache_read: 10_000,
            cache_write: 2_000,
            output: 500,
            reasoning: 400,
        };
        meter.observed(&Observed {
            usage: Some(usage),
            ..Observed::default()
        });
        drop(meter);
        let record = receiver.recv().await.expect("a row").record;
        assert_eq!(record.cost_micros, Some(3_000 + 3_000 + 7_500 + 7_500));
        assert_eq!(
            (record.usage_source, record.attempts.len()),
            (UsageSource::Reported, 1)
        );
    }
}
