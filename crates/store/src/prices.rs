//! Prices that were set here, each from a time on. What the catalogue says is not stored.

use api::ids::{ProviderId, UserId};
use api::price::Rates;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};

use crate::entity::price;
use crate::error::{StoreError, or_not_found};
use crate::number;
use crate::records::PriceRecord;

#[derive(Debug, Clone)]
pub struct Prices {
    pub(crate) db: DatabaseConnection,
}

impl Prices {
    /// By provider and model, the latest first.
    pub async fn list(&self) -> Result<Vec<PriceRecord>, StoreError> {
        let rows = price::Entity::find()
            .order_by_desc(price::Column::ValidFrom)
            .all(&self.db)
            .await?;
        let mut records: Vec<_> = rows.into_iter().map(record).collect();
        // Not in SQL: the engines disagree on the order of texts.
        records.sort_by(|a, b| (&a.provider, &a.model).cmp(&(&b.provider, &b.model)));
        Ok(records)
    }

    /// Adds these, all or nothing; one for the same moment is replaced.
    pub async fn set(&self, records: &[PriceRecord]) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let replace = OnConflict::columns([
            price::Column::Provider,
            price::Column::Model,
            price::Column::ValidFrom,
        ])
        .update_columns([
            price::Column::Input,
            price::Column::Output,
            price::Column::CacheRead,
            price::Column::CacheWrite,
            price::Column::Reasoning,
            price::Column::OwnerId,
            price::Column::CreatedAt,
        ])
        .to_owned();
        let rows = records
            .iter()
            .map(|record| price::ActiveModel::from(row(record)));
        price::Entity::insert_many(rows)
            .on_conflict(replace)
            .exec_without_returning(&self.db)
            .await?;
        Ok(())
    }

    /// Takes one back, as if it had never been set.
    pub async fn delete(
        &self,
        provider: &ProviderId,
        model: &str,
        valid_from: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let deleted = price::Entity::delete_many()
            .filter(price::Column::Provider.eq(provider.as_str()))
            .filter(price::Column::Model.eq(model))
            .filter(price::Column::ValidFrom.eq(number::millis(valid_from)))
            .exec(&self.db)
            .await?;
        or_not_found(deleted.rows_affected)
    }
}

fn record(row: price::Model) -> PriceRecord {
    let rates = || {
        Some(Rates {
            input: number::unsigned(row.input?),
            output: number::unsigned(row.output?),
            cache_read: number::unsigned(row.cache_read?),
            cache_write: number::unsigned(row.cache_write?),
            reasoning: number::unsigned(row.reasoning?),
        })
    };
    PriceRecord {
        rates: rates(),
        provider: ProviderId(row.provider),
        model: row.model,
        valid_from: number::time(row.valid_from),
        owner_id: UserId(row.owner_id),
        created_at: number::time(row.created_at),
    }
}

fn row(record: &PriceRecord) -> price::Model {
    let rate = |read: fn(&Rates) -> u64| {
        record
            .rates
            .as_ref()
            .map(|rates| number::counter(read(rates)))
    };
    price::Model {
        provider: record.provider.0.clone(),
        model: record.model.clone(),
        valid_from: number::millis(record.valid_from),
        input: rate(|rates| rates.input),
        output: rate(|rates| rates.output),
        cache_read: rate(|rates| rates.cache_read),
        cache_write: rate(|rates| rates.cache_write),
        reasoning: rate(|rates| rates.reasoning),
        owner_id: record.owner_id.0.clone(),
        created_at: number::millis(record.created_at),
    }
}
