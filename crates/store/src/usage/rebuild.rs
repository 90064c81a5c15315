//! Making the blocks of a database that has rows and no blocks: one from before there were blocks.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr};

use crate::error::StoreError;
use crate::transaction;
use crate::usage::block::{Builder, Grain};
use crate::usage::blocks::{self, Kind, day_of};
use crate::usage::fact::{SLOT_MS, slot};
use crate::usage::raw::RawRow;

/// Says how many rows were counted.
pub(super) async fn rebuild(db: &DatabaseConnection) -> Result<u64, StoreError> {
    if blocks::extent(db).await?.is_some() {
        return Ok(0);
    }
    let transaction = transaction::begin(db).await?;
    // Somebody may have been faster.
    if blocks::extent(&transaction).await?.is_some() {
        transaction.rollback().await?;
        return Ok(0);
    }
    let mut rows = 0;
    let mut after = i64::MIN;
    while let Some(first) = first_after(&transaction, after).await? {
        let day = day_of(slot(first));
        let mut builder = Builder::new(Grain::FINEST);
        for row in transaction.query_all(&RawRow::select(&day)).await? {
            builder.add(&RawRow::read(&row)?.fact());
            rows += 1;
        }
        let block = builder.finish();
        if let Some(slots) = block.span() {
            blocks::insert(&transaction, Kind::Fresh, &slots, &block).await?;
        }
        after = day.end * SLOT_MS - 1;
    }
    transaction.commit().await?;
    Ok(rows)
}

async fn first_after(transaction: &DatabaseTransaction, after: i64) -> Result<Option<i64>, DbErr> {
    let select = Query::select()
        .expr_as(Expr::col("at").min(), "first")
        .from("usage")
        .and_where(Expr::col("at").gt(after))
        .take();
    let Some(row) = transaction.query_one(&select).await? else {
        return Ok(None);
    };
    row.try_get("", "first")
}
