//! What upstreams say of the accounts' quotas: the latest word, and how it came there.

use sea_orm_migration::schema::{big_integer, big_integer_null, integer, text, text_null};
use sea_orm_migration::sea_orm::DeriveMigrationName;
use sea_orm_migration::sea_query::{
    ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement, Index, Table,
};
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let quotas = Table::create()
            .table("quotas")
            .col(text("connection_id").primary_key())
            .col(text_null("plan"))
            // A list in JSON.
            .col(text("windows"))
            .col(big_integer_null("answered_at"))
            .col(big_integer("asked_at"))
            .col(text_null("error"))
            .col(integer("failures"))
            .foreign_key(&mut of_a_connection("quotas"))
            .take();
        manager.create_table(quotas).await?;
        let points = Table::create()
            .table("quota_points")
            .col(text("connection_id"))
            .col(text("name"))
            .col(big_integer("at"))
            // In millionths.
            .col(integer("used"))
            .primary_key(Index::create().col("connection_id").col("name").col("at"))
            .foreign_key(&mut of_a_connection("quota_points"))
            .take();
        manager.create_table(points).await
    }
}

fn of_a_connection(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_connection"))
        .from(table, "connection_id")
        .to("connections", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}
