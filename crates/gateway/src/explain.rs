//! What would become of a request now: the very same plan and selection, without a turn being taken.

use std::sync::Arc;

use api::explain::{AccountState, DryAccount, DryRun, DryTarget};
use chrono::{DateTime, Utc};

use crate::Gateway;
use crate::caller::Caller;
use crate::choose::Choice;
use crate::resolve::{self, Target};
use crate::select::orders::Orders;
use crate::select::{self, Candidate};
use crate::snapshot::{Account, Snapshot};

impl Gateway {
    /// What would become of a request of `caller` for `model` at `now`.
    #[must_use]
    pub fn explain(&self, model: &str, caller: &Caller, now: DateTime<Utc>) -> DryRun {
        let snapshot = self.snapshot();
        // Turns are taken of a copy, so that the next request finds them as they were.
        let (rotation, orders) = (self.inner.rotation.copy(), self.inner.orders.copy());
        let plan = match resolve::plan(&snapshot, model, &rotation) {
            Ok(plan) => plan,
            Err(refused) => {
                return DryRun {
                    model: model.to_owned(),
                    combo: None,
                    refused: Some(refused.to_string()),
                    targets: Vec::new(),
                };
            }
        };
        let mut explanation = Explanation {
            gateway: self,
            snapshot: &snapshot,
            caller,
            combo: plan.combo.as_deref(),
            orders: &orders,
            is_alone: plan.targets.len() == 1,
            asked: 0,
            now,
        };
        DryRun {
            model: model.to_owned(),
            combo: plan.combo.clone(),
            refused: None,
            targets: plan
                .targets
                .iter()
                .map(|target| explanation.target(target))
                .collect(),
        }
    }
}

struct Explanation<'a> {
    gateway: &'a Gateway,
    snapshot: &'a Snapshot,
    caller: &'a Caller,
    combo: Option<&'a str>,
    orders: &'a Orders,
    /// There is one target, so that its only account is asked even while it rests.
    is_alone: bool,
    asked: u32,
    now: DateTime<Utc>,
}

impl Explanation<'_> {
    fn target(&mut self, target: &Target) -> DryTarget {
        let accounts = self.snapshot.accounts(&target.spec.id);
        let choice = Choice {
            snapshot: self.snapshot,
            caller: self.caller,
            combo: self.combo,
            target,
            // A conversation's first request has no home.
            home: None,
            now: self.now,
        };
        let candidates = self.gateway.arranged(choice, self.orders, |_| {});
        let is_alone = self.is_alone && candidates.len() == 1;
        let (mut asked, mut passed) = (Vec::new(), Vec::new());
        for candidate in candidates {
            match candidate {
                Candidate::Ready(account) => asked.push(self.asked(&account, target)),
                Candidate::Resting(account, rest) => {
                    let state = AccountState::Resting {
                        failure: rest.kind.as_str().to_owned(),
                        until: rest.until,
                    };
                    if is_alone && rest.may_be_broken() {
                        let place = Some(self.place());
                        asked.push(view(&account, place, state));
                    } else {
                        passed.push(view(&account, None, state));
                    }
                }
            }
        }
        asked.extend(passed);
        let left_out = |account: &Arc<Account>| self.left_out(account, &target.model);
        asked.extend(accounts.iter().filter_map(left_out));
        DryTarget {
            provider: target.spec.id.clone(),
            provider_name: target.spec.name.clone(),
            prefix: target.spec.prefix.clone(),
            model: target.model.clone(),
            price: self
                .snapshot
                .price(&target.spec.id, &target.model, self.now),
            accounts: asked,
        }
    }

    fn asked(&mut self, account: &Account, target: &Target) -> DryAccount {
        let rest = self.gateway.rest(self.snapshot, account, target, self.now);
        let state = rest.map_or(AccountState::Ready, |rest| AccountState::Troubled {
            failure: rest.kind.as_str().to_owned(),
            until: rest.until,
        });
        let place = Some(self.place());
        view(account, place, state)
    }

    /// The place of the next one who would be asked.
    fn place(&mut self) -> u32 {
        self.asked += 1;
        self.asked
    }

    fn left_out(&self, account: &Account, model: &str) -> Option<DryAccount> {
        let reason = select::left_out(account, self.caller, model)?;
        Some(view(account, None, AccountState::Skipped { reason }))
    }
}

fn view(account: &Account, place: Option<u32>, state: AccountState) -> DryAccount {
    DryAccount {
        connection_id: account.id.clone(),
        name: account.name.clone(),
        place,
        state,
    }
}
