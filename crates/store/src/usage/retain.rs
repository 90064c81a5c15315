//! Forgetting what is older than it has to be, a little at a time.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};

use crate::error::StoreError;
use crate::number;
use crate::usage::blocks;
use crate::usage::fact::slot;

/// Rows of one transaction: what waits for it waits some hundredths of a second.
const AT_ONCE: u64 = 1_000;
/// Pages that SQLite gives back to the disk at once.
const PAGES: u32 = 2_000;

/// Deletes some requests from before, with their attempts; says how many. None is left once none is said.
pub(super) async fn forget_requests(
    db: &DatabaseConnection,
    before: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let oldest = Query::select()
        .column("id")
        .from("usage")
        .and_where(Expr::col("at").lt(number::millis(before)))
        .order_by("at", Order::Asc)
        .limit(AT_ONCE)
        .take();
    let delete = Query::delete()
        .from_table("usage")
        .and_where(Expr::col("id").in_subquery(oldest))
        .take();
    let deleted = db.execute(&delete).await?.rows_affected();
    // A file that has shrunk keeps its pages for what comes next, unless it was made to give them back.
    if deleted > 0 && db.get_database_backend() == DbBackend::Sqlite {
        db.execute_unprepared(&format!("PRAGMA incremental_vacuum({PAGES})"))
            .await?;
    }
    Ok(deleted)
}

/// Deletes the sums of whole days from before; says of how many blocks.
pub(super) async fn forget_sums(
    db: &DatabaseConnection,
    before: DateTime<Utc>,
) -> Result<u64, StoreError> {
    Ok(blocks::delete_before(db, slot(number::millis(before))).await?)
}
