//! Writing a batch of records, in one transaction.

use std::collections::{BTreeMap, HashSet};

use sea_orm::{
    ActiveValue, ColumnTrait, Condition, ConnectionTrait, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, EntityTrait, Iterable, QueryFilter, Statement,
};
use serde::Serialize;

use super::{health, many, price};
use crate::entity::{attempt, key, usage};
use crate::error::StoreError;
use crate::records::{AttemptRecord, UsageRecord};
use crate::text::{Text, storable};
use crate::usage::block::{Builder, Grain};
use crate::usage::blocks::{self, Kind};
use crate::usage::fact::Fact;
use crate::usage::raw::{self, Numbers};
use crate::{number, transaction};

/// SQLite's limit for one statement, which is the lower of the two.
pub(super) const MAX_PARAMETERS: usize = 32_766;

pub(super) async fn append(
    db: &DatabaseConnection,
    records: &[UsageRecord],
) -> Result<(), StoreError> {
    if records.is_empty() {
        return Ok(());
    }
    // By id, so that two writers take their locks in the same order.
    let mut by_id = BTreeMap::new();
    for record in records {
        by_id.entry(record.id.as_str()).or_insert(record);
    }
    let mut fresh: Vec<_> = by_id.into_values().collect();
    let mut transaction = transaction::begin(db).await?;
    if insert_rows(&transaction, &fresh).await? < fresh.len() as u64 {
        // Some are there already. That is rare, and to be told which ones takes a while.
        transaction.rollback().await?;
        transaction = transaction::begin(db).await?;
        fresh = insert_new_rows(&transaction, fresh).await?;
    }
    insert_attempts(&transaction, &fresh).await?;
    insert_block(&transaction, &fresh).await?;
    touch_keys(&transaction, &fresh).await?;
    health::touch_connections(&transaction, &fresh).await?;
    Ok(transaction.commit().await?)
}

fn rows<'a>(
    backend: DbBackend,
    records: &'a [&UsageRecord],
    tail: &'a str,
) -> impl Iterator<Item = Statement> + 'a {
    let at_once = MAX_PARAMETERS / usage::Column::iter().count();
    records.chunks(at_once).map(move |chunk| {
        let rows: Vec<_> = chunk.iter().map(|record| row(record)).collect();
        many::insert::<usage::Entity>(backend, &rows, tail)
    })
}

/// Says how many were not there yet.
async fn insert_rows(
    transaction: &DatabaseTransaction,
    records: &[&UsageRecord],
) -> Result<u64, DbErr> {
    let mut inserted = 0;
    let tail = " ON CONFLICT (\"id\") DO NOTHING";
    for insert in rows(transaction.get_database_backend(), records, tail) {
        inserted += transaction.execute_raw(insert).await?.rows_affected();
    }
    Ok(inserted)
}

/// Says which records were not there yet: those alone count.
async fn insert_new_rows<'a>(
    transaction: &DatabaseTransaction,
    records: Vec<&'a UsageRecord>,
) -> Result<Vec<&'a UsageRecord>, DbErr> {
    let mut inserted = HashSet::new();
    let tail = " ON CONFLICT (\"id\") DO NOTHING RETURNING \"id\"";
    for insert in rows(transaction.get_database_backend(), &records, tail) {
        for row in transaction.query_all_raw(insert).await? {
            inserted.insert(row.try_get::<String>("", "id")?);
        }
    }
    Ok(records
        .into_iter()
        .filter(|record| inserted.contains(record.id.as_str()))
        .collect())
}

/// The sums of the batch.
async fn insert_block(
    transaction: &DatabaseTransaction,
    records: &[&UsageRecord],
) -> Result<(), DbErr> {
    let mut builder = Builder::new(Grain::FINEST);
    for record in records {
        let texts = raw::texts(record);
        let at_ms = number::millis(record.at);
        builder.add(&Fact::of(at_ms, &texts, &Numbers::of(record)));
    }
    let block = builder.finish();
    match block.span() {
        Some(slots) => blocks::insert(transaction, Kind::Fresh, &slots, &block).await,
        None => Ok(()),
    }
}

async fn insert_attempts(
    transaction: &DatabaseTransaction,
    records: &[&UsageRecord],
) -> Result<(), DbErr> {
    let attempts: Vec<_> = records
        .iter()
        .flat_map(|record| {
            (0..)
                .zip(&record.attempts)
                .map(|(ordinal, attempt)| attempt_row(record, ordinal, attempt))
        })
        .collect();
    for chunk in attempts.chunks(MAX_PARAMETERS / attempt::Column::iter().count()) {
        let backend = transaction.get_database_backend();
        let insert = many::insert::<attempt::Entity>(backend, chunk, "");
        transaction.execute_raw(insert).await?;
    }
    Ok(())
}

async fn touch_keys(
    transaction: &DatabaseTransaction,
    records: &[&UsageRecord],
) -> Result<(), DbErr> {
    let mut last_used = BTreeMap::new();
    for record in records {
        let Some(id) = &record.key_id else { continue };
        let at = number::millis(record.at);
        let last: &mut i64 = last_used.entry(id).or_insert(at);
        *last = at.max(*last);
    }
    for (id, at) in last_used {
        key::Entity::update_many()
            .set(key::ActiveModel {
                last_used_at: ActiveValue::Set(Some(at)),
                ..key::ActiveModel::default()
            })
            .filter(key::Column::Id.eq(id.as_str()))
            .filter(
                Condition::any()
                    .add(key::Column::LastUsedAt.is_null())
                    .add(key::Column::LastUsedAt.lt(at)),
            )
            .exec(transaction)
            .await?;
    }
    Ok(())
}

fn row(record: &UsageRecord) -> usage::Model {
    let text = |text: &Option<String>| text.as_deref().map(storable);
    usage::Model {
        id: record.id.0.clone(),
        at: number::millis(record.at),
        endpoint: text(&record.endpoint),
        client_format: text(&record.client_format),
        upstream_format: text(&record.upstream_format),
        is_stream: record.is_stream,
        provider: record.provider.as_ref().map(|id| storable(id.as_str())),
        connection_id: record
            .connection_id
            .as_ref()
            .map(|id| storable(id.as_str())),
        key_id: record.key_id.as_ref().map(|id| storable(id.as_str())),
        user_id: record.user_id.as_ref().map(|id| storable(id.as_str())),
        combo: text(&record.combo),
        model_requested: text(&record.model_requested),
        model_served: text(&record.model_served),
        input: number::counter(record.tokens.input),
        cache_read: number::counter(record.tokens.cache_read),
        cache_write: number::counter(record.tokens.cache_write),
        output: number::counter(record.tokens.output),
        reasoning: number::counter(record.tokens.reasoning),
        usage_source: record.usage_source.text().to_owned(),
        cost_micros: record.cost_micros.map(number::cost),
        ttft_ms: record.ttft_ms.map(i64::from),
        duration_ms: i64::from(record.duration_ms),
        status: i32::from(record.status),
        outcome: record.outcome.text().to_owned(),
        error: text(&record.error),
        user_agent: text(&record.user_agent),
        notes: as_json(&record.notes),
        skipped: as_json(&record.skipped),
        price: record.price.as_ref().map(price::text),
        tag: text(&record.tag),
        is_flat_rate: Some(record.is_flat_rate),
    }
}

/// As JSON; most rows have none.
fn as_json<T: Serialize>(list: &[T]) -> Option<String> {
    if list.is_empty() {
        return None;
    }
    serde_json::to_string(list).ok().map(|text| storable(&text))
}

fn attempt_row(record: &UsageRecord, ordinal: i32, attempt: &AttemptRecord) -> attempt::Model {
    attempt::Model {
        usage_id: record.id.0.clone(),
        ordinal,
        provider: storable(attempt.provider.as_str()),
        connection_id: storable(attempt.connection_id.as_str()),
        model: storable(&attempt.model),
        started_ms: i64::from(attempt.started_ms),
        duration_ms: i64::from(attempt.duration_ms),
        ttft_ms: attempt.ttft_ms.map(i64::from),
        status: attempt.status.map(i32::from),
        outcome: attempt.outcome.text().to_owned(),
        error: attempt.error.as_deref().map(storable),
        failure: attempt.failure.as_deref().map(storable),
        rest_until: attempt.rest_until.map(number::millis),
        headers_ms: attempt.headers_ms.map(i64::from),
    }
}
