//! The budgets of a month's report: all of them for an administrator, otherwise those of the actor's own keys.

use api::budget::{Allowance, BudgetPeriod};
use api::usage::query::Span;
use api::usage::report::BudgetLine;

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;
use crate::usage::clock::{Clock, Month};
use crate::usage::scope;

impl Admin {
    pub(super) async fn report_budgets(
        &self,
        actor: &Actor,
        clock: &Clock,
        month: &Month,
    ) -> Result<Vec<BudgetLine>, AdminError> {
        let mut records = self.inner.store.budgets().list().await?;
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.known_subjects().await?;
        records.retain(|record| known.may_see(actor, &record.subject));
        let span = Span::Custom {
            from: month.from.clone(),
            until: month.until.clone(),
        };
        let slots = clock.slots(&span, None)?;
        let usage = self.inner.store.usage();
        let spent = usage.spent_within(&scope(actor), slots).await?;
        let gateway = &self.inner.gateway;
        let used = gateway.budgets_used(&records, &known.combo_names(), spent);
        let lines = records.into_iter().zip(used).map(|(record, used)| {
            let name = self.budget_name(&record.subject, &known);
            BudgetLine {
                name,
                subject: record.subject,
                allowance: record.allowance,
                allowed: allowed(record.allowance, month.days),
                used,
                forecast: month.elapsed.map(|elapsed| ahead(used, elapsed)),
            }
        });
        Ok(lines.collect())
    }
}

fn allowed(allowance: Allowance, days: u8) -> u64 {
    let days = u64::from(days);
    match allowance.period {
        BudgetPeriod::Day => allowance.amount.saturating_mul(days),
        BudgetPeriod::Week => allowance.amount.saturating_mul(days) / 7,
        BudgetPeriod::Month => allowance.amount,
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a forecast is not exact, and what was used is not negative"
)]
fn ahead(used: u64, elapsed: f64) -> u64 {
    (used as f64 / elapsed).round() as u64
}

#[cfg(test)]
mod tests {
    use api::budget::BudgetUnit;

    use super::*;

    #[test]
    fn a_month_allows_as_much_as_its_days_and_weeks() {
        for (period, days, expected) in [
            (BudgetPeriod::Day, 28, 280),
            (BudgetPeriod::Day, 31, 310),
            (BudgetPeriod::Week, 28, 40),
            (BudgetPeriod::Week, 31, 44),
            (BudgetPeriod::Month, 31, 10),
        ] {
            let allowance = Allowance {
                amount: 10,
                unit: BudgetUnit::Tokens,
                period,
            };
            assert_eq!(allowed(allowance, days), expected, "{period:?} {days}");
        }
    }

    #[test]
    fn what_is_used_in_a_quarter_is_used_four_times() {
        assert_eq!(ahead(25, 0.25), 100);
        assert_eq!(ahead(0, 0.001), 0);
    }
}
