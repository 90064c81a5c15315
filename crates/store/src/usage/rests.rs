//! Accounts that rest until a time their upstream named.

use api::ids::ConnectionId;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::error::StoreError;
use crate::number;
use crate::records::RestRecord;
use crate::text::Text;

/// Of accounts that have not answered since: their health is what was seen last. The longest rest comes last.
pub(super) async fn rests(
    db: &DatabaseConnection,
    now: DateTime<Utc>,
) -> Result<Vec<RestRecord>, StoreError> {
    let select = Query::select()
        .columns([
            ("attempts", "connection_id"),
            ("attempts", "model"),
            ("attempts", "failure"),
            ("attempts", "rest_until"),
        ])
        .from("attempts")
        .inner_join(
            "connections",
            Expr::col(("connections", "id")).equals(("attempts", "connection_id")),
        )
        .and_where(Expr::col(("attempts", "rest_until")).gt(number::millis(now)))
        .and_where(Expr::col(("connections", "health")).eq(api::connection::Health::Error.text()))
        .order_by(("attempts", "rest_until"), Order::Asc)
        .take();
    let rows = db.query_all(&select).await?;
    rows.iter()
        .map(|row| {
            Ok(RestRecord {
                connection_id: ConnectionId(row.try_get("", "connection_id")?),
                model: row.try_get("", "model")?,
                failure: row
                    .try_get::<Option<String>>("", "failure")?
                    .unwrap_or_default(),
                until: number::time(row.try_get("", "rest_until")?),
            })
        })
        .collect()
}
