//! Who has logged in to an account, and since when the vendor takes its tokens no more.

use sea_orm_migration::schema::{big_integer_null, text_null};
use sea_orm_migration::sea_orm::DeriveMigrationName;
use sea_orm_migration::sea_query::Table;
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for column in [text_null("identity"), big_integer_null("revoked_at")] {
            let table = Table::alter()
                .table("connections")
                .add_column(column)
                .take();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
