//! Sessions of the dashboard, for tower-sessions. No published store fits our versions.
//!
//! The whole record is kept as JSON, its expiry a second time as a column: so no code of ours names
//! the `time` crate.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, SqlErr};
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::{SessionStore, session_store};

use crate::entity::session;
use crate::error::StoreError;

/// Of 128 random bits; the second try is already one too many.
const TRIES: usize = 8;

#[derive(Debug, Clone)]
pub struct Sessions {
    pub(crate) db: DatabaseConnection,
}

impl Sessions {
    /// Says how many there were.
    pub async fn delete_expired(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let deleted = session::Entity::delete_many()
            .filter(session::Column::ExpiresAt.lte(now.timestamp()))
            .exec(&self.db)
            .await?;
        Ok(deleted.rows_affected)
    }
}

#[async_trait::async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        for _ in 0..TRIES {
            let inserted = session::Entity::insert(row(record)?)
                .exec_without_returning(&self.db)
                .await;
            match inserted {
                Ok(_) => return Ok(()),
                Err(error) => match error.sql_err() {
                    Some(SqlErr::UniqueConstraintViolation(_)) => record.id = Id::default(),
                    _ => return Err(backend(&error)),
                },
            }
        }
        Err(session_store::Error::Backend(
            "no fresh session id was to be had".to_owned(),
        ))
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let replace = OnConflict::column(session::Column::Id)
            .update_columns([session::Column::Data, session::Column::ExpiresAt])
            .to_owned();
        session::Entity::insert(row(record)?)
            .on_conflict(replace)
            .exec_without_returning(&self.db)
            .await
            .map_err(|error| backend(&error))?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let row = session::Entity::find_by_id(id.to_string())
            .filter(session::Column::ExpiresAt.gt(Utc::now().timestamp()))
            .one(&self.db)
            .await
            .map_err(|error| backend(&error))?;
        let Some(row) = row else { return Ok(None) };
        match serde_json::from_str(&row.data) {
            Ok(record) => Ok(Some(record)),
            Err(error) => {
                // Another version's format: signing in again is better than an error page for ever.
                tracing::warn!(%error, "a session cannot be read and counts as ended");
                Ok(None)
            }
        }
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        session::Entity::delete_by_id(id.to_string())
            .exec(&self.db)
            .await
            .map_err(|error| backend(&error))?;
        Ok(())
    }
}

fn row(record: &Record) -> session_store::Result<session::ActiveModel> {
    let data = serde_json::to_string(record)
        .map_err(|error| session_store::Error::Encode(error.to_string()))?;
    Ok(session::ActiveModel {
        id: ActiveValue::Set(record.id.to_string()),
        data: ActiveValue::Set(data),
        expires_at: ActiveValue::Set(record.expiry_date.unix_timestamp()),
    })
}

fn backend(error: &sea_orm::DbErr) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}
