//! What the client calls a request, and whether a flat rate paid for it.

use sea_orm_migration::schema::{boolean_null, text_null};
use sea_orm_migration::sea_orm::DeriveMigrationName;
use sea_orm_migration::sea_query::Table;
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for column in [text_null("tag"), boolean_null("is_flat_rate")] {
            let table = Table::alter().table("usage").add_column(column).take();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
