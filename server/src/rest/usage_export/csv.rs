//! Rows as CSV (<https://www.rfc-editor.org/rfc/rfc4180>), safe to open in a spreadsheet.

use crate::rest::export::cell;
use crate::rest::usage_export::figures::{Figure, figures, names};
use crate::rest::usage_export::{Head, Line, budgets};

/// The names of the columns.
pub(super) fn head(head: &Head) -> String {
    let mut cells = vec!["kind".to_owned()];
    for dimension in &head.by {
        cells.push(dimension.as_str().to_owned());
        cells.push(format!("{}_id", dimension.as_str()));
    }
    cells.extend(names(&head.columns));
    if head.budgets.is_some() {
        cells.extend(budgets::NAMES.map(str::to_owned));
    }
    line(&cells)
}

/// The lines of budgets, after all others: what others have is empty in them, and the other way round.
pub(super) fn budgets(head: &Head) -> String {
    let empty = 2 * head.by.len() + names(&head.columns).len();
    let lines = head.budgets.iter().flatten().map(|budget| {
        let mut cells = vec!["budget".to_owned()];
        cells.resize(1 + empty, String::new());
        cells.extend(budgets::cells(budget));
        line(&cells)
    });
    lines.collect()
}

pub(super) fn row(row: &Line, head: &Head, text: &mut String) {
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
    for (_, figure) in figures(&head.columns, &row.measures, &row.share) {
        cells.push(match figure {
            Figure::None => String::new(),
            Figure::Count(count) => count.to_string(),
            Figure::Number(number) => number.to_string(),
            Figure::Text(text) => cell(&text),
        });
    }
    if head.budgets.is_some() {
        cells.resize(cells.len() + budgets::NAMES.len(), String::new());
    }
    text.push_str(&line(&cells));
}

fn line(cells: &[String]) -> String {
    format!("{}\r\n", cells.join(","))
}
