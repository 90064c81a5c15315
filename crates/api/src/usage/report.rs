//! What a month came to, by who and what spent it.

use serde::{Deserialize, Serialize};

use crate::budget::{Allowance, BudgetSubject};
use crate::usage::query::Dimension;
use crate::usage::table::{LocalRange, Measures, Range, Rest, Row};

/// Which month, of which clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportQuery {
    /// `2026-03`; the month of now where it is empty.
    pub month: String,
    /// By its IANA name.
    pub zone: String,
}

impl Default for ReportQuery {
    fn default() -> Self {
        Self {
            month: String::new(),
            zone: "UTC".to_owned(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsageReport {
    /// As it was understood: the month is never empty.
    pub query: ReportQuery,
    pub range: Range,
    pub local: LocalRange,
    pub totals: Measures,
    pub previous_month: String,
    pub previous_totals: Measures,
    pub following_month: String,
    /// While the month is under way.
    pub forecast: Option<Forecast>,
    /// The same month again and again, each time by something else; the sums of each are `totals`.
    pub sections: Vec<ReportSection>,
    /// Oldest first. Who is no administrator has those of their own keys alone.
    pub budgets: Vec<BudgetLine>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportSection {
    pub by: Dimension,
    /// What cost most first.
    pub rows: Vec<Row>,
    pub other: Option<Rest>,
}

/// A budget, as it is now, and what its subject used in the month. Amounts are in the budget's unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BudgetLine {
    pub subject: BudgetSubject,
    /// What people call the subject. `None`: it is gone.
    pub name: Option<String>,
    pub allowance: Allowance,
    /// In the whole month: of a day as often as the month has days, of a week a seventh as often.
    pub allowed: u64,
    pub used: u64,
    /// What will have been used at the month's end, while it is under way.
    pub forecast: Option<u64>,
}

impl BudgetLine {
    /// Whether more is used than the month allows, or will be.
    #[must_use]
    pub fn is_exceeded(&self) -> bool {
        self.forecast.unwrap_or(self.used).max(self.used) > self.allowed
    }
}

/// What the month comes to if it goes on as it went until now: the sum divided by the part that is over.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// The part of the month that is over, above 0 and below 1.
    pub elapsed: f64,
    /// Millionths of a dollar at the price of the API.
    pub cost_micros: i64,
    /// Millionths of a dollar that will have been paid.
    pub paid_micros: i64,
}
