//! Writes usage rows in batches, off the request's path.
//!
//! A request reserves its row's place in the queue before it starts, so an ending never finds the
//! queue full: back-pressure is felt at admission, and only when the database has been out for long.
//! A hard kill of the process loses at most the rows of the last [`INTERVAL`].

use std::sync::Arc;
use std::time::Duration;

use api::usage::UsageRow;
use arc_swap::ArcSwap;
use store::Store;
use store::records::{UsageRecord, UsageSource};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::live::Live;
use crate::snapshot::Snapshot;

/// How long a finished request may wait to be written.
pub const INTERVAL: Duration = Duration::from_millis(250);
const LARGEST_BATCH: usize = 500;
/// Requests under way or waiting to be written.
const CAPACITY: usize = 65_536;
/// How long a new request waits for a place when there is none.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long closing waits for requests that are still under way, and for a database that is out.
const LAST_CALL: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Recorder {
    sender: mpsc::Sender<UsageRecord>,
    closing: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Recorder {
    pub(crate) fn start(store: Store, live: Live, snapshot: Arc<ArcSwap<Snapshot>>) -> Self {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        let closing = CancellationToken::new();
        let writer = Writer {
            store,
            live,
            snapshot,
            closing: closing.clone(),
        };
        #[expect(clippy::disallowed_methods, reason = "`close` waits for it")]
        let task = tokio::spawn(writer.run(receiver));
        Self {
            sender,
            closing,
            task: Mutex::new(Some(task)),
        }
    }

    /// A place for one row. `None` when the queue stays full.
    pub(crate) async fn reserve(&self) -> Option<OwnedPermit<UsageRecord>> {
        timeout(PATIENCE, self.sender.clone().reserve_owned())
            .await
            .ok()?
            .ok()
    }

    /// Writes what is owed and ends.
    pub(crate) async fn close(&self) {
        self.closing.cancel();
        let Some(mut task) = self.task.lock().await.take() else {
            return;
        };
        if timeout(LAST_CALL, &mut task).await.is_err() {
            task.abort();
            error!(
                "gave up on writing the last usage rows: the database did not take them in time"
            );
        }
    }
}

struct Writer {
    store: Store,
    live: Live,
    snapshot: Arc<ArcSwap<Snapshot>>,
    closing: CancellationToken,
}

impl Writer {
    async fn run(self, mut receiver: mpsc::Receiver<UsageRecord>) {
        let mut batch = Vec::with_capacity(LARGEST_BATCH);
        let mut written = 0_u64;
        loop {
            let received = tokio::select! {
                received = receiver.recv() => received,
                () = self.closing.cancelled(), if !receiver.is_closed() => {
                    // No new request may start; those under way still own their places.
                    receiver.close();
                    continue;
                }
            };
            let Some(first) = received else { break };
            batch.push(first);
            self.fill(&mut batch, &mut receiver).await;
            self.write(&batch).await;
            written += batch.len() as u64;
            self.tell(&mut batch);
        }
        info!(rows = written, "wrote the last usage rows");
    }

    /// Adds what comes within the interval, up to a batch.
    async fn fill(&self, batch: &mut Vec<UsageRecord>, receiver: &mut mpsc::Receiver<UsageRecord>) {
        let deadline = Instant::now() + INTERVAL;
        while batch.len() < LARGEST_BATCH {
            let room = LARGEST_BATCH - batch.len();
            tokio::select! {
                received = timeout_at(deadline, receiver.recv_many(batch, room)) => {
                    if !matches!(received, Ok(1..)) { break; }
                }
                () = self.closing.cancelled() => {
                    while batch.len() < LARGEST_BATCH && let Ok(record) = receiver.try_recv() {
                        batch.push(record);
                    }
                    break;
                }
            }
        }
    }

    /// Tries until the rows are in the database: they are not given up.
    async fn write(&self, batch: &[UsageRecord]) {
        let mut pause = Duration::from_millis(100);
        while let Err(failure) = self.store.usage().append(batch).await {
            warn!(rows = batch.len(), error = %failure, "could not write usage rows; trying again");
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    fn tell(&self, batch: &mut Vec<UsageRecord>) {
        let snapshot = self.snapshot.load();
        for record in batch.drain(..) {
            let user_id = record.user_id.clone();
            self.live.recorded(row(record, &snapshot), user_id);
        }
    }
}

/// A record as the pages show it.
fn row(record: UsageRecord, snapshot: &Snapshot) -> UsageRow {
    UsageRow {
        connection_name: snapshot.account_name(record.connection_id.as_ref()),
        key_name: snapshot.key_name(record.key_id.as_ref()),
        id: record.id,
        at: record.at,
        endpoint: record.endpoint,
        client_format: record.client_format,
        provider: record.provider,
        model_requested: record.model_requested,
        model_served: record.model_served,
        connection_id: record.connection_id,
        key_id: record.key_id,
        combo: record.combo,
        tokens: record.tokens,
        is_estimate: record.usage_source == UsageSource::Estimated,
        cost_micros: record.cost_micros,
        ttft_ms: record.ttft_ms,
        duration_ms: record.duration_ms,
        status: record.status,
        outcome: record.outcome,
        error: record.error,
        notes: record.notes,
        attempts: u32::try_from(record.attempts.len()).unwrap_or(u32::MAX),
    }
}
