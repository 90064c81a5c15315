//! Combos and aliases. What their names lead to is not known here.

use api::ids::{ComboId, UserId};
use api::routing::Strategy;
use sea_orm::{
    ActiveValue, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder,
};
use serde_json::json;

use crate::entity::{alias, combo};
use crate::error::{StoreError, or_conflict, or_not_found};
use crate::number;
use crate::records::{AliasRecord, ComboRecord};
use crate::text::Text;

const COMBO_TAKEN: &str = "a combo of this name exists already";
const ALIAS_TAKEN: &str = "this alias exists already";

#[derive(Debug, Clone)]
pub struct Routing {
    pub(crate) db: DatabaseConnection,
}

impl Routing {
    /// Oldest first.
    pub async fn combos(&self) -> Result<Vec<ComboRecord>, StoreError> {
        let rows = combo::Entity::find()
            .order_by_asc(combo::Column::CreatedAt)
            .order_by_asc(combo::Column::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(combo_record).collect()
    }

    pub async fn insert_combo(&self, record: &ComboRecord) -> Result<(), StoreError> {
        combo::Entity::insert(combo::ActiveModel::from(combo_row(record)))
            .exec_without_returning(&self.db)
            .await
            .map_err(or_conflict(COMBO_TAKEN))?;
        Ok(())
    }

    /// Owner and birth stay.
    pub async fn update_combo(&self, record: &ComboRecord) -> Result<(), StoreError> {
        let row = combo_row(record);
        let updated = combo::Entity::update_many()
            .set(combo::ActiveModel {
                name: ActiveValue::Set(row.name),
                models: ActiveValue::Set(row.models),
                strategy: ActiveValue::Set(row.strategy),
                updated_at: ActiveValue::Set(row.updated_at),
                ..combo::ActiveModel::default()
            })
            .filter(combo::Column::Id.eq(row.id))
            .exec(&self.db)
            .await
            .map_err(or_conflict(COMBO_TAKEN))?;
        or_not_found(updated.rows_affected)
    }

    pub async fn delete_combo(&self, id: &ComboId) -> Result<(), StoreError> {
        let deleted = combo::Entity::delete_by_id(id.as_str())
            .exec(&self.db)
            .await?;
        or_not_found(deleted.rows_affected)
    }

    /// Oldest first.
    pub async fn aliases(&self) -> Result<Vec<AliasRecord>, StoreError> {
        let rows = alias::Entity::find()
            .order_by_asc(alias::Column::CreatedAt)
            .order_by_asc(alias::Column::Alias)
            .all(&self.db)
            .await?;
        Ok(rows.into_iter().map(alias_record).collect())
    }

    pub async fn insert_alias(&self, record: &AliasRecord) -> Result<(), StoreError> {
        alias::Entity::insert(alias::ActiveModel::from(alias_row(record)))
            .exec_without_returning(&self.db)
            .await
            .map_err(or_conflict(ALIAS_TAKEN))?;
        Ok(())
    }

    /// Owner and birth stay.
    pub async fn update_alias(&self, record: &AliasRecord) -> Result<(), StoreError> {
        let row = alias_row(record);
        let updated = alias::Entity::update_many()
            .set(alias::ActiveModel {
                model: ActiveValue::Set(row.model),
                updated_at: ActiveValue::Set(row.updated_at),
                ..alias::ActiveModel::default()
            })
            .filter(alias::Column::Alias.eq(row.alias))
            .exec(&self.db)
            .await?;
        or_not_found(updated.rows_affected)
    }

    pub async fn delete_alias(&self, alias: &str) -> Result<(), StoreError> {
        let deleted = alias::Entity::delete_by_id(alias).exec(&self.db).await?;
        or_not_found(deleted.rows_affected)
    }
}

fn combo_record(row: combo::Model) -> Result<ComboRecord, StoreError> {
    let models = serde_json::from_str(&row.models).map_err(|error| {
        DbErr::Type(format!(
            "the models of combo `{}` are not a list: {error}",
            row.name
        ))
    })?;
    Ok(ComboRecord {
        id: ComboId(row.id),
        owner_id: UserId(row.owner_id),
        name: row.name,
        models,
        strategy: Strategy::read(&row.strategy)?,
        created_at: number::time(row.created_at),
        updated_at: number::time(row.updated_at),
    })
}

fn combo_row(record: &ComboRecord) -> combo::Model {
    combo::Model {
        id: record.id.0.clone(),
        owner_id: record.owner_id.0.clone(),
        name: record.name.clone(),
        models: json!(record.models).to_string(),
        strategy: record.strategy.text().to_owned(),
        created_at: number::millis(record.created_at),
        updated_at: number::millis(record.updated_at),
    }
}

fn alias_record(row: alias::Model) -> AliasRecord {
    AliasRecord {
        alias: row.alias,
        owner_id: UserId(row.owner_id),
        model: row.model,
        created_at: number::time(row.created_at),
        updated_at: number::time(row.updated_at),
    }
}

fn alias_row(record: &AliasRecord) -> alias::Model {
    alias::Model {
        alias: record.alias.clone(),
        owner_id: record.owner_id.0.clone(),
        model: record.model.clone(),
        created_at: number::millis(record.created_at),
        updated_at: number::millis(record.updated_at),
    }
}
