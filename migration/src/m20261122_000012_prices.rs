//! Prices that were set here, each from a time on. The catalogue's own are not stored.

use sea_orm_migration::schema::{big_integer, big_integer_null, text};
use sea_orm_migration::sea_orm::DeriveMigrationName;
use sea_orm_migration::sea_query::{Index, Table};
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

use crate::columns;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("prices")
            .col(text("provider"))
            .col(text("model"))
            .col(big_integer("valid_from"))
            // Millionths of a dollar per million tokens. All null: the catalogue's price holds again.
            .col(big_integer_null("input"))
            .col(big_integer_null("output"))
            .col(big_integer_null("cache_read"))
            .col(big_integer_null("cache_write"))
            .col(big_integer_null("reasoning"))
            .col(text("owner_id"))
            .col(big_integer("created_at"))
            .primary_key(
                Index::create()
                    .col("provider")
                    .col("model")
                    .col("valid_from"),
            )
            .foreign_key(&mut columns::owned_by_a_user("prices"))
            .take();
        manager.create_table(table).await
    }
}
