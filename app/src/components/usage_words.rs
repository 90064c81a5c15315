//! What dimensions, columns, periods and values are called.

use api::usage::Outcome;
use api::usage::query::{Dimension, Filter, Measure, Preset, SortBy, Span};
use api::usage::table::Value;

pub(crate) fn dimension(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Endpoint => "Endpoint",
        Dimension::ClientFormat => "Client format",
        Dimension::Provider => "Provider",
        Dimension::ModelRequested => "Model asked",
        Dimension::ModelServed => "Model served",
        Dimension::Account => "Account",
        Dimension::Key => "API key",
        Dimension::User => "User",
        Dimension::Combo => "Combo",
        Dimension::Outcome => "Outcome",
        Dimension::Tag => "Tag",
        Dimension::Day => "Day",
        Dimension::Hour => "Hour",
    }
}

/// Several values of a dimension, after a number.
pub(crate) fn dimensions(dimension: Dimension) -> (&'static str, &'static str) {
    match dimension {
        Dimension::Endpoint => ("endpoint", "endpoints"),
        Dimension::ClientFormat => ("format", "formats"),
        Dimension::Provider => ("provider", "providers"),
        Dimension::ModelRequested | Dimension::ModelServed => ("model", "models"),
        Dimension::Account => ("account", "accounts"),
        Dimension::Key => ("key", "keys"),
        Dimension::User => ("user", "users"),
        Dimension::Combo => ("combo", "combos"),
        Dimension::Outcome => ("outcome", "outcomes"),
        Dimension::Tag => ("tag", "tags"),
        Dimension::Day => ("day", "days"),
        Dimension::Hour => ("hour", "hours"),
    }
}

/// A value as people know it, and what having none means.
pub(crate) fn value(dimension: Dimension, value: &Value) -> String {
    match (&value.name, &value.id) {
        (Some(name), _) => name.clone(),
        (None, Some(id)) => match Outcome::parse(id).filter(|_| dimension == Dimension::Outcome) {
            Some(known) => outcome(known).to_owned(),
            None => id.clone(),
        },
        (None, None) => none(dimension).to_owned(),
    }
}

/// A filter's value, of which only the id is known.
pub(crate) fn filtered(filter: &Filter, id: Option<&str>) -> String {
    let known = Value {
        id: id.map(str::to_owned),
        name: None,
    };
    format!(
        "{}: {}",
        dimension(filter.dimension),
        value(filter.dimension, &known)
    )
}

fn none(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Endpoint => "Unknown (before tracking)",
        Dimension::ClientFormat => "Unknown format",
        Dimension::Provider => "No provider",
        Dimension::ModelRequested | Dimension::ModelServed => "No model",
        Dimension::Account => "No account",
        Dimension::Key => "No key",
        Dimension::User => "No user",
        Dimension::Combo => "No combo",
        Dimension::Outcome => "Unknown outcome",
        Dimension::Tag => "No tag",
        Dimension::Day | Dimension::Hour => "Unknown time",
    }
}

pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "Answered",
        Outcome::Refused => "Refused",
        Outcome::OverBudget => "Over budget",
        Outcome::UpstreamError => "Provider failed",
        Outcome::ClientGone => "Client left",
        Outcome::Internal => "Our fault",
    }
}

pub(crate) fn column(column: SortBy) -> &'static str {
    match column {
        SortBy::Name => "Name",
        SortBy::LastUsed => "Last used",
        SortBy::Measure(known) => measure(known),
    }
}

pub(crate) fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Requests => "Requests",
        Measure::Errors => "Errors",
        Measure::Input => "Input",
        Measure::CacheRead => "Cache read",
        Measure::CacheWrite => "Cache write",
        Measure::Output => "Output",
        Measure::Reasoning => "Reasoning",
        Measure::Total => "Tokens",
        Measure::CostInput => "Input cost",
        Measure::CostCacheRead => "Cache read cost",
        Measure::CostCacheWrite => "Cache write cost",
        Measure::CostOutput => "Output cost",
        Measure::Cost => "Cost",
        Measure::Paid => "Paid",
        Measure::TtftP50 => "First token",
        Measure::TtftP95 => "First token p95",
        Measure::TtftP99 => "First token p99",
        Measure::DurationP50 => "Duration",
        Measure::DurationP95 => "Duration p95",
        Measure::DurationP99 => "Duration p99",
        Measure::Speed => "Tokens/s",
    }
}

/// What a column means, where its title does not say all.
pub(crate) fn about(column: SortBy) -> Option<&'static str> {
    match column {
        SortBy::Name | SortBy::LastUsed => None,
        SortBy::Measure(measure) => match measure {
            Measure::Errors => Some("Requests with any outcome but answered"),
            Measure::Input => Some("Input tokens that neither came from nor went into a cache"),
            Measure::Reasoning => Some("Reasoning tokens, a part of the output"),
            Measure::Total => Some("All tokens: input, cache read, cache write and output"),
            Measure::Cost => Some("What the tokens are worth at the price of the API"),
            Measure::Paid => {
                Some("What was paid: nothing where a flat rate or a free provider answered")
            }
            Measure::TtftP50 => Some("Time to the first token, the median"),
            Measure::TtftP95 => Some("Time to the first token, of 95% of requests less"),
            Measure::TtftP99 => Some("Time to the first token, of 99% of requests less"),
            Measure::DurationP50 => Some("From the request to the end of its answer, the median"),
            Measure::DurationP95 => {
                Some("From the request to the end of its answer, of 95% of requests less")
            }
            Measure::DurationP99 => {
                Some("From the request to the end of its answer, of 99% of requests less")
            }
            Measure::Speed => Some("Output tokens per second, of streams that ended well"),
            Measure::Requests
            | Measure::CacheRead
            | Measure::CacheWrite
            | Measure::Output
            | Measure::CostInput
            | Measure::CostCacheRead
            | Measure::CostCacheWrite
            | Measure::CostOutput => None,
        },
    }
}

pub(crate) fn preset(preset: Preset) -> &'static str {
    match preset {
        Preset::Hour => "1 hour",
        Preset::Day => "24 hours",
        Preset::Week => "7 days",
        Preset::Month => "30 days",
        Preset::Quarter => "90 days",
        Preset::MonthToDate => "This month",
        Preset::All => "All",
    }
}

/// The period in a sentence, behind a sum.
pub(crate) fn span(span: &Span) -> String {
    match span {
        Span::Preset(preset) => match preset {
            Preset::Hour => "in the last hour",
            Preset::Day => "in the last 24 hours",
            Preset::Week => "in the last 7 days",
            Preset::Month => "in the last 30 days",
            Preset::Quarter => "in the last 90 days",
            Preset::MonthToDate => "since the first of the month",
            Preset::All => "since the first request",
        }
        .to_owned(),
        Span::Custom { from, until } => format!("from {from} to {until}"),
    }
}
