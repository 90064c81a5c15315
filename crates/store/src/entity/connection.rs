//! Accounts with providers.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "connections")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: String,
    pub(crate) owner_id: String,
    pub(crate) is_shared: bool,
    pub(crate) provider: String,
    pub(crate) auth: String,
    pub(crate) identity: Option<String>,
    pub(crate) revoked_at: Option<i64>,
    pub(crate) name: String,
    pub(crate) priority: i32,
    pub(crate) default_model: Option<String>,
    pub(crate) is_active: bool,
    /// Sealed; see `vault`.
    pub(crate) credential: String,
    /// Sealed like the credential, since a proxy's URL may hold a password.
    pub(crate) proxy: Option<String>,
    /// An object of texts in JSON.
    pub(crate) parts: Option<String>,
    /// A list of texts in JSON.
    pub(crate) enabled_models: Option<String>,
    pub(crate) version: i64,
    pub(crate) lease_holder: Option<String>,
    pub(crate) lease_until: Option<i64>,
    pub(crate) health: String,
    pub(crate) last_error: Option<String>,
    pub(crate) error_code: Option<i32>,
    pub(crate) last_error_at: Option<i64>,
    pub(crate) last_used_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
