//! How often the configuration has been changed, so that every process that shares the database notices.

use sea_orm_migration::schema::{big_integer, integer};
use sea_orm_migration::sea_orm::DeriveMigrationName;
use sea_orm_migration::sea_query::{Query, Table};
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One row.
        let revision = Table::create()
            .table("revision")
            .col(integer("id").primary_key())
            .col(big_integer("number"))
            .take();
        manager.create_table(revision).await?;
        let first = Query::insert()
            .into_table("revision")
            .columns(["id", "number"])
            .values_panic([1.into(), 0.into()])
            .take();
        manager.execute(first).await
    }
}
