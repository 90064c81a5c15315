//! The request log, searched: pages that join without gap or overlap, whatever is written meanwhile.

use api::ids::{ConnectionId, KeyId, ProviderId};
use api::log::{Ended, LogCursor, LogFilter, LogPlace};
use api::usage::query::Dimension;
use api::usage::{Outcome, UsageRow};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr, Order, SelectStatement, SimpleExpr};
use sea_orm::{Condition, ConnectionTrait, DatabaseConnection};

use super::{Usage, UsageScope, recent, sums};
use crate::error::StoreError;
use crate::number;
use crate::text::Text;

/// What `search` looks through.
const SEARCHED: [(&str, &str); 8] = [
    ("usage", "id"),
    ("usage", "endpoint"),
    ("usage", "provider"),
    ("usage", "model_requested"),
    ("usage", "model_served"),
    ("usage", "error"),
    ("connections", "name"),
    ("api_keys", "name"),
];

pub(super) async fn search(
    db: &DatabaseConnection,
    scope: &UsageScope,
    filter: &LogFilter,
    now: DateTime<Utc>,
    cursor: &LogCursor,
    limit: u32,
) -> Result<Vec<UsageRow>, StoreError> {
    let mut select = recent::select();
    narrow(&mut select, scope, filter, now);
    let order = match cursor {
        LogCursor::Newest => Order::Desc,
        LogCursor::Before(place) => {
            select.and_where(place_of_row().lt(tuple(place)));
            Order::Desc
        }
        LogCursor::After(place) => {
            select.and_where(place_of_row().gt(tuple(place)));
            Order::Asc
        }
    };
    select
        .order_by(("usage", "at"), order.clone())
        .order_by(("usage", "id"), order)
        .limit(u64::from(limit));
    let found = db.query_all(&select).await?;
    let mut rows: Vec<UsageRow> = found.iter().map(recent::row).collect::<Result<_, _>>()?;
    if matches!(cursor, LogCursor::After(_)) {
        rows.reverse();
    }
    Ok(rows)
}

/// One page by its number, for those who count pages, and how many requests there are on all of them.
pub(super) async fn numbered(
    db: &DatabaseConnection,
    scope: &UsageScope,
    filter: &LogFilter,
    now: DateTime<Utc>,
    offset: u64,
    limit: u32,
) -> Result<(Vec<UsageRow>, u64), StoreError> {
    let mut select = recent::select();
    narrow(&mut select, scope, filter, now);
    let mut count = select.clone();
    count
        .clear_selects()
        .expr_as(Func::count(Expr::col(("usage", "id"))), "count");
    select
        .order_by(("usage", "at"), Order::Desc)
        .order_by(("usage", "id"), Order::Desc)
        .offset(offset)
        .limit(u64::from(limit));
    let found = db.query_all(&select).await?;
    let rows = found.iter().map(recent::row).collect::<Result<_, _>>()?;
    let count = match db.query_one(&count).await? {
        Some(row) => number::unsigned(row.try_get("", "count")?),
        None => 0,
    };
    Ok((rows, count))
}

/// What the log could be narrowed by: everything that was ever used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogWords {
    pub providers: Vec<ProviderId>,
    pub models: Vec<String>,
    pub endpoints: Vec<String>,
    pub keys: Vec<KeyId>,
    pub combos: Vec<String>,
}

pub(super) async fn words(usage: &Usage, scope: &UsageScope) -> Result<LogWords, StoreError> {
    let mut models = sums::values(usage, scope, Dimension::ModelRequested).await?;
    models.extend(sums::values(usage, scope, Dimension::ModelServed).await?);
    models.sort_unstable();
    models.dedup();
    let providers = sums::values(usage, scope, Dimension::Provider).await?;
    let keys = sums::values(usage, scope, Dimension::Key).await?;
    Ok(LogWords {
        providers: providers.into_iter().map(ProviderId).collect(),
        models,
        endpoints: sums::values(usage, scope, Dimension::Endpoint).await?,
        keys: keys.into_iter().map(KeyId).collect(),
        combos: sums::values(usage, scope, Dimension::Combo).await?,
    })
}

fn narrow(
    select: &mut SelectStatement,
    scope: &UsageScope,
    filter: &LogFilter,
    now: DateTime<Utc>,
) {
    let usage = |column: &'static str| Expr::col(("usage", column));
    if let UsageScope::User(id) = scope {
        select.and_where(usage("user_id").eq(id.as_str()));
    }
    if let Some(from) = filter.from(now) {
        select.and_where(usage("at").gte(number::millis(from)));
    }
    if let Some(until) = filter.until {
        select.and_where(usage("at").lt(number::millis(until)));
    }
    match filter.outcome {
        None => {}
        Some(Ended::With(outcome)) => {
            select.and_where(usage("outcome").eq(outcome.text()));
        }
        Some(Ended::Failed) => {
            select.and_where(usage("outcome").ne(Outcome::Ok.text()));
        }
    }
    let exact = [
        ("provider", filter.provider.as_ref().map(ProviderId::as_str)),
        ("endpoint", filter.endpoint.as_deref()),
        (
            "connection_id",
            filter.connection.as_ref().map(ConnectionId::as_str),
        ),
        ("key_id", filter.key.as_ref().map(KeyId::as_str)),
        ("combo", filter.combo.as_deref()),
    ];
    for (column, wanted) in exact {
        if let Some(wanted) = wanted {
            select.and_where(usage(column).eq(wanted));
        }
    }
    if let Some(model) = &filter.model {
        let either = Condition::any()
            .add(usage("model_requested").eq(model.as_str()))
            .add(usage("model_served").eq(model.as_str()));
        select.cond_where(either);
    }
    if let Some(text) = &filter.search {
        let pattern = like(text);
        let mut any = Condition::any();
        for column in SEARCHED {
            let field: SimpleExpr = Func::lower(Expr::col(column)).into();
            any = any.add(field.like(LikeExpr::new(pattern.clone()).escape('\\')));
        }
        select.cond_where(any);
    }
}

/// Anywhere in a text, and nothing of it a wildcard.
fn like(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.to_ascii_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

fn place_of_row() -> Expr {
    Expr::tuple([Expr::col(("usage", "at")), Expr::col(("usage", "id"))])
}

fn tuple(place: &LogPlace) -> Expr {
    Expr::tuple([
        Expr::val(number::millis(place.at)),
        Expr::val(place.id.as_str()),
    ])
}
