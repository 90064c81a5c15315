//! How a stream of bytes is cut into frames, before anybody asks what a frame says.
//!
//! Framings know nothing of formats.

pub mod event_stream;
pub mod ndjson;
pub mod sse;

use crate::framing::event_stream::EventStreamParser;
use crate::framing::ndjson::NdjsonParser;
use crate::framing::sse::SseParser;

/// One frame; bytes, because nothing promises that they are text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// SSE: the `event:` field. AWS event stream: `:event-type`, or `:exception-type` behind `exception:`.
    /// Empty if there was none.
    pub event: Vec<u8>,
    /// SSE: the `data:` lines, joined by LF. NDJSON: the line. AWS: the payload.
    pub data: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    Sse,
    Ndjson,
    EventStream,
}

/// A push parser of any framing: [`feed`](Self::feed), then take frames until there are none.
#[derive(Debug)]
pub enum Parser {
    Sse(SseParser),
    Ndjson(NdjsonParser),
    EventStream(EventStreamParser),
}

impl Parser {
    pub fn new(framing: Framing) -> Self {
        match framing {
            Framing::Sse => Self::Sse(SseParser::new()),
            Framing::Ndjson => Self::Ndjson(NdjsonParser::new()),
            Framing::EventStream => Self::EventStream(EventStreamParser::new()),
        }
    }

    pub fn feed(&mut self, chunk: &[u8]) {
        match self {
            Self::Sse(parser) => parser.feed(chunk),
            Self::Ndjson(parser) => parser.feed(chunk),
            Self::EventStream(parser) => parser.feed(chunk),
        }
    }

    pub fn next_frame(&mut self) -> Option<Frame> {
        match self {
            Self::Sse(parser) => parser.next_event(),
            Self::Ndjson(parser) => parser.next_frame(),
            Self::EventStream(parser) => parser.next_frame(),
        }
    }

    /// The stream has ended: what is still open counts as complete where the framing allows it.
    pub fn finish(&mut self) {
        match self {
            Self::Sse(parser) => parser.finish(),
            Self::Ndjson(parser) => parser.finish(),
            Self::EventStream(parser) => parser.finish(),
        }
    }

    /// Why nothing more will be read, once something could not be.
    pub fn failure(&self) -> Option<&'static str> {
        match self {
            Self::Sse(parser) => parser.is_overflowed().then_some("an event was too large"),
            Self::Ndjson(parser) => parser.is_overflowed().then_some("a line was too long"),
            Self::EventStream(parser) => parser.failure(),
        }
    }
}
