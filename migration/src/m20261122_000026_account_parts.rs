//! What an account gives to its provider's address, and the models it is kept to.

use sea_orm_migration::schema::text_null;
use sea_orm_migration::sea_orm::DeriveMigrationName;
use sea_orm_migration::sea_query::Table;
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // JSON: an object of texts, and a list of texts. SQLite adds one column at a time.
        for column in [text_null("parts"), text_null("enabled_models")] {
            let table = Table::alter()
                .table("connections")
                .add_column(column)
                .take();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
