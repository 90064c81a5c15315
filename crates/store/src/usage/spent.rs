//! What was used up per hour by each account, provider and target of a combo, for those who count on from there.

use api::ids::{ConnectionId, ProviderId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult};

use super::rollup::TABLE;
use crate::error::StoreError;
use crate::number;
use crate::records::SpentRecord;

/// Who used it up. An empty text means none.
const WHO: [&str; 4] = ["connection_id", "provider", "model_served", "combo"];
/// Disjoint counters of tokens.
const TOKENS: [&str; 4] = ["input", "cache_read", "cache_write", "output"];

/// `since` is rounded down to the hour.
pub(super) async fn spent(
    db: &DatabaseConnection,
    since: DateTime<Utc>,
) -> Result<Vec<SpentRecord>, StoreError> {
    // Postgres widens a sum of integers to a decimal number.
    let sum = |summand: Expr| Expr::from(Func::cast_as(Func::sum(summand), "bigint"));
    let tokens = TOKENS
        .into_iter()
        .map(Expr::col)
        .reduce(ExprTrait::add)
        .unwrap_or_else(|| Expr::val(0));
    let select = Query::select()
        .column("hour")
        .columns(WHO)
        .expr_as(sum(Expr::col("cost_micros")), "micros")
        .expr_as(sum(tokens), "tokens")
        .from(TABLE)
        .and_where(Expr::col("hour").gte(number::hour(since)))
        .group_by_col("hour")
        .group_by_columns(WHO)
        .take();
    let rows = db.query_all(&select).await?;
    rows.iter().map(record).collect()
}

fn record(row: &QueryResult) -> Result<SpentRecord, StoreError> {
    let text = |column| -> Result<Option<String>, StoreError> {
        let text: String = row.try_get("", column)?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    };
    Ok(SpentRecord {
        hour: number::time(row.try_get("", "hour")?),
        connection_id: text("connection_id")?.map(ConnectionId),
        provider: text("provider")?.map(ProviderId),
        model: text("model_served")?,
        combo: text("combo")?,
        micros: number::unsigned(row.try_get("", "micros")?),
        tokens: number::unsigned(row.try_get("", "tokens")?),
    })
}
