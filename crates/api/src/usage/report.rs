//! What a month came to, by who and what spent it.

use serde::{Deserialize, Serialize};

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
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportSection {
    pub by: Dimension,
    /// What cost most first.
    pub rows: Vec<Row>,
    pub other: Option<Rest>,
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
