//! From groups to the lines of a chart.

use std::collections::HashMap;

use api::usage::query::{Dimension, SeriesQuery, Step};
use api::usage::table::{Line, UsageSeries, Value};
use store::usage::cube::Mark;
use store::usage::fact::Slot;

use crate::error::AdminError;
use crate::usage::measured::{Latencies, Rolled, measured, rolled};
use crate::usage::names::Names;
use crate::usage::order::is_latency;
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
    let marks = period.cube.axis(1);
    let line_of: Vec<_> = cells
        .iter()
        .map(|cell| Some(cell.places[1] as usize))
        .collect();
    let latencies = if is_latency(query.measure) {
        Latencies::Wanted
    } else {
        Latencies::Unwanted
    };
    let wholes = measured(period, &line_of, marks.len(), latencies);
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
    let known_steps: HashMap<Slot, usize> = starts.iter().copied().zip(0..).collect();
    let step_of: Vec<_> = period
        .cube
        .axis(0)
        .iter()
        .map(|mark| match mark {
            Mark::Slot(start) => known_steps.get(start).copied(),
            Mark::All | Mark::Text(_) => None,
        })
        .collect();
    let steps: Vec<_> = cells
        .iter()
        .map(|cell| step_of.get(cell.places[0] as usize).copied().flatten())
        .collect();
    let places: Vec<_> = cells
        .iter()
        .zip(&steps)
        .map(|(cell, step)| {
            let line = place_of.get(cell.places[1] as usize)?;
            Some(line * starts.len() + (*step)?)
        })
        .collect();
    let ends: Vec<_> = (1..=shown + 1).map(|line| line * starts.len()).collect();
    let Rolled {
        rows: points,
        groups: measures,
        whole,
    } = rolled(period, &places, &ends);
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
        steps: measured(period, &steps, starts.len(), Latencies::Wanted),
        labels: Vec::new(),
        starts: starts.iter().map(|start| clock::time(*start)).collect(),
        totals: whole,
        query,
    }
}
