//! One try of one account.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) usage_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) ordinal: i32,
    pub(crate) provider: String,
    pub(crate) connection_id: String,
    pub(crate) model: String,
    pub(crate) started_ms: i64,
    pub(crate) duration_ms: i64,
    pub(crate) ttft_ms: Option<i64>,
    pub(crate) status: Option<i32>,
    pub(crate) outcome: String,
    pub(crate) error: Option<String>,
    pub(crate) failure: Option<String>,
    pub(crate) rest_until: Option<i64>,
    pub(crate) headers_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
