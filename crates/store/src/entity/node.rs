//! Providers the user defined.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "nodes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: String,
    pub(crate) owner_id: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) prefix: String,
    pub(crate) api_type: Option<String>,
    pub(crate) base_url: String,
    pub(crate) allows_private: bool,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
