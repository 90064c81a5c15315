//! What is known of providers' models beside the catalogue.

use api::ids::ProviderId;
use api::provider::ModelOrigin;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};

use crate::entity::model;
use crate::error::{StoreError, or_not_found};
use crate::records::ModelRecord;
use crate::text::Text;
use crate::{number, transaction};

/// A model that no account has listed for so long is gone.
const KEPT: TimeDelta = TimeDelta::days(7);

/// Rows of one statement, well below what both engines take as parameters.
const AT_ONCE: usize = 500;

#[derive(Debug, Clone)]
pub struct Models {
    pub(crate) db: DatabaseConnection,
}

impl Models {
    /// By provider and name.
    pub async fn list(&self) -> Result<Vec<ModelRecord>, StoreError> {
        let rows = model::Entity::find()
            .order_by_asc(model::Column::Provider)
            .order_by_asc(model::Column::Model)
            .all(&self.db)
            .await?;
        rows.into_iter().map(record).collect()
    }

    /// Remembers what an account has listed at `now`, and forgets what nobody has listed for a week.
    ///
    /// What a person added, named or switched off stays as it is.
    pub async fn save_discovered(
        &self,
        provider: &ProviderId,
        found: &[ModelRecord],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let transaction = transaction::begin(&self.db).await?;
        for some in found.chunks(AT_ONCE) {
            let rows = some
                .iter()
                .map(|found| model::ActiveModel::from(row(found)));
            let seen_again = OnConflict::columns([model::Column::Provider, model::Column::Model])
                .update_columns([
                    model::Column::Name,
                    model::Column::Context,
                    model::Column::UpdatedAt,
                ])
                .action_and_where(
                    model::Column::Origin
                        .into_expr()
                        .eq(ModelOrigin::Discovered.text()),
                )
                .to_owned();
            model::Entity::insert_many(rows)
                .on_conflict(seen_again)
                .exec_without_returning(&transaction)
                .await?;
        }
        model::Entity::delete_many()
            .filter(model::Column::Provider.eq(provider.as_str()))
            .filter(model::Column::Origin.eq(ModelOrigin::Discovered.text()))
            .filter(model::Column::IsEnabled.eq(true))
            .filter(model::Column::UpdatedAt.lt(number::millis(now - KEPT)))
            .exec(&transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Adds a model by hand, or makes one that was found into one of the person's own.
    pub async fn save_custom(&self, record: &ModelRecord) -> Result<(), StoreError> {
        let replace = OnConflict::columns([model::Column::Provider, model::Column::Model])
            .update_columns([
                model::Column::Origin,
                model::Column::Name,
                model::Column::Context,
                model::Column::IsEnabled,
                model::Column::UpdatedAt,
            ])
            .to_owned();
        model::Entity::insert(model::ActiveModel::from(row(record)))
            .on_conflict(replace)
            .exec_without_returning(&self.db)
            .await?;
        Ok(())
    }

    /// Only what was added by hand can be taken away by hand: the rest would come again.
    pub async fn delete_custom(&self, provider: &ProviderId, name: &str) -> Result<(), StoreError> {
        let deleted = model::Entity::delete_many()
            .filter(model::Column::Provider.eq(provider.as_str()))
            .filter(model::Column::Model.eq(name))
            .filter(model::Column::Origin.eq(ModelOrigin::Custom.text()))
            .exec(&self.db)
            .await?;
        or_not_found(deleted.rows_affected)
    }

    /// Switches a model on or off; `record` is what is written where nothing was known of it.
    pub async fn set_enabled(&self, record: &ModelRecord) -> Result<(), StoreError> {
        let replace = OnConflict::columns([model::Column::Provider, model::Column::Model])
            .update_columns([model::Column::IsEnabled, model::Column::UpdatedAt])
            .to_owned();
        model::Entity::insert(model::ActiveModel::from(row(record)))
            .on_conflict(replace)
            .exec_without_returning(&self.db)
            .await?;
        Ok(())
    }
}

fn record(row: model::Model) -> Result<ModelRecord, StoreError> {
    Ok(ModelRecord {
        provider: ProviderId(row.provider),
        model: row.model,
        origin: ModelOrigin::read(&row.origin)?,
        name: row.name,
        context: row.context.map(number::unsigned),
        is_enabled: row.is_enabled,
        created_at: number::time(row.created_at),
        updated_at: number::time(row.updated_at),
    })
}

fn row(record: &ModelRecord) -> model::Model {
    model::Model {
        provider: record.provider.0.clone(),
        model: crate::text::storable(&record.model),
        origin: record.origin.text().to_owned(),
        name: record.name.as_deref().map(crate::text::storable),
        context: record.context.map(number::counter),
        is_enabled: record.is_enabled,
        created_at: number::millis(record.created_at),
        updated_at: number::millis(record.updated_at),
    }
}
