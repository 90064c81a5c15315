//! The request log, newest first, with the names of keys and connections as they are now.

use api::ids::{ConnectionId, KeyId, ProviderId, RequestId};
use api::usage::{NoteView, Outcome, Tokens, UsageRow};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Order, Query, SelectStatement, SubQueryStatement};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, QueryResult};

use super::UsageScope;
use crate::error::StoreError;
use crate::number;
use crate::records::UsageSource;
use crate::text::Text;

const COLUMNS: [&str; 22] = [
    "id",
    "at",
    "endpoint",
    "client_format",
    "provider",
    "model_requested",
    "model_served",
    "connection_id",
    "key_id",
    "combo",
    "input",
    "cache_read",
    "cache_write",
    "output",
    "reasoning",
    "usage_source",
    "cost_micros",
    "ttft_ms",
    "duration_ms",
    "status",
    "outcome",
    "notes",
];

pub(super) async fn recent(
    db: &DatabaseConnection,
    scope: &UsageScope,
    limit: u32,
    before: Option<(DateTime<Utc>, RequestId)>,
) -> Result<Vec<UsageRow>, StoreError> {
    let mut select = select();
    select
        .order_by(("usage", "at"), Order::Desc)
        .order_by(("usage", "id"), Order::Desc)
        .limit(u64::from(limit));
    match scope {
        UsageScope::Everyone => {}
        UsageScope::User(id) => {
            select.and_where(Expr::col(("usage", "user_id")).eq(id.as_str()));
        }
    }
    if let Some((at, id)) = before {
        let row = Expr::tuple([Expr::col(("usage", "at")), Expr::col(("usage", "id"))]);
        select.and_where(row.lt(Expr::tuple([
            Expr::val(number::millis(at)),
            Expr::val(id.0),
        ])));
    }
    let rows = db.query_all(&select).await?;
    Ok(rows.iter().map(row).collect::<Result<_, _>>()?)
}

pub(super) fn select() -> SelectStatement {
    let attempts = Query::select()
        .expr(Func::count(Expr::col(("attempts", "ordinal"))))
        .from("attempts")
        .and_where(Expr::col(("attempts", "usage_id")).equals(("usage", "id")))
        .take();
    Query::select()
        .columns(COLUMNS.map(|column| ("usage", column)))
        .column(("usage", "error"))
        .expr_as(Expr::col(("connections", "name")), "connection_name")
        .expr_as(Expr::col(("api_keys", "name")), "key_name")
        .expr_as(
            Expr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(attempts))),
            "attempts",
        )
        .from("usage")
        .left_join(
            "connections",
            Expr::col(("connections", "id")).equals(("usage", "connection_id")),
        )
        .left_join(
            "api_keys",
            Expr::col(("api_keys", "id")).equals(("usage", "key_id")),
        )
        .take()
}

pub(super) fn row(row: &QueryResult) -> Result<UsageRow, DbErr> {
    let text = |column| row.try_get::<Option<String>>("", column);
    Ok(UsageRow {
        id: RequestId(row.try_get("", "id")?),
        at: number::time(row.try_get("", "at")?),
        endpoint: text("endpoint")?,
        client_format: text("client_format")?,
        provider: text("provider")?.map(ProviderId),
        model_requested: text("model_requested")?,
        model_served: text("model_served")?,
        connection_id: text("connection_id")?.map(ConnectionId),
        connection_name: text("connection_name")?,
        key_id: text("key_id")?.map(KeyId),
        key_name: text("key_name")?,
        combo: text("combo")?,
        tokens: Tokens {
            input: count(row, "input")?,
            cache_read: count(row, "cache_read")?,
            cache_write: count(row, "cache_write")?,
            output: count(row, "output")?,
            reasoning: count(row, "reasoning")?,
        },
        is_estimate: UsageSource::read(&row.try_get::<String>("", "usage_source")?)?
            == UsageSource::Estimated,
        cost_micros: row.try_get("", "cost_micros")?,
        ttft_ms: row
            .try_get::<Option<i64>>("", "ttft_ms")?
            .map(number::milliseconds),
        duration_ms: number::milliseconds(row.try_get("", "duration_ms")?),
        status: number::status(row.try_get("", "status")?),
        outcome: Outcome::read(&row.try_get::<String>("", "outcome")?)?,
        error: text("error")?,
        attempts: number::milliseconds(row.try_get("", "attempts")?),
        notes: notes(text("notes")?.as_deref()),
    })
}

/// What is not readable any more is as good as nothing.
fn notes(json: Option<&str>) -> Vec<NoteView> {
    json.and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default()
}

fn count(row: &QueryResult, column: &str) -> Result<u64, DbErr> {
    Ok(number::unsigned(row.try_get("", column)?))
}
