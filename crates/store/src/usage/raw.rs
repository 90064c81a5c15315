//! Requests as facts: of a record that is about to be stored, and of a row that is.

use api::ids::{ConnectionId, KeyId, ProviderId, UserId};
use api::price::AppliedPrice;
use api::usage::{Outcome, Tokens};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{DbErr, QueryResult};

use crate::number;
use crate::records::{UsageRecord, UsageSource};
use crate::text::{Text, storable};
use crate::usage::fact::{Fact, SLOT_MS, Slots, Sums};
use crate::usage::price;

const TEXTS: [&str; 11] = [
    "endpoint",
    "client_format",
    "provider",
    "model_requested",
    "model_served",
    "connection_id",
    "key_id",
    "user_id",
    "combo",
    "outcome",
    "tag",
];

/// A stored row with the texts its fact borrows.
#[derive(Debug)]
pub(super) struct RawRow {
    pub(super) at_ms: i64,
    texts: [String; TEXTS.len()],
    pub(super) numbers: Numbers,
}

impl RawRow {
    /// All rows of these slots.
    pub(super) fn select(slots: &Slots) -> SelectStatement {
        let mut select = Query::select().from("usage").take();
        Self::columns(&mut select);
        select
            .and_where(Expr::col("at").gte(slots.start.saturating_mul(SLOT_MS)))
            .and_where(Expr::col("at").lt(slots.end.saturating_mul(SLOT_MS)))
            .take()
    }

    pub(super) fn columns(select: &mut SelectStatement) {
        select.columns(TEXTS).columns([
            "at",
            "is_stream",
            "input",
            "cache_read",
            "cache_write",
            "output",
            "reasoning",
            "usage_source",
            "cost_micros",
            "price",
            "is_flat_rate",
            "ttft_ms",
            "duration_ms",
        ]);
    }

    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let number = |column: &str| row.try_get::<i64>("", column);
        let maybe = |column: &str| row.try_get::<Option<i64>>("", column);
        let mut texts: [String; TEXTS.len()] = std::array::from_fn(|_| String::new());
        for (text, column) in texts.iter_mut().zip(TEXTS) {
            *text = row
                .try_get::<Option<String>>("", column)?
                .unwrap_or_default();
        }
        let source = UsageSource::read(&row.try_get::<String>("", "usage_source")?)?;
        let price: Option<String> = row.try_get("", "price")?;
        let numbers = Numbers {
            tokens: Tokens {
                input: number::unsigned(number("input")?),
                cache_read: number::unsigned(number("cache_read")?),
                cache_write: number::unsigned(number("cache_write")?),
                output: number::unsigned(number("output")?),
                reasoning: number::unsigned(number("reasoning")?),
            },
            source,
            cost_micros: maybe("cost_micros")?,
            price: price.as_deref().and_then(price::read),
            is_flat_rate: row
                .try_get::<Option<bool>>("", "is_flat_rate")?
                .unwrap_or_default(),
            is_ok: row.try_get::<String>("", "outcome")? == Outcome::Ok.text(),
            is_stream: row.try_get("", "is_stream")?,
            ttft_ms: maybe("ttft_ms")?.map(number::milliseconds),
            duration_ms: number::milliseconds(number("duration_ms")?),
        };
        Ok(Self {
            at_ms: number("at")?,
            texts,
            numbers,
        })
    }

    pub(super) fn fact(&self) -> Fact<'_> {
        Fact::of(self.at_ms, &self.texts, &self.numbers)
    }
}

/// A request without its texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers {
    pub(super) tokens: Tokens,
    pub(super) source: UsageSource,
    pub(super) cost_micros: Option<i64>,
    pub(super) price: Option<AppliedPrice>,
    pub(super) is_flat_rate: bool,
    pub(super) is_ok: bool,
    pub(super) is_stream: bool,
    pub(super) ttft_ms: Option<u32>,
    pub(super) duration_ms: u32,
}

impl Numbers {
    pub(super) fn of(record: &UsageRecord) -> Self {
        Self {
            tokens: record.tokens,
            source: record.usage_source,
            cost_micros: record.cost_micros,
            price: record.price,
            is_flat_rate: record.is_flat_rate,
            is_ok: record.outcome == Outcome::Ok,
            is_stream: record.is_stream,
            ttft_ms: record.ttft_ms,
            duration_ms: record.duration_ms,
        }
    }

    pub(super) fn sums(&self) -> Sums {
        let cost = self.cost_micros.map(number::cost).unwrap_or_default();
        let [cost_input, cost_cache_read, cost_cache_write, cost_output] = self.cost_parts();
        let output = number::counter(self.tokens.output);
        let speed_ms = self.speed_ms();
        Sums {
            requests: 1,
            errors: i64::from(!self.is_ok),
            unpriced: i64::from(self.cost_micros.is_none()),
            estimated: i64::from(self.source == UsageSource::Estimated),
            input: number::counter(self.tokens.input),
            cache_read: number::counter(self.tokens.cache_read),
            cache_write: number::counter(self.tokens.cache_write),
            output,
            reasoning: number::counter(self.tokens.reasoning),
            cost,
            cost_input,
            cost_cache_read,
            cost_cache_write,
            cost_output,
            paid: if self.is_flat_rate { 0 } else { cost },
            speed_tokens: if speed_ms == 0 { 0 } else { output },
            speed_ms,
        }
    }

    /// The cost is rounded once, as a whole: each part is what the whole grows by.
    /// Where the price is not known any more there are no parts.
    fn cost_parts(&self) -> [i64; 4] {
        let Some(price) = self.price.filter(|_| self.cost_micros.is_some()) else {
            return [0; 4];
        };
        let none = Tokens::default();
        let input = Tokens {
            input: self.tokens.input,
            ..none
        };
        let cache_read = Tokens {
            cache_read: self.tokens.cache_read,
            ..input
        };
        let cache_write = Tokens {
            cache_write: self.tokens.cache_write,
            ..cache_read
        };
        let mut before = 0;
        [input, cache_read, cache_write, self.tokens].map(|tokens| {
            let cost = number::cost(price.rates.cost_micros(&tokens));
            let part = cost - before;
            before = cost;
            part
        })
    }

    /// Only a stream that ended well shows when the first token came and when the last.
    fn speed_ms(&self) -> i64 {
        let is_telling = self.is_stream && self.is_ok && self.tokens.output > 0;
        let ttft_ms = self.ttft_ms.filter(|_| is_telling);
        ttft_ms.map_or(0, |ttft_ms| {
            i64::from(self.duration_ms.saturating_sub(ttft_ms))
        })
    }
}

/// A record's dimensions, in the order of the blocks; having none is an empty text.
pub(super) fn texts(record: &UsageRecord) -> [String; TEXTS.len()] {
    let text = |text: Option<&str>| text.map(storable).unwrap_or_default();
    [
        text(record.endpoint.as_deref()),
        text(record.client_format.as_deref()),
        text(record.provider.as_ref().map(ProviderId::as_str)),
        text(record.model_requested.as_deref()),
        text(record.model_served.as_deref()),
        text(record.connection_id.as_ref().map(ConnectionId::as_str)),
        text(record.key_id.as_ref().map(KeyId::as_str)),
        text(record.user_id.as_ref().map(UserId::as_str)),
        text(record.combo.as_deref()),
        record.outcome.text().to_owned(),
        text(record.tag.as_deref()),
    ]
}
