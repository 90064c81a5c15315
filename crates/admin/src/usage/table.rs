//! From groups to the rows of a table: sorted, cut, with shares and with the period before.

use std::collections::HashMap;

use api::usage::query::{Filter, SortKey, TableQuery};
use api::usage::table::{Group, LocalRange, Measures, Rest, Row, UsageTable, Value};
use store::usage::cube::Mark;

use crate::error::AdminError;
use crate::usage::Period;
use crate::usage::measured::{Latencies, Rolled, measured, of_cell, rolled, share};
use crate::usage::names::Names;
use crate::usage::order::{Entry, first, name_places, wanted_for};

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
    let shown = layout.rolled(now);
    let previous = before.map(|before| layout.rolled(before));
    let totals = shown.whole;
    let previous_totals = previous.as_ref().map(|previous| previous.whole);

    // A day has no other one before it: it is compared as a whole, or not at all.
    let of_groups = previous.as_ref().filter(|_| !query.by.is_time());
    let of_rows = of_groups.filter(|_| query.then_by.is_none_or(|then_by| !then_by.is_time()));
    let part = |kind: fn(&Rolled) -> &Vec<Measures>, at: usize, previous: Option<&Rolled>| {
        let measures = kind(&shown).get(at).copied().unwrap_or_default();
        let previous = previous.and_then(|previous| kind(previous).get(at).copied());
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

impl Layout {
    fn of(query: &TableQuery, period: &Period, names: &Names) -> Self {
        let cube = &period.cube;
        let keys: Vec<SortKey> = query.sort_keys().collect();
        let latencies = wanted_for(&keys);
        let limit = query.limit as usize;

        let marks = cube.axis(0);
        let mut members = vec![Vec::new(); marks.len()];
        let mut group_of = Vec::with_capacity(cube.cells.len());
        for (number, cell) in cube.cells.iter().enumerate() {
            let group = cell.places[0] as usize;
            group_of.push(Some(group));
            if let Some(members) = members.get_mut(group) {
                members.push(number);
            }
        }
        let of_groups = measured(period, &group_of, marks.len(), latencies);
        let of_cells = (latencies == Latencies::Wanted && query.then_by.is_some()).then(|| {
            let itself: Vec<_> = (0..cube.cells.len()).map(Some).collect();
            measured(period, &itself, cube.cells.len(), latencies)
        });
        let row = |number: usize| {
            let cell = cube.cells.get(number)?;
            let measures = match &of_cells {
                Some(known) => known.get(number).copied()?,
                None => of_cell(cell),
            };
            Some((cell.places[1], measures))
        };

        let places = name_places(names, Some(query.by), marks);
        let order = places.iter().zip(&of_groups).zip(marks.iter().zip(members));
        let order =
            order.map(|((place, measures), group)| (Entry::of(&keys, *place, measures), group));
        let order: Vec<_> = order.collect();
        let rest = order.len().saturating_sub(limit);
        let second = cube.axis(1);
        let places = name_places(names, query.then_by, second);
        let groups = first(order, limit, &keys)
            .into_iter()
            .map(|(_, (mark, members))| {
                let is_wanted = query.then_by.is_some()
                    && (query.rows_of.is_empty()
                        || query
                            .rows_of
                            .contains(&names.value(Some(query.by), mark).id));
                let parts = query.then_by.map_or(0, |_| members.len());
                let rows = members.into_iter().filter(|_| is_wanted).filter_map(row);
                let rows = rows.filter_map(|(number, measures)| {
                    let place = places.get(number as usize)?;
                    Some((Entry::of(&keys, *place, &measures), number))
                });
                let rows: Vec<_> = rows.collect();
                Shown {
                    mark: mark.clone(),
                    parts,
                    rest: rows.len().saturating_sub(limit),
                    rows: first(rows, limit, &keys)
                        .into_iter()
                        .filter_map(|(_, number)| second.get(number as usize).cloned())
                        .collect(),
                }
            });
        Self {
            groups: groups.collect(),
            rest,
        }
    }

    /// What a period has for each of the rows, in which the period itself need not have a part.
    fn rolled(&self, period: &Period) -> Rolled {
        let cube = &period.cube;
        let number_of: HashMap<_, _> = cube.axis(1).iter().zip(0_u32..).collect();
        let mut group_of = HashMap::new();
        let mut row_of = HashMap::new();
        let mut ends = Vec::with_capacity(self.groups.len() + 1);
        let mut places = 0;
        for (number, group) in self.groups.iter().enumerate() {
            group_of.insert(&group.mark, number);
            for mark in &group.rows {
                if let Some(second) = number_of.get(mark) {
                    row_of.insert((number, *second), places);
                }
                places += 1;
            }
            places += 1;
            ends.push(places);
        }
        ends.push(places + 1);
        let groups: Vec<_> = cube.axis(0).iter().map(|mark| group_of.get(mark)).collect();
        let place_of = cube.cells.iter().map(|cell| {
            let [first, second, ..] = cell.places;
            let Some(Some(group)) = groups.get(first as usize) else {
                return Some(places);
            };
            let row = row_of.get(&(**group, second)).copied();
            // Behind the rows of a group is its rest.
            row.or_else(|| Some(ends.get(**group)? - 1))
        });
        let place_of: Vec<_> = place_of.collect();
        rolled(period, &place_of, &ends)
    }
}
