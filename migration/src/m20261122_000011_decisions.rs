//! Who was passed over on the way to an answer, how soon each attempt's headers came, and the price of the request.

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
        for (table, column) in [
            // A list in JSON; most rows have none.
            ("usage", text_null("skipped")),
            // Its source and rates: `c:3000000:15000000:300000:3750000:15000000`.
            ("usage", text_null("price")),
            ("attempts", big_integer_null("headers_ms")),
        ] {
            let table = Table::alter().table(table).add_column(column).take();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
