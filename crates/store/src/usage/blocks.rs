//! The table of blocks.
//!
//! Every batch leaves one fresh block. Once a day of UTC is over, its fresh blocks become sealed ones: the day
//! in quarters of an hour, the day as a whole, each dimension alone by the hour and by the quarter, and each
//! together with the user by the hour.
//! Whole days in turn are added up to longer spans. What a late request says stands in a fresh block
//! until it is put to its day, so that at every moment fresh and sealed blocks together are all there is.

use std::cmp;
use std::collections::HashMap;
use std::sync::Arc;
use std::thread;

use api::usage::query::Dimension;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::number;
use crate::usage::append::MAX_PARAMETERS;
use crate::usage::block::{Block, Grain};
use crate::usage::cache::Cache;
use crate::usage::codec;
use crate::usage::fact::{DIMENSIONS, Slot, Slots, place};

const TABLE: &str = "usage_blocks";

/// Slots of a day of UTC.
pub(super) const DAY: Slot = 96;

/// What is kept of whole days: one of them, eight, sixty-four, counted from the epoch.
pub(super) const SPANS: [Slot; 3] = [DAY, 8 * DAY, 64 * DAY];

/// What a block is for. Its number is stored: add, never renumber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// All dimensions by the quarter, of any time. Counts in every reading.
    Fresh,
    /// All dimensions by the quarter, of one day.
    Quarters,
    /// All dimensions of so many whole days: a place in [`SPANS`].
    Span(usize),
    /// One dimension by the hour, of one day: a place in [`DIMENSIONS`].
    Hourly(usize),
    /// One dimension by the quarter, of one day.
    Quarterly(usize),
    /// One dimension and the user by the hour, of one day: for those who see nobody's requests but their own.
    OfUsers(usize),
}

impl Kind {
    fn number(self) -> i16 {
        let number = match self {
            Self::Fresh => 0,
            Self::Quarters => 1,
            Self::Span(place) => 10 + place,
            Self::Hourly(place) => 100 + place,
            Self::Quarterly(place) => 200 + place,
            Self::OfUsers(place) => 300 + place,
        };
        i16::try_from(number).unwrap_or(i16::MAX)
    }

    /// Everything that is made of one sealed day.
    pub(super) fn of_a_day() -> impl Iterator<Item = Self> {
        let alone = (0..DIMENSIONS.len()).flat_map(|at| [Self::Hourly(at), Self::Quarterly(at)]);
        let others = (0..DIMENSIONS.len()).filter(|at| Some(*at) != place(Dimension::User));
        [Self::Quarters, Self::Span(0)]
            .into_iter()
            .chain(alone)
            .chain(others.map(Self::OfUsers))
    }

    pub(super) fn grain(self) -> Grain {
        let (slots, only) = match self {
            Self::Fresh | Self::Quarters => (1, None),
            Self::Span(place) => (SPANS.get(place).copied().unwrap_or(DAY), None),
            Self::Hourly(at) => (4, Some([Some(at), None])),
            Self::Quarterly(at) => (1, Some([Some(at), None])),
            Self::OfUsers(at) => (4, Some([Some(at), place(Dimension::User)])),
        };
        Grain {
            slots,
            kept: std::array::from_fn(|at| only.is_none_or(|only| only.contains(&Some(at)))),
        }
    }
}

/// A block as the list has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) slots: Slots,
    pub(super) rows: i64,
}

/// Blocks of a kind that have a part in these slots, by time.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    kind: Kind,
    slots: &Slots,
) -> Result<Vec<Listed>, DbErr> {
    let select = Query::select()
        .columns(["id", "from_slot", "until_slot", "block_rows"])
        .from(TABLE)
        .and_where(Expr::col("kind").eq(kind.number()))
        .and_where(Expr::col("from_slot").lt(slots.end))
        .and_where(Expr::col("until_slot").gt(slots.start))
        .take();
    let rows = db.query_all(&select).await?;
    let mut listed = rows
        .iter()
        .map(|row| {
            Ok(Listed {
                id: row.try_get("", "id")?,
                slots: row.try_get("", "from_slot")?..row.try_get("", "until_slot")?,
                rows: row.try_get("", "block_rows")?,
            })
        })
        .collect::<Result<Vec<_>, DbErr>>()?;
    listed.sort_by(|a, b| (a.slots.start, &a.id).cmp(&(b.slots.start, &b.id)));
    Ok(listed)
}

/// Blocks by their ids, as listed in the same snapshot.
pub(super) async fn load(
    db: &impl ConnectionTrait,
    cache: &Cache,
    ids: &[String],
) -> Result<Vec<Arc<Block>>, DbErr> {
    let mut known: HashMap<String, Arc<Block>> = HashMap::new();
    let mut unknown = Vec::new();
    for id in ids {
        match cache.get(id) {
            Some(block) => {
                known.insert(id.clone(), block);
            }
            None => unknown.push(id.as_str()),
        }
    }
    for some in unknown.chunks(500) {
        let select = Query::select()
            .columns(["id", "data"])
            .from(TABLE)
            .and_where(Expr::col("id").is_in(some.iter().copied()))
            .take();
        let rows = db.query_all(&select).await?;
        let encoded = rows
            .iter()
            .map(|row| Ok((row.try_get("", "id")?, row.try_get("", "data")?)))
            .collect::<Result<Vec<_>, DbErr>>()?;
        for (id, block) in decoded(encoded).await? {
            cache.put(id.clone(), &block);
            known.insert(id, block);
        }
    }
    ids.iter()
        .map(|id| {
            known
                .get(id)
                .cloned()
                .ok_or_else(|| DbErr::RecordNotFound(format!("block `{id}` of usage")))
        })
        .collect()
}

/// Many at once where there are many: it is most of the work of reading them.
async fn decoded(mut encoded: Vec<(String, Vec<u8>)>) -> Result<Vec<(String, Arc<Block>)>, DbErr> {
    let at_once = thread::available_parallelism().map_or(1, usize::from);
    let share = encoded.len().div_ceil(at_once).max(1);
    let mut parts = Vec::with_capacity(at_once);
    while !encoded.is_empty() {
        let part = encoded.split_off(encoded.len().saturating_sub(share));
        parts.push(tokio::task::spawn_blocking(move || {
            let blocks = part.into_iter().map(|(id, data)| {
                let block = codec::decode(&data)
                    .ok_or_else(|| DbErr::Type(format!("`{id}` is not a block of usage")))?;
                Ok((id, Arc::new(block)))
            });
            blocks.collect::<Result<Vec<_>, DbErr>>()
        }));
    }
    let mut blocks = Vec::new();
    for part in parts {
        let part = part
            .await
            .map_err(|error| DbErr::Custom(error.to_string()))?;
        blocks.extend(part?);
    }
    Ok(blocks)
}

/// `slots` is what the block stands for, which may be more than it has rows in.
pub(super) async fn insert(
    db: &impl ConnectionTrait,
    kind: Kind,
    slots: &Slots,
    block: &Block,
) -> Result<(), DbErr> {
    insert_encoded(db, kind, slots, block.rows(), codec::encode(block)).await
}

pub(super) async fn insert_encoded(
    db: &impl ConnectionTrait,
    kind: Kind,
    slots: &Slots,
    rows: usize,
    data: Vec<u8>,
) -> Result<(), DbErr> {
    if rows == 0 {
        return Ok(());
    }
    let insert = Query::insert()
        .into_table(TABLE)
        .columns([
            "id",
            "kind",
            "from_slot",
            "until_slot",
            "block_rows",
            "data",
        ])
        .values([
            Expr::val(Uuid::now_v7().to_string()),
            Expr::val(kind.number()),
            Expr::val(slots.start),
            Expr::val(slots.end),
            Expr::val(i64::try_from(rows).unwrap_or(i64::MAX)),
            Expr::val(data),
        ])
        .map_err(|error| DbErr::Custom(error.to_string()))?
        .take();
    db.execute(&insert).await?;
    Ok(())
}

/// Whether all of them were there to be deleted.
pub(super) async fn delete(db: &impl ConnectionTrait, ids: &[String]) -> Result<bool, DbErr> {
    let mut deleted = 0;
    for some in ids.chunks(MAX_PARAMETERS) {
        let delete = Query::delete()
            .from_table(TABLE)
            .and_where(Expr::col("id").is_in(some.iter().map(String::as_str)))
            .take();
        deleted += db.execute(&delete).await?.rows_affected();
    }
    Ok(deleted == ids.len() as u64)
}

/// Deletes what speaks of nothing but the time before.
pub(super) async fn delete_before(db: &impl ConnectionTrait, slot: Slot) -> Result<u64, DbErr> {
    let delete = Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("until_slot").lte(slot))
        .take();
    Ok(db.execute(&delete).await?.rows_affected())
}

/// The first slot of any block, and the one behind the last.
pub(super) async fn extent(db: &impl ConnectionTrait) -> Result<Option<Slots>, DbErr> {
    let mut extent: Option<Slots> = None;
    for kind in [Kind::Fresh, Kind::Span(0)] {
        let select = Query::select()
            .expr_as(Expr::col("from_slot").min(), "first")
            .expr_as(Expr::col("until_slot").max(), "last")
            .from(TABLE)
            .and_where(Expr::col("kind").eq(kind.number()))
            .take();
        let Some(row) = db.query_one(&select).await? else {
            continue;
        };
        let first: Option<i64> = row.try_get("", "first")?;
        let last: Option<i64> = row.try_get("", "last")?;
        if let (Some(first), Some(last)) = (first, last) {
            extent = Some(match extent {
                None => first..last,
                Some(known) => cmp::min(known.start, first)..cmp::max(known.end, last),
            });
        }
    }
    Ok(extent)
}

/// The day of UTC that a slot is in.
pub(super) fn day_of(slot: Slot) -> Slots {
    whole(slot, DAY)
}

/// The span of so many slots that a slot is in.
pub(super) fn whole(slot: Slot, width: Slot) -> Slots {
    let start = slot.div_euclid(width) * width;
    start..start + width
}

/// The day of UTC that a moment is in.
pub(super) fn today(now: chrono::DateTime<chrono::Utc>) -> Slots {
    day_of(super::fact::slot(number::millis(now)))
}
