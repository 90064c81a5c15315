//! Rows as CSV (<https://www.rfc-editor.org/rfc/rfc4180>), safe to open in a spreadsheet.

use api::usage::query::{Dimension, SortBy};

use crate::rest::export::cell;
use crate::rest::usage_export::Line;
use crate::rest::usage_export::figures::{Figure, figures, names};

/// The names of the columns.
pub(super) fn head(by: &[Dimension], columns: &[SortBy]) -> String {
    let mut cells = vec!["kind".to_owned()];
    for dimension in by {
        cells.push(dimension.as_str().to_owned());
        cells.push(format!("{}_id", dimension.as_str()));
    }
    cells.extend(names(columns));
    line(&cells)
}

pub(super) fn row(row: &Line, columns: &[SortBy], text: &mut String) {
    let mut cells = vec![row.kind.to_owned()];
    for value in &row.values {
        let (id, name) = match value {
            Some(value) => (
                value.id.clone(),
                value.name.clone().or_else(|| value.id.clone()),
            ),
            None => (None, None),
        };
        cells.push(cell(&name.unwrap_or_default()));
        cells.push(cell(&id.unwrap_or_default()));
    }
    for (_, figure) in figures(columns, &row.measures, &row.share) {
        cells.push(match figure {
            Figure::None => String::new(),
            Figure::Count(count) => count.to_string(),
            Figure::Number(number) => number.to_string(),
            Figure::Text(text) => cell(&text),
        });
    }
    text.push_str(&line(&cells));
}

fn line(cells: &[String]) -> String {
    format!("{}\r\n", cells.join(","))
}
