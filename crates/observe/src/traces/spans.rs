//! From a settled request to spans: one for the request, and one under it for each try of an account.
//!
//! Attributes follow the conventions for generative AI, version 1.41.0:
//! <https://github.com/open-telemetry/semantic-conventions/blob/v1.41.0/docs/gen-ai/gen-ai-spans.md>,
//! and those for HTTP. What they have no name for is under `ninerouter.`.
//!
//! Tokens and cost stand on the request alone: on the try as well, whoever adds them up would count them twice.
//! Messages of errors are left out, since an upstream may repeat the prompt in one.

use api::usage::Outcome;
use bytes::Bytes;
use gateway::watch::Settled;
use store::records::{AttemptRecord, UsageRecord, UsageSource};

use crate::traces::otlp::{KeyValue, Span, SpanKind, Status, StatusCode, Value};

/// The conventions that the attributes follow.
pub(super) const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.41.0";
/// Longer names are no models'.
const LONGEST_NAME: usize = 256;
/// `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK`: what the next bit says is known.
const REMOTE_IS_KNOWN: u32 = 0x100;
/// `SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK`: the parent is in another program.
const IS_REMOTE: u32 = 0x200;
const SAMPLED: u32 = 1;

/// `random` makes ids; zero is none.
pub(super) fn spans(settled: &Settled, random: impl Fn() -> u128) -> Vec<Span> {
    let record = &settled.record;
    let span_id = || {
        let number = random().to_be_bytes();
        Bytes::copy_from_slice(number.last_chunk::<8>().unwrap_or(&[1; 8]))
    };
    let trace_id = match settled.parent {
        Some(parent) => Bytes::copy_from_slice(&parent.trace_id),
        None => Bytes::copy_from_slice(&random().to_be_bytes()),
    };
    let operation = operation(record.endpoint.as_deref());
    let root = span_id();
    let start = nanos(record, 0);
    let mut spans = Vec::with_capacity(1 + record.attempts.len());
    spans.push(Span {
        trace_id: trace_id.clone(),
        span_id: root.clone(),
        parent_span_id: settled
            .parent
            .map_or_else(Bytes::new, |parent| Bytes::copy_from_slice(&parent.span_id)),
        // A name that reached nobody may be anything a client wrote.
        name: match (&record.model_requested, record.attempts.is_empty()) {
            (Some(model), false) => format!("{operation} {}", short(model)),
            _ => operation.to_owned(),
        },
        kind: SpanKind::Server.into(),
        start,
        end: nanos(record, record.duration_ms),
        attributes: of_request(record, operation),
        status: Some(status(matches!(
            record.outcome,
            Outcome::UpstreamError | Outcome::Internal
        ))),
        flags: SAMPLED
            | REMOTE_IS_KNOWN
            | if settled.parent.is_some() {
                IS_REMOTE
            } else {
                0
            },
    });
    for (place, attempt) in record.attempts.iter().enumerate() {
        let end = attempt.started_ms.saturating_add(attempt.duration_ms);
        spans.push(Span {
            trace_id: trace_id.clone(),
            span_id: span_id(),
            parent_span_id: root.clone(),
            name: format!("{operation} {}", short(&attempt.model)),
            kind: SpanKind::Client.into(),
            start: nanos(record, attempt.started_ms),
            end: nanos(record, end),
            attributes: of_attempt(attempt, place, operation),
            status: Some(status(!matches!(
                attempt.outcome,
                Outcome::Ok | Outcome::ClientGone
            ))),
            flags: SAMPLED | REMOTE_IS_KNOWN,
        });
    }
    spans
}

fn of_request(record: &UsageRecord, operation: &str) -> Vec<KeyValue> {
    let mut list = Attributes(vec![
        KeyValue::new("gen_ai.operation.name", operation),
        KeyValue::new("http.request.method", "POST"),
        KeyValue::new("http.response.status_code", record.status),
        KeyValue::new("ninerouter.request.id", record.id.as_str()),
        KeyValue::new("ninerouter.outcome", record.outcome.as_str()),
        KeyValue::new("ninerouter.attempts", count(record.attempts.len())),
        KeyValue::new("ninerouter.fallback", record.attempts.len() > 1),
        KeyValue::new("ninerouter.notes", count(record.notes.len())),
    ]);
    list.add("http.route", record.endpoint.as_deref());
    if let Some(provider) = &record.provider {
        list.provider(provider.as_str());
    }
    list.add(
        "gen_ai.request.model",
        record.model_requested.as_deref().map(short),
    );
    list.add(
        "gen_ai.response.model",
        record.model_served.as_deref().map(short),
    );
    list.add("gen_ai.request.stream", record.is_stream.then_some(true));
    list.first_chunk(record.ttft_ms);
    if record.usage_source != UsageSource::None {
        let tokens = record.tokens;
        for (key, count) in [
            // Here the conventions' input is all of it, what caches hold included.
            (
                "gen_ai.usage.input_tokens",
                tokens.input + tokens.cache_read + tokens.cache_write,
            ),
            ("gen_ai.usage.output_tokens", tokens.output),
            ("gen_ai.usage.cache_read.input_tokens", tokens.cache_read),
            (
                "gen_ai.usage.cache_creation.input_tokens",
                tokens.cache_write,
            ),
            ("gen_ai.usage.reasoning.output_tokens", tokens.reasoning),
        ] {
            list.add(key, Some(count));
        }
        let is_estimate = record.usage_source == UsageSource::Estimated;
        list.add("ninerouter.usage.is_estimate", Some(is_estimate));
    }
    list.add("ninerouter.cost.microdollars", record.cost_micros);
    let is_flat_rate = record.cost_micros.map(|_| record.is_flat_rate);
    list.add("ninerouter.cost.is_flat_rate", is_flat_rate);
    if record.outcome != Outcome::Ok {
        let failure = record
            .attempts
            .last()
            .and_then(|last| last.failure.as_deref());
        let kind = failure.unwrap_or(record.outcome.as_str());
        list.add("error.type", Some(kind));
    }
    list.0
}

fn of_attempt(attempt: &AttemptRecord, place: usize, operation: &str) -> Vec<KeyValue> {
    let mut list = Attributes(vec![
        KeyValue::new("gen_ai.operation.name", operation),
        KeyValue::new("gen_ai.request.model", short(&attempt.model)),
        KeyValue::new("ninerouter.attempt", count(place + 1)),
        KeyValue::new("ninerouter.account.id", attempt.connection_id.as_str()),
        KeyValue::new("ninerouter.outcome", attempt.outcome.as_str()),
    ]);
    list.provider(attempt.provider.as_str());
    list.add("http.response.status_code", attempt.status);
    list.first_chunk(attempt.ttft_ms);
    if attempt.outcome != Outcome::Ok {
        let kind = attempt.failure.as_deref();
        list.add("error.type", Some(kind.unwrap_or(attempt.outcome.as_str())));
    }
    list.0
}

struct Attributes(Vec<KeyValue>);

impl Attributes {
    fn add(&mut self, key: &str, value: Option<impl Into<Value>>) {
        self.0.extend(value.map(|value| KeyValue::new(key, value)));
    }

    fn provider(&mut self, id: &str) {
        self.add("gen_ai.provider.name", Some(provider_name(id)));
        self.add("ninerouter.provider.id", Some(id));
    }

    fn first_chunk(&mut self, millis: Option<u32>) {
        let seconds = millis.map(|millis| f64::from(millis) / 1_000.0);
        self.add("gen_ai.response.time_to_first_chunk", seconds);
    }
}

/// The conventions' name for what a surface does; for counting tokens they have none.
fn operation(endpoint: Option<&str>) -> &'static str {
    match endpoint {
        Some("/v1/embeddings") => "embeddings",
        Some("/v1beta/models") => "generate_content",
        Some(path) if path.ends_with("count_tokens") || path.ends_with("countTokens") => {
            "count_tokens"
        }
        Some("/v1/responses/input_tokens") => "count_tokens",
        _ => "chat",
    }
}

/// The conventions' name for a provider of the catalogue, or else its own id.
fn provider_name(id: &str) -> &str {
    match id {
        "claude" => "anthropic",
        "codex" => "openai",
        "gemini" => "gcp.gemini",
        "gemini-cli" | "antigravity" => "gcp.gen_ai",
        "vertex" | "vertex-partner" => "gcp.vertex_ai",
        "mistral" => "mistral_ai",
        "xai" => "x_ai",
        other => other,
    }
}

fn status(is_error: bool) -> Status {
    let code = if is_error {
        StatusCode::Error
    } else {
        StatusCode::Unset
    };
    Status { code: code.into() }
}

fn short(name: &str) -> &str {
    let end = name.char_indices().nth(LONGEST_NAME);
    end.and_then(|(end, _)| name.get(..end)).unwrap_or(name)
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Nanoseconds since 1970, `after_ms` after the request came.
fn nanos(record: &UsageRecord, after_ms: u32) -> u64 {
    let came = record.at.timestamp_nanos_opt().unwrap_or_default();
    u64::try_from(came).unwrap_or_default() + u64::from(after_ms) * 1_000_000
}

#[cfg(test)]
mod tests;
