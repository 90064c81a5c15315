//! What was used: one row per request, and sums that are written in the same transaction and outlive it.

use std::sync::Arc;

use api::ids::{ConnectionId, KeyId, ProviderId, RequestId, UserId};
use api::log::{LogCursor, LogFilter};
use api::price::{AppliedPrice, Recomputed};
use api::usage::query::Dimension;
use api::usage::{Totals, UsageRow};
use chrono::{DateTime, Utc};
use sea_orm::DatabaseConnection;

pub mod cube;
pub mod fact;
pub mod histogram;
pub mod latency;

mod append;
mod block;
mod blocks;
pub(crate) mod cache;
mod codec;
mod compact;
mod cover;
mod detail;
mod health;
mod log;
mod many;
mod minutes;
mod price;
mod raw;
mod read;
mod rebuild;
mod recent;
mod recompute;
mod rests;
mod retain;
mod served;
mod spent;
mod sums;

use crate::error::StoreError;
use crate::records::{CostCorrection, RestRecord, SpentRecord, UsageRecord};
use crate::usage::cache::Cache;
use crate::usage::cube::{Cube, CubeQuery};
use crate::usage::fact::Slots;

pub use self::compact::Compacted;
pub use self::detail::DetailRow;
pub use self::log::LogWords;

#[derive(Debug, Clone)]
pub struct Usage {
    pub(crate) db: DatabaseConnection,
    pub(crate) blocks: Arc<Cache>,
}

/// Whose usage is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsageScope {
    Everyone,
    User(UserId),
}

/// One model of one provider under one endpoint, by account and key, before anything is given a name.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageBreakdownRow {
    pub endpoint: Option<String>,
    /// What was served, or what was asked for when nothing was served.
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

    /// In no order. Everything where no slots are named.
    pub async fn breakdown(
        &self,
        scope: &UsageScope,
        slots: Option<Slots>,
    ) -> Result<Vec<UsageBreakdownRow>, StoreError> {
        sums::breakdown(self, scope, slots.unwrap_or(compact::EVER)).await
    }

    /// The requests of some time, grouped.
    pub async fn cube(&self, scope: &UsageScope, query: CubeQuery) -> Result<Cube, StoreError> {
        read::cube(&self.db, &self.blocks, scope, query).await
    }

    /// The start of the first hour with a request in it.
    pub async fn first_at(&self, scope: &UsageScope) -> Result<Option<DateTime<Utc>>, StoreError> {
        sums::first_at(self, scope).await
    }

    /// Puts sums together that are written one by one. Says what was done, and whether there is more to do.
    pub async fn compact(&self, now: DateTime<Utc>) -> Result<(Compacted, bool), StoreError> {
        compact::compact(&self.db, &self.blocks, now).await
    }

    /// Deletes some requests from before, with their attempts, and leaves their sums; says how many.
    /// None is left once none is said.
    pub async fn forget_requests(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        retain::forget_requests(&self.db, before).await
    }

    /// Deletes the sums of the time before; says of how many blocks.
    pub async fn forget_sums(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        retain::forget_sums(&self.db, before).await
    }

    /// Makes the sums of a database that has rows and no sums; says of how many rows.
    pub async fn rebuild(&self) -> Result<u64, StoreError> {
        rebuild::rebuild(&self.db).await
    }

    /// What was used up since then, by the hour; `since` is rounded down to one.
    pub async fn spent(&self, since: DateTime<Utc>) -> Result<Vec<SpentRecord>, StoreError> {
        spent::since(self, since).await
    }

    /// What was used up in some time, all of it as of one hour.
    pub async fn spent_within(
        &self,
        scope: &UsageScope,
        slots: Slots,
    ) -> Result<Vec<SpentRecord>, StoreError> {
        spent::within(self, scope, slots).await
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

    /// A part of the log, newest first.
    pub async fn search(
        &self,
        scope: &UsageScope,
        filter: &LogFilter,
        now: DateTime<Utc>,
        cursor: &LogCursor,
        limit: u32,
    ) -> Result<Vec<UsageRow>, StoreError> {
        log::search(&self.db, scope, filter, now, cursor, limit).await
    }

    /// A page of the log from `offset` on, newest first, and how many requests there are altogether.
    pub async fn numbered(
        &self,
        scope: &UsageScope,
        filter: &LogFilter,
        now: DateTime<Utc>,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<UsageRow>, u64), StoreError> {
        log::numbered(&self.db, scope, filter, now, offset, limit).await
    }

    /// The sums of each minute since then that has a request in it, oldest first; without errors and last uses.
    pub async fn minutes(
        &self,
        scope: &UsageScope,
        since: DateTime<Utc>,
    ) -> Result<Vec<(DateTime<Utc>, Totals)>, StoreError> {
        minutes::minutes(&self.db, scope, since).await
    }

    /// Every provider that has requests, by its id.
    pub async fn providers(&self, scope: &UsageScope) -> Result<Vec<ProviderId>, StoreError> {
        let values = sums::values(self, scope, Dimension::Provider).await?;
        Ok(values.into_iter().map(ProviderId).collect())
    }

    /// What the log could be narrowed by.
    pub async fn words(&self, scope: &UsageScope) -> Result<LogWords, StoreError> {
        log::words(self, scope).await
    }

    /// One request with its attempts. `None`: there is none, or it is somebody else's.
    pub async fn detail(
        &self,
        scope: &UsageScope,
        id: &RequestId,
    ) -> Result<Option<DetailRow>, StoreError> {
        detail::detail(&self.db, scope, id).await
    }

    /// Prices the requests of `from..to` anew, rows and sums, all or nothing. Says of whom it was another cost.
    pub async fn recompute(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        price_of: impl Fn(&ProviderId, &str, DateTime<Utc>) -> Option<AppliedPrice>,
    ) -> Result<(Recomputed, Vec<CostCorrection>), StoreError> {
        recompute::recompute(&self.db, from, to, price_of).await
    }
}
