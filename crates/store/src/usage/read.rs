//! Grouping what is stored.

use std::collections::HashSet;
use std::sync::Arc;

use api::usage::query::Dimension;
use sea_orm::{DatabaseConnection, DbErr};

use super::UsageScope;
use crate::error::StoreError;
use crate::usage::cache::Cache;
use crate::usage::cover;
use crate::usage::cube::{Cube, CubeQuery, Only};

pub(super) async fn cube(
    db: &DatabaseConnection,
    cache: &Arc<Cache>,
    scope: &UsageScope,
    mut query: CubeQuery,
) -> Result<Cube, StoreError> {
    match scope {
        UsageScope::Everyone => {}
        UsageScope::User(id) => query.only.push(Only {
            dimension: Dimension::User,
            values: HashSet::from([id.as_str().to_owned()]),
        }),
    }
    let parts = cover::parts(db, cache, &query).await?;
    // It takes a while, during which others want to go on.
    tokio::task::spawn_blocking(move || Cube::of(&query, parts))
        .await
        .map_err(|error| StoreError::Database(DbErr::Custom(error.to_string())))
}
