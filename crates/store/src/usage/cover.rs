//! Which blocks answer a query: as few and as coarse ones as its edges and steps allow.

use std::collections::HashMap;
use std::sync::Arc;

use api::usage::query::Dimension;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

use crate::error::StoreError;
use crate::transaction;
use crate::usage::block::Block;
use crate::usage::blocks::{self, Kind, Listed, SPANS};
use crate::usage::cache::Cache;
use crate::usage::cube::{Axis, CubeQuery};
use crate::usage::fact::{Slot, Slots, place};

/// A block, and which of its slots count. A coarse block names its slots by their first.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) block: Arc<Block>,
    pub(super) slots: Slots,
}

/// All in one snapshot: a block must be neither missed nor counted twice because it becomes part of another meanwhile.
pub(super) async fn parts(
    db: &DatabaseConnection,
    cache: &Cache,
    query: &CubeQuery,
) -> Result<Vec<Part>, StoreError> {
    let snapshot = transaction::snapshot(db).await?;
    let mut chosen = match needs(query) {
        Needs::Spans => spans(&snapshot, &query.slots).await?,
        Needs::One(place) => {
            hours(
                &snapshot,
                query,
                Kind::Hourly(place),
                Kind::Quarterly(place),
            )
            .await?
        }
        Needs::OfUsers(place) => {
            hours(&snapshot, query, Kind::OfUsers(place), Kind::Quarters).await?
        }
        Needs::Quarters => quarters(&snapshot, &query.slots).await?,
    };
    for listed in blocks::list(&snapshot, Kind::Fresh, &query.slots).await? {
        chosen.push(Chosen {
            slots: query.slots.clone(),
            id: listed.id,
        });
    }
    let ids: Vec<_> = chosen.iter().map(|chosen| chosen.id.clone()).collect();
    let blocks = blocks::load(&snapshot, cache, &ids).await?;
    snapshot.commit().await?;
    let parts = blocks.into_iter().zip(chosen);
    Ok(parts
        .map(|(block, chosen)| Part {
            block,
            slots: chosen.slots,
        })
        .collect())
}

#[derive(Debug)]
struct Chosen {
    id: String,
    slots: Slots,
}

enum Needs {
    /// No step of time cuts anything: whole days are enough.
    Spans,
    /// Steps of time, and one dimension at most: a place.
    One(usize),
    /// Steps of time, one dimension and the user: a place.
    OfUsers(usize),
    /// Steps of time with several dimensions.
    Quarters,
}

fn needs(query: &CubeQuery) -> Needs {
    let axes = query.axes.iter().flatten();
    if !axes.clone().any(|axis| matches!(axis, Axis::Time(_))) {
        return Needs::Spans;
    }
    let mut places: Vec<_> = axes
        .filter_map(|axis| match axis {
            Axis::Dimension(dimension) => place(*dimension),
            Axis::Time(_) => None,
        })
        .chain(query.only.iter().filter_map(|only| place(only.dimension)))
        .collect();
    places.sort_unstable();
    places.dedup();
    let user = place(Dimension::User);
    match (places.as_slice(), &query.containing) {
        (_, Some(_)) => Needs::Quarters,
        // It has few values.
        ([], None) => place(Dimension::Outcome).map_or(Needs::Quarters, Needs::One),
        ([place], None) => Needs::One(*place),
        ([one, other], None) if Some(*one) == user => Needs::OfUsers(*other),
        ([one, other], None) if Some(*other) == user => Needs::OfUsers(*one),
        (_, None) => Needs::Quarters,
    }
}

async fn spans(db: &DatabaseTransaction, slots: &Slots) -> Result<Vec<Chosen>, DbErr> {
    let mut whole: HashMap<Slot, Listed> = HashMap::new();
    // Shorter spans first, so that a longer one with the same start takes its place.
    for place in 0..SPANS.len() {
        for listed in blocks::list(db, Kind::Span(place), slots).await? {
            if slots.start <= listed.slots.start && listed.slots.end <= slots.end {
                whole.insert(listed.slots.start, listed);
            }
        }
    }
    let mut chosen = Vec::new();
    let mut edges = Vec::new();
    let mut starts: Vec<_> = whole.keys().copied().collect();
    starts.sort_unstable();
    let mut done = slots.start;
    for start in starts {
        if start < done {
            continue;
        }
        edges.push(done..start);
        if let Some(listed) = whole.remove(&start) {
            done = listed.slots.end;
            chosen.push(Chosen {
                slots: listed.slots,
                id: listed.id,
            });
        }
    }
    edges.push(done..slots.end);
    for edge in edges.into_iter().filter(|edge| !edge.is_empty()) {
        chosen.extend(quarters(db, &edge).await?);
    }
    Ok(chosen)
}

async fn quarters(db: &DatabaseTransaction, slots: &Slots) -> Result<Vec<Chosen>, DbErr> {
    let listed = blocks::list(db, Kind::Quarters, slots).await?;
    Ok(listed
        .into_iter()
        .map(|listed| Chosen {
            slots: slots.start.max(listed.slots.start)..slots.end.min(listed.slots.end),
            id: listed.id,
        })
        .collect())
}

/// By the hour where all of a day's edges and steps fall on hours, else finer.
async fn hours(
    db: &DatabaseTransaction,
    query: &CubeQuery,
    hourly: Kind,
    finer: Kind,
) -> Result<Vec<Chosen>, DbErr> {
    let slots = &query.slots;
    let mut odd: Vec<Slot> = query
        .axes
        .iter()
        .flatten()
        .filter_map(|axis| match axis {
            Axis::Time(starts) => Some(starts),
            Axis::Dimension(_) => None,
        })
        .flatten()
        .chain([&slots.start, &slots.end])
        .copied()
        .filter(|cut| cut % 4 != 0)
        .collect();
    odd.sort_unstable();
    let mut whole: HashMap<Slot, Listed> = blocks::list(db, hourly, slots)
        .await?
        .into_iter()
        .filter(|listed| {
            let cuts = odd.partition_point(|cut| *cut < listed.slots.start);
            odd.get(cuts).is_none_or(|cut| *cut >= listed.slots.end)
        })
        .map(|listed| (listed.slots.start, listed))
        .collect();
    // A day that was sealed before there were blocks of the kind has only finer ones.
    let days = blocks::list(db, finer, slots).await?;
    let chosen = days.into_iter().map(|listed| {
        let listed = whole.remove(&listed.slots.start).unwrap_or(listed);
        Chosen {
            slots: slots.start.max(listed.slots.start)..slots.end.min(listed.slots.end),
            id: listed.id,
        }
    });
    Ok(chosen.collect())
}
