//! In which order groups and rows stand.

use std::cmp::Ordering;

use api::usage::Direction;
use api::usage::query::{Dimension, Measure, SortBy, SortKey, TableQuery};
use api::usage::table::Measures;
use store::usage::cube::Mark;

use crate::usage::measured::Latencies;
use crate::usage::names::Names;

/// The keys of a query, and the one it begins with.
const KEYS: usize = TableQuery::MOST_KEYS + 1;

/// Where the name of a value stands among those of its dimension.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct NamePlace {
    /// Equal names share one.
    name: u32,
    /// Nothing shares one, so that nothing jumps between two reads.
    value: u32,
}

/// For every mark of an axis the place of its name, so that many rows of one value name it once.
pub(super) fn name_places(
    names: &Names,
    dimension: Option<Dimension>,
    marks: &[Mark],
) -> Vec<NamePlace> {
    let mut named: Vec<_> = marks
        .iter()
        .enumerate()
        .map(|(number, mark)| {
            let time = match mark {
                Mark::Slot(slot) => return ((*slot, false, String::new()), None, number),
                Mark::All | Mark::Text(_) => 0,
            };
            let value = names.value(dimension, mark);
            let name = value.name.as_deref().or(value.id.as_deref());
            let name = name.unwrap_or_default().to_lowercase();
            // What has no name stands last.
            ((time, value.id.is_none(), name), value.id, number)
        })
        .collect();
    named.sort_unstable();
    let mut places = vec![NamePlace::default(); marks.len()];
    let mut place = NamePlace::default();
    let mut last = None;
    for (name, _, number) in &named {
        if last.is_some_and(|last| last != name) {
            place.name += 1;
        }
        last = Some(name);
        if let Some(known) = places.get_mut(*number) {
            *known = place;
        }
        place.value += 1;
    }
    places
}

/// What a row is sorted by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// One for each key; what is sorted by name has its place there as well.
    numbers: [f64; KEYS],
    name: NamePlace,
}

impl Entry {
    pub(super) fn of(keys: &[SortKey], name: NamePlace, measures: &Measures) -> Self {
        let number = |key: &SortKey| match key.sort {
            SortBy::Name => None,
            SortBy::LastUsed => measures.last_used_at.and_then(|at| {
                u32::try_from(at.timestamp()).ok().map(|seconds| {
                    f64::from(seconds) + f64::from(at.timestamp_subsec_millis()) / 1_000.0
                })
            }),
            SortBy::Measure(measure) => measures.number(measure),
        };
        // What was not measured is less than anything that was.
        let mut numbers = [f64::NEG_INFINITY; KEYS];
        for (place, key) in numbers.iter_mut().zip(keys) {
            *place = number(key).unwrap_or(f64::NEG_INFINITY);
        }
        Self { numbers, name }
    }

    /// Where two are equal in everything the name decides.
    pub(super) fn compare(&self, other: &Self, keys: &[SortKey]) -> Ordering {
        let by_name = || self.name.name.cmp(&other.name.name);
        let numbers = self.numbers.iter().zip(&other.numbers);
        for (key, (a, b)) in keys.iter().zip(numbers) {
            let by_column = match key.sort {
                SortBy::Name => by_name(),
                SortBy::LastUsed | SortBy::Measure(_) => a.total_cmp(b),
            };
            let ordering = match key.direction {
                Direction::Ascending => by_column,
                Direction::Descending => by_column.reverse(),
            };
            if ordering != Ordering::Equal {
                return ordering;
            }
        }
        self.name.value.cmp(&other.name.value)
    }
}

/// The first ones in order, at most `limit` of them.
pub(super) fn first<T>(
    mut rows: Vec<(Entry, T)>,
    limit: usize,
    keys: &[SortKey],
) -> Vec<(Entry, T)> {
    if rows.len() > limit {
        rows.select_nth_unstable_by(limit, |(a, _), (b, _)| a.compare(b, keys));
        rows.truncate(limit);
    }
    rows.sort_unstable_by(|(a, _), (b, _)| a.compare(b, keys));
    rows
}

pub(super) fn wanted_for(keys: &[SortKey]) -> Latencies {
    let is_latency = |key: &SortKey| match key.sort {
        SortBy::Name | SortBy::LastUsed => false,
        SortBy::Measure(measure) => is_latency(measure),
    };
    if keys.iter().any(is_latency) {
        Latencies::Wanted
    } else {
        Latencies::Unwanted
    }
}

pub(super) fn is_latency(measure: Measure) -> bool {
    match measure {
        Measure::TtftP50
        | Measure::TtftP95
        | Measure::TtftP99
        | Measure::DurationP50
        | Measure::DurationP95
        | Measure::DurationP99 => true,
        Measure::Requests
        | Measure::Errors
        | Measure::Input
        | Measure::CacheRead
        | Measure::CacheWrite
        | Measure::Output
        | Measure::Reasoning
        | Measure::Total
        | Measure::CostInput
        | Measure::CostCacheRead
        | Measure::CostCacheWrite
        | Measure::CostOutput
        | Measure::Cost
        | Measure::Paid
        | Measure::Speed => false,
    }
}
