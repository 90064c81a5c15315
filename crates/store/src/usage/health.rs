//! What a batch of records tells of the connections it used.

use std::collections::BTreeMap;

use api::connection::Health;
use api::ids::ConnectionId;
use api::usage::Outcome;
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue, ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
};

use crate::connections::health_columns;
use crate::entity::connection;
use crate::number;
use crate::records::UsageRecord;

/// The newest word on one connection.
#[derive(Debug, Clone, Copy)]
struct Verdict<'a> {
    at: DateTime<Utc>,
    health: Health,
    error: Option<&'a str>,
    code: Option<u16>,
}

/// Writes health and last use of every connection in the batch.
/// A connection used since by another replica keeps what that one has found.
pub(super) async fn touch_connections(
    transaction: &DatabaseTransaction,
    records: &[&UsageRecord],
) -> Result<(), DbErr> {
    let mut oldest_first = records.to_vec();
    oldest_first.sort_by_key(|record| record.at);

    let mut last_used = BTreeMap::new();
    let mut verdicts = BTreeMap::new();
    for record in oldest_first {
        for (id, verdict) in sights(record) {
            last_used.insert(id, record.at);
            if let Some(verdict) = verdict {
                verdicts.insert(id, verdict);
            }
        }
    }
    for (id, used_at) in last_used {
        let verdict = verdicts.get(id);
        if let Some(verdict) = verdict {
            set_health(transaction, id, *verdict).await?;
        }
        // Health is written with the last use it comes from.
        if verdict.is_none_or(|verdict| verdict.at != used_at) {
            set_last_used(transaction, id, used_at).await?;
        }
    }
    Ok(())
}

/// Every connection a record used, in order, and what that says of its health, if anything.
fn sights(record: &UsageRecord) -> Vec<(&ConnectionId, Option<Verdict<'_>>)> {
    let verdict = |outcome, status, error| verdict(record.at, outcome, status, error);
    if record.attempts.is_empty() {
        let of_record = verdict(record.outcome, Some(record.status), record.error.as_deref());
        return record
            .connection_id
            .iter()
            .map(|id| (id, of_record))
            .collect();
    }
    let of_attempts = record.attempts.iter().map(|attempt| {
        let verdict = verdict(attempt.outcome, attempt.status, attempt.error.as_deref());
        (&attempt.connection_id, verdict)
    });
    of_attempts.collect()
}

fn verdict(
    at: DateTime<Utc>,
    outcome: Outcome,
    status: Option<u16>,
    error: Option<&str>,
) -> Option<Verdict<'_>> {
    match outcome {
        Outcome::Ok => Some(Verdict {
            at,
            health: Health::Active,
            error: None,
            code: None,
        }),
        Outcome::UpstreamError if blames_the_account(status) => Some(Verdict {
            at,
            health: Health::Error,
            error,
            code: status,
        }),
        Outcome::UpstreamError
        | Outcome::Refused
        | Outcome::OverBudget
        | Outcome::ClientGone
        | Outcome::Internal => None,
    }
}

/// Other refusals are about the request: another one may well succeed.
fn blames_the_account(status: Option<u16>) -> bool {
    match status {
        None => true,
        Some(status) => matches!(status, 401 | 402 | 403 | 429 | 500..=599),
    }
}

async fn set_health(
    transaction: &DatabaseTransaction,
    id: &ConnectionId,
    verdict: Verdict<'_>,
) -> Result<(), DbErr> {
    let Verdict {
        at,
        health,
        error,
        code,
    } = verdict;
    connection::Entity::update_many()
        .set(connection::ActiveModel {
            last_used_at: ActiveValue::Set(Some(number::millis(at))),
            ..health_columns(health, error, code, at)
        })
        .filter(connection::Column::Id.eq(id.as_str()))
        .filter(not_used_after(at))
        .exec(transaction)
        .await?;
    Ok(())
}

async fn set_last_used(
    transaction: &DatabaseTransaction,
    id: &ConnectionId,
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    connection::Entity::update_many()
        .set(connection::ActiveModel {
            last_used_at: ActiveValue::Set(Some(number::millis(at))),
            ..connection::ActiveModel::default()
        })
        .filter(connection::Column::Id.eq(id.as_str()))
        .filter(not_used_after(at))
        .exec(transaction)
        .await?;
    Ok(())
}

fn not_used_after(at: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(connection::Column::LastUsedAt.is_null())
        .add(connection::Column::LastUsedAt.lte(number::millis(at)))
}
