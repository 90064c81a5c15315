//! Sums of usage as blocks, instead of a row for each hour and combination.
//!
//! What the blocks are made of is in the rows of `usage`, so nothing of the hourly sums is carried over.

use sea_orm_migration::schema::{big_integer, binary, small_integer, text};
use sea_orm_migration::sea_orm::{ConnectionTrait, DeriveMigrationName};
use sea_orm_migration::sea_query::{Index, Table};
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("usage_blocks")
            .col(text("id").primary_key())
            .col(small_integer("kind"))
            // Quarters of an hour since the epoch, half open.
            .col(big_integer("from_slot"))
            .col(big_integer("until_slot"))
            .col(big_integer("block_rows"))
            .col(binary("data"))
            .take();
        manager.create_table(table).await?;
        // All but the data, so that a list of blocks is read without passing by the data.
        let index = Index::create()
            .name("usage_blocks_kind")
            .table("usage_blocks")
            .col("kind")
            .col("from_slot")
            .col("until_slot")
            .col("id")
            .col("block_rows")
            .take();
        manager.create_index(index).await?;
        // Two replicas that seal the same day at once must not both succeed.
        let once = "CREATE UNIQUE INDEX usage_blocks_sealed ON usage_blocks (kind, from_slot) WHERE kind > 0";
        manager.get_connection().execute_unprepared(once).await?;
        manager
            .drop_table(Table::drop().table("usage_hours").take())
            .await
    }
}
