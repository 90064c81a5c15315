//! A translated answer on its way to the client.
//!
//! Nothing is sent before the first content has come, so that an answer that fails early is an error with a
//! status. An upstream that stays silent is waited for with headers and keep-alives, since clients give up
//! on a silent connection; from then on an error is written into the stream.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use api::usage::Outcome;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body::{Body as _, Frame};
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use wire::error::WireError;
use wire::format::Format;
use wire::stream::translator::{Delivery, Translator};

use crate::answer::{fell_back, mark, note, unbuffered, with_head};
use crate::attempt::{Lost, Terms, for_client, kind_of, lost, silent, stopping};
use crate::error::{Refusal, told};
use crate::meter::{Ending, Meter};
use crate::prepare::Sending;
use crate::relay::{ClientBody, RelayError};
use crate::silence::Silence;
use crate::translate::Tier;
use crate::upstream::reason;

/// An upstream's silence after which a client that streams is given its headers, and between two signs of life.
pub const DEFAULT_KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Reads the answer until its fate is known, and gives the client what there is.
pub(crate) async fn answer(
    terms: Terms,
    mut response: reqwest::Response,
    sending: Sending,
    mut meter: Meter,
    ending: CancellationToken,
) -> Result<Response<ClientBody>, Box<Lost>> {
    let surface = terms.surface;
    let delivery = if sending.asked.stream {
        Delivery::Stream
    } else {
        Delivery::Whole
    };
    let mut translator = translator(surface.format, delivery, &sending);
    let mut out = Vec::new();
    let mut is_over = false;
    // Where somebody else could be asked, silence is a reason to do so, and not one to commit.
    let until = Instant::now() + terms.patience.unwrap_or(terms.keep_alive);
    let mut heard_at = Instant::now();
    while !is_over {
        tokio::select! {
            chunk = response.chunk() => match chunk {
                Ok(Some(chunk)) => {
                    heard_at = Instant::now();
                    meter.first_byte();
                    meter.upstream_body(&chunk);
                    translator.feed(&chunk, meter.elapsed(), &mut out);
                    if translator.is_ended() {
                        translator.finish(meter.elapsed(), &mut out);
                        is_over = true;
                    }
                }
                Ok(None) => {
                    translator.finish(meter.elapsed(), &mut out);
                    is_over = true;
                }
                Err(error) => {
                    let error = broken(&sending.target.spec.name, &reason(error));
                    translator.fail(error, meter.elapsed(), &mut out);
                    is_over = true;
                }
            },
            () = tokio::time::sleep_until(until), if waits_in_vain(&translator, delivery, terms) => {
                if terms.patience.is_some() {
                    return Err(silent(terms, meter, &sending));
                }
                translator.commit();
            }
            () = tokio::time::sleep_until(heard_at + terms.idle) => {
                let reason = Silence::new(terms.idle).words();
                let error = broken(&sending.target.spec.name, &reason);
                translator.fail(error, meter.elapsed(), &mut out);
                is_over = true;
            }
            () = ending.cancelled() => {
                return Err(stopping(terms, meter, &sending));
            }
        }
        if let Some(error) = translator.failed_early() {
            meter.observed(&translator.observed());
            let kind = kind_of(error.kind);
            let error = for_client(surface.format, error.clone());
            return Err(lost(terms, meter, &sending, error, kind));
        }
        if delivery == Delivery::Stream && translator.is_answering() {
            break;
        }
    }
    let mut headers = headers(surface.format, delivery, sending.asked.is_array);
    mark(&mut headers, meter.id(), Some(&sending.target));
    note(&mut headers, &sending.written.notes);
    fell_back(&mut headers, meter.trail());
    if delivery == Delivery::Whole {
        meter.observed(&translator.observed());
        meter.settle(Ending {
            outcome: Outcome::Ok,
            status: 200,
            error: None,
        });
        return Ok(with_head(
            StatusCode::OK,
            headers,
            ClientBody::full(out.into()),
        ));
    }
    let provider = sending.target.spec.name.clone();
    let body = ClientBody::translated(Translated {
        upstream: (!is_over).then(|| response.into()),
        translator,
        pending: out,
        meter,
        provider,
        ending: Box::pin(ending.cancelled_owned()),
        keep_alive: ticking(terms.keep_alive),
        silence: Silence::new(terms.idle),
    });
    Ok(with_head(StatusCode::OK, headers, body))
}

/// A client that streams is committed to after a while; an account that others could stand in for is given up,
/// but not once it has begun to answer.
fn waits_in_vain(translator: &Translator, delivery: Delivery, terms: Terms) -> bool {
    match terms.patience {
        Some(_) => !translator.has_begun(),
        None => delivery == Delivery::Stream,
    }
}

fn translator(format: Format, delivery: Delivery, sending: &Sending) -> Translator {
    let written = &sending.written;
    let restore = written.restore.clone();
    let enveloped = if written.tier == Tier::Envelope {
        let reply = sending.reply.clone();
        Translator::unwrapping(written.dialect, format, delivery, restore.clone(), reply)
    } else {
        None
    };
    enveloped.unwrap_or_else(|| {
        let mut reply = sending.reply.clone();
        reply.include_usage =
            format == Format::OpenaiChat && wire::openai_chat::wants_usage(&reply.request);
        Translator::new(written.dialect, format, delivery, restore, reply)
    })
}

fn headers(format: Format, delivery: Delivery, is_array: bool) -> HeaderMap {
    let content_type = match (delivery, format) {
        (Delivery::Stream, Format::Ollama) => "application/x-ndjson",
        (Delivery::Stream, _) if !is_array => "text/event-stream; charset=utf-8",
        (Delivery::Stream | Delivery::Whole, _) => "application/json",
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if delivery == Delivery::Stream {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        unbuffered(&mut headers);
    }
    headers
}

fn ticking(period: Duration) -> Interval {
    let mut interval = tokio::time::interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

fn broken(provider: &str, reason: &str) -> WireError {
    told(
        502,
        format!("the provider `{provider}` broke off its answer: {reason}"),
    )
}

/// A stream that is being written. Dropping it settles the request's accounting.
pub(crate) struct Translated {
    /// `None` once it has sent everything.
    upstream: Option<reqwest::Body>,
    translator: Translator,
    pending: Vec<u8>,
    meter: Meter,
    provider: String,
    ending: Pin<Box<WaitForCancellationFutureOwned>>,
    keep_alive: Interval,
    silence: Silence,
}

impl std::fmt::Debug for Translated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Translated")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

impl Translated {
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RelayError>>> {
        if self.upstream.is_some() && self.ending.as_mut().poll(cx).is_ready() {
            let error = Refusal::Stopping.to_wire();
            self.end_with(error);
        }
        loop {
            if !self.pending.is_empty() {
                self.keep_alive.reset();
                let bytes = Bytes::from(std::mem::take(&mut self.pending));
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            let Some(upstream) = &mut self.upstream else {
                self.settle();
                return Poll::Ready(None);
            };
            match Pin::new(upstream).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    self.silence.broken();
                    if let Some(chunk) = frame.data_ref() {
                        self.meter.first_byte();
                        self.meter.upstream_body(chunk);
                        let elapsed = self.meter.elapsed();
                        self.translator.feed(chunk, elapsed, &mut self.pending);
                    }
                    if self.translator.is_ended() {
                        self.finish();
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    let error = broken(&self.provider, &reason(error));
                    self.end_with(error);
                }
                Poll::Ready(None) => self.finish(),
                Poll::Pending => {
                    if self.silence.poll(cx).is_ready() {
                        let error = broken(&self.provider, &self.silence.words());
                        self.end_with(error);
                        continue;
                    }
                    let sign = self.translator.keep_alive();
                    if !sign.is_empty() && self.keep_alive.poll_tick(cx).is_ready() {
                        return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(sign)))));
                    }
                    return Poll::Pending;
                }
            }
        }
    }

    fn finish(&mut self) {
        self.upstream = None;
        self.translator
            .finish(self.meter.elapsed(), &mut self.pending);
    }

    fn end_with(&mut self, error: WireError) {
        self.upstream = None;
        self.translator
            .fail(error, self.meter.elapsed(), &mut self.pending);
    }

    fn settle(&mut self) {
        let observed = self.translator.observed();
        self.meter.observed(&observed);
        let (outcome, error) = match observed.error {
            Some(error) => (Outcome::UpstreamError, Some(error.message)),
            None => (Outcome::Ok, None),
        };
        self.meter.settle(Ending {
            outcome,
            status: 200,
            error,
        });
    }
}

impl Drop for Translated {
    /// A client that has its last event has what it came for; one that leaves earlier is the meter's to tell.
    fn drop(&mut self) {
        let observed = self.translator.observed();
        if self.upstream.is_none() && self.pending.is_empty() {
            self.settle();
        } else {
            self.meter.observed(&observed);
        }
    }
}
