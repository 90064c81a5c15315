//! What can go wrong in the store, by who can act.

use sea_orm::{DbErr, SqlErr};

use crate::vault::VaultError;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("not found")]
    NotFound,
    /// Something of that name is there already; the text says what.
    #[error("{0}")]
    Conflict(&'static str),
    #[error("the database failed")]
    Database(#[from] DbErr),
    #[error("a stored credential cannot be opened")]
    Vault(#[from] VaultError),
}

/// Reads a broken uniqueness as a conflict, and everything else as the database's failure.
pub(crate) fn or_conflict(what: &'static str) -> impl FnOnce(DbErr) -> StoreError {
    move |error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => StoreError::Conflict(what),
        _ => StoreError::Database(error),
    }
}

/// An update or a deletion that touched no row.
pub(crate) fn or_not_found(rows: u64) -> Result<(), StoreError> {
    if rows == 0 {
        return Err(StoreError::NotFound);
    }
    Ok(())
}
