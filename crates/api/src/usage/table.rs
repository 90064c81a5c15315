//! What an answer about usage looks like: rows with every measure, and lines over time.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::usage::Tokens;
use crate::usage::query::{Measure, SeriesQuery, Step, TableQuery};

/// What tokens are worth by the price list of the API, in millionths of a dollar.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    pub input: i64,
    pub cache_read: i64,
    pub cache_write: i64,
    /// Reasoning included.
    pub output: i64,
    /// More than the parts only where rows from before the parts were kept are in it.
    pub total: i64,
}

/// The median and the slow end, in milliseconds, off by a sixteenth at most. `None` where nothing was measured.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantiles {
    pub p50: Option<u32>,
    pub p95: Option<u32>,
    pub p99: Option<u32>,
}

/// Everything that is known of some requests together.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    pub requests: u64,
    /// Requests whose outcome is not `ok`.
    pub errors: u64,
    pub tokens: Tokens,
    /// `tokens.total()`.
    pub total_tokens: u64,
    pub cost: Cost,
    /// What was paid: the cost, but nothing where a flat rate or something free was used.
    pub paid_micros: i64,
    /// Requests among them that have tokens, or may have, and no price.
    pub unpriced: u64,
    /// Requests whose tokens are our estimate.
    pub estimated: u64,
    /// From the request to the first byte of its answer.
    pub ttft_ms: Quantiles,
    pub duration_ms: Quantiles,
    /// Output tokens per second between the first byte and the last, of streams that ended well.
    pub tokens_per_second: Option<f64>,
    pub last_used_at: Option<DateTime<Utc>>,
}

impl Measures {
    /// As a number to sort, draw or compare by. `None` where nothing was measured.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact up to 2^53, which is nine billion dollars"
    )]
    pub fn number(&self, measure: Measure) -> Option<f64> {
        let count = |value: u64| Some(value as f64);
        let micros = |value: i64| Some(value as f64);
        let ms = |value: Option<u32>| value.map(f64::from);
        match measure {
            Measure::Requests => count(self.requests),
            Measure::Errors => count(self.errors),
            Measure::Input => count(self.tokens.input),
            Measure::CacheRead => count(self.tokens.cache_read),
            Measure::CacheWrite => count(self.tokens.cache_write),
            Measure::Output => count(self.tokens.output),
            Measure::Reasoning => count(self.tokens.reasoning),
            Measure::Total => count(self.total_tokens),
            Measure::CostInput => micros(self.cost.input),
            Measure::CostCacheRead => micros(self.cost.cache_read),
            Measure::CostCacheWrite => micros(self.cost.cache_write),
            Measure::CostOutput => micros(self.cost.output),
            Measure::Cost => micros(self.cost.total),
            Measure::Paid => micros(self.paid_micros),
            Measure::TtftP50 => ms(self.ttft_ms.p50),
            Measure::TtftP95 => ms(self.ttft_ms.p95),
            Measure::TtftP99 => ms(self.ttft_ms.p99),
            Measure::DurationP50 => ms(self.duration_ms.p50),
            Measure::DurationP95 => ms(self.duration_ms.p95),
            Measure::DurationP99 => ms(self.duration_ms.p99),
            Measure::Speed => self.tokens_per_second,
        }
    }
}

/// Parts of the whole table, from 0 to 1; 0 where the whole is nothing.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub requests: f64,
    pub tokens: f64,
    pub cost: f64,
}

/// One value of a dimension.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Value {
    /// What a filter takes: an id, a text, or where a day or an hour begins (`2026-03-29T22:00:00Z`).
    /// `None` is having none, which on endpoints means unknown.
    pub id: Option<String>,
    /// What it is called now, and a day or an hour as the zone's clock shows it; `None` where that is the
    /// id itself, or what had the name is gone.
    pub name: Option<String>,
}

/// One row, of a group or of a group's parts.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub value: Value,
    pub measures: Measures,
    pub share: Share,
    /// The same of the period before, where that was asked for.
    pub previous: Option<Measures>,
}

/// What is past the limit, as one row.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rest {
    /// How many rows it stands for.
    pub rows: u64,
    pub measures: Measures,
    pub share: Share,
    pub previous: Option<Measures>,
}

/// One value of the first dimension; where its rows were wanted, the sums of `rows` and `other` are its own.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    #[serde(flatten)]
    pub row: Row,
    /// How many values of the second dimension it has, whether wanted or not; 0 without a second one.
    pub parts: u64,
    /// By the second dimension; none where only one was asked for, or the group is not in `rows_of`.
    pub rows: Vec<Row>,
    pub other: Option<Rest>,
}

/// Half open.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// Half open, in a time zone: `2026-03-29 14:00`, with the offset behind it where the clock shows it twice.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalRange {
    pub from: String,
    pub until: String,
}

/// A table; the sums of `groups` and `other` are `totals`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsageTable {
    /// As it was understood.
    pub query: TableQuery,
    pub range: Range,
    /// The same as the zone's clock shows it.
    pub local: LocalRange,
    pub groups: Vec<Group>,
    pub other: Option<Rest>,
    pub totals: Measures,
    /// The period before, where it was asked for and there is one.
    pub previous_range: Option<Range>,
    pub previous_totals: Option<Measures>,
}

/// One line of a chart.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub value: Value,
    /// One for each of the chart's steps: 0 where nothing was, `None` where nothing was measured.
    pub points: Vec<Option<f64>>,
    pub measures: Measures,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsageSeries {
    /// As it was understood.
    pub query: SeriesQuery,
    pub range: Range,
    /// Never [`Step::Auto`].
    pub step: Step,
    /// Where each step begins, oldest first and without gaps. A day of the zone may have 23 or 25 hours.
    pub starts: Vec<DateTime<Utc>>,
    /// The same as the zone's clock shows them: `2026-03-29` for days, otherwise `2026-03-29 14:00`.
    pub labels: Vec<String>,
    /// Every measure of all lines together, for each step.
    pub steps: Vec<Measures>,
    /// The largest first; one line without a value where no dimension was asked for.
    pub lines: Vec<Line>,
    pub other: Option<Line>,
    pub totals: Measures,
}
