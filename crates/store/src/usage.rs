//! What was used: one row per request, and hourly sums written in the same transaction.

use api::ids::{ConnectionId, KeyId, ProviderId, RequestId, UserId};
use api::usage::{Totals, UsagePoint, UsageRow};
use chrono::{DateTime, Utc};
use sea_orm::DatabaseConnection;

mod append;
mod health;
mod histogram;
mod recent;
mod rests;
mod rollup;
mod sums;

use crate::error::StoreError;
use crate::records::{RestRecord, UsageRecord};

#[derive(Debug, Clone)]
pub struct Usage {
    pub(crate) db: DatabaseConnection,
}

/// Whose usage is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsageScope {
    Everyone,
    User(UserId),
}

/// One model of one provider under one endpoint, before anything is given a name.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageLineRow {
    pub endpoint: Option<String>,
    /// What was served, or what was asked for when nothing was served.
    pub model: Option<String>,
    pub provider: Option<ProviderId>,
    pub totals: Totals,
}

/// A line, by account and key as well.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageBreakdownRow {
    pub endpoint: Option<String>,
    pub model: Option<String>,
    pub provider: Option<ProviderId>,
    pub connection_id: Option<ConnectionId>,
    pub key_id: Option<KeyId>,
    pub totals: Totals,
}

impl Usage {
    /// Writes rows, attempts, sums, last uses and health, all or nothing.
    /// A record whose id is there already counts for nothing.
    pub async fn append(&self, records: &[UsageRecord]) -> Result<(), StoreError> {
        append::append(&self.db, records).await
    }

    /// `since` is rounded down to the hour.
    pub async fn lines(
        &self,
        scope: &UsageScope,
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<UsageLineRow>, StoreError> {
        sums::lines(&self.db, scope, since).await
    }

    /// As [`Usage::lines`], by account and key as well, in no order.
    pub async fn breakdown(
        &self,
        scope: &UsageScope,
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<UsageBreakdownRow>, StoreError> {
        sums::breakdown(&self.db, scope, since).await
    }

    /// Only buckets with a request in them, oldest first.
    /// They are aligned to the epoch, and `bucket_seconds` is rounded up to whole hours.
    pub async fn points(
        &self,
        scope: &UsageScope,
        since: Option<DateTime<Utc>>,
        bucket_seconds: u32,
    ) -> Result<Vec<UsagePoint>, StoreError> {
        sums::points(&self.db, scope, since, bucket_seconds).await
    }

    /// The start of the first hour with a request in it.
    pub async fn first_at(&self, scope: &UsageScope) -> Result<Option<DateTime<Utc>>, StoreError> {
        sums::first_at(&self.db, scope).await
    }

    /// Which accounts must still be left alone, as their upstreams said.
    pub async fn rests(&self, now: DateTime<Utc>) -> Result<Vec<RestRecord>, StoreError> {
        rests::rests(&self.db, now).await
    }

    /// Newest first; `before` is the last row of the page before.
    pub async fn recent(
        &self,
        scope: &UsageScope,
        limit: u32,
        before: Option<(DateTime<Utc>, RequestId)>,
    ) -> Result<Vec<UsageRow>, StoreError> {
        recent::recent(&self.db, scope, limit, before).await
    }
}
