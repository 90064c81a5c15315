//! How much something may use up in a time.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "budgets")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: String,
    /// All of the subject in one text.
    pub(crate) subject: String,
    pub(crate) connection_id: Option<String>,
    pub(crate) provider: Option<String>,
    pub(crate) combo_id: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) key_id: Option<String>,
    pub(crate) user_id: Option<String>,
    pub(crate) amount: i64,
    pub(crate) unit: String,
    pub(crate) period: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
