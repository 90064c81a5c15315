//! Grouping what is stored.

use std::collections::HashSet;
use std::sync::Arc;

use api::usage::query::Dimension;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::UsageScope;
use crate::error::StoreError;
use crate::usage::block::{Builder, Grain};
use crate::usage::cube::{Cube, CubeQuery, Only};
use crate::usage::raw::RawRow;

pub(super) async fn cube(
    db: &DatabaseConnection,
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
    let mut builder = Builder::new(Grain::FINEST);
    for row in db.query_all(&RawRow::select(&query.slots)).await? {
        builder.add(&RawRow::read(&row)?.fact());
    }
    let block = Arc::new(builder.finish());
    Ok(Cube::of(&query, vec![block]))
}
