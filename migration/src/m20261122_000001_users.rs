//! People, their sessions, their keys, and the settings.

use sea_orm_migration::schema::{big_integer, big_integer_null, boolean, text, text_null};
use sea_orm_migration::sea_orm::DeriveMigrationName;
use sea_orm_migration::sea_query::{Index, Table};
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

use crate::columns;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        users(manager).await?;
        sessions(manager).await?;
        api_keys(manager).await?;
        settings(manager).await
    }
}

async fn users(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = Table::create()
        .table("users")
        .col(text("id").primary_key())
        .col(text("name").unique_key())
        .col(text_null("email"))
        .col(text("password_hash"))
        .col(text("role"))
        .col(boolean("is_active"))
        .col(big_integer("session_epoch").default(0))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .take();
    for column in columns::limits() {
        table.col(column);
    }
    manager.create_table(table).await
}

async fn sessions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("sessions")
        .col(text("id").primary_key())
        .col(text("data"))
        // Unix seconds here alone: cookies know no finer time.
        .col(big_integer("expires_at"))
        .take();
    manager.create_table(table).await?;
    let by_expiry = Index::create()
        .name("sessions_expires_at")
        .table("sessions")
        .col("expires_at")
        .take();
    manager.create_index(by_expiry).await
}

async fn api_keys(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = Table::create()
        .table("api_keys")
        .col(text("id").primary_key())
        .col(text("owner_id"))
        .col(text("name"))
        .col(text("hash").unique_key())
        .col(text("prefix"))
        .col(boolean("is_active"))
        .col(big_integer("created_at"))
        .col(big_integer_null("last_used_at"))
        .foreign_key(&mut columns::owned_by_a_user("api_keys"))
        .take();
    for column in columns::limits() {
        table.col(column);
    }
    manager.create_table(table).await
}

async fn settings(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("settings")
        .col(text("key").primary_key())
        .col(text("value"))
        .col(big_integer("updated_at"))
        .take();
    manager.create_table(table).await
}
