//! From groups to the rows of a table: sorted, cut, with shares and with the period before.

use std::cmp::Ordering;
use std::collections::HashMap;

use api::usage::Direction;
use api::usage::query::{Filter, Measure, SortBy, SortKey, TableQuery};
use api::usage::table::{Group, LocalRange, Measures, Rest, Row, UsageTable, Value};
use store::usage::cube::Mark;

use crate::error::AdminError;
use crate::usage::Period;
use crate::usage::measured::{Latencies, measured, share, whole};
use crate::usage::names::Names;

pub(super) fn check(query: &TableQuery) -> Result<(), AdminError> {
    if !(1..=TableQuery::MOST_ROWS).contains(&query.limit) {
        return Err(AdminError::invalid(
            "limit",
            format!("expected 1 to {} rows", TableQuery::MOST_ROWS),
        ));
    }
    if query.then_sort.len() > TableQuery::MOST_KEYS {
        return Err(AdminError::invalid(
            "then_sort",
            format!("expected at most {} columns", TableQuery::MOST_KEYS),
        ));
    }
    if query.then_by == Some(query.by) {
        return Err(AdminError::invalid(
            "by",
            "expected two different dimensions",
        ));
    }
    check_filters(&query.selection.filters)
}

pub(super) fn check_filters(filters: &[Filter]) -> Result<(), AdminError> {
    let of_time = filters.iter().find(|filter| filter.dimension.is_time());
    match of_time {
        None => Ok(()),
        Some(filter) => Err(AdminError::invalid(
            "filters",
            format!(
                "`{}` cannot be filtered by: choose a period instead",
                filter.dimension.as_str()
            ),
        )),
    }
}

pub(super) fn table(
    query: TableQuery,
    now: &Period,
    before: Option<&Period>,
    names: &Names,
) -> UsageTable {
    let layout = Layout::of(&query, now, names);
    let shown = layout.measured(now, Latencies::Wanted);
    let previous = before.map(|before| (before, layout.measured(before, Latencies::Wanted)));
    let totals = whole(now);
    let previous_totals = before.map(whole);

    // A day has no other one before it: it is compared as a whole, or not at all.
    let of_groups = previous.as_ref().filter(|_| !query.by.is_time());
    let of_rows = of_groups.filter(|_| query.then_by.is_none_or(|then_by| !then_by.is_time()));
    let part = |kind: fn(&Measured) -> &Vec<Measures>,
                at: usize,
                previous: Option<&(&Period, Measured)>| {
        let measures = kind(&shown).get(at).copied().unwrap_or_default();
        let previous = previous.and_then(|(_, measured)| kind(measured).get(at).copied());
        (measures, share(&measures, &totals), previous)
    };
    let row = |value: Value, (measures, share, previous)| Row {
        value,
        measures,
        share,
        previous,
    };
    let rest = |rows: usize, (measures, share, previous)| {
        (rows > 0).then_some(Rest {
            rows: rows as u64,
            measures,
            share,
            previous,
        })
    };

    // Rows are measured in the order in which they are shown, the rest of each group behind its rows.
    let mut places = 0..;
    let mut groups = Vec::with_capacity(layout.groups.len());
    for (number, group) in layout.groups.iter().enumerate() {
        let mut next = || part(|m| &m.rows, places.next().unwrap_or_default(), of_rows);
        let rows = group
            .rows
            .iter()
            .map(|mark| row(names.value(query.then_by, mark), next()))
            .collect();
        let other = rest(group.rest, next());
        groups.push(Group {
            row: row(
                names.value(Some(query.by), &group.mark),
                part(|m| &m.groups, number, of_groups),
            ),
            parts: group.parts as u64,
            rows,
            other,
        });
    }
    UsageTable {
        other: rest(
            layout.rest,
            part(|m| &m.groups, layout.groups.len(), of_groups),
        ),
        groups,
        range: now.range,
        local: LocalRange::default(),
        totals,
        previous_range: before.map(|before| before.range),
        previous_totals,
        query,
    }
}

/// Which rows there are, in order.
#[derive(Debug)]
struct Layout {
    groups: Vec<Shown>,
    /// Groups past the limit.
    rest: usize,
    has_rows: bool,
}

#[derive(Debug)]
struct Shown {
    mark: Mark,
    /// Rows, whether wanted or not.
    parts: usize,
    rows: Vec<Mark>,
    /// Rows past the limit.
    rest: usize,
}

/// For each group, and one for their rest; for each row, and one for the rest of each group.
#[derive(Debug)]
struct Measured {
    groups: Vec<Measures>,
    rows: Vec<Measures>,
}

impl Layout {
    fn of(query: &TableQuery, period: &Period, names: &Names) -> Self {
        let cells = &period.cube.cells;
        let mut numbers = HashMap::new();
        let mut members: Vec<(&Mark, Vec<usize>)> = Vec::new();
        let mut group_of = Vec::with_capacity(cells.len());
        for (number, cell) in cells.iter().enumerate() {
            let [mark, ..] = &cell.marks;
            let group = *numbers.entry(mark).or_insert_with(|| {
                members.push((mark, Vec::new()));
                members.len() - 1
            });
            group_of.push(Some(group));
            if let Some((_, members)) = members.get_mut(group) {
                members.push(number);
            }
        }
        let keys: Vec<SortKey> = query.sort_keys().collect();
        let latencies = wanted_for(&keys);
        let of_groups = measured(period, &group_of, members.len(), latencies);
        let itself: Vec<_> = (0..cells.len()).map(Some).collect();
        let of_cells = measured(period, &itself, cells.len(), latencies);

        let limit = query.limit as usize;
        let entry = |dimension, mark: &Mark, measures: Option<&Measures>| {
            Entry::of(&keys, names.value(dimension, mark), mark, measures)
        };
        let mut order: Vec<_> = members
            .iter()
            .zip(&of_groups)
            .map(|((mark, members), measures)| {
                (entry(Some(query.by), mark, Some(measures)), *mark, members)
            })
            .collect();
        order.sort_by(|(a, ..), (b, ..)| a.compare(b, &keys));
        let groups = order.iter().take(limit).map(|(group, mark, members)| {
            let is_wanted = query.rows_of.is_empty() || query.rows_of.contains(&group.id);
            let mut rows: Vec<_> = match query.then_by.filter(|_| is_wanted) {
                None => Vec::new(),
                Some(_) => members
                    .iter()
                    .filter_map(|cell| {
                        let [_, mark, ..] = &cells.get(*cell)?.marks;
                        Some((entry(query.then_by, mark, of_cells.get(*cell)), mark))
                    })
                    .collect(),
            };
            rows.sort_by(|(a, _), (b, _)| a.compare(b, &keys));
            Shown {
                mark: (*mark).clone(),
                parts: query.then_by.map_or(0, |_| members.len()),
                rest: rows.len().saturating_sub(limit),
                rows: rows
                    .into_iter()
                    .take(limit)
                    .map(|(_, mark)| mark.clone())
                    .collect(),
            }
        });
        Self {
            groups: groups.collect(),
            rest: order.len().saturating_sub(limit),
            has_rows: query.then_by.is_some(),
        }
    }

    /// What a period has for each of the rows, in which the period itself need not have a part.
    fn measured(&self, period: &Period, latencies: Latencies) -> Measured {
        let mut group_of = HashMap::new();
        let mut row_of = HashMap::new();
        let mut rest_of = Vec::with_capacity(self.groups.len());
        let mut rows = 0;
        for (number, group) in self.groups.iter().enumerate() {
            group_of.insert(&group.mark, number);
            for mark in &group.rows {
                row_of.insert((&group.mark, mark), rows);
                rows += 1;
            }
            rest_of.push(rows);
            rows += 1;
        }
        let cells = &period.cube.cells;
        let groups: Vec<_> = cells
            .iter()
            .map(|cell| {
                let [mark, ..] = &cell.marks;
                Some(group_of.get(mark).copied().unwrap_or(self.groups.len()))
            })
            .collect();
        let of_rows: Vec<_> = cells
            .iter()
            .zip(&groups)
            .map(|(cell, group)| {
                let [first, second, ..] = &cell.marks;
                let row = row_of.get(&(first, second)).copied();
                row.or_else(|| rest_of.get((*group)?).copied())
            })
            .collect();
        Measured {
            groups: measured(period, &groups, self.groups.len() + 1, latencies),
            rows: if self.has_rows {
                measured(period, &of_rows, rows, latencies)
            } else {
                Vec::new()
            },
        }
    }
}

/// What a row is sorted by.
#[derive(Debug)]
struct Entry {
    /// One for each key; what is sorted by name has its place there as well.
    numbers: Vec<f64>,
    time: i64,
    /// What has no name stands last.
    name: (bool, String),
    id: Option<String>,
}

impl Entry {
    fn of(keys: &[SortKey], value: Value, mark: &Mark, measures: Option<&Measures>) -> Self {
        let number = |key: &SortKey| match key.sort {
            SortBy::Name => None,
            SortBy::LastUsed => measures.and_then(|measures| {
                measures.last_used_at.and_then(|at| {
                    u32::try_from(at.timestamp()).ok().map(|seconds| {
                        f64::from(seconds) + f64::from(at.timestamp_subsec_millis()) / 1_000.0
                    })
                })
            }),
            SortBy::Measure(measure) => measures.and_then(|measures| measures.number(measure)),
        };
        Self {
            // What was not measured is less than anything that was.
            numbers: keys
                .iter()
                .map(|key| number(key).unwrap_or(f64::NEG_INFINITY))
                .collect(),
            time: match mark {
                Mark::Slot(slot) => *slot,
                Mark::All | Mark::Text(_) => 0,
            },
            name: (
                value.id.is_none(),
                value
                    .name
                    .as_deref()
                    .or(value.id.as_deref())
                    .unwrap_or_default()
                    .to_lowercase(),
            ),
            id: value.id,
        }
    }

    /// Where two are equal in everything the name decides, so that nothing jumps between two reads.
    fn compare(&self, other: &Self, keys: &[SortKey]) -> Ordering {
        let by_name = || {
            self.time
                .cmp(&other.time)
                .then_with(|| self.name.cmp(&other.name))
        };
        let numbers = self.numbers.iter().zip(&other.numbers);
        let by_keys = keys.iter().zip(numbers).map(|(key, (a, b))| {
            let by_column = match key.sort {
                SortBy::Name => by_name(),
                SortBy::LastUsed | SortBy::Measure(_) => a.total_cmp(b),
            };
            match key.direction {
                Direction::Ascending => by_column,
                Direction::Descending => by_column.reverse(),
            }
        });
        by_keys
            .fold(Ordering::Equal, Ordering::then)
            .then_with(by_name)
            .then_with(|| self.id.cmp(&other.id))
    }
}

fn wanted_for(keys: &[SortKey]) -> Latencies {
    if keys.iter().any(|key| is_latency(key.sort)) {
        Latencies::Wanted
    } else {
        Latencies::Unwanted
    }
}

fn is_latency(sort: SortBy) -> bool {
    match sort {
        SortBy::Name | SortBy::LastUsed => false,
        SortBy::Measure(measure) => match measure {
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
        },
    }
}
