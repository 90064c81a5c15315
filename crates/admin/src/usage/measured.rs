//! From sums and histograms to what an answer shows.

use api::usage::Tokens;
use api::usage::table::{Cost, Measures, Quantiles, Share};
use chrono::DateTime;
use store::usage::cube::Cell;
use store::usage::fact::Sums;
use store::usage::histogram::Histogram;
use store::usage::latency::LatencyPair;

use crate::usage::Period;

/// Sums that are still being added up.
#[derive(Debug, Clone, Copy, Default)]
struct Total {
    sums: Sums,
    last_at: Option<i64>,
}

impl Total {
    fn add(&mut self, cell: &Cell) {
        self.sums.add(&cell.sums);
        self.last_at = self.last_at.max(Some(cell.last_at));
    }

    fn merge(&mut self, other: &Self) {
        self.sums.add(&other.sums);
        self.last_at = self.last_at.max(other.last_at);
    }

    fn measures(&self, latency: Latency) -> Measures {
        let sums = &self.sums;
        let count = |sum: i64| u64::try_from(sum).unwrap_or_default();
        let tokens = Tokens {
            input: count(sums.input),
            cache_read: count(sums.cache_read),
            cache_write: count(sums.cache_write),
            output: count(sums.output),
            reasoning: count(sums.reasoning),
        };
        Measures {
            requests: count(sums.requests),
            errors: count(sums.errors),
            tokens,
            total_tokens: tokens.total(),
            cost: Cost {
                input: sums.cost_input,
                cache_read: sums.cost_cache_read,
                cache_write: sums.cost_cache_write,
                output: sums.cost_output,
                total: sums.cost,
            },
            paid_micros: sums.paid,
            unpriced: count(sums.unpriced),
            estimated: count(sums.estimated),
            ttft_ms: latency.ttft,
            duration_ms: latency.duration,
            tokens_per_second: (sums.speed_ms > 0)
                .then(|| ratio(sums.speed_tokens, sums.speed_ms) * 1_000.0),
            last_used_at: self.last_at.and_then(DateTime::from_timestamp_millis),
        }
    }
}

/// Percentiles of the time to the first byte, and of the duration.
#[derive(Debug, Clone, Copy, Default)]
struct Latency {
    ttft: Quantiles,
    duration: Quantiles,
}

impl Latency {
    fn of(pair: &LatencyPair) -> Self {
        Self {
            ttft: quantiles(&pair.ttft),
            duration: quantiles(&pair.duration),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Latencies {
    Wanted,
    /// They take a second look at every row.
    Unwanted,
}

/// What `places` groups of cells come to.
pub(super) fn measured(
    period: &Period,
    place_of: &[Option<usize>],
    places: usize,
    wanted: Latencies,
) -> Vec<Measures> {
    let totals = totals(period, place_of, places);
    match wanted {
        Latencies::Wanted => {
            let mut measures = Vec::with_capacity(places);
            period.cube.latencies(place_of, places, |place, pair| {
                let total = totals.get(place).copied().unwrap_or_default();
                measures.push(total.measures(Latency::of(pair)));
            });
            measures
        }
        Latencies::Unwanted => totals
            .iter()
            .map(|total| total.measures(Latency::default()))
            .collect(),
    }
}

/// What one cell comes to, without its latencies.
pub(super) fn of_cell(cell: &Cell) -> Measures {
    let mut total = Total::default();
    total.add(cell);
    total.measures(Latency::default())
}

/// What rows come to, what they come to by group, and all of them together.
#[derive(Debug, Default)]
pub(super) struct Rolled {
    pub(super) rows: Vec<Measures>,
    pub(super) groups: Vec<Measures>,
    pub(super) whole: Measures,
}

/// `ends` says behind which row each group ends; none is without a row.
pub(super) fn rolled(period: &Period, row_of: &[Option<usize>], ends: &[usize]) -> Rolled {
    let count = ends.last().copied().unwrap_or_default();
    let totals = totals(period, row_of, count);
    let mut rolled = Rolled::default();
    let mut group = (Total::default(), LatencyPair::default());
    let mut whole = group.clone();
    // Histograms add up, so that each row of a block is looked at once.
    period.cube.latencies(row_of, count, |row, pair| {
        let total = totals.get(row).copied().unwrap_or_default();
        rolled.rows.push(total.measures(Latency::of(pair)));
        group.0.merge(&total);
        group.1.merge(pair);
        if ends.get(rolled.groups.len()) == Some(&(row + 1)) {
            rolled.groups.push(group.0.measures(Latency::of(&group.1)));
            whole.0.merge(&group.0);
            whole.1.merge(&group.1);
            group.0 = Total::default();
            group.1.clear();
        }
    });
    rolled.whole = whole.0.measures(Latency::of(&whole.1));
    rolled
}

fn totals(period: &Period, place_of: &[Option<usize>], places: usize) -> Vec<Total> {
    let mut totals = vec![Total::default(); places];
    for (cell, place) in period.cube.cells.iter().zip(place_of) {
        if let Some(total) = place.and_then(|place| totals.get_mut(place)) {
            total.add(cell);
        }
    }
    totals
}

fn quantiles(histogram: &Histogram) -> Quantiles {
    Quantiles {
        p50: histogram.quantile(50),
        p95: histogram.quantile(95),
        p99: histogram.quantile(99),
    }
}

pub(super) fn share(part: &Measures, whole: &Measures) -> Share {
    let of = |part: u64, whole: u64| {
        ratio(
            i64::try_from(part).unwrap_or(i64::MAX),
            i64::try_from(whole).unwrap_or(i64::MAX),
        )
    };
    Share {
        requests: of(part.requests, whole.requests),
        tokens: of(part.total_tokens, whole.total_tokens),
        cost: ratio(part.cost.total, whole.cost.total),
    }
}

#[expect(clippy::cast_precision_loss, reason = "for display")]
fn ratio(part: i64, whole: i64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}
