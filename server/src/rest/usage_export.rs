//! `/api/usage/export` and `/api/usage/report`: what the dashboard shows, as a file.
//!
//! The rows are those of the same query on `/api/usage/query`, in the same order, and leave as they are written.

mod budgets;
mod csv;
mod figures;

use admin::{Actor, Admin};
use api::error::{ApiError, ErrorKind};
use api::usage::query::{Dimension, SortBy, TableQuery};
use api::usage::report::{BudgetLine, ReportQuery, UsageReport};
use api::usage::table::{Group, Measures, Rest, Share, UsageTable, Value};
use axum::Extension;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures::stream;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde_json::{Map, Value as Json, json};

use crate::openapi::operations::Operations;
use crate::openapi::shape::{any, of};
use crate::rest::analytics::{Pairs, borrowed, pairs, table_parameters};
use crate::rest::error::RestError;
use crate::rest::usage_export::figures::{Figure, figures};

/// Rows that leave together.
const ROWS_A_CHUNK: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Csv,
    Json,
}

/// A row of the table with everything that says which one it is.
struct Line {
    kind: &'static str,
    /// What it is by each dimension; none for sums.
    values: Vec<Option<Value>>,
    measures: Measures,
    share: Share,
}

/// What a file has beside its lines.
struct Head {
    by: Vec<Dimension>,
    columns: Vec<SortBy>,
    /// The fields of the JSON document before its rows.
    fields: Json,
    /// The lines of a report's budgets, which have columns of their own. A table has none.
    budgets: Option<Vec<BudgetLine>>,
}

pub(crate) async fn table(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    RawQuery(text): RawQuery,
) -> Result<Response, RestError> {
    let mut pairs = pairs(text);
    let form = form(&mut pairs)?;
    let columns = match take(&mut pairs, "columns") {
        Some(names) => columns(&names)?,
        None => SortBy::COLUMNS.to_vec(),
    };
    let query = TableQuery::from_pairs(borrowed(&pairs))?;
    let table = admin.usage_query(&actor, query).await?;
    let by: Vec<_> = std::iter::once(table.query.by)
        .chain(table.query.then_by)
        .collect();
    let name = format!("usage-{}", table.range.from.format("%Y-%m-%d"));
    let fields = json!({
        "from": table.range.from,
        "until": table.range.until,
        "zone": table.query.selection.zone,
    });
    let head = Head {
        by,
        columns,
        fields,
        budgets: None,
    };
    Ok(file(form, &name, head, lines(table)))
}

/// The month's report: one row for each user, key, provider, model and budget.
pub(crate) async fn report(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    RawQuery(text): RawQuery,
) -> Result<Response, RestError> {
    let mut pairs = pairs(text);
    let form = form(&mut pairs)?;
    let mut query = ReportQuery::default();
    for (name, value) in pairs {
        match name.as_str() {
            "month" => query.month = value,
            "zone" => query.zone = value,
            _ => return Err(unknown("parameter", &name).into()),
        }
    }
    let mut report = admin.usage_report(&actor, query).await?;
    let name = format!("usage-report-{}", report.query.month);
    let budgets = report.budgets.iter().map(budgets::json);
    let fields = json!({
        "month": report.query.month,
        "zone": report.query.zone,
        "from": report.range.from,
        "until": report.range.until,
        "forecast": report.forecast,
        "budgets": budgets.collect::<Json>(),
    });
    let head = Head {
        by: report.sections.iter().map(|section| section.by).collect(),
        columns: figures::REPORT.to_vec(),
        fields,
        budgets: Some(std::mem::take(&mut report.budgets)),
    };
    Ok(file(form, &name, head, report_lines(report)))
}

fn form(pairs: &mut Pairs) -> Result<Form, RestError> {
    match take(pairs, "format").as_deref() {
        None | Some("csv") => Ok(Form::Csv),
        Some("json") => Ok(Form::Json),
        Some(other) => Err(unknown("format", other).into()),
    }
}

fn take(pairs: &mut Pairs, name: &str) -> Option<String> {
    let place = pairs.iter().position(|(known, _)| known == name)?;
    Some(pairs.remove(place).1)
}

fn columns(names: &str) -> Result<Vec<SortBy>, ApiError> {
    let column = |name| {
        let column = SortBy::parse(name).filter(|column| *column != SortBy::Name);
        column.ok_or_else(|| unknown("columns", name))
    };
    names.split(',').map(column).collect()
}

fn unknown(field: &str, text: &str) -> ApiError {
    ApiError {
        field: Some(field.to_owned()),
        ..ApiError::new(
            ErrorKind::Invalid,
            format!("`{text}` is not known as `{field}`"),
        )
    }
}

/// Each line is made when it is written, and what it was made of is let go then.
fn lines(table: UsageTable) -> impl Iterator<Item = Line> + Send + 'static {
    let width = 1 + usize::from(table.query.then_by.is_some());
    let groups = table.groups.into_iter();
    let groups = groups.flat_map(move |group| group_lines(group, width));
    let rest = table.other.into_iter();
    let rest = rest.map(move |rest| other(vec![None; width], &rest));
    let total = total(vec![None; width], table.totals);
    groups.chain(rest).chain(std::iter::once(total))
}

fn group_lines(group: Group, width: usize) -> impl Iterator<Item = Line> + Send {
    let first = group.row.value.clone();
    let values = move |second: Option<Value>| {
        let mut values = vec![Some(first.clone()), second];
        values.truncate(width);
        values
    };
    let head = Line {
        kind: "group",
        values: values(None),
        measures: group.row.measures,
        share: group.row.share,
    };
    let rest = group.other.map(|rest| other(values(None), &rest));
    let rows = group.rows.into_iter().map(move |row| Line {
        kind: "row",
        values: values(Some(row.value)),
        measures: row.measures,
        share: row.share,
    });
    std::iter::once(head).chain(rows).chain(rest)
}

fn other(values: Vec<Option<Value>>, rest: &Rest) -> Line {
    Line {
        kind: "other",
        values,
        measures: rest.measures,
        share: rest.share,
    }
}

fn report_lines(report: UsageReport) -> Vec<Line> {
    let width = report.sections.len();
    let mut lines = Vec::new();
    for (place, section) in report.sections.into_iter().enumerate() {
        let values = |value: Option<Value>| {
            let mut values = vec![None; width];
            if let Some(known) = values.get_mut(place) {
                *known = value;
            }
            values
        };
        lines.extend(section.rows.into_iter().map(|row| Line {
            kind: section.by.as_str(),
            values: values(Some(row.value)),
            measures: row.measures,
            share: row.share,
        }));
        lines.extend(section.other.map(|rest| other(values(None), &rest)));
    }
    lines.push(total(vec![None; width], report.totals));
    lines
}

fn total(values: Vec<Option<Value>>, measures: Measures) -> Line {
    let whole = |part: bool| if part { 1.0 } else { 0.0 };
    Line {
        kind: "total",
        values,
        share: Share {
            requests: whole(measures.requests > 0),
            tokens: whole(measures.total_tokens > 0),
            cost: whole(measures.cost.total > 0),
        },
        measures,
    }
}

fn file(
    form: Form,
    name: &str,
    head: Head,
    lines: impl IntoIterator<Item = Line, IntoIter: Send + 'static>,
) -> Response {
    let (kind, ending) = match form {
        Form::Csv => ("text/csv; charset=utf-8", "csv"),
        Form::Json => ("application/json", "json"),
    };
    let (first, last) = match form {
        Form::Csv => (csv::head(&head), csv::budgets(&head)),
        Form::Json => (json_head(&head.fields), "\n]}\n".to_owned()),
    };
    let chunks = Chunks {
        form,
        head,
        lines: lines.into_iter(),
        is_first: true,
    };
    let parts = std::iter::once(first)
        .chain(chunks)
        .chain(std::iter::once(last));
    let body = Body::from_stream(stream::iter(
        parts.map(|part| Ok::<_, std::convert::Infallible>(Bytes::from(part))),
    ));
    let disposition = format!("attachment; filename=\"{name}.{ending}\"");
    (
        [
            (CONTENT_TYPE, kind.to_owned()),
            (CONTENT_DISPOSITION, disposition),
            (CACHE_CONTROL, "no-store".to_owned()),
        ],
        body,
    )
        .into_response()
}

/// Some rows at a time, written when they are asked for.
struct Chunks<Lines> {
    form: Form,
    head: Head,
    lines: Lines,
    is_first: bool,
}

impl<Lines: Iterator<Item = Line>> Iterator for Chunks<Lines> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut text = String::new();
        for line in self.lines.by_ref().take(ROWS_A_CHUNK) {
            match self.form {
                Form::Csv => csv::row(&line, &self.head, &mut text),
                Form::Json => {
                    text.push_str(if self.is_first { "\n" } else { ",\n" });
                    text.push_str(&json_row(&line, &self.head));
                }
            }
            self.is_first = false;
        }
        (!text.is_empty()).then_some(text)
    }
}

/// The beginning of the document, up to its rows.
fn json_head(head: &Json) -> String {
    let head = head.to_string();
    let open = head.strip_suffix('}').unwrap_or(&head);
    format!("{open},\"rows\":[")
}

fn json_row(line: &Line, head: &Head) -> String {
    let mut row = Map::new();
    row.insert("kind".to_owned(), line.kind.into());
    for (dimension, value) in head.by.iter().zip(&line.values) {
        row.insert(dimension.as_str().to_owned(), json!(value));
    }
    for (name, figure) in figures(&head.columns, &line.measures, &line.share) {
        let value = match figure {
            Figure::None => Json::Null,
            Figure::Count(count) => count.into(),
            Figure::Number(number) => json!(number),
            Figure::Text(text) => text.into(),
        };
        row.insert(name, value);
    }
    Json::Object(row).to_string()
}

pub(super) fn describe(api: Operations) -> Operations {
    let text = of::<String>;
    let table = api
        .about("Usage")
        .get("/api/usage/export", "The usage table as a file")
        .gives(any())
        .typed("text/csv")
        .query("format", "`csv` or `json`", text())
        .query("columns", "Which, with commas between", text());
    table_parameters(table)
        .get(
            "/api/usage/report",
            "A month by user, key, provider, model and budget, as a file",
        )
        .gives(any())
        .typed("text/csv")
        .query("format", "`csv` or `json`", text())
        .query("month", "`2026-11`", text())
        .query(
            "zone",
            "The time zone of its days, by its IANA name",
            text(),
        )
}
