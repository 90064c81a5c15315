//! Traces over OTLP/HTTP in protobuf: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>.
//!
//! A request and its tries become spans when the request has ended. They wait in a bounded queue for the
//! exporter; when it is full, spans are dropped and counted, and nothing else is touched by it.

mod config;
mod exporter;
mod otlp;
mod spans;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gateway::upstream::UpstreamConfig;
use gateway::watch::{Settled, Watcher};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::warn;

pub use crate::traces::config::{TracesConfig, headers, resource};
use crate::traces::exporter::Exporter;
use crate::traces::otlp::Span;
use crate::traces::spans::spans;

/// Requests that may wait for the collector.
const CAPACITY: usize = 2_048;
/// How long closing waits for the collector to take the last ones.
const LAST_CALL: Duration = Duration::from_secs(5);

/// What became of spans since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exported {
    pub sent: u64,
    /// The queue was full, or the collector did not take them.
    pub dropped: u64,
}

/// Why the exporter cannot start.
#[derive(Debug, thiserror::Error)]
#[error("could not prepare the connection to the collector of traces: {0}")]
pub struct CollectorError(#[from] reqwest::Error);

#[derive(Debug)]
pub struct Traces {
    sender: mpsc::Sender<Vec<Span>>,
    counts: Arc<Counts>,
    closing: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    dropped: AtomicU64,
}

impl Traces {
    /// Starts the exporter. The collector need not be there yet.
    pub fn start(config: TracesConfig, upstream: &UpstreamConfig) -> Result<Self, CollectorError> {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        let (counts, closing) = (Arc::new(Counts::default()), CancellationToken::new());
        let client = upstream.client()?.timeout(config.timeout).build()?;
        let exporter = Exporter::new(config, client, Arc::clone(&counts), closing.clone());
        #[expect(clippy::disallowed_methods, reason = "`close` waits for it")]
        let task = tokio::spawn(exporter.run(receiver));
        Ok(Self {
            sender,
            counts,
            closing,
            task: Mutex::new(Some(task)),
        })
    }

    #[must_use]
    pub fn exported(&self) -> Exported {
        Exported {
            sent: self.counts.sent.load(Ordering::Relaxed),
            dropped: self.counts.dropped.load(Ordering::Relaxed),
        }
    }

    /// Sends what waits and ends. Call it when no request can end any more.
    pub async fn close(&self) {
        self.closing.cancel();
        let Some(mut task) = self.task.lock().await.take() else {
            return;
        };
        if timeout(LAST_CALL, &mut task).await.is_err() {
            task.abort();
            warn!("gave up on the last spans: the collector did not take them in time");
        }
    }
}

impl Watcher for Traces {
    fn settled(&self, settled: &Settled) {
        // As parent-based samplers do: whoever began the trace decides whether it is kept.
        if settled.parent.is_some_and(|parent| !parent.is_sampled) {
            return;
        }
        let spans = spans(settled, rand::random);
        let count = spans.len();
        if self.sender.try_send(spans).is_err() {
            self.counts.lose(count);
        }
    }
}

impl Counts {
    fn lose(&self, spans: usize) {
        let spans = u64::try_from(spans).unwrap_or(u64::MAX);
        self.dropped.fetch_add(spans, Ordering::Relaxed);
    }

    fn send(&self, spans: usize) {
        let spans = u64::try_from(spans).unwrap_or(u64::MAX);
        self.sent.fetch_add(spans, Ordering::Relaxed);
    }
}
