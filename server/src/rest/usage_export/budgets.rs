//! The budgets of a month's report.

use api::budget::{BudgetUnit, dollars};
use api::usage::report::BudgetLine;
use serde_json::{Value, json};

use crate::rest::export::cell;

/// The columns of a budget. Amounts are in dollars or tokens, as `budget_unit` says.
pub(super) const NAMES: [&str; 7] = [
    "budget",
    "budget_unit",
    "budget_period",
    "budget_amount",
    "budget_allowed",
    "budget_used",
    "budget_forecast",
];

pub(super) fn cells(budget: &BudgetLine) -> [String; 7] {
    let unit = budget.allowance.unit;
    [
        cell(&name(budget)),
        word(unit).to_owned(),
        budget.allowance.period.as_str().to_owned(),
        amount(budget.allowance.amount, unit),
        amount(budget.allowed, unit),
        amount(budget.used, unit),
        budget
            .forecast
            .map(|forecast| amount(forecast, unit))
            .unwrap_or_default(),
    ]
}

/// Amounts are in the budget's unit: millionths of a dollar, or tokens.
pub(super) fn json(budget: &BudgetLine) -> Value {
    json!({
        "subject": budget.subject,
        "name": budget.name,
        "unit": budget.allowance.unit,
        "period": budget.allowance.period,
        "amount": budget.allowance.amount,
        "allowed": budget.allowed,
        "used": budget.used,
        "forecast": budget.forecast,
    })
}

fn name(budget: &BudgetLine) -> String {
    budget.name.clone().unwrap_or_default()
}

fn word(unit: BudgetUnit) -> &'static str {
    match unit {
        BudgetUnit::Money => "usd",
        BudgetUnit::Tokens => "tokens",
    }
}

fn amount(amount: u64, unit: BudgetUnit) -> String {
    match unit {
        BudgetUnit::Money => dollars(amount),
        BudgetUnit::Tokens => amount.to_string(),
    }
}
