//! What is known of providers' models beside the catalogue: found at the vendor, added by hand, or switched off.

use sea_orm_migration::schema::{big_integer, big_integer_null, boolean, text, text_null};
use sea_orm_migration::sea_orm::DeriveMigrationName;
use sea_orm_migration::sea_query::{Index, Table};
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("models")
            // A catalogue entry's id or a node's: no foreign key can say both.
            .col(text("provider"))
            // The provider's own name for it.
            .col(text("model"))
            .col(text("origin"))
            .col(text_null("name"))
            // Tokens of context.
            .col(big_integer_null("context"))
            .col(boolean("is_enabled"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .primary_key(Index::create().col("provider").col("model"))
            .take();
        manager.create_table(table).await
    }
}
