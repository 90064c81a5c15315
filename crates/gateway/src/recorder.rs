//! Writes usage rows in batches, off the request's path.
//!
//! A request reserves its row's place in the queue before it starts, so an ending never finds the
//! queue full: back-pressure is felt at admission, and only when the database has been out for long.
//! A hard kill of the process loses at most the rows of the last [`INTERVAL`].

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
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

use crate::gauges::RecorderGauges;
use crate::live::Live;
use crate::snapshot::Snapshot;
use crate::watch::{Settled, Watcher};

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
    sender: mpsc::Sender<Settled>,
    progress: Arc<Progress>,
    closing: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Recorder {
    pub(crate) fn start(
        store: Store,
        live: Live,
        snapshot: Arc<ArcSwap<Snapshot>>,
        watchers: Vec<Arc<dyn Watcher>>,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        let closing = CancellationToken::new();
        let progress = Arc::new(Progress::default());
        let writer = Writer {
            store,
            live,
            snapshot,
            watchers,
            progress: Arc::clone(&progress),
            closing: closing.clone(),
        };
        #[expect(clippy::disallowed_methods, reason = "`close` waits for it")]
        let task = tokio::spawn(writer.run(receiver));
        Self {
            sender,
            progress,
            closing,
            task: Mutex::new(Some(task)),
        }
    }

    /// A place for one row. `None` when the queue stays full.
    pub(crate) async fn reserve(&self) -> Option<OwnedPermit<Settled>> {
        timeout(PATIENCE, self.sender.clone().reserve_owned())
            .await
            .ok()?
            .ok()
    }

    /// How far the writer is behind; `in_flight` places are taken by requests that have not ended.
    pub(crate) fn gauges(&self, in_flight: u32) -> RecorderGauges {
        let taken = self.sender.max_capacity() - self.sender.capacity();
        let queued = taken.saturating_sub(usize::try_from(in_flight).unwrap_or(usize::MAX));
        let since = *self.progress.since();
        RecorderGauges {
            waiting: queued + self.progress.in_hand.load(Ordering::Relaxed),
            lag: since.map_or(Duration::ZERO, |since| since.elapsed()),
            failures: self.progress.failures.load(Ordering::Relaxed),
        }
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

/// What the writer is doing, for whoever looks.
#[derive(Debug, Default)]
struct Progress {
    /// Rows it has taken and not written.
    in_hand: AtomicUsize,
    /// When it took the first of them.
    since: StdMutex<Option<Instant>>,
    failures: AtomicU64,
}

impl Progress {
    fn since(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Writer {
    store: Store,
    live: Live,
    snapshot: Arc<ArcSwap<Snapshot>>,
    watchers: Vec<Arc<dyn Watcher>>,
    progress: Arc<Progress>,
    closing: CancellationToken,
}

impl Writer {
    async fn run(self, mut receiver: mpsc::Receiver<Settled>) {
        let mut taken = Vec::with_capacity(LARGEST_BATCH);
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
            *self.progress.since() = Some(Instant::now());
            taken.push(first);
            self.fill(&mut taken, &mut receiver).await;
            self.progress.in_hand.store(taken.len(), Ordering::Relaxed);
            self.show(&taken);
            batch.extend(taken.drain(..).map(|settled| settled.record));
            self.write(&batch).await;
            written += batch.len() as u64;
            self.tell(&mut batch);
            self.progress.in_hand.store(0, Ordering::Relaxed);
            *self.progress.since() = None;
        }
        info!(rows = written, "wrote the last usage rows");
    }

    /// Adds what comes within the interval, up to a batch.
    async fn fill(&self, batch: &mut Vec<Settled>, receiver: &mut mpsc::Receiver<Settled>) {
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

    /// Before the rows are written: a database that is out must not hide what happens.
    fn show(&self, batch: &[Settled]) {
        for settled in batch {
            for watcher in &self.watchers {
                watcher.settled(settled);
            }
        }
    }

    /// Tries until the rows are in the database: they are not given up.
    async fn write(&self, batch: &[UsageRecord]) {
        let mut pause = Duration::from_millis(100);
        while let Err(failure) = self.store.usage().append(batch).await {
            self.progress.failures.fetch_add(1, Ordering::Relaxed);
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
