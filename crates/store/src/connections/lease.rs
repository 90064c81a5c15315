//! One process at a time refreshes an account: a refresh token may be used up by its use.

use api::connection::Health;
use api::ids::ConnectionId;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Condition, ExprTrait};
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};

use crate::connections::{Connections, health_columns};
use crate::entity::connection;
use crate::error::StoreError;
use crate::number;

/// Whether this process may refresh an account now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    Mine {
        /// The last one who refreshed never came to its end: what the vendor gave it may be lost.
        was_cut_off: bool,
    },
    /// Another one is at it.
    Taken,
}

impl Connections {
    /// Takes the lease until `until`, unless somebody else holds it at `now`.
    pub async fn lease(
        &self,
        id: &ConnectionId,
        holder: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Lease, StoreError> {
        let row = connection::Entity::find_by_id(id.as_str())
            .one(&self.db)
            .await?
            .ok_or(StoreError::NotFound)?;
        let was_cut_off = row.lease_holder.is_some_and(|other| other != holder);
        let is_free = Condition::any()
            .add(connection::Column::LeaseHolder.is_null())
            .add(connection::Column::LeaseHolder.eq(holder))
            .add(connection::Column::LeaseUntil.lte(number::millis(now)));
        let taken = connection::Entity::update_many()
            .set(connection::ActiveModel {
                lease_holder: ActiveValue::Set(Some(holder.to_owned())),
                lease_until: ActiveValue::Set(Some(number::millis(until))),
                ..connection::ActiveModel::default()
            })
            .filter(connection::Column::Id.eq(id.as_str()))
            .filter(is_free)
            .exec(&self.db)
            .await?;
        Ok(if taken.rows_affected == 1 {
            Lease::Mine { was_cut_off }
        } else {
            Lease::Taken
        })
    }

    /// Gives the lease back, if it is still `holder`'s.
    pub async fn release(&self, id: &ConnectionId, holder: &str) -> Result<(), StoreError> {
        connection::Entity::update_many()
            .set(connection::ActiveModel {
                lease_holder: ActiveValue::Set(None),
                lease_until: ActiveValue::Set(None),
                ..connection::ActiveModel::default()
            })
            .filter(connection::Column::Id.eq(id.as_str()))
            .filter(connection::Column::LeaseHolder.eq(holder))
            .exec(&self.db)
            .await?;
        Ok(())
    }

    /// The vendor takes the tokens that were read as `version` no more: the owner has to log in again.
    /// `false`: the account has new ones since, and nothing was written.
    pub async fn revoke(
        &self,
        id: &ConnectionId,
        version: i64,
        words: &str,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let updated = connection::Entity::update_many()
            .set(connection::ActiveModel {
                revoked_at: ActiveValue::Set(Some(number::millis(at))),
                ..health_columns(Health::Error, Some(words), None, at)
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
}
