//! The last minutes, one by one: finer than the sums are, so from the rows themselves.

use api::usage::{Tokens, Totals};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Order, Query, SimpleExpr};
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult};

use super::UsageScope;
use crate::error::StoreError;
use crate::number;

const MINUTE_MS: i64 = 60_000;
const COUNTERS: [&str; 6] = [
    "input",
    "cache_read",
    "cache_write",
    "output",
    "reasoning",
    "cost_micros",
];

/// Only minutes with a request in them, oldest first.
pub(super) async fn minutes(
    db: &DatabaseConnection,
    scope: &UsageScope,
    since: DateTime<Utc>,
) -> Result<Vec<(DateTime<Utc>, Totals)>, StoreError> {
    let mut select = Query::select();
    select
        .expr_as(Expr::col("at").div(MINUTE_MS), "minute")
        .expr_as(Func::count(Expr::col("id")), "requests")
        .from("usage")
        .and_where(Expr::col("at").gte(number::millis(since)))
        .add_group_by([Expr::col("minute")])
        .order_by("minute", Order::Asc);
    for counter in COUNTERS {
        select.expr_as(sum(counter), counter);
    }
    if let UsageScope::User(id) = scope {
        select.and_where(Expr::col("user_id").eq(id.as_str()));
    }
    let rows = db.query_all(&select.take()).await?;
    rows.iter().map(minute).collect()
}

/// PostgreSQL would add integers up to a decimal.
fn sum(counter: &'static str) -> SimpleExpr {
    Expr::expr(Func::cast_as(Func::sum(Expr::col(counter)), "bigint"))
}

fn minute(row: &QueryResult) -> Result<(DateTime<Utc>, Totals), StoreError> {
    let count = |name| {
        let sum = row.try_get::<Option<i64>>("", name)?;
        Ok::<_, StoreError>(sum.unwrap_or_default())
    };
    let minute: i64 = row.try_get("", "minute")?;
    let totals = Totals {
        requests: number::unsigned(row.try_get("", "requests")?),
        tokens: Tokens {
            input: number::unsigned(count("input")?),
            cache_read: number::unsigned(count("cache_read")?),
            cache_write: number::unsigned(count("cache_write")?),
            output: number::unsigned(count("output")?),
            reasoning: number::unsigned(count("reasoning")?),
        },
        cost_micros: count("cost_micros")?,
        ..Totals::default()
    };
    Ok((number::time(minute.saturating_mul(MINUTE_MS)), totals))
}
