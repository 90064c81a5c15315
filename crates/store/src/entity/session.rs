//! Sessions of the dashboard.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: String,
    pub(crate) data: String,
    /// Unix seconds.
    pub(crate) expires_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
