//! What kind of failure an attempt was, and until when its account rests because of it.

use sea_orm_migration::schema::{big_integer_null, text_null};
use sea_orm_migration::sea_orm::{ConnectionTrait, DeriveMigrationName};
use sea_orm_migration::sea_query::Table;
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for column in [text_null("failure"), big_integer_null("rest_until")] {
            let table = Table::alter().table("attempts").add_column(column).take();
            manager.alter_table(table).await?;
        }
        // Read at every start; next to no row has one.
        let index = "CREATE INDEX attempts_rest_until ON attempts (rest_until) WHERE rest_until IS NOT NULL";
        manager.get_connection().execute_unprepared(index).await?;
        Ok(())
    }
}
