//! What may be asked of the usage: which requests, grouped how, sorted how, how many rows.

use serde::{Deserialize, Serialize};

use crate::usage::Direction;
use crate::usage::words::words;

words! {
    /// What requests can be grouped by. All but the last two can be filtered by as well.
    pub enum Dimension {
        /// Where the client called: `/v1/messages`. None on rows from before endpoints were tracked.
        Endpoint = "endpoint",
        ClientFormat = "client_format",
        Provider = "provider",
        /// As the client wrote it.
        ModelRequested = "model_requested",
        /// What answered, or was asked last. None where a request was sent nowhere.
        ModelServed = "model_served",
        /// The connection that answered, or was asked last.
        Account = "account",
        Key = "key",
        User = "user",
        Combo = "combo",
        Outcome = "outcome",
        /// What the client called the request, in `x-9router-tag`.
        Tag = "tag",
        /// A day of the calendar in the query's time zone.
        Day = "day",
        Hour = "hour",
    }
}

impl Dimension {
    /// A part of time and not a property of the request.
    #[must_use]
    pub fn is_time(self) -> bool {
        matches!(self, Self::Day | Self::Hour)
    }
}

words! {
    /// A number that every row of an answer has.
    pub enum Measure {
        Requests = "requests",
        Errors = "errors",
        Input = "input",
        CacheRead = "cache_read",
        CacheWrite = "cache_write",
        Output = "output",
        /// A part of `output`.
        Reasoning = "reasoning",
        /// All tokens: `input + cache_read + cache_write + output`.
        Total = "total",
        CostInput = "cost_input",
        CostCacheRead = "cost_cache_read",
        CostCacheWrite = "cost_cache_write",
        CostOutput = "cost_output",
        /// What the tokens are worth at the price of the API, millionths of a dollar.
        Cost = "cost",
        /// What was paid for them: nothing where a flat rate was used. Millionths of a dollar.
        Paid = "paid",
        TtftP50 = "ttft_p50",
        TtftP95 = "ttft_p95",
        TtftP99 = "ttft_p99",
        DurationP50 = "duration_p50",
        DurationP95 = "duration_p95",
        DurationP99 = "duration_p99",
        /// Output tokens per second of generation.
        Speed = "speed",
    }
}

words! {
    /// A period that ends now.
    #[derive(Default)]
    pub enum Preset {
        Hour = "1h",
        Day = "24h",
        #[default]
        Week = "7d",
        Month = "30d",
        Quarter = "90d",
        /// Since the first of the month in the query's time zone.
        MonthToDate = "mtd",
        All = "all",
    }
}

/// Which time is asked for. Edges are rounded outwards to a quarter of an hour; the answer says to which.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Span {
    Preset(Preset),
    /// Each a moment (`2026-03-29T14:00:00Z`), a time in the query's zone (`2026-03-29T14:00`), or a day
    /// in it (`2026-03-29`). A day as `until` is included as a whole.
    Custom {
        from: String,
        until: String,
    },
}

impl Default for Span {
    fn default() -> Self {
        Self::Preset(Preset::default())
    }
}

/// Requests that have one of these values. `None` is having none: no key, no combo, no known endpoint.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    pub dimension: Dimension,
    pub values: Vec<Option<String>>,
}

/// Which requests are meant.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    pub period: Span,
    /// By its IANA name: `Europe/Berlin`. Days and hours are this zone's.
    pub zone: String,
    /// All of them hold.
    pub filters: Vec<Filter>,
    /// Requests with this text in any dimension's value or name, whatever its case.
    pub text: String,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            period: Span::default(),
            zone: "UTC".to_owned(),
            filters: Vec::new(),
            text: String::new(),
        }
    }
}

/// What the rows of a table are sorted by: one of its columns.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SortBy {
    /// Texts without regard to case, times by time; what has no name stands last.
    Name,
    LastUsed,
    Measure(Measure),
}

impl SortBy {
    /// The columns of figures that a table has where nobody chose any.
    pub const COLUMNS: [Self; 11] = [
        Self::Measure(Measure::Requests),
        Self::Measure(Measure::Errors),
        Self::Measure(Measure::Input),
        Self::Measure(Measure::CacheRead),
        Self::Measure(Measure::Output),
        Self::Measure(Measure::Total),
        Self::Measure(Measure::Cost),
        Self::Measure(Measure::Paid),
        Self::Measure(Measure::TtftP50),
        Self::Measure(Measure::DurationP95),
        Self::LastUsed,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::LastUsed => "last_used",
            Self::Measure(measure) => measure.as_str(),
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "name" => Some(Self::Name),
            "last_used" => Some(Self::LastUsed),
            _ => Measure::parse(word).map(Self::Measure),
        }
    }
}

impl TryFrom<String> for SortBy {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        Self::parse(&word)
            .ok_or_else(|| format!("expected `name`, `last_used` or a measure, found `{word}`"))
    }
}

impl From<SortBy> for String {
    fn from(sort: SortBy) -> Self {
        sort.as_str().to_owned()
    }
}

/// One of the things that rows are sorted by.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SortKey {
    pub sort: SortBy,
    pub direction: Direction,
}

/// A table: requests by one dimension, and by a second one within each group.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableQuery {
    pub selection: Selection,
    pub by: Dimension,
    pub then_by: Option<Dimension>,
    pub sort: SortBy,
    pub direction: Direction,
    /// What decides between rows that are equal so far, in turn; at most [`Self::MOST_KEYS`].
    pub then_sort: Vec<SortKey>,
    /// The ids of the groups whose rows are wanted; none means those of all groups.
    pub rows_of: Vec<Option<String>>,
    /// Groups, and rows within one, before the rest becomes one row `other`; 1 to [`Self::MOST_ROWS`].
    pub limit: u32,
    /// With the period before, as long and right before this one.
    pub compare: bool,
}

impl TableQuery {
    pub const MOST_ROWS: u32 = 10_000;
    pub const MOST_KEYS: usize = 8;

    /// Everything that rows are sorted by, the most important first.
    pub fn sort_keys(&self) -> impl Iterator<Item = SortKey> + '_ {
        let first = SortKey {
            sort: self.sort,
            direction: self.direction,
        };
        std::iter::once(first).chain(self.then_sort.iter().copied())
    }
}

impl Default for TableQuery {
    fn default() -> Self {
        Self {
            selection: Selection::default(),
            by: Dimension::Endpoint,
            then_by: Some(Dimension::ModelServed),
            sort: SortBy::Measure(Measure::Requests),
            direction: Direction::Descending,
            then_sort: Vec::new(),
            rows_of: Vec::new(),
            limit: 50,
            compare: true,
        }
    }
}

words! {
    /// How wide a step of a chart is.
    #[derive(Default)]
    pub enum Step {
        /// As suits the period: a quarter of an hour up to three hours, hours up to three days, then days.
        #[default]
        Auto = "auto",
        QuarterHour = "15m",
        Hour = "hour",
        Day = "day",
    }
}

/// A chart: one measure over time, as one line or one for each value of a dimension.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeriesQuery {
    pub selection: Selection,
    pub step: Step,
    pub measure: Measure,
    /// Not a part of time.
    pub by: Option<Dimension>,
    /// Lines, the largest first, before the rest becomes one line `other`; 1 to [`Self::MOST_LINES`].
    pub limit: u32,
}

impl SeriesQuery {
    pub const MOST_LINES: u32 = 50;
}

impl Default for SeriesQuery {
    fn default() -> Self {
        Self {
            selection: Selection::default(),
            step: Step::default(),
            measure: Measure::Requests,
            by: None,
            limit: 8,
        }
    }
}
