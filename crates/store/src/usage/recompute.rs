//! Pricing what is stored anew: rows and hourly sums together, all or nothing.

use std::collections::BTreeMap;

use api::ids::ProviderId;
use api::price::{AppliedPrice, Recomputed};
use api::usage::Tokens;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, QueryResult};

use super::{price, rollup};
use crate::error::StoreError;
use crate::records::UsageSource;
use crate::text::Text;
use crate::{number, transaction};

/// Rows in memory at once.
const PAGE: u64 = 500;

/// An hour's row, and what is added to its cost and to its count of requests without a price.
type Changes = BTreeMap<(i64, String), (i64, i64)>;

pub(super) async fn recompute(
    db: &DatabaseConnection,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    price_of: impl Fn(&ProviderId, &str, DateTime<Utc>) -> Option<AppliedPrice>,
) -> Result<Recomputed, StoreError> {
    let transaction = transaction::begin(db).await?;
    let mut sum = Recomputed::default();
    let mut changes = Changes::new();
    let mut place = (number::millis(from), String::new());
    loop {
        let rows = transaction.query_all(&page(&place, to)).await?;
        let Some(last) = rows.last() else { break };
        place = (last.try_get("", "at")?, last.try_get("", "id")?);
        for row in &rows {
            one(&transaction, row, &price_of, &mut sum, &mut changes).await?;
        }
    }
    for ((hour, key), (cost, unpriced)) in changes {
        if (cost, unpriced) == (0, 0) {
            continue;
        }
        let update = Query::update()
            .table(rollup::TABLE)
            .value("cost_micros", Expr::col("cost_micros").add(cost))
            .value("unpriced", Expr::col("unpriced").add(unpriced))
            .and_where(Expr::col("hour").eq(hour))
            .and_where(Expr::col("dims").eq(key))
            .take();
        transaction.execute(&update).await?;
    }
    transaction.commit().await?;
    Ok(sum)
}

/// The rows behind `place` that have tokens; the first page begins with the first row of its moment.
fn page((at, id): &(i64, String), to: DateTime<Utc>) -> sea_orm::sea_query::SelectStatement {
    let place = Expr::tuple([Expr::col("at"), Expr::col("id")]);
    Query::select()
        .columns(["id", "at", "cost_micros", "price"])
        .columns(["input", "cache_read", "cache_write", "output", "reasoning"])
        .columns(rollup::DIMENSIONS)
        .from("usage")
        .and_where(place.gt(Expr::tuple([Expr::val(*at), Expr::val(id.as_str())])))
        .and_where(Expr::col("at").lt(number::millis(to)))
        .and_where(Expr::col("usage_source").ne(UsageSource::None.text()))
        .order_by("at", Order::Asc)
        .order_by("id", Order::Asc)
        .limit(PAGE)
        .take()
}

async fn one(
    transaction: &DatabaseTransaction,
    row: &QueryResult,
    price_of: &impl Fn(&ProviderId, &str, DateTime<Utc>) -> Option<AppliedPrice>,
    sum: &mut Recomputed,
    changes: &mut Changes,
) -> Result<(), DbErr> {
    let text = |column: &str| row.try_get::<Option<String>>("", column);
    let at = number::time(row.try_get("", "at")?);
    let before: Option<i64> = row.try_get("", "cost_micros")?;
    let price = match (text("provider")?.map(ProviderId), text("model_served")?) {
        (Some(provider), Some(model)) => price_of(&provider, &model, at),
        _ => None,
    };
    let tokens = tokens(row)?;
    let after = price.map(|price| number::cost(price.rates.cost_micros(&tokens)));
    sum.requests += 1;
    sum.before_micros += before.unwrap_or_default();
    sum.after_micros += after.unwrap_or_default();
    sum.unpriced_before += u64::from(before.is_none());
    sum.unpriced_after += u64::from(after.is_none());
    let price = price.as_ref().map(price::text);
    if before == after && text("price")? == price {
        return Ok(());
    }
    sum.changed += 1;
    let update = Query::update()
        .table("usage")
        .value("cost_micros", after)
        .value("price", price)
        .and_where(Expr::col("id").eq(row.try_get::<String>("", "id")?))
        .take();
    transaction.execute(&update).await?;
    let mut dimensions = Vec::with_capacity(rollup::DIMENSIONS.len());
    for column in rollup::DIMENSIONS {
        dimensions.push(text(column)?.unwrap_or_default());
    }
    let change = changes
        .entry((number::hour(at), rollup::hash(&dimensions)))
        .or_default();
    change.0 += after.unwrap_or_default() - before.unwrap_or_default();
    change.1 += i64::from(after.is_none()) - i64::from(before.is_none());
    Ok(())
}

fn tokens(row: &QueryResult) -> Result<Tokens, DbErr> {
    let count = |column| Ok::<_, DbErr>(number::unsigned(row.try_get("", column)?));
    Ok(Tokens {
        input: count("input")?,
        cache_read: count("cache_read")?,
        cache_write: count("cache_write")?,
        output: count("output")?,
        reasoning: count("reasoning")?,
    })
}
