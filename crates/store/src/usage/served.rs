//! How many requests an account has answered lately: for allowances that only we can count.

use api::ids::ConnectionId;
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::entity::usage;
use crate::error::StoreError;
use crate::number;
use crate::usage::Usage;

impl Usage {
    /// Since `since`, and whatever became of them: the upstream counts them all.
    pub async fn served(&self, id: &ConnectionId, since: DateTime<Utc>) -> Result<u64, StoreError> {
        let count = usage::Entity::find()
            .filter(usage::Column::At.gte(number::millis(since)))
            .filter(usage::Column::ConnectionId.eq(id.as_str()))
            .count(&self.db)
            .await?;
        Ok(count)
    }
}
