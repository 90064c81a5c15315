//! Blocks of usage as they are on Postgres, which would try to compress them: they hardly shrink, and are read often.

use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, DeriveMigrationName};
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            // Blocks that are there already stay as they are, and are read all the same.
            let external = "ALTER TABLE usage_blocks ALTER COLUMN data SET STORAGE EXTERNAL";
            manager
                .get_connection()
                .execute_unprepared(external)
                .await?;
        }
        Ok(())
    }
}
