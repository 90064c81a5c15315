//! From groups to the lines of a chart.

use std::collections::HashMap;

use api::usage::query::{Dimension, SeriesQuery, Step};
use api::usage::table::{Line, UsageSeries, Value};
use store::usage::cube::Mark;
use store::usage::fact::Slot;

use crate::error::AdminError;
use crate::usage::measured::{Latencies, measured, whole};
use crate::usage::names::Names;
use crate::usage::table::check_filters;
use crate::usage::{Period, clock};

/// Steps of a chart at most.
const MOST_STEPS: usize = 4_000;

pub(super) fn check(query: &SeriesQuery) -> Result<(), AdminError> {
    if !(1..=SeriesQuery::MOST_LINES).contains(&query.limit) {
        return Err(AdminError::invalid(
            "limit",
            format!("expected 1 to {} lines", SeriesQuery::MOST_LINES),
        ));
    }
    if query.by.is_some_and(Dimension::is_time) {
        return Err(AdminError::invalid(
            "by",
            "expected a dimension that is not a part of time",
        ));
    }
    check_filters(&query.selection.filters)
}

pub(super) fn check_steps(steps: usize) -> Result<(), AdminError> {
    if steps > MOST_STEPS {
        return Err(AdminError::invalid(
            "step",
            format!("expected at most {MOST_STEPS} steps, found {steps}: choose a wider one"),
        ));
    }
    Ok(())
}

pub(super) fn series(
    query: SeriesQuery,
    step: Step,
    starts: &[Slot],
    period: &Period,
    names: &Names,
) -> UsageSeries {
    let cells = &period.cube.cells;
    let mut numbers = HashMap::new();
    let mut marks = Vec::new();
    let mut line_of = Vec::with_capacity(cells.len());
    for cell in cells {
        let [_, mark, ..] = &cell.marks;
        let line = *numbers.entry(mark).or_insert_with(|| {
            marks.push(mark);
            marks.len() - 1
        });
        line_of.push(Some(line));
    }
    let wholes = measured(period, &line_of, marks.len(), Latencies::Wanted);
    let mut order: Vec<usize> = (0..marks.len()).collect();
    let size = |line: usize| {
        let number = wholes
            .get(line)
            .and_then(|measures| measures.number(query.measure));
        number.unwrap_or(f64::NEG_INFINITY)
    };
    order.sort_by(|a, b| {
        size(*b)
            .total_cmp(&size(*a))
            .then_with(|| marks.get(*a).cmp(&marks.get(*b)))
    });
    let shown = order.len().min(query.limit as usize);
    let mut place_of = vec![shown; marks.len()];
    for (place, line) in order.iter().take(shown).enumerate() {
        if let Some(known) = place_of.get_mut(*line) {
            *known = place;
        }
    }

    // One place for each step of each line, and of the rest.
    let step_of: HashMap<Slot, usize> = starts.iter().copied().zip(0..).collect();
    let places: Vec<_> = cells
        .iter()
        .zip(&line_of)
        .map(|(cell, line)| {
            let Mark::Slot(start) = &cell.marks[0] else {
                return None;
            };
            let place = place_of.get((*line)?)?;
            Some(place * starts.len() + step_of.get(start)?)
        })
        .collect();
    let points = measured(
        period,
        &places,
        (shown + 1) * starts.len(),
        Latencies::Wanted,
    );
    let step_places: Vec<_> = cells
        .iter()
        .map(|cell| match &cell.marks[0] {
            Mark::Slot(start) => step_of.get(start).copied(),
            Mark::All | Mark::Text(_) => None,
        })
        .collect();
    let of_lines: Vec<_> = line_of
        .iter()
        .map(|line| place_of.get((*line)?).copied())
        .collect();
    let measures = measured(period, &of_lines, shown + 1, Latencies::Wanted);
    let line = |place: usize, value| Line {
        value,
        points: points
            .iter()
            .skip(place * starts.len())
            .take(starts.len())
            .map(|measures| measures.number(query.measure))
            .collect(),
        measures: measures.get(place).copied().unwrap_or_default(),
    };
    let lines: Vec<_> = order
        .iter()
        .take(shown)
        .enumerate()
        .filter_map(|(place, number)| Some(line(place, names.value(query.by, marks.get(*number)?))))
        .collect();
    UsageSeries {
        other: (order.len() > shown).then(|| line(shown, Value::default())),
        lines: if lines.is_empty() && query.by.is_none() {
            vec![line(0, Value::default())]
        } else {
            lines
        },
        range: period.range,
        step,
        steps: measured(period, &step_places, starts.len(), Latencies::Wanted),
        labels: Vec::new(),
        starts: starts.iter().map(|start| clock::time(*start)).collect(),
        totals: whole(period),
        query,
    }
}
