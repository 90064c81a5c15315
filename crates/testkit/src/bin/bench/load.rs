//! The requests, the upstream that answers them, and one round of asking.

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};
use testkit::{DONE, Reply, Upstream, data};
use tokio::task::JoinSet;

use crate::http_client::Connection;
use crate::stats::Stats;

const PATH: &str = "/v1/chat/completions";
const EVENTS: usize = 200;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Small,
    Large,
    Stream,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Small, Self::Large, Self::Stream];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Small => "chat, 2 KB",
            Self::Large => "chat, 80 KB",
            Self::Stream => "stream, 200 events",
        }
    }

    fn body(self, model: &str) -> Bytes {
        let (size, is_stream) = match self {
            Self::Small => (2_000, false),
            Self::Large => (80_000, false),
            Self::Stream => (2_000, true),
        };
        let text = "All work and no play makes a dull benchmark. ".repeat(size / 45);
        let body = json!({
            "model": model,
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}],
            "temperature": 0.2,
            "stream": is_stream,
        });
        Bytes::from(body.to_string())
    }
}

/// The model whose context is always too short: a router goes on to the next one, and rests nobody.
pub(crate) const TOO_SHORT: &str = "too-short";

/// Whom to ask, and how to name the model there.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: String,
    pub(crate) model: &'static str,
    pub(crate) key: String,
}

/// One round ends when either is used up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) time: Duration,
    pub(crate) requests: usize,
}

/// An upstream that answers at once: what is measured is not its doing.
pub(crate) async fn upstream() -> Upstream {
    let upstream = Upstream::start().await;
    let whole = Reply::json(200, completion());
    let stream = Reply::sse(chunks().map(|chunk| data(&chunk))).chunk(DONE);
    let too_short = Reply::json(
        400,
        json!({ "error": { "message": "prompt is too long", "type": "invalid_request_error", "code": "context_length_exceeded" } }),
    );
    upstream.forget_requests().on(PATH, move |request| {
        let is_stream = request.body.ends_with(b"\"stream\":true}")
            || request.json().get("stream") == Some(&json!(true));
        if request.text().contains(TOO_SHORT) {
            too_short.clone()
        } else if is_stream {
            stream.clone()
        } else {
            whole.clone()
        }
    });
    upstream
}

/// Asks from `concurrency` connections at once until the budget is used up.
pub(crate) async fn round(
    target: &Target,
    kind: Kind,
    concurrency: usize,
    budget: Budget,
) -> Stats {
    let body = kind.body(target.model);
    let authorization = format!("Bearer {}", target.key);
    let share = budget.requests.div_ceil(concurrency);
    let mut connections = Vec::new();
    for _ in 0..concurrency {
        connections.push(Connection::open(&target.address).await);
    }

    let began = Instant::now();
    let mut askers = JoinSet::new();
    for mut connection in connections {
        let (body, authorization) = (body.clone(), authorization.clone());
        askers.spawn(async move {
            let mut latencies = Vec::new();
            while latencies.len() < share && began.elapsed() < budget.time {
                let asked = Instant::now();
                let answer = connection
                    .post(PATH, &[("authorization", &authorization)], body.clone())
                    .await;
                latencies.push(asked.elapsed());
                let text = String::from_utf8_lossy(&answer.body);
                assert!(
                    answer.status.is_success(),
                    "expected a 2xx, got {}: {text}",
                    answer.status
                );
                assert!(
                    matches!(kind, Kind::Small | Kind::Large) || text.ends_with(DONE),
                    "a stream without its end"
                );
            }
            latencies
        });
    }
    let latencies = askers.join_all().await.into_iter().flatten().collect();
    Stats {
        latencies,
        time: began.elapsed(),
    }
}

fn completion() -> Value {
    json!({
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "model",
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": "Quite so. ".repeat(40), "refusal": null},
            "logprobs": null,
            "finish_reason": "stop",
        }],
        "usage": usage(),
    })
}

fn chunks() -> impl Iterator<Item = Value> {
    let chunk = |choices: Value, usage: Value| {
        json!({
            "id": "chatcmpl-bench",
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": "model",
            "choices": choices,
            "usage": usage,
        })
    };
    let word = move |_| {
        let choices = json!([{"index": 0, "delta": {"content": "word "}, "logprobs": null, "finish_reason": null}]);
        chunk(choices, Value::Null)
    };
    let end = chunk(
        json!([{"index": 0, "delta": {}, "logprobs": null, "finish_reason": "stop"}]),
        Value::Null,
    );
    (0..EVENTS - 2)
        .map(word)
        .chain([end, chunk(json!([]), usage())])
}

fn usage() -> Value {
    json!({"prompt_tokens": 500, "completion_tokens": 200, "total_tokens": 700})
}
