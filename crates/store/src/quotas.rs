//! What upstreams say of the accounts' quotas: the latest word of each, and how it came there.

use std::collections::HashMap;

use api::ids::ConnectionId;
use api::quota::{Point, Window};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue, ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, QueryFilter,
    QueryOrder,
};

use crate::entity::{quota, quota_point};
use crate::error::StoreError;
use crate::{number, text, transaction};

/// How long history is kept.
pub const KEPT: Duration = Duration::days(14);
/// What has not changed is written down again after this.
const REPEATED: Duration = Duration::minutes(30);
const MILLION: f64 = 1e6;

#[derive(Debug, Clone)]
pub struct Quotas {
    pub(crate) db: DatabaseConnection,
}

/// The latest word about one account.
#[derive(Debug, Clone, PartialEq)]
pub struct QuotaRecord {
    pub connection_id: ConnectionId,
    pub plan: Option<String>,
    pub windows: Vec<Window>,
    /// When the windows were said.
    pub answered_at: Option<DateTime<Utc>>,
    /// When they were asked for, with or without success.
    pub asked_at: DateTime<Utc>,
    /// Why there was no answer the last time.
    pub error: Option<String>,
    /// How often in a row.
    pub failures: u32,
}

/// Of each window by its name, oldest first.
pub type History = HashMap<String, Vec<Point>>;

impl Quotas {
    pub async fn list(&self) -> Result<Vec<QuotaRecord>, StoreError> {
        let rows = quota::Entity::find().all(&self.db).await?;
        Ok(rows.into_iter().map(record).collect())
    }

    pub async fn find(&self, id: &ConnectionId) -> Result<Option<QuotaRecord>, StoreError> {
        let row = quota::Entity::find_by_id(id.as_str()).one(&self.db).await?;
        Ok(row.map(record))
    }

    /// The upstream has answered at `at`.
    pub async fn answered(
        &self,
        id: &ConnectionId,
        plan: Option<&str>,
        windows: &[Window],
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let transaction = transaction::begin(&self.db).await?;
        let row = quota::Model {
            connection_id: id.0.clone(),
            plan: plan.map(text::storable),
            windows: text::storable(&serde_json::to_string(windows).unwrap_or_default()),
            answered_at: Some(number::millis(at)),
            asked_at: number::millis(at),
            error: None,
            failures: 0,
        };
        let replace = OnConflict::column(quota::Column::ConnectionId)
            .update_columns([
                quota::Column::Plan,
                quota::Column::Windows,
                quota::Column::AnsweredAt,
                quota::Column::AskedAt,
                quota::Column::Error,
                quota::Column::Failures,
            ])
            .to_owned();
        quota::Entity::insert(quota::ActiveModel::from(row))
            .on_conflict(replace)
            .exec_without_returning(&transaction)
            .await?;
        append(&transaction, id, windows, at).await?;
        quota_point::Entity::delete_many()
            .filter(quota_point::Column::ConnectionId.eq(id.as_str()))
            .filter(quota_point::Column::At.lt(number::millis(at - KEPT)))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The upstream was asked in vain at `at`; what it said before stays.
    pub async fn failed(
        &self,
        id: &ConnectionId,
        error: &str,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let row = quota::Model {
            connection_id: id.0.clone(),
            plan: None,
            windows: "[]".to_owned(),
            answered_at: None,
            asked_at: number::millis(at),
            error: Some(text::storable(error)),
            failures: 1,
        };
        let inserted = quota::Entity::insert(quota::ActiveModel::from(row))
            .on_conflict(
                OnConflict::column(quota::Column::ConnectionId)
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(&self.db)
            .await?;
        if inserted > 0 {
            return Ok(());
        }
        quota::Entity::update_many()
            .set(quota::ActiveModel {
                asked_at: ActiveValue::Set(number::millis(at)),
                error: ActiveValue::Set(Some(text::storable(error))),
                ..quota::ActiveModel::default()
            })
            .col_expr(
                quota::Column::Failures,
                quota::Column::Failures.into_expr().add(1),
            )
            .filter(quota::Column::ConnectionId.eq(id.as_str()))
            .exec(&self.db)
            .await?;
        Ok(())
    }

    /// What was said of an account since `since`.
    pub async fn history(
        &self,
        id: &ConnectionId,
        since: DateTime<Utc>,
    ) -> Result<History, StoreError> {
        points(&self.db, id, since).await
    }
}

async fn points(
    db: &impl ConnectionTrait,
    id: &ConnectionId,
    since: DateTime<Utc>,
) -> Result<History, StoreError> {
    let rows = quota_point::Entity::find()
        .filter(quota_point::Column::ConnectionId.eq(id.as_str()))
        .filter(quota_point::Column::At.gte(number::millis(since)))
        .order_by_asc(quota_point::Column::At)
        .all(db)
        .await?;
    let mut history = History::new();
    for row in rows {
        history.entry(row.name).or_default().push(Point {
            at: number::time(row.at),
            used: f64::from(row.used) / MILLION,
        });
    }
    Ok(history)
}

/// What has not changed is not written down again, but for now and then.
async fn append(
    db: &impl ConnectionTrait,
    id: &ConnectionId,
    windows: &[Window],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let known = points(db, id, at - REPEATED).await?;
    let rows = windows.iter().filter_map(|window| {
        let used = millionths(window.amount.share()?);
        let last = known.get(&window.name).and_then(|points| points.last());
        if last.is_some_and(|last| millionths(last.used) == used) {
            return None;
        }
        Some(quota_point::ActiveModel::from(quota_point::Model {
            connection_id: id.0.clone(),
            name: text::storable(&window.name),
            at: number::millis(at),
            used,
        }))
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    let once = OnConflict::columns([
        quota_point::Column::ConnectionId,
        quota_point::Column::Name,
        quota_point::Column::At,
    ])
    .do_nothing()
    .to_owned();
    quota_point::Entity::insert_many(rows)
        .on_conflict(once)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

fn record(row: quota::Model) -> QuotaRecord {
    QuotaRecord {
        connection_id: ConnectionId(row.connection_id),
        plan: row.plan,
        // A window that an older version of ours wrote otherwise is asked for again soon.
        windows: serde_json::from_str(&row.windows).unwrap_or_default(),
        answered_at: row.answered_at.map(number::time),
        asked_at: number::time(row.asked_at),
        error: row.error,
        failures: u32::try_from(row.failures).unwrap_or_default(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a share is at most one")]
fn millionths(share: f64) -> i32 {
    (share.clamp(0.0, 1.0) * MILLION).round() as i32
}
