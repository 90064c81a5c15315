//! Our own API keys: a hash and a prefix, never the key.

use api::ids::{KeyId, UserId};
use api::key::KeyPatch;
use sea_orm::{ActiveValue, ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};

use crate::entity::key;
use crate::error::{StoreError, or_conflict, or_not_found};
use crate::records::KeyRecord;
use crate::{number, transaction};

#[derive(Debug, Clone)]
pub struct Keys {
    pub(crate) db: DatabaseConnection,
}

impl Keys {
    /// Oldest first.
    pub async fn list(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let rows = key::Entity::find()
            .order_by_asc(key::Column::CreatedAt)
            .order_by_asc(key::Column::Id)
            .all(&self.db)
            .await?;
        Ok(rows.into_iter().map(record).collect())
    }

    pub async fn insert(&self, record: &KeyRecord) -> Result<(), StoreError> {
        key::Entity::insert(key::ActiveModel::from(row(record)))
            .exec_without_returning(&self.db)
            .await
            .map_err(or_conflict("this key exists already"))?;
        Ok(())
    }

    pub async fn patch(&self, id: &KeyId, patch: &KeyPatch) -> Result<KeyRecord, StoreError> {
        let transaction = transaction::begin(&self.db).await?;
        if patch.name.is_some() || patch.is_active.is_some() {
            key::Entity::update_many()
                .set(key::ActiveModel {
                    name: patch
                        .name
                        .clone()
                        .map_or(ActiveValue::NotSet, ActiveValue::Set),
                    is_active: patch
                        .is_active
                        .map_or(ActiveValue::NotSet, ActiveValue::Set),
                    ..key::ActiveModel::default()
                })
                .filter(key::Column::Id.eq(id.as_str()))
                .exec(&transaction)
                .await?;
        }
        let row = key::Entity::find_by_id(id.as_str())
            .one(&transaction)
            .await?;
        transaction.commit().await?;
        row.map(record).ok_or(StoreError::NotFound)
    }

    pub async fn delete(&self, id: &KeyId) -> Result<(), StoreError> {
        let deleted = key::Entity::delete_by_id(id.as_str())
            .exec(&self.db)
            .await?;
        or_not_found(deleted.rows_affected)
    }
}

fn record(row: key::Model) -> KeyRecord {
    KeyRecord {
        id: KeyId(row.id),
        owner_id: UserId(row.owner_id),
        name: row.name,
        hash: row.hash,
        prefix: row.prefix,
        is_active: row.is_active,
        created_at: number::time(row.created_at),
        last_used_at: row.last_used_at.map(number::time),
        expires_at: row.expires_at.map(number::time),
    }
}

fn row(record: &KeyRecord) -> key::Model {
    key::Model {
        id: record.id.0.clone(),
        owner_id: record.owner_id.0.clone(),
        name: record.name.clone(),
        hash: record.hash.clone(),
        prefix: record.prefix.clone(),
        is_active: record.is_active,
        created_at: number::millis(record.created_at),
        last_used_at: record.last_used_at.map(number::millis),
        expires_at: record.expires_at.map(number::millis),
    }
}
