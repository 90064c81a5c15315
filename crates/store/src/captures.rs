//! Whole requests and answers, kept for debugging. They come with their secrets masked already.

use std::io::{Read as _, Write as _};

use api::ids::{RequestId, UserId};
use api::log::{CaptureView, Stage, StageView};
use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use sea_orm::sea_query::{Expr, Func, OnConflict, Order, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::entity::{capture, capture_stage};
use crate::error::StoreError;
use crate::text::{Text, storable};
use crate::usage::UsageScope;
use crate::{number, transaction};

#[derive(Debug, Clone)]
pub struct Captures {
    pub(crate) db: DatabaseConnection,
}

/// What was kept of one request.
#[derive(Debug, Clone)]
pub struct CaptureRecord {
    pub request_id: RequestId,
    pub at: DateTime<Utc>,
    pub user_id: Option<UserId>,
    /// There was no room for it; it has no stages.
    pub is_dropped: bool,
    pub stages: Vec<StageRecord>,
}

/// One side of it.
#[derive(Debug, Clone)]
pub struct StageRecord {
    pub stage: Stage,
    /// From 1 on; 0 on the client's side.
    pub attempt: u32,
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Of the whole body.
    pub size: u64,
    pub is_truncated: bool,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CaptureSize {
    pub requests: u64,
    pub bytes: u64,
}

impl Captures {
    /// One that is there already stays as it is.
    pub async fn append(&self, records: &[CaptureRecord]) -> Result<(), StoreError> {
        let transaction = transaction::begin(&self.db).await?;
        for record in records {
            let stages = (0..)
                .zip(&record.stages)
                .map(|(ordinal, stage)| stage_row(&record.request_id, ordinal, stage))
                .collect::<Result<Vec<_>, _>>()?;
            let bytes = stages
                .iter()
                .map(|stage| stage.body.len() + stage.headers.len() + stage.line.len())
                .sum::<usize>();
            let row = capture::Model {
                request_id: record.request_id.0.clone(),
                at: number::millis(record.at),
                user_id: record.user_id.as_ref().map(|id| id.0.clone()),
                bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
                is_dropped: record.is_dropped,
            };
            let inserted = capture::Entity::insert(capture::ActiveModel::from(row))
                .on_conflict(
                    OnConflict::column(capture::Column::RequestId)
                        .do_nothing()
                        .to_owned(),
                )
                .exec_without_returning(&transaction)
                .await?;
            if inserted == 0 || stages.is_empty() {
                continue;
            }
            let rows = stages.into_iter().map(capture_stage::ActiveModel::from);
            capture_stage::Entity::insert_many(rows)
                .exec_without_returning(&transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    pub async fn get(&self, id: &RequestId) -> Result<Option<CaptureView>, StoreError> {
        let Some(found) = capture::Entity::find_by_id(id.as_str())
            .one(&self.db)
            .await?
        else {
            return Ok(None);
        };
        let stages = capture_stage::Entity::find()
            .filter(capture_stage::Column::RequestId.eq(id.as_str()))
            .order_by_asc(capture_stage::Column::Ordinal)
            .all(&self.db)
            .await?;
        Ok(Some(CaptureView {
            is_dropped: found.is_dropped,
            stages: stages
                .into_iter()
                .map(stage_view)
                .collect::<Result<_, _>>()?,
        }))
    }

    /// `None`: there is none that `scope` may delete.
    pub async fn delete(&self, scope: &UsageScope, id: &RequestId) -> Result<bool, StoreError> {
        let mut delete =
            capture::Entity::delete_many().filter(capture::Column::RequestId.eq(id.as_str()));
        if let UsageScope::User(user) = scope {
            delete = delete.filter(capture::Column::UserId.eq(user.as_str()));
        }
        Ok(delete.exec(&self.db).await?.rows_affected > 0)
    }

    pub async fn clear(&self) -> Result<u64, StoreError> {
        let deleted = capture::Entity::delete_many().exec(&self.db).await?;
        Ok(deleted.rows_affected)
    }

    pub async fn size(&self) -> Result<CaptureSize, StoreError> {
        let select = Query::select()
            .expr_as(Func::count(Expr::col("request_id")), "requests")
            .expr_as(
                // Postgres widens a sum of integers to a decimal number.
                Func::cast_as(
                    Func::coalesce([Func::sum(Expr::col("bytes")).into(), Expr::val(0)]),
                    "bigint",
                ),
                "bytes",
            )
            .from("captures")
            .take();
        let Some(row) = self.db.query_one(&select).await? else {
            return Ok(CaptureSize::default());
        };
        Ok(CaptureSize {
            requests: number::unsigned(row.try_get("", "requests")?),
            bytes: number::unsigned(row.try_get("", "bytes")?),
        })
    }

    /// Forgets what is older than `before`, and then the oldest until no more than `bytes` are left.
    pub async fn trim(&self, before: DateTime<Utc>, bytes: u64) -> Result<u64, StoreError> {
        let old = capture::Entity::delete_many()
            .filter(capture::Column::At.lt(number::millis(before)))
            .exec(&self.db)
            .await?;
        let mut forgotten = old.rows_affected;
        let mut left = self.size().await?.bytes;
        while left > bytes {
            let oldest: Vec<(String, i64)> = capture::Entity::find()
                .select_only()
                .column(capture::Column::RequestId)
                .column(capture::Column::Bytes)
                .order_by(capture::Column::At, Order::Asc)
                .order_by(capture::Column::RequestId, Order::Asc)
                .limit(100)
                .into_tuple()
                .all(&self.db)
                .await?;
            let mut doomed = Vec::new();
            for (id, size) in oldest {
                if left <= bytes {
                    break;
                }
                left = left.saturating_sub(number::unsigned(size));
                doomed.push(id);
            }
            if doomed.is_empty() {
                break;
            }
            let deleted = capture::Entity::delete_many()
                .filter(capture::Column::RequestId.is_in(doomed))
                .exec(&self.db)
                .await?;
            forgotten += deleted.rows_affected;
        }
        Ok(forgotten)
    }
}

fn stage_row(
    id: &RequestId,
    ordinal: i32,
    stage: &StageRecord,
) -> Result<capture_stage::Model, StoreError> {
    let headers = serde_json::to_string(&stage.headers)
        .map_err(|error| DbErr::Custom(format!("headers that are no JSON: {error}")))?;
    Ok(capture_stage::Model {
        request_id: id.0.clone(),
        ordinal,
        stage: stage.stage.text().to_owned(),
        attempt: i32::try_from(stage.attempt).unwrap_or(i32::MAX),
        line: storable(&stage.line),
        headers: storable(&headers),
        body: deflated(&stage.body)?,
        size: i64::try_from(stage.size).unwrap_or(i64::MAX),
        is_truncated: stage.is_truncated,
    })
}

fn stage_view(row: capture_stage::Model) -> Result<StageView, StoreError> {
    Ok(StageView {
        stage: Stage::read(&row.stage)?,
        attempt: u32::try_from(row.attempt).unwrap_or_default(),
        line: row.line,
        headers: serde_json::from_str(&row.headers).unwrap_or_default(),
        body: String::from_utf8_lossy(&inflated(&row.body)?).into_owned(),
        size: number::unsigned(row.size),
        is_truncated: row.is_truncated,
    })
}

fn deflated(body: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(body)
        .and_then(|()| encoder.finish())
        .map_err(|error| DbErr::Custom(format!("could not compress a body: {error}")).into())
}

fn inflated(body: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut inflated = Vec::new();
    ZlibDecoder::new(body)
        .read_to_end(&mut inflated)
        .map_err(|error| DbErr::Custom(format!("a body that does not decompress: {error}")))?;
    Ok(inflated)
}
