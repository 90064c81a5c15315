//! Accounts with providers. The credential is sealed on its way in and opened on its way out.

use std::sync::Arc;

use api::connection::{AuthKind, Health};
use api::ids::{ConnectionId, ProviderId, UserId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ActiveValue, ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

mod credential;
mod json;
pub mod lease;
mod proxy;

use crate::entity::connection;
use crate::error::{StoreError, or_conflict, or_not_found};
use crate::records::{ConnectionRecord, Credential};
use crate::text::Text;
use crate::vault::Vault;
use crate::{number, transaction};

const TAKEN: &str = "a connection of this name exists already";

#[derive(Debug, Clone)]
pub struct Connections {
    pub(crate) db: DatabaseConnection,
    pub(crate) vault: Arc<Vault>,
}

impl Connections {
    /// By provider, and within one by priority, then age.
    pub async fn list(&self) -> Result<Vec<ConnectionRecord>, StoreError> {
        let rows = connection::Entity::find()
            .order_by_asc(connection::Column::Provider)
            .order_by_asc(connection::Column::Priority)
            .order_by_asc(connection::Column::CreatedAt)
            .order_by_asc(connection::Column::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(|row| self.record(row)).collect()
    }

    /// Those that were ever used, the one that was left alone the longest first.
    pub async fn by_last_use(&self) -> Result<Vec<ConnectionId>, StoreError> {
        let ids: Vec<String> = connection::Entity::find()
            .select_only()
            .column(connection::Column::Id)
            .filter(connection::Column::LastUsedAt.is_not_null())
            .order_by_asc(connection::Column::LastUsedAt)
            .order_by_asc(connection::Column::Id)
            .into_tuple()
            .all(&self.db)
            .await?;
        Ok(ids.into_iter().map(ConnectionId).collect())
    }

    pub async fn find(&self, id: &ConnectionId) -> Result<Option<ConnectionRecord>, StoreError> {
        let row = connection::Entity::find_by_id(id.as_str())
            .one(&self.db)
            .await?;
        row.map(|row| self.record(row)).transpose()
    }

    pub async fn insert(&self, record: &ConnectionRecord) -> Result<(), StoreError> {
        connection::Entity::insert(connection::ActiveModel::from(self.row(record)))
            .exec_without_returning(&self.db)
            .await
            .map_err(or_conflict(TAKEN))?;
        Ok(())
    }

    /// Writes what a person may change and what a test of it found.
    /// Owner, birth and last use stay: the first two never change, the third is the recorder's.
    /// The credential stays too, since it may be refreshed at any time: [`Self::set_credential`].
    pub async fn update(&self, record: &ConnectionRecord) -> Result<(), StoreError> {
        let row = self.row(record);
        let updated = connection::Entity::update_many()
            .set(connection::ActiveModel {
                is_shared: ActiveValue::Set(row.is_shared),
                provider: ActiveValue::Set(row.provider),
                auth: ActiveValue::Set(row.auth),
                identity: ActiveValue::Set(row.identity),
                name: ActiveValue::Set(row.name),
                priority: ActiveValue::Set(row.priority),
                default_model: ActiveValue::Set(row.default_model),
                is_active: ActiveValue::Set(row.is_active),
                proxy: ActiveValue::Set(row.proxy),
                parts: ActiveValue::Set(row.parts),
                enabled_models: ActiveValue::Set(row.enabled_models),
                health: ActiveValue::Set(row.health),
                last_error: ActiveValue::Set(row.last_error),
                error_code: ActiveValue::Set(row.error_code),
                last_error_at: ActiveValue::Set(row.last_error_at),
                updated_at: ActiveValue::Set(row.updated_at),
                ..connection::ActiveModel::default()
            })
            .col_expr(
                connection::Column::Version,
                connection::Column::Version.into_expr().add(1),
            )
            .filter(connection::Column::Id.eq(row.id))
            .exec(&self.db)
            .await
            .map_err(or_conflict(TAKEN))?;
        or_not_found(updated.rows_affected)
    }

    /// Replaces the credential that was read as `version`, and clears what was known of the old one.
    /// `false`: somebody else was faster, and nothing was written.
    pub async fn set_credential(
        &self,
        id: &ConnectionId,
        version: i64,
        credential: &Credential,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let updated = connection::Entity::update_many()
            .set(connection::ActiveModel {
                credential: ActiveValue::Set(credential::seal(
                    &self.vault,
                    credential,
                    id.as_str(),
                )),
                revoked_at: ActiveValue::Set(None),
                updated_at: ActiveValue::Set(number::millis(at)),
                ..connection::ActiveModel::default()
            })
            .col_expr(
                connection::Column::Version,
                connection::Column::Version.into_expr().add(1),
            )
            .filter(connection::Column::Id.eq(id.as_str()))
            .filter(connection::Column::Version.eq(version))
            .exec(&self.db)
            .await?;
        Ok(updated.rows_affected == 1)
    }

    pub async fn delete(&self, id: &ConnectionId) -> Result<(), StoreError> {
        let deleted = connection::Entity::delete_by_id(id.as_str())
            .exec(&self.db)
            .await?;
        or_not_found(deleted.rows_affected)
    }

    /// What a test or a request has found. Only [`Health::Error`] keeps the error and its time.
    pub async fn set_health(
        &self,
        id: &ConnectionId,
        health: Health,
        error: Option<&str>,
        code: Option<u16>,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let updated = connection::Entity::update_many()
            .set(health_columns(health, error, code, at))
            .filter(connection::Column::Id.eq(id.as_str()))
            .exec(&self.db)
            .await?;
        or_not_found(updated.rows_affected)
    }

    /// Puts `after` in order, if the accounts with `provider` that it is about are in the order `before` now.
    /// `false`: somebody else was faster, and nothing was written.
    pub async fn reorder(
        &self,
        provider: &ProviderId,
        before: &[ConnectionId],
        after: &[ConnectionId],
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let transaction = transaction::begin(&self.db).await?;
        let rows = connection::Entity::find()
            .filter(connection::Column::Provider.eq(provider.as_str()))
            .order_by_asc(connection::Column::Priority)
            .order_by_asc(connection::Column::CreatedAt)
            .order_by_asc(connection::Column::Id)
            // On Postgres two who reorder at once wait for each other; SQLite has one writer.
            .lock_exclusive()
            .all(&transaction)
            .await?;
        let is_meant = |row: &&connection::Model| before.iter().any(|id| id.as_str() == row.id);
        let meant: Vec<&connection::Model> = rows.iter().filter(is_meant).collect();
        let is_current =
            meant.len() == before.len() && meant.iter().zip(before).all(|(row, id)| row.id == id.0);
        if !is_current {
            return Ok(false);
        }
        // Those that are not meant keep their places.
        let mut wanted = after.iter();
        for (place, row) in rows.iter().enumerate() {
            let id = match is_meant(&row) {
                true => wanted.next().map_or(row.id.as_str(), ConnectionId::as_str),
                false => row.id.as_str(),
            };
            let priority = i32::try_from(place + 1).unwrap_or(i32::MAX);
            connection::Entity::update_many()
                .set(connection::ActiveModel {
                    priority: ActiveValue::Set(priority),
                    updated_at: ActiveValue::Set(number::millis(at)),
                    ..connection::ActiveModel::default()
                })
                .filter(connection::Column::Id.eq(id))
                .exec(&transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Takes all of them into use, or none of them is used any more.
    pub async fn set_active(
        &self,
        ids: &[ConnectionId],
        is_active: bool,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        connection::Entity::update_many()
            .set(connection::ActiveModel {
                is_active: ActiveValue::Set(is_active),
                updated_at: ActiveValue::Set(number::millis(at)),
                ..connection::ActiveModel::default()
            })
            .filter(connection::Column::Id.is_in(ids.iter().map(ConnectionId::as_str)))
            .exec(&self.db)
            .await?;
        Ok(())
    }

    fn record(&self, row: connection::Model) -> Result<ConnectionRecord, StoreError> {
        Ok(ConnectionRecord {
            credential: credential::open(&self.vault, &row.credential, &row.id)?,
            proxy: match row.proxy {
                Some(sealed) => Some(proxy::open(&self.vault, &sealed, &row.id)?),
                None => None,
            },
            parts: json::read(row.parts.as_deref(), &row.id)?,
            enabled_models: json::read(row.enabled_models.as_deref(), &row.id)?,
            id: ConnectionId(row.id),
            owner_id: UserId(row.owner_id),
            is_shared: row.is_shared,
            provider: ProviderId(row.provider),
            auth: AuthKind::read(&row.auth)?,
            identity: row.identity,
            revoked_at: row.revoked_at.map(number::time),
            version: row.version,
            name: row.name,
            priority: row.priority,
            default_model: row.default_model,
            is_active: row.is_active,
            health: Health::read(&row.health)?,
            last_error: row.last_error,
            error_code: row.error_code.map(number::status),
            last_error_at: row.last_error_at.map(number::time),
            last_used_at: row.last_used_at.map(number::time),
            created_at: number::time(row.created_at),
            updated_at: number::time(row.updated_at),
        })
    }

    fn row(&self, record: &ConnectionRecord) -> connection::Model {
        connection::Model {
            id: record.id.0.clone(),
            owner_id: record.owner_id.0.clone(),
            is_shared: record.is_shared,
            provider: record.provider.0.clone(),
            auth: record.auth.text().to_owned(),
            identity: record.identity.clone(),
            revoked_at: record.revoked_at.map(number::millis),
            name: record.name.clone(),
            priority: record.priority,
            default_model: record.default_model.clone(),
            is_active: record.is_active,
            credential: credential::seal(&self.vault, &record.credential, record.id.as_str()),
            proxy: record
                .proxy
                .as_ref()
                .map(|url| proxy::seal(&self.vault, url, record.id.as_str())),
            parts: json::written(&record.parts, record.parts.is_empty()),
            enabled_models: json::written(&record.enabled_models, record.enabled_models.is_empty()),
            version: 0,
            lease_holder: None,
            lease_until: None,
            health: record.health.text().to_owned(),
            last_error: record.last_error.as_deref().map(crate::text::storable),
            error_code: record.error_code.map(i32::from),
            last_error_at: record.last_error_at.map(number::millis),
            last_used_at: record.last_used_at.map(number::millis),
            created_at: number::millis(record.created_at),
            updated_at: number::millis(record.updated_at),
        }
    }
}

/// The columns that tell an account's health, and nothing else.
pub(crate) fn health_columns(
    health: Health,
    error: Option<&str>,
    code: Option<u16>,
    at: DateTime<Utc>,
) -> connection::ActiveModel {
    let (error, code, at) = match health {
        Health::Error => (error.map(crate::text::storable), code, Some(at)),
        Health::Active | Health::Unknown => (None, None, None),
    };
    connection::ActiveModel {
        health: ActiveValue::Set(health.text().to_owned()),
        last_error: ActiveValue::Set(error),
        error_code: ActiveValue::Set(code.map(i32::from)),
        last_error_at: ActiveValue::Set(at.map(number::millis)),
        ..connection::ActiveModel::default()
    }
}
