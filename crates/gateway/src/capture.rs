//! Whole requests and answers, kept for debugging while somebody asks for it.
//!
//! Off, it costs a request one atomic load. On, it copies up to a limit and never waits: what finds no room in
//! the queue is dropped, and the request is marked as dropped. Secrets are masked before anything is written.

mod tape;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::log::CaptureSettings;
use chrono::Utc;
use store::Store;
use store::captures::CaptureRecord;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

pub(crate) use self::tape::{Side, Tape};

/// Finished requests that wait to be written.
const QUEUE: usize = 64;
/// Marks of dropped requests that wait to be written; beyond that the marks are dropped as well.
const MOST_MARKS: usize = 1_000;
const SWEEP: Duration = Duration::from_secs(60);
const LAST_CALL: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub(crate) struct Capture {
    inner: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    is_on: AtomicBool,
    stage_bytes: AtomicU32,
    total_bytes: AtomicU64,
    hours: AtomicU32,
    sender: mpsc::Sender<tape::Reel>,
    dropped: Mutex<Vec<CaptureRecord>>,
    closing: CancellationToken,
    task: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Capture {
    pub(crate) fn start(store: Store, settings: CaptureSettings) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let inner = Arc::new(Shared {
            is_on: AtomicBool::new(false),
            stage_bytes: AtomicU32::new(0),
            total_bytes: AtomicU64::new(0),
            hours: AtomicU32::new(0),
            sender,
            dropped: Mutex::default(),
            closing: CancellationToken::new(),
            task: tokio::sync::Mutex::default(),
        });
        let capture = Self { inner };
        capture.set(settings);
        let writer = Writer {
            store,
            capture: capture.clone(),
        };
        #[expect(clippy::disallowed_methods, reason = "`close` waits for it")]
        let task = tokio::spawn(writer.run(receiver));
        if let Ok(mut held) = capture.inner.task.try_lock() {
            *held = Some(task);
        }
        capture
    }

    /// What holds for requests from now on.
    pub(crate) fn set(&self, settings: CaptureSettings) {
        let shared = &self.inner;
        shared
            .stage_bytes
            .store(settings.stage_kib.saturating_mul(1024), Ordering::Relaxed);
        let total = u64::from(settings.total_mib) * 1024 * 1024;
        shared.total_bytes.store(total, Ordering::Relaxed);
        shared.hours.store(settings.hours, Ordering::Relaxed);
        shared.is_on.store(settings.is_on, Ordering::Relaxed);
    }

    /// A tape for one request, while they are kept.
    pub(crate) fn tape(&self) -> Option<Tape> {
        if !self.inner.is_on.load(Ordering::Relaxed) {
            return None;
        }
        let limit = self.inner.stage_bytes.load(Ordering::Relaxed);
        Some(Tape::new(self.clone(), limit as usize))
    }

    fn take(&self, reel: tape::Reel) {
        if !reel.has_begun() {
            return;
        }
        let Err(refused) = self.inner.sender.try_send(reel) else {
            return;
        };
        let reel = match refused {
            mpsc::error::TrySendError::Full(reel) | mpsc::error::TrySendError::Closed(reel) => reel,
        };
        let Some(mark) = reel.mark() else { return };
        let mut dropped = self.marks();
        if dropped.len() < MOST_MARKS {
            dropped.push(mark);
        }
    }

    fn marks(&self) -> std::sync::MutexGuard<'_, Vec<CaptureRecord>> {
        self.inner
            .dropped
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn close(&self) {
        self.inner.closing.cancel();
        let Some(mut task) = self.inner.task.lock().await.take() else {
            return;
        };
        if timeout(LAST_CALL, &mut task).await.is_err() {
            task.abort();
            error!("gave up on writing the last captured requests");
        }
    }
}

struct Writer {
    store: Store,
    capture: Capture,
}

impl Writer {
    async fn run(self, mut receiver: mpsc::Receiver<tape::Reel>) {
        let closing = self.capture.inner.closing.clone();
        let mut sweeps = interval(SWEEP);
        let mut swept = Instant::now();
        loop {
            tokio::select! {
                reel = receiver.recv() => {
                    let Some(reel) = reel else { break };
                    self.write(reel).await;
                    // A burst must not outgrow the limit by much.
                    if swept.elapsed() > Duration::from_secs(5) {
                        swept = Instant::now();
                        self.sweep().await;
                    }
                }
                _ = sweeps.tick() => {
                    swept = Instant::now();
                    self.sweep().await;
                }
                () = closing.cancelled() => {
                    receiver.close();
                    while let Some(reel) = receiver.recv().await {
                        self.write(reel).await;
                    }
                    break;
                }
            }
        }
    }

    /// Nothing is tried again: it is no more than a help for debugging.
    async fn write(&self, reel: tape::Reel) {
        let mut records = std::mem::take(&mut *self.capture.marks());
        // Masking reads megabytes: not on a thread that others wait for.
        match tokio::task::spawn_blocking(move || reel.develop()).await {
            Ok(Some(record)) => records.push(record),
            Ok(None) => {}
            Err(error) => warn!(%error, "could not prepare a captured request"),
        }
        if let Err(error) = self.store.captures().append(&records).await {
            warn!(%error, "could not keep a captured request");
        }
    }

    async fn sweep(&self) {
        let shared = &self.capture.inner;
        let hours = shared.hours.load(Ordering::Relaxed);
        let bytes = shared.total_bytes.load(Ordering::Relaxed);
        let before = Utc::now() - chrono::Duration::hours(hours.into());
        if let Err(error) = self.store.captures().trim(before, bytes).await {
            warn!(%error, "could not forget old captured requests");
        }
        let marks = std::mem::take(&mut *self.capture.marks());
        if !marks.is_empty()
            && let Err(error) = self.store.captures().append(&marks).await
        {
            warn!(%error, "could not mark requests that were not kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody writes, and there is room for one.
    fn stuck() -> (Capture, mpsc::Receiver<tape::Reel>) {
        let (sender, receiver) = mpsc::channel(1);
        let inner = Shared {
            is_on: AtomicBool::new(false),
            stage_bytes: AtomicU32::new(0),
            total_bytes: AtomicU64::new(0),
            hours: AtomicU32::new(0),
            sender,
            dropped: Mutex::default(),
            closing: CancellationToken::new(),
            task: tokio::sync::Mutex::default(),
        };
        let capture = Capture {
            inner: Arc::new(inner),
        };
        (capture, receiver)
    }

    fn on() -> CaptureSettings {
        CaptureSettings {
            is_on: true,
            ..CaptureSettings::default()
        }
    }

    #[test]
    fn there_is_no_tape_while_nobody_asks_for_one() {
        let (capture, _receiver) = stuck();
        assert!(capture.tape().is_none());
        capture.set(on());
        assert!(capture.tape().is_some());
    }

    #[test]
    fn what_finds_no_room_is_marked_and_does_not_wait() {
        let (capture, mut receiver) = stuck();
        capture.set(on());
        for id in ["first", "second", "third"] {
            let tape = capture.tape().expect("a tape");
            tape.begin(id, Utc::now(), None);
        }
        // One that was turned away before it began leaves nothing.
        drop(capture.tape());
        let marks: Vec<_> = capture
            .marks()
            .iter()
            .map(|mark| (mark.request_id.to_string(), mark.is_dropped))
            .collect();
        assert_eq!(
            marks,
            [("second".to_owned(), true), ("third".to_owned(), true)]
        );
        let kept = receiver.try_recv().expect("the first").develop();
        assert_eq!(kept.expect("a record").request_id.as_str(), "first");
    }
}
