//! A request whose bytes were kept.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "captures")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) request_id: String,
    pub(crate) at: i64,
    pub(crate) user_id: Option<String>,
    pub(crate) bytes: i64,
    pub(crate) is_dropped: bool,
}

impl ActiveModelBehavior for ActiveModel {}
