//! `/api/usage/logs` and `/api/usage/request-details`: the request log, as lines and in full.

use std::collections::HashMap;

use admin::{Actor, Admin};
use api::ids::{ConnectionId, ProviderId, RequestId};
use api::log::{CaptureView, Ended, LogCursor, LogFilter, RequestDetail, Stage, StageView};
use api::usage::{Outcome, Period, UsageRow};
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use chrono::{DateTime, Days, NaiveDate, Utc};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::openapi::operations::Operations;
use crate::openapi::shape::{any, many, object, of, or_null, several};
use crate::rest::error::RestError;

/// Lines that the original's log has.
const LINES: u32 = 200;
const MOST_ON_A_PAGE: u64 = 100;
const PAGE: u64 = 20;
/// Bytes of a payload in a list; the whole is in the request's own answer.
const LONGEST_IN_A_LIST: usize = 5 * 1024;

/// The newest requests, a line each: time, model, provider, account, tokens in, tokens out, status.
pub(crate) async fn lines(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Vec<String>>, RestError> {
    let everything = LogFilter {
        period: Period::All,
        ..LogFilter::default()
    };
    let rows = admin
        .log_rows(&actor, &everything, Utc::now(), &LogCursor::Newest, LINES)
        .await?;
    Ok(Json(rows.iter().map(line).collect()))
}

/// Pages of requests, newest first, with what was kept of their payload.
pub(crate) async fn details(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, RestError> {
    let page = number(&query, "page", 1, u64::from(u32::MAX))?.unwrap_or(1);
    let size = number(&query, "pageSize", 1, MOST_ON_A_PAGE)?.unwrap_or(PAGE);
    let filter = filter(&query)?;
    let limit = u32::try_from(size).unwrap_or(u32::MAX);
    let (rows, count) = admin
        .log_numbered(&actor, &filter, (page - 1) * size, limit)
        .await?;
    let mut details = Vec::with_capacity(rows.len());
    for row in &rows {
        let capture = admin.capture(&actor, &row.id).await?;
        details.push(original(row, capture.as_ref()));
    }
    let pages = count.div_ceil(size);
    Ok(Json(json!({
        "details": details,
        "pagination": {
            "page": page,
            "pageSize": size,
            "totalItems": count,
            "totalPages": pages,
            "hasNext": page < pages,
            "hasPrev": page > 1,
        },
    })))
}

/// One request in full, with our own field names.
pub(crate) async fn detail(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<RequestId>,
    headers: HeaderMap,
) -> Result<Json<RequestDetail>, RestError> {
    let host = headers
        .get(http::header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("localhost:20128");
    let origin = format!("http://{host}");
    Ok(Json(admin.request_detail(&actor, &id, &origin).await?))
}

pub(crate) async fn delete_payload(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<RequestId>,
) -> Result<Json<Value>, RestError> {
    admin.delete_capture(&actor, &id).await?;
    Ok(Json(json!({ "success": true })))
}

pub(crate) async fn delete_payloads(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Value>, RestError> {
    let requests = admin.clear_captures(&actor).await?;
    Ok(Json(json!({ "success": true, "requests": requests })))
}

/// `22-11-2026 16:04:16 | model | PROVIDER | account | 1234 | 56 | 200 OK`, in UTC.
fn line(row: &UsageRow) -> String {
    // A name must not look like two columns.
    let column = |text: Option<&str>| match text {
        Some(text) => text.replace('|', "/"),
        None => "-".to_owned(),
    };
    let model = row.model_served.as_ref().or(row.model_requested.as_ref());
    let provider = row.provider.as_ref().map(|id| id.as_str().to_uppercase());
    let tokens = row.tokens;
    let input = tokens.input + tokens.cache_read + tokens.cache_write;
    let count = |count: u64| {
        if tokens.total() == 0 {
            "-".to_owned()
        } else {
            count.to_string()
        }
    };
    let status = match row.outcome {
        Outcome::Ok => format!("{} OK", row.status),
        _ => format!("FAILED {}", row.status),
    };
    [
        row.at.format("%d-%m-%Y %H:%M:%S").to_string(),
        column(model.map(String::as_str)),
        column(provider.as_deref()),
        column(row.connection_name.as_deref()),
        count(input),
        count(tokens.output),
        status,
    ]
    .join(" | ")
}

fn number(
    query: &HashMap<String, String>,
    name: &str,
    least: u64,
    most: u64,
) -> Result<Option<u64>, RestError> {
    let Some(text) = query.get(name) else {
        return Ok(None);
    };
    let number = text.parse().ok().filter(|n| (least..=most).contains(n));
    number.map(Some).ok_or_else(|| {
        let message = format!("expected `{name}` to be a number from {least} to {most}");
        RestError::new(StatusCode::BAD_REQUEST, message)
    })
}

fn filter(query: &HashMap<String, String>) -> Result<LogFilter, RestError> {
    let text = |name: &str| query.get(name).filter(|text| !text.is_empty()).cloned();
    let moment = |name: &str| {
        let Some(text) = text(name) else {
            return Ok(None);
        };
        moment(&text).map(Some).ok_or_else(|| {
            let message = format!("expected `{name}` to be a date or a time, found `{text}`");
            RestError::new(StatusCode::BAD_REQUEST, message)
        })
    };
    let outcome = match text("status").as_deref() {
        None => None,
        Some("success") => Some(Ended::With(Outcome::Ok)),
        // The original knows one kind of error: what is listed as one is found as one.
        Some("error") => Some(Ended::Failed),
        Some(other) => Some(Ended::parse(other).ok_or_else(|| {
            let message = format!("expected `success`, `error` or an outcome, found `{other}`");
            RestError::new(StatusCode::BAD_REQUEST, message)
        })?),
    };
    // A day is meant as a whole.
    let is_day = text("endDate").is_some_and(|text| day(&text).is_some());
    let until = moment("endDate")?.map(|end| match is_day {
        true => end + Days::new(1),
        false => end,
    });
    Ok(LogFilter {
        outcome,
        provider: text("provider").map(ProviderId),
        model: text("model"),
        connection: text("connectionId").map(ConnectionId),
        since: moment("startDate")?,
        until,
        period: Period::All,
        ..LogFilter::default()
    })
}

/// With a zone, or in UTC: `2026-11-22T16:00:00Z`, `2026-11-22T16:00`, `2026-11-22`.
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.with_timezone(&Utc));
    }
    let naive = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|form| chrono::NaiveDateTime::parse_from_str(text, form).ok());
    let naive = naive.or_else(|| day(text)?.and_hms_opt(0, 0, 0))?;
    Some(naive.and_utc())
}

fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// The original's record; ours has more in its own answer.
fn original(row: &UsageRow, capture: Option<&CaptureView>) -> Value {
    let stage = |wanted: Stage| {
        let stages = capture.map(|capture| &capture.stages)?;
        // Of several attempts the last one.
        stages
            .iter()
            .rev()
            .find(|stage| stage.stage == wanted)
            .map(payload)
    };
    let tokens = row.tokens;
    json!({
        "id": row.id,
        "provider": row.provider,
        "model": row.model_served.as_ref().or(row.model_requested.as_ref()),
        "connectionId": row.connection_id,
        "timestamp": row.at,
        "status": if row.outcome == Outcome::Ok { "success" } else { "error" },
        "endpoint": row.endpoint,
        "latency": { "ttft": row.ttft_ms, "total": row.duration_ms },
        "tokens": {
            "prompt_tokens": tokens.input + tokens.cache_read + tokens.cache_write,
            "completion_tokens": tokens.output,
            "cached_tokens": tokens.cache_read,
            "cache_creation_tokens": tokens.cache_write,
            "reasoning_tokens": tokens.reasoning,
        },
        "error": row.error,
        "request": stage(Stage::ClientRequest),
        "providerRequest": stage(Stage::UpstreamRequest),
        "providerResponse": stage(Stage::UpstreamResponse),
        "response": stage(Stage::ClientResponse),
    })
}

/// JSON as JSON, anything else as text, and of a long one the beginning in the original's shape.
fn payload(stage: &StageView) -> Value {
    if stage.body.len() > LONGEST_IN_A_LIST || stage.is_truncated {
        let preview: String = stage.body.chars().take(200).collect();
        return json!({ "_truncated": true, "_originalSize": stage.size, "_preview": preview });
    }
    serde_json::from_str(&stage.body).unwrap_or_else(|_| Value::String(stage.body.clone()))
}

pub(super) fn describe(api: Operations) -> Operations {
    let lines = "The newest requests, a line of text each";
    let page = object([
        ("page", of::<u64>()),
        ("pageSize", of::<u64>()),
        ("totalItems", of::<u64>()),
        ("totalPages", of::<u64>()),
        ("hasNext", of::<bool>()),
        ("hasPrev", of::<bool>()),
    ]);
    let text = || or_null(of::<String>());
    let latency = [("ttft", or_null(of::<u32>())), ("total", of::<u32>())];
    let tokens = [
        ("prompt_tokens", of::<u64>()),
        ("completion_tokens", of::<u64>()),
        ("cached_tokens", of::<u64>()),
        ("cache_creation_tokens", of::<u64>()),
        ("reasoning_tokens", of::<u64>()),
    ];
    let request = object([
        ("id", of::<RequestId>()),
        ("provider", text()),
        ("model", text()),
        ("connectionId", text()),
        ("timestamp", of::<DateTime<Utc>>()),
        ("status", of::<String>()),
        ("endpoint", text()),
        ("latency", object(latency)),
        ("tokens", object(tokens)),
        ("error", text()),
        ("request", any()),
        ("providerRequest", any()),
        ("providerResponse", any()),
        ("response", any()),
    ]);
    api.about("Requests")
        .get("/api/usage/logs", lines)
        .gives(many::<String>())
        .get("/api/usage/request-logs", lines)
        .gives(many::<String>())
        .get(
            "/api/usage/request-details",
            "Requests, newest first, in pages, with what was kept of their payloads",
        )
        .gives(object([
            ("details", several(request)),
            ("pagination", page),
        ]))
        .query("page", "From 1 on", of::<u64>())
        .query("pageSize", "1 to 100", of::<u64>())
        .query(
            "status",
            "`success`, `error` (any outcome but `ok`), or an outcome",
            of::<String>(),
        )
        .query("provider", "Its id", of::<ProviderId>())
        .query(
            "model",
            "As it was asked for or as it was served",
            of::<String>(),
        )
        .query("connectionId", "The account's id", of::<ConnectionId>())
        .query("startDate", "A date or a time", of::<String>())
        .query(
            "endDate",
            "A time, or a date, which is included",
            of::<String>(),
        )
        .get(
            "/api/usage/request-details/{id}",
            "A request in full: who was asked and who was not, and what was kept",
        )
        .gives(of::<RequestDetail>())
        .delete(
            "/api/usage/request-details/{id}/payload",
            "Delete what was kept of a request's payload",
        )
        .gives(object([("success", of::<bool>())]))
        .delete(
            "/api/usage/request-payloads",
            "Delete what was kept of all payloads",
        )
        .gives(object([
            ("success", of::<bool>()),
            ("requests", of::<u64>()),
        ]))
}
