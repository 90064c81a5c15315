//! From a row of the table to the requests behind it.

use api::usage::query::Dimension;
use api::usage::table::{Range, Value};
use chrono::SecondsFormat;

use crate::pages::usage::address::Address;
use crate::query_string;

impl Address {
    /// The request log with the same requests, where the log knows how to find them. `marks` say what the row is.
    pub(crate) fn log(&self, range: Range, marks: &[(Dimension, Value)]) -> Option<String> {
        let mut pairs = vec![("period", "all".to_owned())];
        let mut range = range;
        for filter in &self.table.selection.filters {
            let is_marked = marks
                .iter()
                .any(|(dimension, _)| *dimension == filter.dimension);
            if !is_marked {
                let [Some(only)] = filter.values.as_slice() else {
                    return None;
                };
                pairs.push((parameter(filter.dimension)?, only.clone()));
            }
        }
        for (dimension, value) in marks {
            let id = value.id.clone()?;
            if *dimension == Dimension::Hour {
                range.from = id.parse().ok()?;
                range.until = range.until.min(range.from + chrono::Duration::hours(1));
            } else {
                pairs.push((parameter(*dimension)?, id));
            }
        }
        let moment =
            |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        pairs.push(("since", moment(range.from)));
        pairs.push(("until", moment(range.until)));
        if !self.table.selection.text.is_empty() {
            pairs.push(("q", self.table.selection.text.clone()));
        }
        Some(query_string::link("/dashboard/logs", &pairs))
    }
}

/// What the log calls a dimension that it can be narrowed by.
fn parameter(dimension: Dimension) -> Option<&'static str> {
    match dimension {
        Dimension::Endpoint => Some("endpoint"),
        Dimension::Provider => Some("provider"),
        Dimension::ModelRequested | Dimension::ModelServed => Some("model"),
        Dimension::Account => Some("account"),
        Dimension::Key => Some("key"),
        Dimension::Combo => Some("combo"),
        Dimension::Outcome => Some("outcome"),
        Dimension::ClientFormat
        | Dimension::User
        | Dimension::Tag
        | Dimension::Day
        | Dimension::Hour => None,
    }
}
