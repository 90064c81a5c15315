//! One side of a request whose bytes were kept.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "capture_stages")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) request_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) ordinal: i32,
    pub(crate) stage: String,
    pub(crate) attempt: i32,
    pub(crate) line: String,
    pub(crate) headers: String,
    #[sea_orm(column_type = "Blob")]
    pub(crate) body: Vec<u8>,
    pub(crate) size: i64,
    pub(crate) is_truncated: bool,
}

impl ActiveModelBehavior for ActiveModel {}
