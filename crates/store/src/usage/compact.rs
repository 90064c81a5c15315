//! Putting blocks together in the background, so that reading stays short.
//!
//! What is put together is read and made before the transaction that replaces it, which is therefore brief.
//! Blocks that somebody else has replaced meanwhile are left alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{DatabaseConnection, DbErr, SqlErr};

use crate::error::StoreError;
use crate::transaction;
use crate::usage::block::{Block, Builder, Grain};
use crate::usage::blocks::{self, Kind, Listed, SPANS, day_of, today, whole};
use crate::usage::cache::Cache;
use crate::usage::codec;
use crate::usage::fact::{Slot, Slots};

/// Fresh blocks of about the same size that are left lying before they become one.
const LYING: usize = 16;
/// A request is counted where it began; when its day is over it may go on for so long.
const LATE: TimeDelta = TimeDelta::hours(1);
/// Blocks at least this small are of the same size.
const SMALL: i64 = 2_000;
/// Fresh blocks that are put to their days in one go.
const AT_ONCE: usize = 512;

pub(super) const EVER: Slots = Slot::MIN / 2..Slot::MAX / 2;

/// What was done, in blocks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compacted {
    pub gathered: usize,
    pub days_sealed: usize,
}

/// Does what there is to do; says whether there may be more.
pub(super) async fn compact(
    db: &DatabaseConnection,
    cache: &Cache,
    now: DateTime<Utc>,
) -> Result<(Compacted, bool), StoreError> {
    let mut done = Compacted::default();
    let open = today(now - LATE).start;
    let fresh = blocks::list(db, Kind::Fresh, &EVER).await?;
    let (mut over, current): (Vec<_>, Vec<_>) = fresh
        .into_iter()
        .partition(|listed| listed.slots.start < open);
    let is_more = over.len() > AT_ONCE;
    over.truncate(AT_ONCE);
    let rows: i64 = over.iter().map(|listed| listed.rows).sum();
    if over.len() >= LYING || rows > SMALL {
        done.days_sealed = seal(db, cache, &over, open).await?;
    }
    let pile = pile(current);
    if pile.len() >= LYING {
        done.gathered = gather(db, cache, &pile).await?;
    }
    Ok((done, is_more))
}

/// The smallest blocks, and each larger one that is not much larger than those before it together.
fn pile(mut blocks: Vec<Listed>) -> Vec<Listed> {
    blocks.sort_by_key(|listed| listed.rows);
    let mut rows = 0;
    let end = blocks.iter().position(|listed| {
        let is_larger = listed.rows > SMALL.max(2 * rows);
        rows += listed.rows;
        is_larger
    });
    blocks.truncate(end.unwrap_or(blocks.len()));
    blocks
}

async fn gather(
    db: &DatabaseConnection,
    cache: &Cache,
    pile: &[Listed],
) -> Result<usize, StoreError> {
    let old = ids(pile);
    let blocks = blocks::load(db, cache, &old).await?;
    let new = apart(move || {
        let mut builder = Builder::new(Grain::FINEST);
        for block in blocks {
            builder.merge(&block, |_| true);
        }
        let block = builder.finish();
        block
            .span()
            .map(|slots| Prepared::of(Kind::Fresh, slots, &block))
    });
    let new: Vec<_> = new.await?.into_iter().collect();
    let is_done = replace(db, &old, &new).await?;
    Ok(if is_done { old.len() } else { 0 })
}

/// Puts fresh blocks to the days they speak of; what is of `open` or later stays fresh.
async fn seal(
    db: &DatabaseConnection,
    cache: &Cache,
    over: &[Listed],
    open: Slot,
) -> Result<usize, StoreError> {
    let mut old = ids(over);
    let fresh = blocks::load(db, cache, &old).await?;
    let days: BTreeSet<Slot> = fresh
        .iter()
        .flat_map(|block| &block.slots)
        .map(|slot| day_of(*slot).start)
        .filter(|day| *day < open)
        .collect();

    let mut material = Material {
        fresh,
        open,
        days: Vec::new(),
        spans: Vec::new(),
    };
    for day in &days {
        let slots = day_of(*day);
        for kind in Kind::of_a_day() {
            old.extend(ids(&blocks::list(db, kind, &slots).await?));
        }
        let sealed = blocks::list(db, Kind::Quarters, &slots).await?;
        let sealed = blocks::load(db, cache, &ids(&sealed)).await?;
        material.days.push((*day, sealed));
    }
    for (place, width) in SPANS.into_iter().enumerate().skip(1) {
        let starts: BTreeSet<Slot> = days.iter().map(|day| whole(*day, width).start).collect();
        for start in starts {
            let slots = start..start + width;
            old.extend(ids(&blocks::list(db, Kind::Span(place), &slots).await?));
            // A span is kept from when it is over on: until then its days change too often.
            if slots.end > open {
                continue;
            }
            let mut others = blocks::list(db, Kind::Span(0), &slots).await?;
            others.retain(|listed| !days.contains(&listed.slots.start));
            let others = blocks::load(db, cache, &ids(&others)).await?;
            material.spans.push((place, slots, others));
        }
    }
    let new = apart(move || material.sealed()).await?;
    let is_done = replace(db, &old, &new).await?;
    Ok(if is_done { days.len() } else { 0 })
}

/// A block that only has to be written.
struct Prepared {
    kind: Kind,
    slots: Slots,
    rows: usize,
    data: Vec<u8>,
}

impl Prepared {
    fn of(kind: Kind, slots: Slots, block: &Block) -> Self {
        Self {
            kind,
            slots,
            rows: block.rows(),
            data: codec::encode(block),
        }
    }
}

/// What sealed blocks are made of.
struct Material {
    fresh: Vec<Arc<Block>>,
    open: Slot,
    /// Each with what was sealed of it before.
    days: Vec<(Slot, Vec<Arc<Block>>)>,
    /// Each with those of its days that stay as they are.
    spans: Vec<(usize, Slots, Vec<Arc<Block>>)>,
}

impl Material {
    fn sealed(self) -> Vec<Prepared> {
        let mut new = Vec::new();
        let mut rest = Builder::new(Grain::FINEST);
        for block in &self.fresh {
            rest.merge(block, |slot| slot >= self.open);
        }
        let rest = rest.finish();
        if let Some(slots) = rest.span() {
            new.push(Prepared::of(Kind::Fresh, slots, &rest));
        }
        let mut whole_days = Vec::new();
        for (day, sealed) in &self.days {
            let slots = day_of(*day);
            let mut quarters = Builder::new(Grain::FINEST);
            for block in &self.fresh {
                quarters.merge(block, |slot| slots.contains(&slot));
            }
            for block in sealed {
                quarters.merge(block, |_| true);
            }
            let quarters = quarters.finish();
            for kind in Kind::of_a_day() {
                let mut builder = Builder::new(kind.grain());
                builder.merge(&quarters, |_| true);
                let block = builder.finish();
                new.push(Prepared::of(kind, slots.clone(), &block));
                if kind == Kind::Span(0) {
                    whole_days.push((*day, block));
                }
            }
        }
        for (place, slots, others) in self.spans {
            let mut builder = Builder::new(Kind::Span(place).grain());
            for block in &others {
                builder.merge(block, |_| true);
            }
            for (_, block) in whole_days.iter().filter(|(day, _)| slots.contains(day)) {
                builder.merge(block, |_| true);
            }
            new.push(Prepared::of(Kind::Span(place), slots, &builder.finish()));
        }
        new
    }
}

/// Says whether it was done. It was not if another replica was faster.
async fn replace(
    db: &DatabaseConnection,
    old: &[String],
    new: &[Prepared],
) -> Result<bool, StoreError> {
    let transaction = transaction::begin(db).await?;
    let mut is_done = blocks::delete(&transaction, old).await?;
    for block in new {
        if !is_done {
            break;
        }
        let Prepared {
            kind,
            slots,
            rows,
            data,
        } = block;
        match blocks::insert_encoded(&transaction, *kind, slots, *rows, data.clone()).await {
            Ok(()) => {}
            Err(error) if is_taken(&error) => is_done = false,
            Err(error) => return Err(error.into()),
        }
    }
    if is_done {
        transaction.commit().await?;
    } else {
        transaction.rollback().await?;
    }
    Ok(is_done)
}

/// Work that takes a while, where it holds up nobody.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StoreError::Database(DbErr::Custom(error.to_string())))
}

fn is_taken(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

fn ids(listed: &[Listed]) -> Vec<String> {
    listed.iter().map(|listed| listed.id.clone()).collect()
}
