//! What is done in the background for as long as the program runs: sums are put together, old rows are forgotten.

use std::time::Duration;

use api::settings::{USAGE_RETENTION, UsageRetention};
use chrono::{DateTime, TimeDelta, Utc};
use store::Store;
use store::error::StoreError;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tracing::{debug, info, warn};

/// Between two looks at what there is to put together.
const TURN: Duration = Duration::from_secs(10);
/// Between two looks at what is old.
const FORGET: Duration = Duration::from_secs(3_600);
/// Between two portions of what is forgotten, so that the recorder gets its turns.
const BREATH: Duration = Duration::from_millis(50);

/// Never ends by itself.
pub(crate) async fn upkeep(store: Store) {
    let mut turns = interval(TURN);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut forget_at = Instant::now();
    loop {
        turns.tick().await;
        if let Err(error) = compact(&store).await {
            warn!(%error, "could not put the sums of usage together; trying again");
        }
        if Instant::now() < forget_at {
            continue;
        }
        forget_at = Instant::now() + FORGET;
        if let Err(error) = forget(&store, Utc::now()).await {
            warn!(%error, "could not forget old usage; trying again in an hour");
        }
    }
}

async fn compact(store: &Store) -> Result<(), StoreError> {
    loop {
        let (done, is_more) = store.usage().compact(Utc::now()).await?;
        if done.gathered > 0 || done.days_sealed > 0 {
            debug!(
                gathered = done.gathered,
                days = done.days_sealed,
                "put sums of usage together"
            );
        }
        if !is_more {
            return Ok(());
        }
    }
}

async fn forget(store: &Store, now: DateTime<Utc>) -> Result<(), StoreError> {
    let kept = store.settings().get(USAGE_RETENTION).await?;
    let kept: UsageRetention = kept
        .and_then(|kept| serde_json::from_value(kept).ok())
        .unwrap_or_default();
    let before = |days: u32| now - TimeDelta::days(i64::from(days));
    if let Some(days) = kept.request_days {
        let mut requests = 0;
        loop {
            let some = store.usage().forget_requests(before(days)).await?;
            if some == 0 {
                break;
            }
            requests += some;
            sleep(BREATH).await;
        }
        if requests > 0 {
            info!(requests, "forgot requests older than {days} days");
        }
    }
    if let Some(days) = kept.sum_days {
        let blocks = store.usage().forget_sums(before(days)).await?;
        if blocks > 0 {
            info!(blocks, "forgot sums of usage older than {days} days");
        }
    }
    Ok(())
}
