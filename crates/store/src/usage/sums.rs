//! The sums of the original's statistics, and what else is read off them.

use std::cmp;

use api::ids::{ConnectionId, KeyId, ProviderId};
use api::usage::query::Dimension;
use api::usage::{Tokens, Totals};
use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Query};

use super::{Usage, UsageBreakdownRow, UsageScope};
use crate::error::StoreError;
use crate::number;
use crate::usage::blocks;
use crate::usage::compact::EVER;
use crate::usage::cube::{AXES, Axis, Cell, Cube, CubeQuery, Mark};
use crate::usage::fact::{SLOT_MS, Slot, Slots, slot};

/// Slots of an hour.
pub(super) const HOUR: Slot = 4;

pub(super) async fn breakdown(
    usage: &Usage,
    scope: &UsageScope,
    slots: Slots,
) -> Result<Vec<UsageBreakdownRow>, StoreError> {
    let dimensions = [
        Dimension::Endpoint,
        Dimension::Provider,
        Dimension::ModelServed,
        Dimension::ModelRequested,
        Dimension::Account,
        Dimension::Key,
    ];
    let cube = grouped(usage, scope, slots, &dimensions).await?;
    Ok(cube
        .cells
        .iter()
        .map(|cell| {
            let [endpoint, provider, served, requested, account, key] = cube.marks(cell);
            let mut totals = Totals::default();
            add(&mut totals, cell);
            UsageBreakdownRow {
                endpoint: text(endpoint),
                model: text(served).or_else(|| text(requested)),
                provider: text(provider).map(ProviderId),
                connection_id: text(account).map(ConnectionId),
                key_id: text(key).map(KeyId),
                totals,
            }
        })
        .collect())
}

/// A member's own first request is found among the rows, as far back as they are kept; everybody's among the sums.
pub(super) async fn first_at(
    usage: &Usage,
    scope: &UsageScope,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let Some(extent) = blocks::extent(&usage.db).await? else {
        return Ok(None);
    };
    let first = match scope {
        UsageScope::Everyone => Some(extent.start),
        UsageScope::User(id) => {
            let earliest = |user: Option<&str>| {
                let mut select = Query::select()
                    .expr_as(Expr::col("at").min(), "first")
                    .from("usage")
                    .take();
                if let Some(user) = user {
                    select.and_where(Expr::col("user_id").eq(user));
                }
                select
            };
            let first_of = async |user| {
                let row = usage.db.query_one(&earliest(user)).await?;
                let first = row.map(|row| row.try_get::<Option<i64>>("", "first"));
                Ok::<_, StoreError>(first.transpose()?.flatten().map(slot))
            };
            let (mine, anyone) = (first_of(Some(id.as_str())).await?, first_of(None).await?);
            // Rows from before are gone: the member may have been there then.
            let is_cut = anyone.is_none_or(|anyone| anyone > extent.start);
            if is_cut { Some(extent.start) } else { mine }
        }
    };
    Ok(first.map(|first| number::time(first.div_euclid(HOUR) * HOUR * SLOT_MS)))
}

/// Every value of one dimension.
pub(super) async fn values(
    usage: &Usage,
    scope: &UsageScope,
    dimension: Dimension,
) -> Result<Vec<String>, StoreError> {
    let cube = grouped(usage, scope, EVER, &[dimension]).await?;
    let mut values: Vec<_> = cube.axis(0).iter().filter_map(text).collect();
    values.sort_unstable();
    Ok(values)
}

async fn grouped(
    usage: &Usage,
    scope: &UsageScope,
    slots: Slots,
    dimensions: &[Dimension],
) -> Result<Cube, StoreError> {
    let mut query = CubeQuery {
        slots,
        axes: [const { None }; AXES],
        only: Vec::new(),
        containing: None,
    };
    for (axis, dimension) in query.axes.iter_mut().zip(dimensions) {
        *axis = Some(Axis::Dimension(*dimension));
    }
    usage.cube(scope, query).await
}

pub(super) fn text(mark: &Mark) -> Option<String> {
    match mark {
        Mark::Text(text) => text.clone(),
        Mark::Slot(_) | Mark::All => None,
    }
}

fn add(totals: &mut Totals, cell: &Cell) {
    let sums = &cell.sums;
    totals.requests += number::unsigned(sums.requests);
    totals.errors += number::unsigned(sums.errors);
    totals.unpriced += number::unsigned(sums.unpriced);
    totals.cost_micros += sums.cost;
    totals.last_used_at = cmp::max(totals.last_used_at, Some(number::time(cell.last_at)));
    let tokens = Tokens {
        input: number::unsigned(sums.input),
        cache_read: number::unsigned(sums.cache_read),
        cache_write: number::unsigned(sums.cache_write),
        output: number::unsigned(sums.output),
        reasoning: number::unsigned(sums.reasoning),
    };
    totals.tokens.input += tokens.input;
    totals.tokens.cache_read += tokens.cache_read;
    totals.tokens.cache_write += tokens.cache_write;
    totals.tokens.output += tokens.output;
    totals.tokens.reasoning += tokens.reasoning;
}
