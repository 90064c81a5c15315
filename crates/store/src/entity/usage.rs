//! One request.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "usage")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) endpoint: Option<String>,
    pub(crate) client_format: Option<String>,
    pub(crate) upstream_format: Option<String>,
    pub(crate) is_stream: bool,
    pub(crate) provider: Option<String>,
    pub(crate) connection_id: Option<String>,
    pub(crate) key_id: Option<String>,
    pub(crate) user_id: Option<String>,
    pub(crate) combo: Option<String>,
    pub(crate) model_requested: Option<String>,
    pub(crate) model_served: Option<String>,
    pub(crate) input: i64,
    pub(crate) cache_read: i64,
    pub(crate) cache_write: i64,
    pub(crate) output: i64,
    pub(crate) reasoning: i64,
    pub(crate) usage_source: String,
    pub(crate) cost_micros: Option<i64>,
    pub(crate) ttft_ms: Option<i64>,
    pub(crate) duration_ms: i64,
    pub(crate) status: i32,
    pub(crate) outcome: String,
    pub(crate) error: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) notes: Option<String>,
    pub(crate) skipped: Option<String>,
    pub(crate) price: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) is_flat_rate: Option<bool>,
}

impl ActiveModelBehavior for ActiveModel {}
