//! What was used up lately, by the hour, in memory: budgets are judged by it without asking the database.
//!
//! It is filled from the hourly sums when the program starts, and goes on from there with every request that ends.
//! A request counts in the hour in which it began, as in the sums.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use api::budget::BudgetUnit;
use api::ids::{ConnectionId, KeyId, ProviderId, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use store::records::{CostCorrection, Payers, SpentRecord, UsageRecord};

/// The longest period, and a day for the time zone.
pub(crate) const KEPT: TimeDelta = TimeDelta::days(32);

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pages: Mutex<HashMap<Spender, BTreeMap<i64, Spent>>>,
}

/// Who uses something up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Spender {
    Account(ConnectionId),
    Provider(ProviderId),
    /// A target, where this combo was asked for.
    Target {
        combo: String,
        provider: ProviderId,
        model: String,
    },
    Key(KeyId),
    /// All keys of one together.
    User(UserId),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Spent {
    micros: u64,
    tokens: u64,
}

impl Ledger {
    /// What was used up before a restart.
    pub(crate) fn restore(&self, records: Vec<SpentRecord>) {
        let mut pages = self.lock();
        for record in records {
            let spent = Spent {
                micros: record.micros,
                tokens: record.tokens,
            };
            for spender in spenders(record.payers) {
                add(&mut pages, spender, hour(record.hour), spent);
            }
        }
    }

    /// What was used up has turned out to cost less or more.
    pub(crate) fn correct(&self, corrections: Vec<CostCorrection>) {
        let mut pages = self.lock();
        for CostCorrection {
            after,
            before_micros,
        } in corrections
        {
            for spender in spenders(after.payers) {
                // An hour that is not kept any more is no budget's.
                let page = pages.get_mut(&spender);
                if let Some(sum) = page.and_then(|page| page.get_mut(&hour(after.hour))) {
                    sum.micros = sum
                        .micros
                        .saturating_add(after.micros)
                        .saturating_sub(before_micros);
                }
            }
        }
    }

    /// A request has ended.
    pub(crate) fn count(&self, record: &UsageRecord) {
        let tokens = &record.tokens;
        let spent = Spent {
            micros: record
                .cost_micros
                .and_then(|micros| u64::try_from(micros).ok())
                .unwrap_or_default(),
            tokens: [
                tokens.input,
                tokens.cache_read,
                tokens.cache_write,
                tokens.output,
            ]
            .into_iter()
            .fold(0, u64::saturating_add),
        };
        if spent == Spent::default() {
            return;
        }
        let spenders = spenders(Payers::from(record));
        let mut pages = self.lock();
        for spender in spenders {
            add(&mut pages, spender, hour(record.at), spent);
        }
    }

    /// What all of `spenders` have used up from `since` on, which is the beginning of an hour.
    pub(crate) fn used<'a>(
        &self,
        spenders: impl IntoIterator<Item = &'a Spender>,
        unit: BudgetUnit,
        since: DateTime<Utc>,
    ) -> u64 {
        let pages = self.lock();
        spenders
            .into_iter()
            .filter_map(|spender| pages.get(spender))
            .flat_map(|page| page.range(hour(since)..))
            .map(|(_, spent)| match unit {
                BudgetUnit::Money => spent.micros,
                BudgetUnit::Tokens => spent.tokens,
            })
            .fold(0, u64::saturating_add)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Spender, BTreeMap<i64, Spent>>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spenders(payers: Payers) -> impl Iterator<Item = Spender> {
    let Payers {
        connection_id,
        provider,
        model,
        combo,
        key_id,
        user_id,
    } = payers;
    let target = combo.zip(provider.clone()).zip(model);
    let target = target.map(|((combo, provider), model)| Spender::Target {
        combo,
        provider,
        model,
    });
    let all = [
        connection_id.map(Spender::Account),
        provider.map(Spender::Provider),
        target,
        key_id.map(Spender::Key),
        user_id.map(Spender::User),
    ];
    all.into_iter().flatten()
}

fn add(
    pages: &mut HashMap<Spender, BTreeMap<i64, Spent>>,
    spender: Spender,
    hour: i64,
    spent: Spent,
) {
    let page = pages.entry(spender).or_default();
    if !page.contains_key(&hour) {
        // Once an hour what no budget reaches any more is forgotten.
        *page = page.split_off(&(hour - KEPT.num_hours()));
    }
    let sum = page.entry(hour).or_default();
    sum.micros = sum.micros.saturating_add(spent.micros);
    sum.tokens = sum.tokens.saturating_add(spent.tokens);
}

fn hour(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(3_600)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::default() + TimeDelta::hours(hours)
    }

    fn record(hours: i64, combo: Option<&str>, micros: u64) -> SpentRecord {
        SpentRecord {
            hour: at(hours),
            payers: Payers {
                connection_id: Some("a".into()),
                provider: Some("p".into()),
                model: Some("m".to_owned()),
                combo: combo.map(str::to_owned),
                key_id: Some("k".into()),
                user_id: Some("u".into()),
            },
            micros,
            tokens: micros * 2,
        }
    }

    #[test]
    fn what_is_used_up_counts_for_everybody_who_did() {
        let ledger = Ledger::default();
        ledger.restore(vec![
            record(0, None, 1),
            record(1, Some("best"), 10),
            record(2, None, 100),
        ]);
        let account = Spender::Account("a".into());
        let provider = Spender::Provider("p".into());
        let target = Spender::Target {
            combo: "best".to_owned(),
            provider: "p".into(),
            model: "m".to_owned(),
        };
        let money = |spender: &Spender, since| ledger.used([spender], BudgetUnit::Money, at(since));
        assert_eq!(
            [money(&account, 0), money(&account, 1), money(&account, 3)],
            [111, 110, 0]
        );
        assert_eq!(money(&provider, 0), 111);
        assert_eq!(money(&Spender::Key("k".into()), 1), 110);
        assert_eq!(money(&Spender::User("u".into()), 2), 100);
        assert_eq!(money(&Spender::User("k".into()), 0), 0);
        assert_eq!(money(&target, 0), 10);
        assert_eq!(ledger.used([&account], BudgetUnit::Tokens, at(2)), 200);
        assert_eq!(
            ledger.used([&account, &target], BudgetUnit::Money, at(0)),
            121
        );
    }

    #[test]
    fn a_cost_that_was_another_is_corrected() {
        let ledger = Ledger::default();
        ledger.restore(vec![record(0, None, 10), record(1, Some("best"), 5)]);
        let correction = |hours, combo, after, before_micros| CostCorrection {
            after: record(hours, combo, after),
            before_micros,
        };
        ledger.correct(vec![
            correction(0, None, 2, 10),
            correction(1, Some("best"), 50, 0),
            correction(-90_000, None, 1_000, 0),
        ]);
        let account = Spender::Account("a".into());
        let used = |unit| ledger.used([&account], unit, at(0));
        assert_eq!(used(BudgetUnit::Money), 57);
        assert_eq!(used(BudgetUnit::Tokens), 30);
        let key = Spender::Key("k".into());
        assert_eq!(ledger.used([&key], BudgetUnit::Money, at(0)), 57);
        assert_eq!(ledger.used([&account], BudgetUnit::Money, at(-100_000)), 57);
    }

    #[test]
    fn what_no_budget_reaches_is_forgotten() {
        let ledger = Ledger::default();
        for hours in 0..2_000 {
            ledger.restore(vec![record(hours, None, 1)]);
        }
        let pages = ledger.lock();
        assert!(pages.values().all(|page| page.len() <= 32 * 24 + 1));
    }
}
