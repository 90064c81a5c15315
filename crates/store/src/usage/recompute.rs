//! Pricing what is stored anew: rows and sums together, all or nothing.

use std::collections::HashMap;

use api::ids::{ConnectionId, KeyId, ProviderId, UserId};
use api::price::{AppliedPrice, Recomputed};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, QueryResult};

use super::price;
use crate::error::StoreError;
use crate::records::{CostCorrection, Payers, SpentRecord, UsageSource};
use crate::text::Text;
use crate::usage::block::{Builder, Grain};
use crate::usage::blocks::{self, Kind};
use crate::usage::fact::Fact;
use crate::usage::raw::{Numbers, RawRow};
use crate::{number, transaction};

const HOUR_MS: i64 = 3_600_000;
/// Rows in memory at once.
const PAGE: u64 = 500;

pub(super) async fn recompute(
    db: &DatabaseConnection,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    price_of: impl Fn(&ProviderId, &str, DateTime<Utc>) -> Option<AppliedPrice>,
) -> Result<(Recomputed, Vec<CostCorrection>), StoreError> {
    let transaction = transaction::begin(db).await?;
    let mut done = Done::default();
    let mut changes = Builder::new(Grain::FINEST);
    let mut place = (number::millis(from), String::new());
    loop {
        let rows = transaction.query_all(&page(&place, to)).await?;
        let Some(last) = rows.last() else { break };
        place = (last.try_get("", "at")?, last.try_get("", "id")?);
        for row in &rows {
            one(&transaction, row, &price_of, &mut done, &mut changes).await?;
        }
    }
    let changes = changes.finish();
    if let Some(slots) = changes.span() {
        blocks::insert(&transaction, Kind::Fresh, &slots, &changes).await?;
    }
    transaction.commit().await?;
    Ok((done.sum, done.corrections.into_values().collect()))
}

/// What has been found so far.
#[derive(Default)]
struct Done {
    sum: Recomputed,
    /// By the hour and by who pays.
    corrections: HashMap<(i64, Payers), CostCorrection>,
}

impl Done {
    fn correct(&mut self, hour: i64, payers: Payers, before: u64, after: u64) {
        let nothing = CostCorrection {
            after: SpentRecord {
                hour: number::time(hour * HOUR_MS),
                payers: payers.clone(),
                micros: 0,
                tokens: 0,
            },
            before_micros: 0,
        };
        let of_hour = self.corrections.entry((hour, payers)).or_insert(nothing);
        of_hour.before_micros += before;
        of_hour.after.micros += after;
    }
}

/// The rows behind `place` that have tokens; the first page begins with the first row of its moment.
fn page((at, id): &(i64, String), to: DateTime<Utc>) -> sea_orm::sea_query::SelectStatement {
    let place = Expr::tuple([Expr::col("at"), Expr::col("id")]);
    let mut select = Query::select().column("id").from("usage").take();
    RawRow::columns(&mut select);
    select
        .and_where(place.gt(Expr::tuple([Expr::val(*at), Expr::val(id.as_str())])))
        .and_where(Expr::col("at").lt(number::millis(to)))
        .and_where(Expr::col("usage_source").ne(UsageSource::None.text()))
        .order_by("at", Order::Asc)
        .order_by("id", Order::Asc)
        .limit(PAGE)
        .take()
}

async fn one(
    transaction: &DatabaseTransaction,
    row: &QueryResult,
    price_of: &impl Fn(&ProviderId, &str, DateTime<Utc>) -> Option<AppliedPrice>,
    done: &mut Done,
    changes: &mut Builder,
) -> Result<(), DbErr> {
    let text = |column: &str| row.try_get::<Option<String>>("", column);
    let raw = RawRow::read(row)?;
    let at = number::time(raw.at_ms);
    let before = raw.numbers.cost_micros;
    let payers = Payers {
        connection_id: text("connection_id")?.map(ConnectionId),
        provider: text("provider")?.map(ProviderId),
        model: text("model_served")?,
        combo: text("combo")?,
        key_id: text("key_id")?.map(KeyId),
        user_id: text("user_id")?.map(UserId),
    };
    let target = payers.provider.as_ref().zip(payers.model.as_deref());
    let price = target.and_then(|(provider, model)| price_of(provider, model, at));
    let after = price.map(|price| number::cost(price.rates.cost_micros(&raw.numbers.tokens)));
    let sum = &mut done.sum;
    sum.requests += 1;
    sum.before_micros += before.unwrap_or_default();
    sum.after_micros += after.unwrap_or_default();
    sum.unpriced_before += u64::from(before.is_none());
    sum.unpriced_after += u64::from(after.is_none());
    let priced = Numbers {
        cost_micros: after,
        price,
        ..raw.numbers
    };
    let price = price.as_ref().map(price::text);
    if before == after && text("price")? == price {
        return Ok(());
    }
    sum.changed += 1;
    done.correct(
        raw.at_ms.div_euclid(HOUR_MS),
        payers,
        before.map_or(0, number::unsigned),
        after.map_or(0, number::unsigned),
    );
    let update = Query::update()
        .table("usage")
        .value("cost_micros", after)
        .value("price", price)
        .and_where(Expr::col("id").eq(row.try_get::<String>("", "id")?))
        .take();
    transaction.execute(&update).await?;
    // It was counted before: what is added is only the difference.
    changes.add(&Fact {
        sums: priced.sums().minus(&raw.numbers.sums()),
        ttft_ms: None,
        duration_ms: None,
        ..raw.fact()
    });
    Ok(())
}
