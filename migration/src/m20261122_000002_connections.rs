//! Providers the user defined, and accounts with providers.

use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, integer_null, text, text_null,
};
use sea_orm_migration::sea_orm::DeriveMigrationName;
use sea_orm_migration::sea_query::{Index, Table};
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

use crate::columns;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        nodes(manager).await?;
        connections(manager).await
    }
}

async fn nodes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("nodes")
        .col(text("id").primary_key())
        .col(text("owner_id"))
        .col(text("kind"))
        .col(text("name"))
        .col(text("prefix").unique_key())
        .col(text_null("api_type"))
        .col(text("base_url"))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .foreign_key(&mut columns::owned_by_a_user("nodes"))
        .take();
    manager.create_table(table).await
}

async fn connections(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("connections")
        .col(text("id").primary_key())
        .col(text("owner_id"))
        .col(boolean("is_shared"))
        // A catalogue entry's id or a node's: no foreign key can say both.
        .col(text("provider"))
        .col(text("auth"))
        .col(text("name"))
        .col(text_null("email"))
        .col(integer("priority"))
        .col(integer_null("global_priority"))
        .col(text_null("default_model"))
        .col(boolean("is_active"))
        // Sealed; see `store::vault`.
        .col(text("credential"))
        // Raised with every change, for compare-and-set between replicas.
        .col(big_integer("version").default(0))
        .col(text("health"))
        .col(text_null("last_error"))
        .col(integer_null("error_code"))
        .col(big_integer_null("last_error_at"))
        .col(big_integer_null("last_used_at"))
        .col(big_integer_null("token_expires_at"))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .foreign_key(&mut columns::owned_by_a_user("connections"))
        .take();
    manager.create_table(table).await?;
    let one_name = Index::create()
        .name("connections_provider_name_owner")
        .table("connections")
        .col("provider")
        .col("name")
        .col("owner_id")
        .unique()
        .take();
    manager.create_index(one_name).await
}
