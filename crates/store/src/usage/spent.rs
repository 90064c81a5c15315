//! What was used up by each account, provider, target of a combo, key and user, for those who count on from there.

use api::ids::{ConnectionId, KeyId, ProviderId, UserId};
use api::usage::query::Dimension;
use chrono::{DateTime, Utc};

use super::{Usage, UsageScope};
use crate::error::StoreError;
use crate::number;
use crate::records::{Payers, SpentRecord};
use crate::usage::blocks;
use crate::usage::cube::{Axis, CubeQuery, Mark, axes};
use crate::usage::fact::{SLOT_MS, Slot, Slots, slot};
use crate::usage::sums::{HOUR, text};

/// Who used it up: targets as a whole, as steps are, and callers one by one, whose sums are kept apart and read quickly.
const WHO: [&[Dimension]; 3] = [
    &[
        Dimension::Account,
        Dimension::Provider,
        Dimension::ModelServed,
        Dimension::Combo,
    ],
    &[Dimension::Key],
    &[Dimension::User],
];

/// By the hour; `since` is rounded down to one.
pub(super) async fn since(
    usage: &Usage,
    since: DateTime<Utc>,
) -> Result<Vec<SpentRecord>, StoreError> {
    let Some(extent) = blocks::extent(&usage.db).await? else {
        return Ok(Vec::new());
    };
    let hour = slot(number::millis(since))
        .max(extent.start)
        .div_euclid(HOUR);
    let hours = (hour..).map(|hour| hour * HOUR);
    let hours: Vec<_> = hours.take_while(|hour| *hour < extent.end).collect();
    let slots = hour * HOUR..extent.end;
    let everyone = UsageScope::Everyone;
    grouped(usage, &everyone, slots, Some(hours)).await
}

/// All of some time as of one hour, the first.
pub(super) async fn within(
    usage: &Usage,
    scope: &UsageScope,
    slots: Slots,
) -> Result<Vec<SpentRecord>, StoreError> {
    grouped(usage, scope, slots, None).await
}

async fn grouped(
    usage: &Usage,
    scope: &UsageScope,
    slots: Slots,
    hours: Option<Vec<Slot>>,
) -> Result<Vec<SpentRecord>, StoreError> {
    let mut records = Vec::new();
    for who in WHO {
        let hours = hours.clone().map(Axis::Time).into_iter();
        let query = CubeQuery {
            slots: slots.clone(),
            axes: axes(hours.chain(who.iter().copied().map(Axis::Dimension))),
            only: Vec::new(),
            containing: None,
        };
        let cube = usage.cube(scope, query).await?;
        for cell in &cube.cells {
            let marks = cube.marks(cell);
            let (hour, marks) = match marks.as_slice() {
                [Mark::Slot(hour), marks @ ..] => (*hour, marks),
                marks => (slots.start, marks),
            };
            let payers = payers(who, marks);
            if payers == Payers::default() {
                continue;
            }
            let sums = &cell.sums;
            let tokens = sums.input + sums.cache_read + sums.cache_write + sums.output;
            records.push(SpentRecord {
                hour: number::time(hour.saturating_mul(SLOT_MS)),
                payers,
                micros: number::unsigned(sums.cost),
                tokens: number::unsigned(tokens),
            });
        }
    }
    Ok(records)
}

fn payers(who: &[Dimension], marks: &[&Mark]) -> Payers {
    let mut payers = Payers::default();
    for (dimension, mark) in who.iter().zip(marks) {
        let text = text(mark);
        match dimension {
            Dimension::Account => payers.connection_id = text.map(ConnectionId),
            Dimension::Provider => payers.provider = text.map(ProviderId),
            Dimension::ModelServed => payers.model = text,
            Dimension::Combo => payers.combo = text,
            Dimension::Key => payers.key_id = text.map(KeyId),
            Dimension::User => payers.user_id = text.map(UserId),
            Dimension::Endpoint
            | Dimension::ClientFormat
            | Dimension::ModelRequested
            | Dimension::Outcome
            | Dimension::Tag
            | Dimension::Day
            | Dimension::Hour => {}
        }
    }
    payers
}
