//! The figures of a row, with their units in their names.

use api::usage::query::{Measure, SortBy};
use api::usage::table::{Measures, Share};
use chrono::SecondsFormat;

/// The columns of a report.
pub(super) const REPORT: [SortBy; 8] = [
    SortBy::Measure(Measure::Requests),
    SortBy::Measure(Measure::Errors),
    SortBy::Measure(Measure::Input),
    SortBy::Measure(Measure::CacheRead),
    SortBy::Measure(Measure::CacheWrite),
    SortBy::Measure(Measure::Output),
    SortBy::Measure(Measure::Cost),
    SortBy::Measure(Measure::Paid),
];

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Figure {
    /// Nothing was measured.
    None,
    Count(u64),
    Number(f64),
    Text(String),
}

/// Named figures; what has a share in the table is followed by it.
pub(super) fn figures(
    columns: &[SortBy],
    measures: &Measures,
    share: &Share,
) -> Vec<(String, Figure)> {
    let mut figures = Vec::with_capacity(columns.len() + 3);
    for column in columns {
        let (figure, part) = match column {
            SortBy::Name => continue,
            SortBy::LastUsed => {
                let at = measures.last_used_at;
                let text = at.map(|at| Figure::Text(at.to_rfc3339_opts(SecondsFormat::Secs, true)));
                (text.unwrap_or(Figure::None), None)
            }
            SortBy::Measure(measure) => (of_measure(*measure, measures), share_of(*measure, share)),
        };
        figures.push((name(*column), figure));
        if let Some(part) = part {
            // Four digits are a hundredth of a per cent.
            let rounded = (part * 10_000.0).round() / 10_000.0;
            figures.push((
                format!("{}_share", column.as_str()),
                Figure::Number(rounded),
            ));
        }
    }
    figures
}

/// The names of [`figures`].
pub(super) fn names(columns: &[SortBy]) -> Vec<String> {
    let figures = figures(columns, &Measures::default(), &Share::default());
    figures.into_iter().map(|(name, _)| name).collect()
}

fn name(column: SortBy) -> String {
    let word = column.as_str();
    match column {
        SortBy::Name => word.to_owned(),
        SortBy::LastUsed => "last_used_at".to_owned(),
        SortBy::Measure(measure) => match measure {
            Measure::Requests | Measure::Errors => word.to_owned(),
            Measure::Input
            | Measure::CacheRead
            | Measure::CacheWrite
            | Measure::Output
            | Measure::Reasoning
            | Measure::Total => format!("{word}_tokens"),
            Measure::CostInput
            | Measure::CostCacheRead
            | Measure::CostCacheWrite
            | Measure::CostOutput
            | Measure::Cost
            | Measure::Paid => format!("{word}_usd"),
            Measure::TtftP50
            | Measure::TtftP95
            | Measure::TtftP99
            | Measure::DurationP50
            | Measure::DurationP95
            | Measure::DurationP99 => format!("{word}_ms"),
            Measure::Speed => "tokens_per_second".to_owned(),
        },
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to nine billion dollars"
)]
fn of_measure(measure: Measure, measures: &Measures) -> Figure {
    let dollars = |micros: i64| Figure::Number(micros as f64 / 1_000_000.0);
    let ms = |ms: Option<u32>| ms.map_or(Figure::None, |ms| Figure::Count(ms.into()));
    match measure {
        Measure::Requests => Figure::Count(measures.requests),
        Measure::Errors => Figure::Count(measures.errors),
        Measure::Input => Figure::Count(measures.tokens.input),
        Measure::CacheRead => Figure::Count(measures.tokens.cache_read),
        Measure::CacheWrite => Figure::Count(measures.tokens.cache_write),
        Measure::Output => Figure::Count(measures.tokens.output),
        Measure::Reasoning => Figure::Count(measures.tokens.reasoning),
        Measure::Total => Figure::Count(measures.total_tokens),
        Measure::CostInput => dollars(measures.cost.input),
        Measure::CostCacheRead => dollars(measures.cost.cache_read),
        Measure::CostCacheWrite => dollars(measures.cost.cache_write),
        Measure::CostOutput => dollars(measures.cost.output),
        Measure::Cost => dollars(measures.cost.total),
        Measure::Paid => dollars(measures.paid_micros),
        Measure::TtftP50 => ms(measures.ttft_ms.p50),
        Measure::TtftP95 => ms(measures.ttft_ms.p95),
        Measure::TtftP99 => ms(measures.ttft_ms.p99),
        Measure::DurationP50 => ms(measures.duration_ms.p50),
        Measure::DurationP95 => ms(measures.duration_ms.p95),
        Measure::DurationP99 => ms(measures.duration_ms.p99),
        Measure::Speed => measures.tokens_per_second.map_or(Figure::None, |speed| {
            Figure::Number((speed * 10.0).round() / 10.0)
        }),
    }
}

fn share_of(measure: Measure, share: &Share) -> Option<f64> {
    match measure {
        Measure::Requests => Some(share.requests),
        Measure::Total => Some(share.tokens),
        Measure::Cost => Some(share.cost),
        Measure::Errors
        | Measure::Input
        | Measure::CacheRead
        | Measure::CacheWrite
        | Measure::Output
        | Measure::Reasoning
        | Measure::CostInput
        | Measure::CostCacheRead
        | Measure::CostCacheWrite
        | Measure::CostOutput
        | Measure::Paid
        | Measure::TtftP50
        | Measure::TtftP95
        | Measure::TtftP99
        | Measure::DurationP50
        | Measure::DurationP95
        | Measure::DurationP99
        | Measure::Speed => None,
    }
}
