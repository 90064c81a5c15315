//! The history of the schema, the same on SQLite and on Postgres.
//!
//! Identifiers are texts, times are Unix milliseconds in UTC, JSON is text.
//! It shares no types with `store`: a table's past must not change with today's records.

use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

mod columns;
mod m20261122_000001_users;
mod m20261122_000002_connections;
mod m20261122_000003_usage;
mod m20261122_000004_notes;
mod m20261122_000005_routing;
mod m20261122_000006_rests;
mod m20261122_000007_budgets;
mod m20261122_000009_reach;
mod m20261122_000010_models;
mod m20261122_000011_decisions;
mod m20261122_000012_prices;
mod m20261122_000013_captures;
mod m20261122_000014_tags;
mod m20261122_000015_usage_blocks;
mod m20261122_000017_logins;
mod m20261122_000020_quotas;
mod m20261122_000024_leases;
mod m20261122_000026_account_parts;
mod m20261122_000028_revision;
mod m20261122_000029_budgets_of_callers;
mod m20261122_000030_blocks_uncompressed;

/// An arbitrary number that every replica of ours, and nobody else, locks while it migrates.
const MIGRATION_LOCK: i64 = 0x0039_726f_7574_6572;

#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_users::Migration),
            Box::new(m20261122_000002_connections::Migration),
            Box::new(m20261122_000003_usage::Migration),
            Box::new(m20261122_000004_notes::Migration),
            Box::new(m20261122_000005_routing::Migration),
            Box::new(m20261122_000006_rests::Migration),
            Box::new(m20261122_000007_budgets::Migration),
            Box::new(m20261122_000009_reach::Migration),
            Box::new(m20261122_000010_models::Migration),
            Box::new(m20261122_000011_decisions::Migration),
            Box::new(m20261122_000012_prices::Migration),
            Box::new(m20261122_000013_captures::Migration),
            Box::new(m20261122_000014_tags::Migration),
            Box::new(m20261122_000015_usage_blocks::Migration),
            Box::new(m20261122_000017_logins::Migration),
            Box::new(m20261122_000020_quotas::Migration),
            Box::new(m20261122_000024_leases::Migration),
            Box::new(m20261122_000026_account_parts::Migration),
            Box::new(m20261122_000028_revision::Migration),
            Box::new(m20261122_000029_budgets_of_callers::Migration),
            Box::new(m20261122_000030_blocks_uncompressed::Migration),
        ]
    }
}

/// Brings the schema up to date, all of it or nothing.
///
/// Several replicas may start at once; one migrates, the others wait and find nothing left to do.
pub async fn run(db: &DatabaseConnection) -> Result<(), DbErr> {
    let transaction = db
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await?;
    if transaction.get_database_backend() == DbBackend::Postgres {
        let lock = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})");
        transaction.execute_unprepared(&lock).await?;
    }
    Migrator::up(&transaction, None).await?;
    transaction.commit().await
}
