//! Settings by name, a JSON value each. What they mean is not known here.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter};
use serde_json::Value;

use crate::entity::setting;
use crate::error::StoreError;
use crate::number;

/// Not a setting but a lock; see `users`.
pub(crate) const FIRST_ADMIN: &str = "first_admin";

#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) db: DatabaseConnection,
}

impl Settings {
    pub async fn get(&self, key: &str) -> Result<Option<Value>, StoreError> {
        let row = setting::Entity::find_by_id(key).one(&self.db).await?;
        row.map(|row| value(&row)).transpose()
    }

    pub async fn set(
        &self,
        key: &str,
        value: &Value,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let values = BTreeMap::from([(key, value.clone())]);
        self.set_all(&values, now).await
    }

    /// All of them, or none.
    pub async fn set_all(
        &self,
        values: &BTreeMap<&str, Value>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if values.is_empty() {
            return Ok(());
        }
        let rows = values.iter().map(|(key, value)| setting::ActiveModel {
            key: ActiveValue::Set((*key).to_owned()),
            value: ActiveValue::Set(value.to_string()),
            updated_at: ActiveValue::Set(number::millis(now)),
        });
        let replace = OnConflict::column(setting::Column::Key)
            .update_columns([setting::Column::Value, setting::Column::UpdatedAt])
            .to_owned();
        setting::Entity::insert_many(rows)
            .on_conflict(replace)
            .exec_without_returning(&self.db)
            .await?;
        Ok(())
    }

    pub async fn all(&self) -> Result<BTreeMap<String, Value>, StoreError> {
        let rows = setting::Entity::find()
            .filter(setting::Column::Key.ne(FIRST_ADMIN))
            .all(&self.db)
            .await?;
        rows.into_iter()
            .map(|row| Ok((row.key.clone(), value(&row)?)))
            .collect()
    }
}

fn value(row: &setting::Model) -> Result<Value, StoreError> {
    serde_json::from_str(&row.value).map_err(|error| {
        StoreError::Database(DbErr::Type(format!(
            "setting `{}` is not JSON: {error}",
            row.key
        )))
    })
}
