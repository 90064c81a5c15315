//! People who may sign in, and how the first of them comes to be.

use api::auth::Role;
use api::ids::UserId;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ActiveValue, ColumnTrait, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder,
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::entity::{setting, user};
use crate::error::{StoreError, or_conflict, or_not_found};
use crate::records::UserRecord;
use crate::settings::FIRST_ADMIN;
use crate::text::Text;
use crate::{number, transaction};

#[derive(Debug, Clone)]
pub struct Users {
    pub(crate) db: DatabaseConnection,
}

impl Users {
    pub async fn count(&self) -> Result<u64, StoreError> {
        Ok(user::Entity::find().count(&self.db).await?)
    }

    /// Succeeds once in an installation's life, however many try at the same moment.
    pub async fn create_first_admin(
        &self,
        name: &str,
        password_hash: &SecretString,
        now: DateTime<Utc>,
    ) -> Result<UserRecord, StoreError> {
        const TAKEN: &str = "an administrator exists already";

        let now = number::millis(now);
        let admin = user::Model {
            id: Uuid::now_v7().to_string(),
            name: name.to_owned(),
            email: None,
            password_hash: password_hash.expose_secret().to_owned(),
            role: Role::Admin.text().to_owned(),
            is_active: true,
            session_epoch: 0,
            created_at: now,
            updated_at: now,
        };
        // The setting's primary key is the lock: a second transaction waits here, then fails.
        let lock = setting::ActiveModel {
            key: ActiveValue::Set(FIRST_ADMIN.to_owned()),
            value: ActiveValue::Set(serde_json::Value::from(admin.id.as_str()).to_string()),
            updated_at: ActiveValue::Set(now),
        };

        let transaction = transaction::begin(&self.db).await?;
        setting::Entity::insert(lock)
            .exec_without_returning(&transaction)
            .await
            .map_err(or_conflict(TAKEN))?;
        if user::Entity::find().count(&transaction).await? > 0 {
            return Err(StoreError::Conflict(TAKEN));
        }
        user::Entity::insert(user::ActiveModel::from(admin.clone()))
            .exec_without_returning(&transaction)
            .await
            .map_err(or_conflict(TAKEN))?;
        transaction.commit().await?;
        record(admin)
    }

    pub async fn find(&self, id: &UserId) -> Result<Option<UserRecord>, StoreError> {
        let row = user::Entity::find_by_id(id.as_str()).one(&self.db).await?;
        row.map(record).transpose()
    }

    pub async fn find_by_name(&self, name: &str) -> Result<Option<UserRecord>, StoreError> {
        let row = user::Entity::find()
            .filter(user::Column::Name.eq(name))
            .one(&self.db)
            .await?;
        row.map(record).transpose()
    }

    /// Whom a sign-in without a name means: the oldest administrator.
    pub async fn first_admin(&self) -> Result<Option<UserRecord>, StoreError> {
        let row = user::Entity::find()
            .filter(user::Column::Role.eq(Role::Admin.text()))
            .order_by_asc(user::Column::CreatedAt)
            .order_by_asc(user::Column::Id)
            .one(&self.db)
            .await?;
        row.map(record).transpose()
    }

    /// Oldest first.
    pub async fn list(&self) -> Result<Vec<UserRecord>, StoreError> {
        let rows = user::Entity::find()
            .order_by_asc(user::Column::CreatedAt)
            .order_by_asc(user::Column::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(record).collect()
    }

    /// Also raises the session epoch, which ends every session of this user.
    pub async fn set_password(
        &self,
        id: &UserId,
        password_hash: &SecretString,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let updated = user::Entity::update_many()
            .set(user::ActiveModel {
                password_hash: ActiveValue::Set(password_hash.expose_secret().to_owned()),
                updated_at: ActiveValue::Set(number::millis(now)),
                ..user::ActiveModel::default()
            })
            .col_expr(
                user::Column::SessionEpoch,
                user::Column::SessionEpoch.into_expr().add(1),
            )
            .filter(user::Column::Id.eq(id.as_str()))
            .exec(&self.db)
            .await?;
        or_not_found(updated.rows_affected)
    }
}

fn record(row: user::Model) -> Result<UserRecord, StoreError> {
    Ok(UserRecord {
        id: UserId(row.id),
        name: row.name,
        email: row.email,
        password_hash: SecretString::from(row.password_hash),
        role: Role::read(&row.role)?,
        is_active: row.is_active,
        session_epoch: row.session_epoch,
        created_at: number::time(row.created_at),
        updated_at: number::time(row.updated_at),
    })
}
