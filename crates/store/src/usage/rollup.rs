//! The hourly sums of a batch: added up here first, so that a batch touches each hour's row once.

use std::collections::BTreeMap;

use api::ids::{ConnectionId, KeyId, ProviderId, UserId};
use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use sha2::{Digest, Sha256};

use super::latency::Histogram;
use crate::number;
use crate::records::{UsageRecord, UsageSource};
use crate::text::{Text, storable};

pub(super) const TABLE: &str = "usage_hours";

/// In the order in which they are hashed. An empty text means none.
pub(super) const DIMENSIONS: [&str; 10] = [
    "user_id",
    "key_id",
    "connection_id",
    "provider",
    "model_requested",
    "model_served",
    "endpoint",
    "client_format",
    "combo",
    "outcome",
];

const SEPARATOR: &str = "\u{1f}";

/// Counters that add up; `last_at` does not.
const SUMS: [&str; 12] = [
    "requests",
    "unpriced",
    "estimated",
    "input",
    "cache_read",
    "cache_write",
    "output",
    "reasoning",
    "cost_micros",
    "duration_ms_sum",
    "ttft_ms_sum",
    "ttft_count",
];

/// One row of `usage_hours`, as far as one batch knows it.
#[derive(Debug)]
struct Hour {
    dimensions: [String; DIMENSIONS.len()],
    sums: [i64; SUMS.len()],
    last_at: i64,
    ttft: Histogram,
    duration: Histogram,
}

/// Adds the records to their hours. None of them may have been added before.
pub(super) async fn add(
    transaction: &DatabaseTransaction,
    records: &[&UsageRecord],
) -> Result<(), DbErr> {
    // Sorted by key: two writers that lock rows in the same order cannot block each other for good.
    let hours: Vec<_> = sum(records).into_iter().collect();
    let columns = columns();
    for chunk in hours.chunks(super::append::MAX_PARAMETERS / columns.len()) {
        let mut insert = Query::insert()
            .into_table(TABLE)
            .columns(columns.clone())
            .take();
        for ((hour, key), row) in chunk {
            values(&mut insert, *hour, key, row)?;
        }
        insert.on_conflict(add_to_existing());
        transaction.execute(&insert).await?;
    }
    Ok(())
}

fn sum(records: &[&UsageRecord]) -> BTreeMap<(i64, String), Hour> {
    let mut hours = BTreeMap::new();
    for record in records {
        let dimensions = dimensions(record);
        let key = (number::hour(record.at), hash(&dimensions));
        let hour = hours.entry(key).or_insert_with(|| Hour {
            dimensions,
            sums: [0; SUMS.len()],
            last_at: i64::MIN,
            ttft: Histogram::default(),
            duration: Histogram::default(),
        });
        for (sum, value) in hour.sums.iter_mut().zip(summands(record)) {
            *sum += value;
        }
        hour.last_at = std::cmp::max(hour.last_at, number::millis(record.at));
        hour.duration.count(record.duration_ms);
        if let Some(ttft_ms) = record.ttft_ms {
            hour.ttft.count(ttft_ms);
        }
    }
    hours
}

fn dimensions(record: &UsageRecord) -> [String; DIMENSIONS.len()] {
    let text = |text: Option<&str>| text.map(storable).unwrap_or_default();
    [
        text(record.user_id.as_ref().map(UserId::as_str)),
        text(record.key_id.as_ref().map(KeyId::as_str)),
        text(record.connection_id.as_ref().map(ConnectionId::as_str)),
        text(record.provider.as_ref().map(ProviderId::as_str)),
        text(record.model_requested.as_deref()),
        text(record.model_served.as_deref()),
        text(record.endpoint.as_deref()),
        text(record.client_format.as_deref()),
        text(record.combo.as_deref()),
        record.outcome.text().to_owned(),
    ]
}

pub(super) fn hash(dimensions: &[String]) -> String {
    let mut hash = hex::encode(Sha256::digest(dimensions.join(SEPARATOR)));
    hash.truncate(32);
    hash
}

/// What one record adds, in the order of [`SUMS`].
fn summands(record: &UsageRecord) -> [i64; SUMS.len()] {
    [
        1,
        i64::from(record.cost_micros.is_none()),
        i64::from(record.usage_source == UsageSource::Estimated),
        number::counter(record.tokens.input),
        number::counter(record.tokens.cache_read),
        number::counter(record.tokens.cache_write),
        number::counter(record.tokens.output),
        number::counter(record.tokens.reasoning),
        record.cost_micros.map(number::cost).unwrap_or_default(),
        i64::from(record.duration_ms),
        record.ttft_ms.map(i64::from).unwrap_or_default(),
        i64::from(record.ttft_ms.is_some()),
    ]
}

fn columns() -> Vec<String> {
    let fixed = ["hour", "dims"]
        .into_iter()
        .chain(DIMENSIONS)
        .chain(SUMS)
        .chain(["last_at"]);
    fixed.map(str::to_owned).chain(bucket_columns()).collect()
}

fn bucket_columns() -> impl Iterator<Item = String> {
    Histogram::columns("ttft").chain(Histogram::columns("duration"))
}

/// One row, in the order of [`columns`].
fn values(insert: &mut InsertStatement, hour: i64, key: &str, row: &Hour) -> Result<(), DbErr> {
    let mut values = vec![Expr::val(hour), Expr::val(key)];
    values.extend(row.dimensions.iter().map(|text| Expr::val(text.as_str())));
    values.extend(row.sums.iter().map(|sum| Expr::val(*sum)));
    values.push(Expr::val(row.last_at));
    values.extend(row.ttft.values().map(Expr::val));
    values.extend(row.duration.values().map(Expr::val));
    insert
        .values(values)
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    Ok(())
}

fn add_to_existing() -> OnConflict {
    let mut conflict = OnConflict::columns(["hour", "dims"]);
    for column in SUMS.into_iter().map(str::to_owned).chain(bucket_columns()) {
        let sum = Expr::col((TABLE, column.clone())).add(Expr::col(("excluded", column.clone())));
        conflict.value(column, sum);
    }
    let (ours, theirs) = (
        Expr::col((TABLE, "last_at")),
        Expr::col(("excluded", "last_at")),
    );
    let later = Expr::case(theirs.clone().gt(ours.clone()), theirs).finally(ours);
    conflict.value("last_at", later);
    conflict
}
