//! What was used up per hour by each account, provider and target of a combo, for those who count on from there.

use api::ids::{ConnectionId, ProviderId};
use api::usage::query::Dimension;
use chrono::{DateTime, Utc};

use super::{Usage, UsageScope};
use crate::error::StoreError;
use crate::number;
use crate::records::SpentRecord;
use crate::usage::blocks;
use crate::usage::cube::{Axis, CubeQuery, Mark, axes};
use crate::usage::fact::{SLOT_MS, slot};
use crate::usage::sums::{HOUR, text};

/// Who used it up.
const WHO: [Dimension; 4] = [
    Dimension::Account,
    Dimension::Provider,
    Dimension::ModelServed,
    Dimension::Combo,
];

/// `since` is rounded down to the hour.
pub(super) async fn spent(
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
    let who = WHO.map(Axis::Dimension);
    let query = CubeQuery {
        slots: hour * HOUR..extent.end,
        axes: axes(std::iter::once(Axis::Time(hours)).chain(who)),
        only: Vec::new(),
        containing: None,
    };
    let cube = usage.cube(&UsageScope::Everyone, query).await?;
    let records = cube.cells.iter().filter_map(|cell| {
        let [Mark::Slot(hour), account, provider, model, combo, _] = cube.marks(cell) else {
            return None;
        };
        let sums = &cell.sums;
        Some(SpentRecord {
            hour: number::time(hour.saturating_mul(SLOT_MS)),
            connection_id: text(account).map(ConnectionId),
            provider: text(provider).map(ProviderId),
            model: text(model),
            combo: text(combo),
            micros: number::unsigned(sums.cost),
            tokens: number::unsigned(sums.input + sums.cache_read + sums.cache_write + sums.output),
        })
    });
    Ok(records.collect())
}
