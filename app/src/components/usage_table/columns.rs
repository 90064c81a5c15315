//! What a column is called and shows.

use api::usage::{Column, Totals};

use crate::format;

/// The columns of figures, in order.
pub(crate) const FIGURES: [Column; 9] = [
    Column::Requests,
    Column::Errors,
    Column::Input,
    Column::CacheRead,
    Column::CacheWrite,
    Column::Output,
    Column::Reasoning,
    Column::Total,
    Column::Cost,
];

pub(crate) fn title(column: Column) -> &'static str {
    match column {
        Column::Endpoint => "Endpoint",
        Column::Model => "Model",
        Column::Provider => "Provider",
        Column::Requests => "Requests",
        Column::Errors => "Errors",
        Column::Input => "Input",
        Column::CacheRead => "Cache read",
        Column::CacheWrite => "Cache write",
        Column::Output => "Output",
        Column::Reasoning => "Reasoning",
        Column::Total => "Total",
        Column::Cost => "Cost",
        Column::LastUsed => "Last used",
    }
}

pub(crate) fn is_number(column: Column) -> bool {
    FIGURES.contains(&column)
}

pub(crate) fn figure(column: Column, totals: &Totals) -> String {
    match column {
        Column::Cost if totals.unpriced > 0 && totals.unpriced == totals.requests => {
            "no price".to_owned()
        }
        Column::Cost if totals.unpriced > 0 => format!("{} +", format::money(totals.cost_micros)),
        Column::Cost => format::money(totals.cost_micros),
        column => format::count(number(column, totals)),
    }
}

pub(crate) fn is_zero(column: Column, totals: &Totals) -> bool {
    match column {
        Column::Cost => totals.cost_micros == 0,
        column => number(column, totals) == 0,
    }
}

fn number(column: Column, totals: &Totals) -> u64 {
    match column {
        Column::Requests => totals.requests,
        Column::Errors => totals.errors,
        Column::Input => totals.tokens.input,
        Column::CacheRead => totals.tokens.cache_read,
        Column::CacheWrite => totals.tokens.cache_write,
        Column::Output => totals.tokens.output,
        Column::Reasoning => totals.tokens.reasoning,
        Column::Total => totals.tokens.total(),
        Column::Endpoint | Column::Model | Column::Provider | Column::Cost | Column::LastUsed => 0,
    }
}
