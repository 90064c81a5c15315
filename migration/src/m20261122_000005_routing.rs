//! Names of the user's own for models: combos, which are several in an order, and aliases, which are one.

use sea_orm_migration::schema::{big_integer, text};
use sea_orm_migration::sea_orm::DeriveMigrationName;
use sea_orm_migration::sea_query::Table;
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

use crate::columns;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        combos(manager).await?;
        aliases(manager).await
    }
}

async fn combos(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("combos")
        .col(text("id").primary_key())
        .col(text("owner_id"))
        .col(text("name").unique_key())
        // A list in JSON: an order of names, which may be aliases and combos again.
        .col(text("models"))
        .col(text("strategy"))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .foreign_key(&mut columns::owned_by_a_user("combos"))
        .take();
    manager.create_table(table).await
}

async fn aliases(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("aliases")
        .col(text("alias").primary_key())
        .col(text("owner_id"))
        .col(text("model"))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .foreign_key(&mut columns::owned_by_a_user("aliases"))
        .take();
    manager.create_table(table).await
}
