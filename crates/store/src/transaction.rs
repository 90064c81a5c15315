//! Transactions that write, and ones that read several things of one moment.

use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

/// Begins a transaction that will write.
///
/// SQLite is told at once: a reader that turns writer may find that another was faster, and fails
/// without waiting.
pub(crate) async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    db.begin_with_options(TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    })
    .await
}

/// Begins a transaction that reads, and sees one moment of the database throughout.
///
/// SQLite's do so anyway.
pub(crate) async fn snapshot(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let isolation_level = match db.get_database_backend() {
        DbBackend::Postgres => Some(IsolationLevel::RepeatableRead),
        _ => None,
    };
    db.begin_with_options(TransactionOptions {
        isolation_level,
        ..TransactionOptions::default()
    })
    .await
}
