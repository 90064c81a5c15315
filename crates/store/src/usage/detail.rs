//! One request in full: its row, every attempt under it, and who was passed over.

use api::ids::{ConnectionId, ProviderId, RequestId, UserId};
use api::price::AppliedPrice;
use api::usage::{Outcome, UsageRow};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder,
};

use super::{UsageScope, price, recent};
use crate::entity::attempt;
use crate::error::StoreError;
use crate::number;
use crate::records::{AttemptRecord, SkipRecord};
use crate::text::Text;

/// A request with everything that is kept of it but its payload.
#[derive(Debug, Clone)]
pub struct DetailRow {
    pub row: UsageRow,
    pub user_id: Option<UserId>,
    pub upstream_format: Option<String>,
    pub is_stream: bool,
    pub user_agent: Option<String>,
    pub price: Option<AppliedPrice>,
    /// In the order in which they were made.
    pub attempts: Vec<AttemptRecord>,
    pub skipped: Vec<SkipRecord>,
}

pub(super) async fn detail(
    db: &DatabaseConnection,
    scope: &UsageScope,
    id: &RequestId,
) -> Result<Option<DetailRow>, StoreError> {
    let mut select = recent::select();
    select
        .columns(
            [
                "user_id",
                "upstream_format",
                "is_stream",
                "user_agent",
                "skipped",
                "price",
            ]
            .map(|column| ("usage", column)),
        )
        .and_where(Expr::col(("usage", "id")).eq(id.as_str()));
    if let UsageScope::User(user) = scope {
        select.and_where(Expr::col(("usage", "user_id")).eq(user.as_str()));
    }
    let Some(found) = db.query_one(&select).await? else {
        return Ok(None);
    };
    let text = |column| found.try_get::<Option<String>>("", column);
    let attempts = attempt::Entity::find()
        .filter(attempt::Column::UsageId.eq(id.as_str()))
        .order_by_asc(attempt::Column::Ordinal)
        .all(db)
        .await?;
    Ok(Some(DetailRow {
        row: recent::row(&found)?,
        user_id: text("user_id")?.map(UserId),
        upstream_format: text("upstream_format")?,
        is_stream: found.try_get("", "is_stream")?,
        user_agent: text("user_agent")?,
        price: text("price")?.as_deref().and_then(price::read),
        attempts: attempts
            .into_iter()
            .map(attempt_record)
            .collect::<Result<_, _>>()?,
        // What is not readable any more is as good as nothing.
        skipped: text("skipped")?
            .and_then(|json| serde_json::from_str(&json).ok())
            .unwrap_or_default(),
    }))
}

fn attempt_record(row: attempt::Model) -> Result<AttemptRecord, StoreError> {
    Ok(AttemptRecord {
        provider: ProviderId(row.provider),
        connection_id: ConnectionId(row.connection_id),
        model: row.model,
        started_ms: number::milliseconds(row.started_ms),
        duration_ms: number::milliseconds(row.duration_ms),
        headers_ms: row.headers_ms.map(number::milliseconds),
        ttft_ms: row.ttft_ms.map(number::milliseconds),
        status: row.status.map(number::status),
        outcome: Outcome::read(&row.outcome)?,
        error: row.error,
        failure: row.failure,
        rest_until: row.rest_until.map(number::time),
    })
}
