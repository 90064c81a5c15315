//! What the upstream answers: a status, headers, and a body told chunk by chunk.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;

/// The chunk that ends a stream of chat completions.
pub const DONE: &str = "data: [DONE]\n\n";

/// One scripted answer.
///
/// Made whole by [`Reply::json`], [`Reply::text`] or [`Reply::sse`], or begun by [`Reply::status`] and told step by step:
///
/// ```
/// # use std::time::Duration;
/// # use testkit::Reply;
/// Reply::status(200)
///     .header("content-type", "text/event-stream")
///     .chunk("data: {\"a\"")          // one write, here in the middle of a frame
///     .wait(Duration::from_millis(50))
///     .chunk(":1}\n\n")
///     .cut();                         // … and the connection breaks
/// ```
#[derive(Debug, Clone)]
pub struct Reply {
    pub(crate) head: Head,
    pub(crate) steps: VecDeque<Step>,
}

/// What comes before the body.
#[derive(Debug, Clone)]
pub(crate) enum Head {
    Answer {
        status: StatusCode,
        headers: HeaderMap,
        delay: Duration,
    },
    /// The connection closes without an answer.
    HangUp,
    /// The connection stays open and no answer ever comes.
    Silence,
}

/// One step of a body.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Chunk(Bytes),
    Wait(Duration),
    /// Nothing more is said; the connection stays open until the client closes it.
    Hang,
    /// The connection breaks in the middle of the body.
    Cut,
}

impl Reply {
    /// An answer with a status and, so far, no body.
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status).expect("a status between 100 and 999");
        let head = Head::Answer {
            status,
            headers: HeaderMap::new(),
            delay: Duration::ZERO,
        };
        Self {
            head,
            steps: VecDeque::new(),
        }
    }

    /// A whole JSON answer with its `content-length`, as plain servers send it.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write `json!({…})` here"
    )]
    pub fn json(status: u16, body: Value) -> Self {
        Self::whole(status, "application/json", Bytes::from(body.to_string()))
    }

    /// A whole answer of any other type: an error page, NDJSON, nonsense.
    pub fn text(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::whole(status, content_type, body.into())
    }

    /// A 200 event stream; every item is written as one chunk, wherever the events begin and end.
    pub fn sse<C: Into<Bytes>>(chunks: impl IntoIterator<Item = C>) -> Self {
        Self::status(200)
            .header(header::CONTENT_TYPE.as_str(), "text/event-stream")
            .chunks(chunks)
    }

    /// A 200 event stream with an `event:` line per event, named by its `type`: Anthropic and Responses.
    pub fn events(events: impl IntoIterator<Item = Value>) -> Self {
        Self::sse(events.into_iter().map(|event| self::event(&event)))
    }

    /// A 200 event stream of bare `data:` lines and `[DONE]`: chat completions.
    pub fn chat(chunks: impl IntoIterator<Item = Value>) -> Self {
        Self::sse(chunks.into_iter().map(|chunk| data(&chunk))).chunk(DONE)
    }

    /// The connection is closed before a single byte of an answer.
    pub fn hang_up() -> Self {
        Self {
            head: Head::HangUp,
            steps: VecDeque::new(),
        }
    }

    /// The request is read and never answered.
    pub fn silence() -> Self {
        Self {
            head: Head::Silence,
            steps: VecDeque::new(),
        }
    }

    /// Adds a header; one of the same name stays beside it, except `content-type`, which is replaced.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Head::Answer { headers, .. } = &mut self.head {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
            let value = HeaderValue::from_str(value).expect("a header value");
            if name == header::CONTENT_TYPE {
                headers.insert(name, value);
            } else {
                headers.append(name, value);
            }
        }
        self
    }

    /// Waits before the status line.
    #[must_use]
    pub fn delay(mut self, time: Duration) -> Self {
        if let Head::Answer { delay, .. } = &mut self.head {
            *delay = time;
        }
        self
    }

    /// Writes bytes and flushes them.
    #[must_use]
    pub fn chunk(self, bytes: impl Into<Bytes>) -> Self {
        self.step(Step::Chunk(bytes.into()))
    }

    /// Writes several chunks, each flushed by itself.
    #[must_use]
    pub fn chunks<C: Into<Bytes>>(mut self, chunks: impl IntoIterator<Item = C>) -> Self {
        self.steps
            .extend(chunks.into_iter().map(|chunk| Step::Chunk(chunk.into())));
        self
    }

    /// Waits before the next step.
    #[must_use]
    pub fn wait(self, time: Duration) -> Self {
        self.step(Step::Wait(time))
    }

    /// Says nothing more and keeps the connection open until the client closes it.
    #[must_use]
    pub fn hang(self) -> Self {
        self.step(Step::Hang)
    }

    /// Breaks the connection off here, in the middle of the body.
    #[must_use]
    pub fn cut(self) -> Self {
        self.step(Step::Cut)
    }

    fn whole(status: u16, content_type: &str, body: Bytes) -> Self {
        Self::status(status)
            .header(header::CONTENT_TYPE.as_str(), content_type)
            .header(header::CONTENT_LENGTH.as_str(), &body.len().to_string())
            .chunk(body)
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }
}

/// An event without a name: `data: {…}`.
pub fn data(value: &Value) -> String {
    format!("data: {value}\n\n")
}

/// An event named by its own `type`, as Anthropic and the Responses API do it.
pub fn event(value: &Value) -> String {
    let name = value
        .get("type")
        .and_then(Value::as_str)
        .expect("an event with a `type`");
    format!("event: {name}\ndata: {value}\n\n")
}
