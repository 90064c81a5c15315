//! What one request adds to the sums.

use std::ops::Range;

use api::usage::query::Dimension;

use crate::usage::raw::Numbers;

/// Sums are kept for quarters of an hour: every time zone's days and hours begin at one.
pub const SLOT_MS: i64 = 15 * 60 * 1_000;

/// A quarter of an hour, counted from the epoch.
pub type Slot = i64;

#[must_use]
pub fn slot(at_ms: i64) -> Slot {
    at_ms.div_euclid(SLOT_MS)
}

/// Slots, half open.
pub type Slots = Range<Slot>;

/// What sums are kept by, in the order in which blocks keep them. A time is not among them.
pub(super) const DIMENSIONS: [Dimension; 11] = [
    Dimension::Endpoint,
    Dimension::ClientFormat,
    Dimension::Provider,
    Dimension::ModelRequested,
    Dimension::ModelServed,
    Dimension::Account,
    Dimension::Key,
    Dimension::User,
    Dimension::Combo,
    Dimension::Outcome,
    Dimension::Tag,
];

/// Where a dimension stands in [`DIMENSIONS`]; `None` for a part of time.
pub(super) fn place(dimension: Dimension) -> Option<usize> {
    DIMENSIONS.iter().position(|known| *known == dimension)
}

/// Counters that add up. A request's are small; those of many are not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    pub requests: i64,
    pub errors: i64,
    pub unpriced: i64,
    pub estimated: i64,
    pub input: i64,
    pub cache_read: i64,
    pub cache_write: i64,
    pub output: i64,
    pub reasoning: i64,
    pub cost: i64,
    pub cost_input: i64,
    pub cost_cache_read: i64,
    pub cost_cache_write: i64,
    pub cost_output: i64,
    pub paid: i64,
    /// Output tokens of streams that ended well, and the milliseconds between their first byte and their last.
    pub speed_tokens: i64,
    pub speed_ms: i64,
}

impl Sums {
    pub(super) const COUNT: usize = 17;

    pub(super) fn to_array(self) -> [i64; Self::COUNT] {
        [
            self.requests,
            self.errors,
            self.unpriced,
            self.estimated,
            self.input,
            self.cache_read,
            self.cache_write,
            self.output,
            self.reasoning,
            self.cost,
            self.cost_input,
            self.cost_cache_read,
            self.cost_cache_write,
            self.cost_output,
            self.paid,
            self.speed_tokens,
            self.speed_ms,
        ]
    }

    pub(super) fn from_array(sums: [i64; Self::COUNT]) -> Self {
        let [
            requests,
            errors,
            unpriced,
            estimated,
            input,
            cache_read,
            cache_write,
            output,
            reasoning,
            cost,
            cost_input,
            cost_cache_read,
            cost_cache_write,
            cost_output,
            paid,
            speed_tokens,
            speed_ms,
        ] = sums;
        Self {
            requests,
            errors,
            unpriced,
            estimated,
            input,
            cache_read,
            cache_write,
            output,
            reasoning,
            cost,
            cost_input,
            cost_cache_read,
            cost_cache_write,
            cost_output,
            paid,
            speed_tokens,
            speed_ms,
        }
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        let mut sums = self.to_array();
        for (sum, less) in sums.iter_mut().zip(other.to_array()) {
            *sum -= less;
        }
        Self::from_array(sums)
    }

    pub fn add(&mut self, more: &Self) {
        let mut sums = self.to_array();
        for (sum, more) in sums.iter_mut().zip(more.to_array()) {
            *sum += more;
        }
        *self = Self::from_array(sums);
    }
}

/// One request, or what is added to the sums of one that was counted before.
#[derive(Debug, Clone)]
pub(super) struct Fact<'a> {
    pub(super) at_ms: i64,
    /// In the order of [`DIMENSIONS`]; having none is an empty text.
    pub(super) dimensions: [&'a str; DIMENSIONS.len()],
    pub(super) sums: Sums,
    pub(super) ttft_ms: Option<u32>,
    pub(super) duration_ms: Option<u32>,
}

impl<'a> Fact<'a> {
    pub(super) fn of(at_ms: i64, texts: &'a [String; DIMENSIONS.len()], numbers: &Numbers) -> Self {
        Self {
            at_ms,
            dimensions: texts.each_ref().map(String::as_str),
            sums: numbers.sums(),
            ttft_ms: numbers.ttft_ms,
            duration_ms: Some(numbers.duration_ms),
        }
    }
}
