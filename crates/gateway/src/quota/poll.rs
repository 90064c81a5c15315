//! Asks the accounts' vendors for their quotas, each account by a clock of its own, and nobody too often.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration as Wait;

use accounts::quota::{self, Report};
use api::ids::ConnectionId;
use api::quota::{Amount, Scope, Source, Window};
use chrono::{DateTime, Duration, Utc};
use providers::quota::{Allowance, QuotaApi, QuotaSpec};
use providers::spec::ProviderSpec;
use store::error::StoreError;
use store::quotas::QuotaRecord;
use store::records::Credential;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info};

use crate::Gateway;
use crate::check::login::is_token_old;
use crate::quota::QuotaWindow;
use crate::snapshot::Account;
use crate::upstream::Way;

/// Between two questions about an account that answers.
pub const EVERY: Duration = Duration::minutes(5);
/// After the first failure; doubled with each.
const AGAIN: Duration = Duration::minutes(5);
const LONGEST: Duration = Duration::hours(2);
/// Nobody's impatience asks more often.
pub const COOLDOWN: Duration = Duration::seconds(15);
/// A window that resets is looked at so long afterwards.
const AFTER_RESET: Duration = Duration::seconds(20);
/// Between two looks at whose turn it is.
const LOOK: Wait = Wait::from_secs(2);
const MOST_AT_ONCE: usize = 4;
const LAST_WAIT: Wait = Wait::from_secs(5);

#[derive(Debug)]
pub(crate) struct Polls {
    clocks: Mutex<HashMap<ConnectionId, Arc<Clock>>>,
    permits: Semaphore,
    tasks: TaskTracker,
    ending: CancellationToken,
}

/// One account's.
#[derive(Debug, Default)]
struct Clock {
    /// Whoever asks holds it.
    turn: tokio::sync::Mutex<()>,
    times: Mutex<Times>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Times {
    asked_at: Option<DateTime<Utc>>,
    next_at: Option<DateTime<Utc>>,
    failures: u32,
}

/// Whom to ask for what.
#[derive(Clone, Copy)]
struct Question<'a> {
    quota: &'a QuotaSpec,
    api: QuotaApi,
    spec: &'a Arc<ProviderSpec>,
    account: &'a Account,
}

/// Who wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asker {
    /// What another process has asked lately is good enough.
    Clock,
    Person,
}

impl Default for Polls {
    fn default() -> Self {
        Self {
            clocks: Mutex::default(),
            permits: Semaphore::new(MOST_AT_ONCE),
            tasks: TaskTracker::new(),
            ending: CancellationToken::new(),
        }
    }
}

impl Polls {
    pub(crate) async fn close(&self) {
        self.ending.cancel();
        self.tasks.close();
        drop(tokio::time::timeout(LAST_WAIT, self.tasks.wait()).await);
    }

    fn clock(&self, id: &ConnectionId) -> Arc<Clock> {
        Arc::clone(lock(&self.clocks).entry(id.clone()).or_default())
    }
}

impl Clock {
    fn times(&self) -> Times {
        *lock(&self.times)
    }

    fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.times().next_at.is_none_or(|next_at| next_at <= now)
    }

    /// It is asked now; until it has answered nobody else need ask.
    fn begin(&self, now: DateTime<Utc>) {
        lock(&self.times).next_at = Some(now + EVERY);
    }

    fn set(
        &self,
        asked_at: DateTime<Utc>,
        failures: u32,
        first_reset: Option<DateTime<Utc>>,
        random: u8,
    ) {
        *lock(&self.times) = Times {
            asked_at: Some(asked_at),
            next_at: Some(next(asked_at, failures, first_reset, random)),
            failures,
        };
    }
}

/// `random` spreads the accounts over a fifth of the time to both sides.
fn next(
    asked_at: DateTime<Utc>,
    failures: u32,
    first_reset: Option<DateTime<Utc>>,
    random: u8,
) -> DateTime<Utc> {
    let wait = match failures {
        0 => EVERY,
        failures => (AGAIN * (1 << (failures - 1).min(10))).min(LONGEST),
    };
    let jitter = wait * (i32::from(random) - 128) / (128 * 5);
    let regular = asked_at + wait + jitter;
    let reset = first_reset
        .map(|reset| reset + AFTER_RESET)
        .filter(|reset| failures == 0 && *reset > asked_at);
    reset.map_or(regular, |reset| reset.min(regular))
}

fn random() -> u8 {
    uuid::Uuid::now_v7().into_bytes()[15]
}

impl Gateway {
    /// Remembers what was known when the program ended, and goes on asking until [`Polls::close`].
    pub(crate) async fn start_polls(&self) -> Result<(), StoreError> {
        for record in self.inner.store.quotas().list().await? {
            self.adopt(&record);
        }
        let gateway = Arc::downgrade(&self.inner);
        let ending = self.inner.polls.ending.clone();
        self.inner.polls.tasks.spawn(async move {
            loop {
                let Some(inner) = gateway.upgrade() else {
                    return;
                };
                Self { inner }.ask_who_is_due(Utc::now());
                tokio::select! {
                    () = tokio::time::sleep(LOOK) => {}
                    () = ending.cancelled() => return,
                }
            }
        });
        Ok(())
    }

    fn ask_who_is_due(&self, now: DateTime<Utc>) {
        let snapshot = self.snapshot();
        let mut there = Vec::new();
        for (spec, account) in snapshot.with_quota() {
            there.push(&account.id);
            let clock = self.inner.polls.clock(&account.id);
            if !clock.is_due(now) {
                continue;
            }
            clock.begin(now);
            let (gateway, spec, account) = (self.clone(), Arc::clone(spec), Arc::clone(account));
            self.inner.polls.tasks.spawn(async move {
                let polls = &gateway.inner.polls;
                let asked = async {
                    let _permit = polls.permits.acquire().await;
                    gateway
                        .ask_vendor(&spec, &account, &clock, Asker::Clock)
                        .await;
                };
                tokio::select! {
                    () = asked => {}
                    () = polls.ending.cancelled() => {}
                }
            });
        }
        let mut clocks = lock(&self.inner.polls.clocks);
        clocks.retain(|id, _| {
            let is_there = there.contains(&id);
            if !is_there {
                self.inner.quotas.forget(id);
            }
            is_there
        });
    }

    /// Asks the account's vendor now, unless that was done a moment ago. What came of it is in the store.
    /// `false`: nobody can be asked.
    pub async fn refresh_quota(&self, id: &ConnectionId) -> bool {
        let snapshot = self.snapshot();
        let Some((spec, account)) = snapshot.with_quota().find(|(_, account)| account.id == *id)
        else {
            return false;
        };
        let clock = self.inner.polls.clock(id);
        self.ask_vendor(spec, account, &clock, Asker::Person).await;
        true
    }

    /// When the account's vendor is asked again by itself.
    #[must_use]
    pub fn next_quota(&self, id: &ConnectionId) -> Option<DateTime<Utc>> {
        lock(&self.inner.polls.clocks).get(id)?.times().next_at
    }

    async fn ask_vendor(
        &self,
        spec: &Arc<ProviderSpec>,
        account: &Account,
        clock: &Clock,
        asker: Asker,
    ) {
        let _turn = clock.turn.lock().await;
        let now = Utc::now();
        let times = clock.times();
        if times
            .asked_at
            .is_some_and(|asked_at| now - asked_at < COOLDOWN)
        {
            return;
        }
        let store = self.inner.store.quotas();
        if asker == Asker::Clock
            && let Ok(Some(record)) = store.find(&account.id).await
            && times
                .asked_at
                .is_none_or(|asked_at| record.asked_at > asked_at)
            && now - record.asked_at < EVERY / 2
        {
            self.adopt(&record);
            return;
        }
        let (stored, failures, first_reset) = match self.learn(spec, account, now).await {
            Ok(report) => {
                self.remember(&account.id, &report.windows, now);
                let resets = report.windows.iter().filter_map(|window| window.resets_at);
                let first_reset = resets.filter(|resets_at| *resets_at > now).min();
                let plan = report.plan.as_deref();
                let stored = store.answered(&account.id, plan, &report.windows, now);
                (stored.await, 0, first_reset)
            }
            Err(words) => {
                if times.failures == 0 {
                    info!(connection.id = %account.id, "the quota of `{}` is not known: {words}", account.name);
                }
                let stored = store.failed(&account.id, &words, now);
                (stored.await, times.failures.saturating_add(1), None)
            }
        };
        if let Err(error) = stored {
            // The account may have been deleted meanwhile.
            debug!(connection.id = %account.id, %error, "a quota was not stored");
        }
        clock.set(now, failures, first_reset, random());
    }

    /// In words for people where nothing is learned.
    async fn learn(
        &self,
        spec: &Arc<ProviderSpec>,
        account: &Account,
        now: DateTime<Utc>,
    ) -> Result<Report, String> {
        let Some(quota) = &spec.quota else {
            return Err("this provider tells nothing of its quota".to_owned());
        };
        match quota.api {
            Some(api) => {
                let asked = Question {
                    quota,
                    api,
                    spec,
                    account,
                };
                self.question(asked, now).await
            }
            None => self.count(&quota.allowances, account, now).await,
        }
    }

    /// One more time with a new token where the vendor takes the old one no more.
    async fn question(&self, asked: Question<'_>, now: DateTime<Utc>) -> Result<Report, String> {
        let Question { spec, account, .. } = asked;
        let credentials = &self.inner.credentials;
        let shown = credentials.fresh(account, spec, now).await;
        let shown = shown.map_err(|spoiled| spoiled.words)?;
        let way = Way::new(spec, account.proxy.as_ref());
        let http = &self.inner.upstream.http(way);
        let ask = |shown: Arc<Credential>| async move {
            let http = http.as_ref().map_err(Clone::clone)?;
            quota::report(http, asked.quota, asked.api, &shown).await
        };
        let answer = ask(Arc::clone(&shown)).await;
        let answer = match answer {
            Err(error) if is_token_old(spec, &error) => {
                match credentials.renew(account, spec, &shown, now).await {
                    Some(Ok(renewed)) => ask(renewed).await,
                    Some(Err(spoiled)) => return Err(spoiled.words),
                    None => Err(error),
                }
            }
            answer => answer,
        };
        answer.map_err(|error| error.to_string())
    }

    async fn count(
        &self,
        allowances: &[Allowance],
        account: &Account,
        now: DateTime<Utc>,
    ) -> Result<Report, String> {
        let mut windows = Vec::with_capacity(allowances.len());
        for allowance in allowances {
            let since = now - Duration::hours(i64::from(allowance.hours));
            let served = self.inner.store.usage().served(&account.id, since).await;
            let served = served.map_err(|_| "the database does not answer".to_owned())?;
            windows.push(Window {
                name: allowance.name.clone(),
                scope: Scope::All,
                amount: Amount::Count {
                    used: f64::from(u32::try_from(served).unwrap_or(u32::MAX)),
                    total: f64::from(allowance.requests),
                },
                // Hour by hour something comes back.
                resets_at: None,
                source: Source::Counted,
            });
        }
        Ok(Report {
            plan: None,
            windows,
        })
    }

    fn adopt(&self, record: &QuotaRecord) {
        if let Some(as_of) = record.answered_at {
            self.remember(&record.connection_id, &record.windows, as_of);
        }
        let clock = self.inner.polls.clock(&record.connection_id);
        clock.set(record.asked_at, record.failures, None, random());
    }

    /// For the order of accounts and for who is left alone.
    fn remember(&self, id: &ConnectionId, windows: &[Window], as_of: DateTime<Utc>) {
        let (mut all, mut of_models) = (Vec::new(), Vec::new());
        for window in windows {
            let Some(used) = window.amount.share() else {
                continue;
            };
            let known = QuotaWindow {
                name: window.name.clone(),
                used,
                resets_at: window.resets_at,
                as_of,
            };
            match &window.scope {
                Scope::All => all.push(known),
                Scope::Model(model) => of_models.push((model.clone(), known)),
                Scope::Part => {}
            }
        }
        self.inner.quotas.set(id.clone(), all);
        self.inner.quotas.set_of_models(id.clone(), of_models);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a time")
    }

    #[test]
    fn accounts_are_spread_and_failures_are_given_time() {
        for (failures, random, expected) in [
            (0, 128, 300),
            (0, 0, 240),
            (0, 255, 359),
            (1, 128, 300),
            (2, 128, 600),
            (3, 0, 960),
            (40, 128, 7200),
        ] {
            let waited = (next(at(0), failures, None, random) - at(0)).num_seconds();
            assert_eq!(waited, expected, "{failures} failures, {random}");
        }
    }

    #[test]
    fn a_reset_is_looked_at_soon() {
        assert_eq!(next(at(0), 0, Some(at(60)), 128), at(80));
        assert_eq!(next(at(0), 0, Some(at(900)), 128), at(300));
        assert_eq!(next(at(0), 0, Some(at(-60)), 128), at(300));
        assert_eq!(
            next(at(0), 2, Some(at(60)), 128),
            at(600),
            "it fails anyway"
        );
    }
}
