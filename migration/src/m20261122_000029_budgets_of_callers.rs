//! How much a key, or all keys of a user together, may use up per day, week or month.

use sea_orm_migration::sea_orm::{ConnectionTrait as _, DeriveMigrationName};
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // What a budget is for goes, and the budget with it. Both engines read this, and SQLite takes a reference
        // with its column alone, which the builder has no words for.
        for (column, table) in [("key_id", "api_keys"), ("user_id", "users")] {
            let statement = format!(
                "ALTER TABLE budgets ADD COLUMN {column} TEXT REFERENCES {table} (id) ON DELETE CASCADE"
            );
            let db = manager.get_connection();
            db.execute_unprepared(&statement).await?;
        }
        Ok(())
    }
}
