//! `/api/usage/logs/export`: exactly the requests that the log page shows, streamed page by page.

use std::collections::HashMap;

use admin::{Actor, Admin, AdminError};
use api::ids::ProviderId;
use api::log::{LogCursor, LogFilter, LogPlace};
use api::usage::UsageRow;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use futures::{Stream, StreamExt as _, stream};
use http::{StatusCode, header};

use crate::openapi::operations::Operations;
use crate::openapi::shape::{any, of};
use crate::rest::error::RestError;

/// Rows in memory at once.
const PAGE: u32 = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Csv,
    Json,
}

/// `format=csv` or `format=json`, and the parameters of the log page.
pub(crate) async fn export(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, RestError> {
    let form = match query.get("format").map(String::as_str) {
        Some("csv") | None => Form::Csv,
        Some("json") => Form::Json,
        Some(other) => {
            let message = format!("expected the format `csv` or `json`, found `{other}`");
            return Err(RestError::new(StatusCode::BAD_REQUEST, message));
        }
    };
    let filter = LogFilter::read(|name| query.get(name).cloned());
    let now = Utc::now();
    // The first page before the answer begins, so that what is wrong has a status.
    let first = admin
        .log_rows(&actor, &filter, now, &LogCursor::Newest, PAGE)
        .await?;
    let (content_type, name) = match form {
        Form::Csv => ("text/csv; charset=utf-8", "csv"),
        Form::Json => ("application/json", "json"),
    };
    let disposition = format!(
        "attachment; filename=\"9router-requests-{}.{name}\"",
        now.format("%Y%m%d-%H%M%S")
    );
    let body = Body::from_stream(text(form, pages(admin, actor, filter, now, first)));
    let headers = [
        (header::CONTENT_TYPE, content_type.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, body).into_response())
}

/// Page after page, until one comes back short.
fn pages(
    admin: Admin,
    actor: Actor,
    filter: LogFilter,
    now: DateTime<Utc>,
    first: Vec<UsageRow>,
) -> impl Stream<Item = Result<Vec<UsageRow>, AdminError>> {
    let cursor = next(&first);
    let later = stream::unfold(cursor, move |cursor| {
        let (admin, actor, filter) = (admin.clone(), actor.clone(), filter.clone());
        async move {
            let rows = admin.log_rows(&actor, &filter, now, &cursor?, PAGE).await;
            let cursor = rows.as_deref().ok().and_then(next);
            Some((rows, cursor))
        }
    });
    stream::once(async { Ok(first) }).chain(later)
}

fn next(rows: &[UsageRow]) -> Option<LogCursor> {
    let last = rows.last().filter(|_| rows.len() == PAGE as usize)?;
    Some(LogCursor::Before(LogPlace {
        at: last.at,
        id: last.id.clone(),
    }))
}

/// A failure in the middle breaks the answer off: half an export must not look whole.
fn text(
    form: Form,
    pages: impl Stream<Item = Result<Vec<UsageRow>, AdminError>> + Send + 'static,
) -> impl Stream<Item = Result<String, AdminError>> + Send + 'static {
    let (head, tail) = match form {
        Form::Csv => (COLUMNS.join(",") + "\r\n", ""),
        Form::Json => ("[".to_owned(), "\n]\n"),
    };
    let mut is_first = true;
    let rows = pages.map(move |page| {
        let page = page?;
        let mut text = String::new();
        for row in &page {
            match form {
                Form::Csv => text.push_str(&record(row)),
                Form::Json => {
                    text.push_str(if is_first { "\n" } else { ",\n" });
                    text.push_str(&serde_json::to_string(row).map_err(internal)?);
                }
            }
            is_first = false;
        }
        Ok(text)
    });
    let head = stream::once(async { Ok(head) });
    let tail = stream::once(async { Ok(tail.to_owned()) });
    head.chain(rows).chain(tail)
}

fn internal(error: serde_json::Error) -> AdminError {
    AdminError::Internal(Box::new(error))
}

const COLUMNS: [&str; 24] = [
    "id",
    "time",
    "endpoint",
    "client_format",
    "outcome",
    "status",
    "model_requested",
    "model_served",
    "provider",
    "account",
    "key",
    "combo",
    "input",
    "cache_read",
    "cache_write",
    "output",
    "reasoning",
    "is_estimate",
    "cost_micros",
    "ttft_ms",
    "duration_ms",
    "attempts",
    "notes",
    "error",
];

/// One line, as RFC 4180 has it.
fn record(row: &UsageRow) -> String {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let number = |number: Option<u32>| number.map(|n| n.to_string()).unwrap_or_default();
    let fields: [String; COLUMNS.len()] = [
        row.id.0.clone(),
        row.at.to_rfc3339_opts(SecondsFormat::Millis, true),
        text(row.endpoint.as_deref()),
        text(row.client_format.as_deref()),
        row.outcome.as_str().to_owned(),
        row.status.to_string(),
        text(row.model_requested.as_deref()),
        text(row.model_served.as_deref()),
        text(row.provider.as_ref().map(ProviderId::as_str)),
        text(row.connection_name.as_deref()),
        text(row.key_name.as_deref()),
        text(row.combo.as_deref()),
        row.tokens.input.to_string(),
        row.tokens.cache_read.to_string(),
        row.tokens.cache_write.to_string(),
        row.tokens.output.to_string(),
        row.tokens.reasoning.to_string(),
        row.is_estimate.to_string(),
        row.cost_micros
            .map(|cost| cost.to_string())
            .unwrap_or_default(),
        number(row.ttft_ms),
        row.duration_ms.to_string(),
        row.attempts.to_string(),
        row.notes.len().to_string(),
        text(row.error.as_deref()),
    ];
    fields.map(|field| cell(&field)).join(",") + "\r\n"
}

/// Quoted where it must be. What a spreadsheet would take for a formula begins with an apostrophe.
pub(crate) fn cell(text: &str) -> String {
    let is_number = text.parse::<i64>().is_ok();
    let is_formula = !is_number && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

pub(super) fn describe(api: Operations) -> Operations {
    let text = of::<String>;
    api.about("Requests")
        .get(
            "/api/usage/logs/export",
            "The request log as a file, by what it is narrowed to",
        )
        .gives(any())
        .typed("text/csv")
        .query("format", "`csv` or `json`", text())
        .query(
            "q",
            "A part of a model, an error, an account, a key, a request's id",
            text(),
        )
        .query(
            "outcome",
            "How it ended: an outcome, or `failed` for any but `ok`",
            text(),
        )
        .query("provider", "Its id", text())
        .query("model", "As it was asked for or as it was served", text())
        .query("endpoint", "Where the client called", text())
        .query("account", "Its id", text())
        .query("key", "Its id", text())
        .query("combo", "Its name", text())
        .query("period", "`24h`, `7d`, `30d` or `all`", text())
        .query("since", "A moment", text())
        .query("until", "A moment", text())
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_cell_is_quoted_and_is_no_formula() {
        let cases = [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"\nyou", "\"say \"\"hi\"\"\nyou\""),
            ("=1+1", "'=1+1"),
            ("@SUM(A1,B1)", "\"'@SUM(A1,B1)\""),
            ("-5", "-5"),
            ("-x", "'-x"),
        ];
        for (text, written) in cases {
            assert_eq!(cell(text), written);
        }
    }
}
