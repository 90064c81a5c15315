//! What an upstream said of an account's quota last.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "quotas")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) connection_id: String,
    pub(crate) plan: Option<String>,
    pub(crate) windows: String,
    pub(crate) answered_at: Option<i64>,
    pub(crate) asked_at: i64,
    pub(crate) error: Option<String>,
    pub(crate) failures: i32,
}

impl ActiveModelBehavior for ActiveModel {}
