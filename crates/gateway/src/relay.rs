//! The upstream's body on its way to the client: untouched, while a tap reads along.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use api::log::Stage;
use api::usage::Outcome;
use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use tokio_util::sync::WaitForCancellationFutureOwned;
use wire::error::encode_stream_error;
use wire::format::Format;
use wire::tap::Tap;

use crate::capture::{Side, Tape};
use crate::error::told;
use crate::meter::{Ending, Meter};
use crate::silence::Silence;
use crate::translated::Translated;

/// What reading a body can fail with.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error("the upstream broke off: {0}")]
    Upstream(String),
    #[error("the router is shutting down")]
    ShuttingDown,
}

/// A response's body. Dropping it settles the request's accounting.
#[derive(Debug)]
pub struct ClientBody {
    kind: Kind,
    /// What passes here is kept.
    tape: Option<Tape>,
}

const CLIENT_RESPONSE: Side = Side {
    stage: Stage::ClientResponse,
    attempt: 0,
};

#[derive(Debug)]
enum Kind {
    /// Our own words, already accounted for.
    Full(Full<Bytes>),
    Relay(Box<Relay>),
    Translated(Box<Translated>),
}

pub(crate) struct Relay {
    pub(crate) upstream: reqwest::Body,
    /// What was read before the answer was passed on; the tap has seen it.
    pub(crate) held: VecDeque<Bytes>,
    /// `None` for an upstream's error, whose words are already read.
    pub(crate) tap: Option<Tap>,
    /// An event stream of this format: if it breaks off, an error in the format ends it.
    pub(crate) format: Option<Format>,
    pub(crate) meter: Meter,
    /// The upstream's status, which is also the client's.
    pub(crate) status: u16,
    pub(crate) ending: Pin<Box<WaitForCancellationFutureOwned>>,
    pub(crate) expected: Option<u64>,
    pub(crate) relayed: u64,
    pub(crate) is_over: bool,
    /// What was passed on last ends in a line feed, or nothing was.
    pub(crate) ends_a_line: bool,
    pub(crate) silence: Silence,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl ClientBody {
    #[must_use]
    pub fn full(bytes: Bytes) -> Self {
        Self::of(Kind::Full(Full::new(bytes)))
    }

    pub(crate) fn relay(relay: Relay) -> Self {
        Self::of(Kind::Relay(Box::new(relay)))
    }

    pub(crate) fn translated(translated: Translated) -> Self {
        Self::of(Kind::Translated(Box::new(translated)))
    }

    fn of(kind: Kind) -> Self {
        Self { kind, tape: None }
    }

    /// Keeps what the client is told.
    pub(crate) fn kept(mut response: Response<Self>, tape: Option<Tape>) -> Response<Self> {
        if let Some(tape) = tape {
            let line = format!("HTTP {}", response.status().as_u16());
            tape.head(CLIENT_RESPONSE, line, response.headers());
            response.body_mut().tape = Some(tape);
        }
        response
    }
}

impl Relay {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, RelayError>>> {
        if self.ending.as_mut().poll(cx).is_ready() {
            self.broke_off("the router was stopped while it relayed the answer".to_owned());
            return Poll::Ready(Some(Err(RelayError::ShuttingDown)));
        }
        if let Some(chunk) = self.held.pop_front() {
            self.meter.first_byte();
            self.relayed += chunk.len() as u64;
            self.ends_a_line = chunk.ends_with(b"\n");
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        if self.is_over {
            return Poll::Ready(None);
        }
        let polled = Pin::new(&mut self.upstream).poll_frame(cx);
        let Poll::Ready(read) = polled else {
            std::task::ready!(self.silence.poll(cx));
            return Poll::Ready(Some(self.lost(self.silence.words())));
        };
        match read {
            Some(Ok(frame)) => {
                self.silence.broken();
                if let Some(chunk) = frame.data_ref() {
                    self.meter.first_byte();
                    self.relayed += chunk.len() as u64;
                    self.ends_a_line = chunk.ends_with(b"\n");
                    self.meter.upstream_body(chunk);
                    if let Some(tap) = &mut self.tap {
                        tap.observe(chunk);
                    }
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => Poll::Ready(Some(self.lost(crate::upstream::reason(error)))),
            None => {
                self.is_over = true;
                Poll::Ready(
                    self.ended()
                        .and_then(|error| self.last_words(&error))
                        .map(Ok),
                )
            }
        }
    }

    /// The upstream will not say the rest.
    fn lost(&mut self, reason: String) -> Result<Frame<Bytes>, RelayError> {
        self.is_over = true;
        let error = format!("the upstream broke off: {reason}");
        self.broke_off(error.clone());
        self.last_words(&error).ok_or(RelayError::Upstream(reason))
    }

    /// The event that ends a broken stream, since clients take the mere end of one for success.
    fn last_words(&self, error: &str) -> Option<Frame<Bytes>> {
        let format = self.format?;
        let event = encode_stream_error(format, &told(502, error));
        // Whatever was cut must not swallow it; but a blank line breaks readers of lines.
        let before: &[u8] = match format {
            Format::Ollama if self.ends_a_line => b"",
            Format::Ollama => b"\n",
            Format::OpenaiChat | Format::OpenaiResponses | Format::Anthropic | Format::Gemini => {
                b"\n\n"
            }
        };
        Some(Frame::data([before, &event[..]].concat().into()))
    }

    fn broke_off(&mut self, error: String) {
        if let Some(tap) = self.tap.take() {
            self.meter.observed(&tap.finish());
        }
        self.meter.settle(Ending {
            outcome: Outcome::UpstreamError,
            status: self.status,
            error: Some(error),
        });
    }

    /// The upstream has sent everything it meant to. Says what is missing, if it did not say so itself.
    fn ended(&mut self) -> Option<String> {
        let tap = self.tap.take()?;
        let observed = tap.finish();
        self.meter.observed(&observed);
        let (outcome, error) = match &observed.error {
            Some(error) => (Outcome::UpstreamError, Some(error.message.clone())),
            None if observed.is_complete => (Outcome::Ok, None),
            None => (
                Outcome::UpstreamError,
                Some(
                    "the upstream ended its answer without the event that marks its end".to_owned(),
                ),
            ),
        };
        self.meter.settle(Ending {
            outcome,
            status: self.status,
            error: error.clone(),
        });
        error.filter(|_| observed.error.is_none())
    }
}

impl Drop for Relay {
    /// A client may stop reading once it has what it came for: after the last event, or the last
    /// byte of a known length. That is a good ending; anything earlier is the client's leaving,
    /// and the meter says so by itself.
    fn drop(&mut self) {
        let Some(tap) = &self.tap else { return };
        let observed = tap.observed();
        if observed.is_complete || self.expected == Some(self.relayed) {
            self.ended();
        } else {
            self.meter.observed(&observed);
        }
    }
}

impl Body for ClientBody {
    type Data = Bytes;
    type Error = RelayError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RelayError>>> {
        let polled = match &mut self.kind {
            Kind::Full(full) => Pin::new(full)
                .poll_frame(cx)
                .map_err(|never| match never {}),
            Kind::Relay(relay) => relay.poll(cx),
            Kind::Translated(translated) => translated.poll(cx),
        };
        if let (Some(tape), Poll::Ready(Some(Ok(frame)))) = (&self.tape, &polled)
            && let Some(chunk) = frame.data_ref()
        {
            tape.body(CLIENT_RESPONSE, chunk);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Full(full) => full.is_end_stream(),
            // The end must be read, so that it is settled.
            Kind::Relay(_) | Kind::Translated(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Full(full) => full.size_hint(),
            // What is held is no part of what the upstream still has.
            Kind::Relay(relay) if relay.format.is_none() && relay.held.is_empty() => {
                relay.upstream.size_hint()
            }
            Kind::Relay(_) | Kind::Translated(_) => SizeHint::default(),
        }
    }
}
