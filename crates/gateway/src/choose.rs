//! Who may be asked for a target, in which order, and who rests.

use std::sync::Arc;

use api::ids::ConnectionId;
use chrono::{DateTime, Utc};

use crate::Gateway;
use crate::caller::Caller;
use crate::conversation::Conversation;
use crate::health::{Rest, Trial};
use crate::resolve::Target;
use crate::select::orders::{self, Orders};
use crate::select::{self, Candidate};
use crate::serve::Job;
use crate::snapshot::{Account, Snapshot};

/// Whose accounts are put in order, and by what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) caller: &'a Caller,
    pub(crate) combo: Option<&'a str>,
    pub(crate) target: &'a Target,
    /// Where the request's conversation is at home.
    pub(crate) home: Option<&'a ConnectionId>,
    pub(crate) now: DateTime<Utc>,
}

impl Gateway {
    /// Whether and why an account rests for a target; of several reasons the weightiest.
    pub(crate) fn rest(
        &self,
        snapshot: &Snapshot,
        account: &Account,
        target: &Target,
        now: DateTime<Utc>,
    ) -> Option<Rest> {
        let inner = &self.inner;
        let failed = inner.health.rest(&account.id, &target.model, now);
        let used_up = inner.quotas.used_up(&account.id, &target.model, now);
        let used_up = used_up.map(|(window, until)| Rest::quota_window(&window, until));
        let spent = snapshot
            .budgets
            .account_rests(&account.id, &inner.ledger, now);
        let rests = failed.into_iter().chain(used_up).chain(spent);
        rests.max_by_key(Rest::weight)
    }

    /// The accounts of a target in order, and the trial of the first one where its rest has just ended.
    pub(crate) fn candidates(
        &self,
        job: &Job<'_>,
        target: &Target,
        conversation: Option<Conversation>,
        now: DateTime<Utc>,
    ) -> (Vec<Candidate>, Option<Trial<'_>>) {
        let homes = &self.inner.homes;
        let home = conversation.and_then(|known| homes.of(known, &target.spec.id, now));
        let choice = Choice {
            snapshot: job.snapshot,
            caller: job.caller,
            combo: job.plan.combo.as_deref(),
            target,
            home: home.as_ref(),
            now,
        };
        let mut trial = None;
        let candidates = self.arranged(choice, &self.inner.orders, |sound| {
            trial = self.try_first(sound, target, now);
        });
        (candidates, trial)
    }

    /// The accounts of a target by `orders`; `first` may change who of the sound ones is first.
    pub(crate) fn arranged(
        &self,
        choice: Choice<'_>,
        orders: &Orders,
        first: impl FnOnce(&mut [Arc<Account>]),
    ) -> Vec<Candidate> {
        let Choice {
            snapshot,
            target,
            now,
            ..
        } = choice;
        let provider = &target.spec.id;
        let terms = orders::Terms {
            provider,
            settings: &snapshot.settings.routing,
            quotas: &self.inner.quotas,
            home: choice.home,
            now,
        };
        let (budgets, ledger) = (&snapshot.budgets, &self.inner.ledger);
        let target_rests = budgets.target_rests(choice.combo, target, ledger, now);
        select::candidates(
            snapshot.accounts(provider),
            choice.caller,
            &target.model,
            |account| {
                let rest = self.rest(snapshot, account, target, now);
                rest.into_iter()
                    .chain(target_rests.clone())
                    .max_by_key(Rest::weight)
            },
            |sound| {
                orders.arrange(sound, terms);
                first(sound);
            },
        )
    }

    /// Lets an account whose trial another request has just begun come behind the others.
    fn try_first(
        &self,
        sound: &mut [Arc<Account>],
        target: &Target,
        now: DateTime<Utc>,
    ) -> Option<Trial<'_>> {
        for _ in 0..sound.len() {
            let first = sound.first()?;
            match self.inner.health.try_again(&first.id, &target.model, now) {
                Trial::NotNeeded => return None,
                Trial::Taken => sound.rotate_left(1),
                mine @ Trial::Mine(_) => return Some(mine),
            }
        }
        None
    }
}
