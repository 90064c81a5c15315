//! Opening a database, with the options each engine needs.

use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, RuntimeErr};

use crate::error::StoreError;

const POOL_SIZE: u32 = 10;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) async fn connect(url: &str) -> Result<DatabaseConnection, StoreError> {
    let mut options = ConnectOptions::new(url);
    options
        .sqlx_logging(false)
        .acquire_timeout(Duration::from_secs(10));
    if is_in_memory(url) {
        // The database lives as long as its one connection.
        options
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None);
    } else {
        options.max_connections(POOL_SIZE);
    }
    options.map_sqlx_sqlite_opts(|options| {
        options
            .pragma("auto_vacuum", "INCREMENTAL")
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "NORMAL")
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
    });
    Database::connect(options)
        .await
        .map_err(|error| StoreError::Database(without_url(error, url)))
}

fn is_in_memory(url: &str) -> bool {
    url.starts_with("sqlite:") && (url.contains(":memory:") || url.contains("mode=memory"))
}

/// A URL that does not parse is quoted in the error, password and all.
fn without_url(error: DbErr, url: &str) -> DbErr {
    if !error.to_string().contains(url) {
        return error;
    }
    DbErr::Conn(RuntimeErr::Internal(
        "expected a url beginning with `sqlite:` or `postgres:`".to_owned(),
    ))
}
