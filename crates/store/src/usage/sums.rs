//! Sums over the hourly rows: the table's lines and the chart's points, which therefore agree.

use api::ids::{ConnectionId, KeyId, ProviderId};
use api::usage::{Outcome, Tokens, Totals, UsagePoint};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, QueryResult};

use super::rollup::TABLE;
use super::{UsageBreakdownRow, UsageLineRow, UsageScope};
use crate::error::StoreError;
use crate::number;
use crate::text::Text;

const TOKENS: [&str; 5] = ["input", "cache_read", "cache_write", "output", "reasoning"];

pub(super) async fn lines(
    db: &DatabaseConnection,
    scope: &UsageScope,
    since: Option<DateTime<Utc>>,
) -> Result<Vec<UsageLineRow>, StoreError> {
    let rows = db.query_all(&by_model(scope, since)).await?;
    let mut lines = rows.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    // Not in SQL: the engines disagree on the order of texts.
    lines.sort_by(|a, b| {
        (&a.endpoint, &a.model, &a.provider).cmp(&(&b.endpoint, &b.model, &b.provider))
    });
    Ok(lines)
}

pub(super) async fn breakdown(
    db: &DatabaseConnection,
    scope: &UsageScope,
    since: Option<DateTime<Utc>>,
) -> Result<Vec<UsageBreakdownRow>, StoreError> {
    let finer = ["connection_id", "key_id"];
    let select = by_model(scope, since)
        .columns(finer)
        .group_by_columns(finer)
        .take();
    let rows = db.query_all(&select).await?;
    rows.iter()
        .map(|row| {
            let line = line(row)?;
            Ok(UsageBreakdownRow {
                endpoint: line.endpoint,
                model: line.model,
                provider: line.provider,
                connection_id: text(row, "connection_id")?.map(ConnectionId),
                key_id: text(row, "key_id")?.map(KeyId),
                totals: line.totals,
            })
        })
        .collect()
}

/// Sums by endpoint, provider and model.
fn by_model(scope: &UsageScope, since: Option<DateTime<Utc>>) -> SelectStatement {
    let served = Expr::col("model_served");
    let model = Expr::case(served.clone().eq(""), Expr::col("model_requested")).finally(served);
    let errors =
        Expr::case(Expr::col("outcome").eq(Outcome::Ok.text()), 0).finally(Expr::col("requests"));
    select(scope, since)
        .column("endpoint")
        .column("provider")
        .expr_as(model, "model")
        .expr_as(bigint(errors.into()), "errors")
        .expr_as(sum("unpriced"), "unpriced")
        .expr_as(Func::max(Expr::col("last_at")), "last_used_at")
        .group_by_columns(["endpoint", "provider", "model"])
        .take()
}

pub(super) async fn points(
    db: &DatabaseConnection,
    scope: &UsageScope,
    since: Option<DateTime<Utc>>,
    bucket_seconds: u32,
) -> Result<Vec<UsagePoint>, StoreError> {
    let hours = i64::from(std::cmp::max(1, bucket_seconds.div_ceil(3_600)));
    let hour = Expr::col("hour");
    let bucket = hour.clone().sub(hour.modulo(hours * number::HOUR_MS));
    let mut select = select(scope, since);
    select
        .expr_as(bucket, "bucket")
        .group_by_col("bucket")
        .order_by("bucket", Order::Asc);

    let rows = db.query_all(&select).await?;
    Ok(rows.iter().map(point).collect::<Result<_, _>>()?)
}

pub(super) async fn first_at(
    db: &DatabaseConnection,
    scope: &UsageScope,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let mut select = Query::select()
        .expr_as(Func::min(Expr::col("hour")), "first")
        .from(TABLE)
        .take();
    narrow(&mut select, scope);
    let Some(row) = db.query_one(&select).await? else {
        return Ok(None);
    };
    Ok(row.try_get::<Option<i64>>("", "first")?.map(number::time))
}

/// What lines and points have in common; the caller adds what to group by.
fn select(scope: &UsageScope, since: Option<DateTime<Utc>>) -> SelectStatement {
    let mut select = Query::select().from(TABLE).take();
    for column in ["requests", "cost_micros"].into_iter().chain(TOKENS) {
        select.expr_as(sum(column), column);
    }
    if let Some(since) = since {
        select.and_where(Expr::col("hour").gte(number::hour(since)));
    }
    narrow(&mut select, scope);
    select
}

fn narrow(select: &mut SelectStatement, scope: &UsageScope) {
    match scope {
        UsageScope::Everyone => {}
        UsageScope::User(id) => {
            select.and_where(Expr::col("user_id").eq(id.as_str()));
        }
    }
}

fn sum(column: &'static str) -> Expr {
    bigint(Expr::col((TABLE, column)))
}

/// Postgres widens a sum of integers to a decimal number.
fn bigint(summand: Expr) -> Expr {
    Func::cast_as(Func::sum(summand), "bigint").into()
}

fn line(row: &QueryResult) -> Result<UsageLineRow, DbErr> {
    Ok(UsageLineRow {
        endpoint: text(row, "endpoint")?,
        model: text(row, "model")?,
        provider: text(row, "provider")?.map(ProviderId),
        totals: Totals {
            requests: count(row, "requests")?,
            errors: count(row, "errors")?,
            tokens: tokens(row)?,
            cost_micros: row.try_get("", "cost_micros")?,
            unpriced: count(row, "unpriced")?,
            last_used_at: Some(number::time(row.try_get("", "last_used_at")?)),
        },
    })
}

/// The sums write nothing as an empty text.
fn text(row: &QueryResult, column: &str) -> Result<Option<String>, DbErr> {
    let text: String = row.try_get("", column)?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn point(row: &QueryResult) -> Result<UsagePoint, DbErr> {
    Ok(UsagePoint {
        at: number::time(row.try_get("", "bucket")?),
        requests: count(row, "requests")?,
        tokens: tokens(row)?,
        cost_micros: row.try_get("", "cost_micros")?,
    })
}

fn tokens(row: &QueryResult) -> Result<Tokens, DbErr> {
    Ok(Tokens {
        input: count(row, "input")?,
        cache_read: count(row, "cache_read")?,
        cache_write: count(row, "cache_write")?,
        output: count(row, "output")?,
        reasoning: count(row, "reasoning")?,
    })
}

fn count(row: &QueryResult, column: &str) -> Result<u64, DbErr> {
    Ok(number::unsigned(row.try_get("", column)?))
}
