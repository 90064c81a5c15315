//! From sums and histograms to what an answer shows.

use api::usage::Tokens;
use api::usage::table::{Cost, Measures, Quantiles, Share};
use chrono::DateTime;
use store::usage::cube::{Cell, Cube, LatencyPair};
use store::usage::fact::Sums;
use store::usage::histogram::Histogram;

use crate::usage::Period;

/// Groups whose latencies are held at once; each takes four kilobytes.
const AT_ONCE: usize = 2_048;

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
    let mut totals = vec![Total::default(); places];
    for (cell, place) in period.cube.cells.iter().zip(place_of) {
        if let Some(total) = place.and_then(|place| totals.get_mut(place)) {
            total.add(cell);
        }
    }
    let found = match wanted {
        Latencies::Wanted => latencies(&period.cube, place_of, places),
        Latencies::Unwanted => vec![Latency::default(); places],
    };
    totals
        .iter()
        .zip(found)
        .map(|(total, latency)| total.measures(latency))
        .collect()
}

/// What everything comes to.
pub(super) fn whole(period: &Period) -> Measures {
    let one = vec![Some(0); period.cube.cells.len()];
    let mut measures = measured(period, &one, 1, Latencies::Wanted);
    measures.pop().unwrap_or_default()
}

/// The latencies of `groups` groups of cells.
fn latencies(cube: &Cube, group_of: &[Option<usize>], groups: usize) -> Vec<Latency> {
    let mut latencies = Vec::with_capacity(groups);
    for first in (0..groups).step_by(AT_ONCE) {
        let some = AT_ONCE.min(groups - first);
        let here: Vec<_> = group_of
            .iter()
            .map(|group| {
                let group = group.and_then(|group| group.checked_sub(first));
                group.filter(|group| *group < some)
            })
            .collect();
        latencies.extend(cube.latencies(&here, some).iter().map(Latency::of));
    }
    latencies
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
