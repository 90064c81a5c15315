//! Budgets as the data plane judges them: whose is used up, and until when.
//!
//! One of an account, a provider or a step makes it rest, and others stand in; one of a key or a user refuses who calls.
//! What a request costs is known when it ends, so requests that run at once may exceed a budget by what they cost.

use std::collections::HashMap;

use api::budget::{Allowance, BudgetPeriod, BudgetSubject};
use api::ids::{ComboId, ConnectionId, KeyId, ProviderId, UserId};
use chrono::{DateTime, Utc};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use store::records::{BudgetRecord, CostCorrection, SpentRecord};

use crate::Gateway;
use crate::caller::Caller;
use crate::error::Refusal;
use crate::health::Rest;
use crate::ledger::{Ledger, Spender};
use crate::resolve::{self, Rotation, Target};
use crate::snapshot::Snapshot;

/// Budgets by whom they are for.
#[derive(Debug, Default)]
pub struct Budgets {
    accounts: HashMap<ConnectionId, Vec<Budget>>,
    providers: HashMap<ProviderId, Vec<Budget>>,
    /// Of steps, by the combo's name.
    steps: HashMap<String, Vec<Budget>>,
    keys: HashMap<KeyId, Vec<Budget>>,
    /// Of all keys of one together.
    users: HashMap<UserId, Vec<Budget>>,
    /// By whose clock their days begin.
    zone: Zone,
}

#[derive(Debug, Clone)]
struct Budget {
    spenders: Vec<Spender>,
    allowance: Allowance,
}

/// When a period began and when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// One that nothing is left of.
struct UsedUp {
    whose: &'static str,
    allowance: Allowance,
    until: DateTime<Utc>,
}

#[derive(Debug)]
struct Zone(TimeZone);

impl Zone {
    /// One that nobody knows is UTC: it was checked when it was set.
    fn new(name: &str) -> Self {
        TimeZone::get(name).map_or_else(|_| Self::default(), Self)
    }

    /// A moment by the zone's clocks, with its name.
    fn clock(&self, at: DateTime<Utc>) -> String {
        let moment = Timestamp::from_millisecond(at.timestamp_millis()).unwrap_or_default();
        let time = moment.to_zoned(self.0.clone());
        let name = self.0.iana_name().unwrap_or("UTC");
        format!("{} ({name})", time.strftime("%Y-%m-%d %H:%M"))
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl Budgets {
    /// `combos` are the names of combos; steps lead where `snapshot` says.
    pub(crate) fn new(
        records: &[BudgetRecord],
        combos: &HashMap<ComboId, String>,
        snapshot: &Snapshot,
    ) -> Self {
        let mut budgets = Self {
            zone: Zone::new(&snapshot.settings.budget_zone),
            ..Self::default()
        };
        for record in records {
            let budget = Budget {
                spenders: spenders(&record.subject, combos, snapshot),
                allowance: record.allowance,
            };
            let of_subject = match &record.subject {
                BudgetSubject::Account { account } => {
                    budgets.accounts.entry(account.clone()).or_default()
                }
                BudgetSubject::Provider { provider } => {
                    budgets.providers.entry(provider.clone()).or_default()
                }
                BudgetSubject::Step { combo, .. } => {
                    let name = combos.get(combo).cloned().unwrap_or_default();
                    budgets.steps.entry(name).or_default()
                }
                BudgetSubject::Key { key } => budgets.keys.entry(key.clone()).or_default(),
                BudgetSubject::User { user } => budgets.users.entry(user.clone()).or_default(),
            };
            of_subject.push(budget);
        }
        budgets
    }

    /// Whether a target must not be asked, whoever has the account.
    pub(crate) fn target_rests(
        &self,
        combo: Option<&str>,
        target: &Target,
        ledger: &Ledger,
        now: DateTime<Utc>,
    ) -> Option<Rest> {
        let is_of_target = |spender: &Spender| match spender {
            Spender::Target {
                provider, model, ..
            } => *provider == target.spec.id && *model == target.model,
            Spender::Account(_) | Spender::Provider(_) | Spender::Key(_) | Spender::User(_) => {
                false
            }
        };
        let provider = self.providers.get(&target.spec.id).into_iter().flatten();
        let provider = provider.map(|budget| (budget, "its provider's budget"));
        let steps = combo.and_then(|combo| self.steps.get(combo));
        let steps = steps.into_iter().flatten();
        let steps = steps
            .filter(|budget| budget.spenders.iter().any(is_of_target))
            .map(|budget| (budget, "its step's budget"));
        let used_up = self.longest(provider.chain(steps), ledger, now);
        used_up.map(UsedUp::rest)
    }

    /// Whether an account must not be asked.
    pub(crate) fn account_rests(
        &self,
        account: &ConnectionId,
        ledger: &Ledger,
        now: DateTime<Utc>,
    ) -> Option<Rest> {
        let budgets = self.accounts.get(account)?.iter();
        let budgets = budgets.map(|budget| (budget, "its budget"));
        self.longest(budgets, ledger, now).map(UsedUp::rest)
    }

    /// Why whoever calls must not be served, if they must not. Nobody could stand in: it is the caller's own limit.
    pub(crate) fn refuses(
        &self,
        caller: &Caller,
        ledger: &Ledger,
        now: DateTime<Utc>,
    ) -> Option<Refusal> {
        let of_key = caller.key_id.as_ref().and_then(|id| self.keys.get(id));
        let of_key = of_key.into_iter().flatten();
        let of_key = of_key.map(|budget| (budget, "the budget of this key"));
        let of_user = caller.user_id.as_ref().and_then(|id| self.users.get(id));
        let of_user = of_user.into_iter().flatten();
        let of_user = of_user.map(|budget| (budget, "the budget of this key's owner"));
        let used_up = self.longest(of_key.chain(of_user), ledger, now)?;
        Some(Refusal::OverBudget {
            whose: used_up.whose,
            amount: used_up.allowance.words(),
            begins_anew: self.zone.clock(used_up.until),
            wait: (used_up.until - now).to_std().unwrap_or_default(),
        })
    }

    fn longest<'a>(
        &self,
        budgets: impl Iterator<Item = (&'a Budget, &'static str)>,
        ledger: &Ledger,
        now: DateTime<Utc>,
    ) -> Option<UsedUp> {
        let used_up = budgets.filter_map(|(budget, whose)| {
            let allowance = budget.allowance;
            let Bounds { since, until } = bounds(allowance.period, &self.zone.0, now);
            let used = ledger.used(&budget.spenders, allowance.unit, since);
            (used >= allowance.amount).then_some(UsedUp {
                whose,
                allowance,
                until,
            })
        });
        used_up.max_by_key(|used_up| used_up.until)
    }
}

impl UsedUp {
    fn rest(self) -> Rest {
        let words = format!("{} of {} is used up", self.whose, self.allowance.words());
        Rest::budget(words, self.until)
    }
}

impl Gateway {
    /// Requests that were stored have turned out to cost less or more: budgets are judged by what they cost.
    pub fn correct_costs(&self, corrections: Vec<CostCorrection>) {
        self.inner.ledger.correct(corrections);
    }

    /// What the period of a budget has used up so far, in the budget's unit, and the period.
    ///
    /// Of a step what it leads to now counts.
    #[must_use]
    pub fn budget_used(
        &self,
        subject: &BudgetSubject,
        allowance: Allowance,
        combos: &HashMap<ComboId, String>,
        now: DateTime<Utc>,
    ) -> (u64, Bounds) {
        let snapshot = self.snapshot();
        let bounds = bounds(allowance.period, &snapshot.budgets.zone.0, now);
        let spenders = spenders(subject, combos, &snapshot);
        let used = self
            .inner
            .ledger
            .used(&spenders, allowance.unit, bounds.since);
        (used, bounds)
    }

    /// What the subjects of budgets used up of `spent`, all of which is of one hour, in the budgets' order and units.
    #[must_use]
    pub fn budgets_used(
        &self,
        budgets: &[BudgetRecord],
        combos: &HashMap<ComboId, String>,
        spent: Vec<SpentRecord>,
    ) -> Vec<u64> {
        let snapshot = self.snapshot();
        let ledger = Ledger::default();
        ledger.restore(spent);
        let used = budgets.iter().map(|budget| {
            let spenders = spenders(&budget.subject, combos, &snapshot);
            ledger.used(&spenders, budget.allowance.unit, DateTime::<Utc>::MIN_UTC)
        });
        used.collect()
    }
}

/// Whose use counts.
fn spenders(
    subject: &BudgetSubject,
    combos: &HashMap<ComboId, String>,
    snapshot: &Snapshot,
) -> Vec<Spender> {
    match subject {
        BudgetSubject::Account { account } => vec![Spender::Account(account.clone())],
        BudgetSubject::Provider { provider } => vec![Spender::Provider(provider.clone())],
        BudgetSubject::Step { combo, model } => {
            let Some(combo) = combos.get(combo) else {
                return Vec::new();
            };
            let plan = resolve::plan(snapshot, model, &Rotation::default());
            let targets = plan.map(|plan| plan.targets).unwrap_or_default();
            let spender = |target: Target| Spender::Target {
                combo: combo.clone(),
                provider: target.spec.id.clone(),
                model: target.model,
            };
            targets.into_iter().map(spender).collect()
        }
        BudgetSubject::Key { key } => vec![Spender::Key(key.clone())],
        BudgetSubject::User { user } => vec![Spender::User(user.clone())],
    }
}

/// The period that `now` is in by the clocks of `zone`, which may be changed within it. A week begins on Monday.
#[must_use]
pub fn bounds(period: BudgetPeriod, zone: &TimeZone, now: DateTime<Utc>) -> Bounds {
    let moment = Timestamp::from_millisecond(now.timestamp_millis()).unwrap_or_default();
    let today = moment.to_zoned(zone.clone()).date();
    let (first, length) = match period {
        BudgetPeriod::Day => (today, 1.day()),
        BudgetPeriod::Week => {
            let since_monday = today.weekday().to_monday_zero_offset();
            (
                today.saturating_sub(i64::from(since_monday).days()),
                7.days(),
            )
        }
        BudgetPeriod::Month => (today.first_of_month(), 1.month()),
    };
    // The first moment of a day, which is not midnight where clocks are changed then.
    let begins = |day: Date| {
        let begins = day.to_zoned(zone.clone()).ok()?;
        DateTime::from_timestamp_millis(begins.timestamp().as_millisecond())
    };
    Bounds {
        since: begins(first).unwrap_or(now),
        until: begins(first.saturating_add(length)).unwrap_or(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn periods_begin_at_midnight_on_mondays_and_on_the_first() {
        for (period, zone, now, since, until) in [
            (
                BudgetPeriod::Day,
                "UTC",
                "2026-03-01T00:00:00Z",
                "2026-03-01T00:00:00Z",
                "2026-03-02T00:00:00Z",
            ),
            (
                BudgetPeriod::Day,
                "UTC",
                "2026-02-28T23:59:59Z",
                "2026-02-28T00:00:00Z",
                "2026-03-01T00:00:00Z",
            ),
            (
                BudgetPeriod::Day,
                "Etc/GMT-2",
                "2026-02-28T22:00:00Z",
                "2026-02-28T22:00:00Z",
                "2026-03-01T22:00:00Z",
            ),
            (
                BudgetPeriod::Day,
                "Etc/GMT+8",
                "2026-02-28T07:59:00Z",
                "2026-02-27T08:00:00Z",
                "2026-02-28T08:00:00Z",
            ),
            (
                BudgetPeriod::Week,
                "UTC",
                "2026-03-01T12:00:00Z",
                "2026-02-23T00:00:00Z",
                "2026-03-02T00:00:00Z",
            ),
            (
                BudgetPeriod::Week,
                "UTC",
                "2026-03-02T00:00:00Z",
                "2026-03-02T00:00:00Z",
                "2026-03-09T00:00:00Z",
            ),
            (
                BudgetPeriod::Month,
                "UTC",
                "2026-12-31T23:00:00Z",
                "2026-12-01T00:00:00Z",
                "2027-01-01T00:00:00Z",
            ),
            (
                BudgetPeriod::Month,
                "Etc/GMT-1",
                "2026-12-31T23:00:00Z",
                "2026-12-31T23:00:00Z",
                "2027-01-31T23:00:00Z",
            ),
            // Clocks go forward on 2026-03-29 and back on 2026-10-25.
            (
                BudgetPeriod::Day,
                "Europe/Berlin",
                "2026-03-29T12:00:00Z",
                "2026-03-28T23:00:00Z",
                "2026-03-29T22:00:00Z",
            ),
            (
                BudgetPeriod::Day,
                "Europe/Berlin",
                "2026-10-25T12:00:00Z",
                "2026-10-24T22:00:00Z",
                "2026-10-25T23:00:00Z",
            ),
            (
                BudgetPeriod::Month,
                "America/New_York",
                "2026-03-20T12:00:00Z",
                "2026-03-01T05:00:00Z",
                "2026-04-01T04:00:00Z",
            ),
            (
                BudgetPeriod::Day,
                "Nowhere/Town",
                "2026-03-20T12:00:00Z",
                "2026-03-20T00:00:00Z",
                "2026-03-21T00:00:00Z",
            ),
        ] {
            let expected = Bounds {
                since: at(since),
                until: at(until),
            };
            assert_eq!(
                bounds(period, &Zone::new(zone).0, at(now)),
                expected,
                "{period:?} {zone} {now}"
            );
        }
    }
}
