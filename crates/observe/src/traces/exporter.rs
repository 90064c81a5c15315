//! Sends spans in batches, in a task of its own.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use prost::Message as _;
use reqwest::Client;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::traces::Counts;
use crate::traces::config::TracesConfig;
use crate::traces::otlp::{
    ExportRequest, ExportResponse, KeyValue, Resource, ResourceSpans, Scope, ScopeSpans, Span,
};
use crate::traces::spans::SCHEMA_URL;

/// Requests whose spans go together at most.
const LARGEST_BATCH: usize = 256;
const TRIES: u32 = 4;
/// However long the collector asks to be left alone.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

pub(super) struct Exporter {
    config: TracesConfig,
    client: Client,
    counts: Arc<Counts>,
    closing: CancellationToken,
    /// The last batch was not taken; said once, not with every batch.
    is_failing: bool,
}

/// Why the collector did not take a batch.
enum NotTaken {
    /// It may take it later, after a while that it may name.
    Later(Option<Duration>, String),
    Never(String),
}

impl Exporter {
    pub(super) fn new(
        config: TracesConfig,
        client: Client,
        counts: Arc<Counts>,
        closing: CancellationToken,
    ) -> Self {
        Self {
            config,
            client,
            counts,
            closing,
            is_failing: false,
        }
    }

    pub(super) async fn run(mut self, mut receiver: mpsc::Receiver<Vec<Span>>) {
        let mut waiting = Vec::with_capacity(LARGEST_BATCH);
        loop {
            tokio::select! {
                count = receiver.recv_many(&mut waiting, LARGEST_BATCH) => {
                    if count == 0 { break; }
                }
                () = self.closing.cancelled(), if !receiver.is_closed() => {
                    receiver.close();
                    continue;
                }
            }
            self.fill(&mut waiting, &mut receiver).await;
            self.export(waiting.drain(..).flatten().collect()).await;
        }
    }

    /// Adds what comes within the delay, up to a batch.
    async fn fill(&self, waiting: &mut Vec<Vec<Span>>, receiver: &mut mpsc::Receiver<Vec<Span>>) {
        let deadline = Instant::now() + self.config.delay;
        while waiting.len() < LARGEST_BATCH {
            let room = LARGEST_BATCH - waiting.len();
            tokio::select! {
                received = timeout_at(deadline, receiver.recv_many(waiting, room)) => {
                    if !matches!(received, Ok(1..)) { break; }
                }
                () = self.closing.cancelled() => break,
            }
        }
    }

    /// Tries a few times. What is not taken then is dropped: spans must not pile up.
    async fn export(&mut self, spans: Vec<Span>) {
        let count = spans.len();
        let body = Bytes::from(self.message(spans).encode_to_vec());
        let mut pause = Duration::from_secs(1);
        for tries_left in (0..TRIES).rev() {
            match self.send(body.clone()).await {
                Ok(rejected) => {
                    let rejected = rejected.min(count);
                    self.counts.send(count - rejected);
                    self.counts.lose(rejected);
                    if std::mem::take(&mut self.is_failing) {
                        info!("the collector takes spans again");
                    }
                    return;
                }
                Err(NotTaken::Later(wish, reason)) if tries_left > 0 => {
                    self.complain(&reason);
                    let length = wish.unwrap_or(pause).min(LONGEST_PAUSE);
                    tokio::select! {
                        () = sleep(length) => {}
                        // Once more at once, since there is no later.
                        () = self.closing.cancelled() => {}
                    }
                    pause *= 2;
                }
                Err(NotTaken::Later(_, reason) | NotTaken::Never(reason)) => {
                    self.complain(&reason);
                    break;
                }
            }
        }
        self.counts.lose(count);
    }

    fn complain(&mut self, reason: &str) {
        if !self.is_failing {
            warn!("the collector does not take spans: {reason}");
        }
        self.is_failing = true;
    }

    /// How many of the spans the collector rejected, of a batch that it took.
    async fn send(&self, body: Bytes) -> Result<usize, NotTaken> {
        let sent = self
            .client
            .post(self.config.url.clone())
            .headers(self.config.headers.clone())
            .header(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/x-protobuf"),
            )
            .body(body)
            .send()
            .await;
        // The address may carry a token.
        let response = sent.map_err(|error| NotTaken::Later(None, reason(error)))?;
        let status = response.status();
        if status.is_success() {
            let said = response.bytes().await.unwrap_or_default();
            let partial = ExportResponse::decode(said)
                .ok()
                .and_then(|response| response.partial_success);
            let rejected = partial.map_or(0, |partial| partial.rejected_spans);
            return Ok(usize::try_from(rejected).unwrap_or(0));
        }
        let reason = format!("it answered {status}");
        // <https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes>
        let is_for_later = matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        );
        if !is_for_later {
            return Err(NotTaken::Never(reason));
        }
        let wish = response
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.parse().ok())
            .map(Duration::from_secs);
        Err(NotTaken::Later(wish, reason))
    }

    fn message(&self, spans: Vec<Span>) -> ExportRequest {
        let attributes = self.config.resource.iter();
        ExportRequest {
            resource_spans: vec![ResourceSpans {
                resource: Some(Resource {
                    attributes: attributes
                        .map(|(name, value)| KeyValue::new(name, value.as_str()))
                        .collect(),
                }),
                scope_spans: vec![ScopeSpans {
                    scope: Some(Scope {
                        name: "ninerouter".to_owned(),
                        version: env!("CARGO_PKG_VERSION").to_owned(),
                    }),
                    spans,
                    schema_url: SCHEMA_URL.to_owned(),
                }],
                schema_url: SCHEMA_URL.to_owned(),
            }],
        }
    }
}

/// The innermost cause, which is the one that says something.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
