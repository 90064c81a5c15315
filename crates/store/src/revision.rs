//! How often the configuration has been changed, by whichever process.
//!
//! Whoever has read the configuration looks here whether it is still true: one row, read in no time.

use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait};

use crate::entity::revision;
use crate::error::{StoreError, or_not_found};

/// The one row.
const ROW: i32 = 1;

#[derive(Debug, Clone)]
pub struct Revision {
    pub(crate) db: DatabaseConnection,
}

impl Revision {
    pub async fn current(&self) -> Result<i64, StoreError> {
        let row = revision::Entity::find_by_id(ROW).one(&self.db).await?;
        Ok(row.ok_or(StoreError::NotFound)?.number)
    }

    /// After a change has been stored.
    pub async fn raise(&self) -> Result<(), StoreError> {
        let number = revision::Column::Number;
        let raised = revision::Entity::update_many()
            .col_expr(number, number.into_expr().add(1))
            .exec(&self.db)
            .await?;
        or_not_found(raised.rows_affected)
    }
}
