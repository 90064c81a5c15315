//! Whole requests and answers, kept for debugging while somebody asks for it.

use sea_orm_migration::schema::{big_integer, binary, boolean, integer, text, text_null};
use sea_orm_migration::sea_orm::DeriveMigrationName;
use sea_orm_migration::sea_query::{ForeignKey, ForeignKeyAction, Index, Table};
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // No foreign key to `usage`: either may be written first.
        let captures = Table::create()
            .table("captures")
            .col(text("request_id").primary_key())
            .col(big_integer("at"))
            .col(text_null("user_id"))
            // What its stages take, headers and compressed bodies.
            .col(big_integer("bytes"))
            .col(boolean("is_dropped"))
            .take();
        manager.create_table(captures).await?;
        let index = Index::create()
            .name("captures_at")
            .table("captures")
            .col("at")
            .take();
        manager.create_index(index).await?;
        let stages = Table::create()
            .table("capture_stages")
            .col(text("request_id"))
            .col(integer("ordinal"))
            .col(text("stage"))
            .col(integer("attempt"))
            .col(text("line"))
            // A list of pairs in JSON.
            .col(text("headers"))
            // Deflated, as zlib writes it.
            .col(binary("body"))
            .col(big_integer("size"))
            .col(boolean("is_truncated"))
            .primary_key(Index::create().col("request_id").col("ordinal"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk_capture_stages_capture")
                    .from("capture_stages", "request_id")
                    .to("captures", "request_id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(stages).await
    }
}
