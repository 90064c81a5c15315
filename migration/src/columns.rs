//! Columns that several tables share.

use sea_orm_migration::schema::{big_integer_null, text_null};
use sea_orm_migration::sea_query::{
    ColumnDef, ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement,
};

/// What a user or a key may spend; nothing set means no limit.
pub(crate) fn limits() -> [ColumnDef; 8] {
    [
        big_integer_null("requests_per_minute"),
        big_integer_null("tokens_per_minute"),
        big_integer_null("budget_micros"),
        big_integer_null("budget_tokens"),
        text_null("budget_period"),
        text_null("allowed_models"),
        text_null("allowed_endpoints"),
        big_integer_null("expires_at"),
    ]
}

/// A user who still owns something cannot be deleted.
pub(crate) fn owned_by_a_user(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_owner"))
        .from(table, "owner_id")
        .to("users", "id")
        .on_delete(ForeignKeyAction::Restrict)
        .take()
}
