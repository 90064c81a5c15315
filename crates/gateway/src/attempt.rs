//! One try of one account: sent, and either answered or lost. Lost, it has cost the client nothing but time.

use std::time::Duration;

use api::usage::Outcome;
use bytes::Bytes;
use chrono::Utc;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use providers::failure::{self, Failure, FailureKind};
use tokio::time::timeout;
use wire::error::{ErrorKind, WireError};
use wire::format::Format;
use wire::tap::Tap;

use crate::Gateway;
use crate::answer::{error_parts, fell_back, mark, note, unbuffered, with_head};
use crate::call::{Surface, Task};
use crate::check::first_bytes;
use crate::error::{Refusal, told};
use crate::exhausted::all;
use crate::headers;
use crate::meter::{Ending, Meter};
use crate::prepare::{Sending, is_event_stream, read_as};
use crate::relay::{ClientBody, Relay};
use crate::silence::Silence;
use crate::spliced::SplicedBody;
use crate::translate::Tier;
use crate::upstream::{Way, reason, unreachable};

/// An attempt that did not answer, and what the client is told if it stays the last one.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) meter: Meter,
    pub(crate) failure: Failure,
    pub(crate) words: LastWords,
}

/// An answer that has not been given yet.
#[derive(Debug)]
pub(crate) struct LastWords {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    outcome: Outcome,
    /// What went wrong, for the books and for people.
    pub(crate) message: String,
}

/// What is known when an attempt begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) surface: Surface,
    /// Somebody else could be asked, so this one is not waited for forever: until its first byte so long.
    pub(crate) patience: Option<Duration>,
    /// How long it may be silent otherwise, before its first byte and between two.
    pub(crate) idle: Duration,
    pub(crate) keep_alive: Duration,
}

impl LastWords {
    /// Gives the answer, and settles the books with it.
    pub(crate) fn give(self, mut meter: Meter) -> Response<ClientBody> {
        meter.settle(Ending {
            outcome: self.outcome,
            status: self.status.as_u16(),
            error: Some(self.message),
        });
        with_head(self.status, self.headers, ClientBody::full(self.body))
    }

    /// The same status with everybody's reason.
    pub(crate) fn give_instead(
        self,
        surface: Surface,
        reasons: &[String],
        meter: Meter,
    ) -> Response<ClientBody> {
        let error = told(self.status.as_u16(), all(reasons));
        let body = wire::error::encode_error(surface.format, &error, meter.id());
        let mut words = Self {
            body,
            message: error.message,
            ..self
        };
        words.header(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        words.give(meter)
    }

    pub(crate) fn header(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }
}

impl Gateway {
    pub(crate) async fn attempt(
        &self,
        terms: Terms,
        mut sending: Sending,
        mut meter: Meter,
    ) -> Result<Response<ClientBody>, Box<Lost>> {
        meter.attempting(&sending.target, &sending.account, sending.written.dialect);
        let headers = std::mem::take(&mut sending.headers);
        let written = &sending.written.body;
        meter.upstream_request(&sending.account, &sending.url, &headers, written);
        let body = reqwest::Body::wrap(SplicedBody::new(sending.written.body.clone()));
        let account = std::sync::Arc::clone(&sending.account);
        let way = Way::new(&sending.target.spec, account.proxy.as_ref());
        let send = self
            .inner
            .upstream
            .send(way, Method::POST, &sending.url, headers, body);
        let sent = tokio::select! {
            sent = timeout(terms.patience.unwrap_or(terms.idle), send) => sent,
            () = self.inner.ending.cancelled() => return Err(stopping(terms, meter, &sending)),
        };
        let response = match sent {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let error = unreachable(&sending.target.spec.name, &error);
                return Err(lost(terms, meter, &sending, error, FailureKind::Network));
            }
            Err(_) => return Err(silent(terms, meter, &sending)),
        };
        meter.upstream_head(response.status(), response.headers());
        if let Some(proxy) = &account.proxy
            && response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED
        {
            let error = refused_by_proxy(&sending.target.spec.name, proxy.host());
            return Err(lost(terms, meter, &sending, error, FailureKind::Network));
        }
        if !response.status().is_success() {
            return Err(refused(terms, meter, &sending, response).await);
        }
        if sending.written.tier == Tier::Same {
            self.relay(terms, sending, response, meter).await
        } else {
            let ending = self.inner.ending.clone();
            crate::translated::answer(terms, response, sending, meter, ending).await
        }
    }

    /// Passes the answer on as it is. Where somebody else could be asked, not before its first event.
    async fn relay(
        &self,
        terms: Terms,
        sending: Sending,
        mut response: reqwest::Response,
        mut meter: Meter,
    ) -> Result<Response<ClientBody>, Box<Lost>> {
        let surface = terms.surface;
        let is_sse = is_event_stream(response.headers());
        let mut tap = Tap::new(read_as(surface), is_sse);
        // Ollama's streams are lines, under whatever type.
        let is_stream = is_sse || surface.format == Format::Ollama && sending.asked.stream;
        let mut held = Vec::new();
        if let Some(patience) = terms.patience {
            let begun = first_event(&mut response, &mut tap, &mut held);
            let begun = timeout(patience, begun).await;
            for chunk in &held {
                meter.upstream_body(chunk);
            }
            match begun {
                Ok(None) => meter.first_byte(),
                Ok(Some(error)) => {
                    meter.observed(&tap.observed());
                    let kind = kind_of(error.kind);
                    return Err(lost(terms, meter, &sending, error, kind));
                }
                Err(_) => return Err(silent(terms, meter, &sending)),
            }
        }
        let status = response.status();
        let mut headers = headers::for_client(response.headers());
        mark(&mut headers, meter.id(), Some(&sending.target));
        if is_sse {
            unbuffered(&mut headers);
        }
        fell_back(&mut headers, meter.trail());
        let body = ClientBody::relay(Relay {
            expected: response.content_length(),
            upstream: response.into(),
            tap: Some(tap),
            held: held.into(),
            format: (surface.task == Task::Answer && is_stream).then_some(surface.format),
            meter,
            status: status.as_u16(),
            ending: Box::pin(self.inner.ending.clone().cancelled_owned()),
            relayed: 0,
            is_over: false,
            ends_a_line: true,
            silence: Silence::new(terms.idle),
        });
        Ok(with_head(status, headers, body))
    }
}

/// Reads up to the first event, or the first bytes of what is no stream. Says what is wrong with it.
async fn first_event(
    response: &mut reqwest::Response,
    tap: &mut Tap,
    held: &mut Vec<Bytes>,
) -> Option<WireError> {
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                tap.observe(&chunk);
                held.push(chunk);
                if let Some(error) = tap.early_error() {
                    return Some(error);
                }
                if tap.has_begun() {
                    return None;
                }
            }
            Ok(None) if held.is_empty() => {
                return Some(told(
                    502,
                    "the upstream closed the connection without an answer",
                ));
            }
            Ok(None) => return None,
            Err(error) => {
                let reason = reason(error);
                return Some(told(502, format!("the upstream broke off: {reason}")));
            }
        }
    }
}

/// The upstream said no. To clients of its own format its words, status and headers are passed on as they are.
///
/// But for 401: the key that was refused is the account's, not the client's, and a client that is
/// told 401 would blame its own. Redirects are not followed, and not passed on.
async fn refused(
    terms: Terms,
    mut meter: Meter,
    sending: &Sending,
    response: reqwest::Response,
) -> Box<Lost> {
    let status = response.status();
    let said_headers = response.headers().clone();
    // Words that do not come are done without.
    let body = timeout(terms.idle, first_bytes(response)).await;
    let body = body.unwrap_or_default();
    meter.first_byte();
    meter.upstream_body(&body);
    let failure = failure::classify(
        &sending.target.spec.failures,
        status.as_u16(),
        &said_headers,
        &body,
        Utc::now(),
    );
    let said = wire::error::decode_error(status.as_u16(), &body);
    let is_ours = status == StatusCode::UNAUTHORIZED
        || !(status.is_client_error() || status.is_server_error());
    if is_ours {
        let provider = &sending.target.spec.name;
        let message = format!(
            "the provider `{provider}` answered {status}: {}",
            said.message
        );
        let error = told(502, message);
        return lost_to(terms, meter, sending, error, failure);
    }
    if sending.written.tier == Tier::Same {
        let mut headers = headers::for_client(&said_headers);
        mark(&mut headers, meter.id(), Some(&sending.target));
        headers.remove(header::CONTENT_LENGTH);
        let words = LastWords {
            status,
            headers,
            body: body.into(),
            outcome: outcome_of(failure.kind),
            message: said.message,
        };
        return Box::new(Lost {
            meter,
            failure,
            words,
        });
    }
    let rest = failure.rest;
    let mut lost = lost_to(
        terms,
        meter,
        sending,
        for_client(terms.surface.format, said),
        failure,
    );
    if let Some(retry_after) = said_headers.get(header::RETRY_AFTER) {
        lost.words.header(header::RETRY_AFTER, retry_after.clone());
    } else if let Some(rest) = rest {
        // Some vendors say it in the body, in their own way.
        let seconds = rest.as_secs() + u64::from(rest.subsec_nanos() > 0);
        lost.words.header(header::RETRY_AFTER, seconds.into());
    }
    lost
}

/// A proxy that wants to know who comes; whether the upstream is there, nobody knows.
fn refused_by_proxy(provider: &str, proxy: &str) -> WireError {
    told(
        502,
        format!(
            "the provider `{provider}` could not be reached: the proxy `{proxy}` wants another user name and password"
        ),
    )
}

/// An upstream's error under a status that means the same to clients of `format`.
pub(crate) fn for_client(format: Format, error: WireError) -> WireError {
    let status = match error.status {
        408 => 504,
        422 => 400,
        500 => 502,
        529 if format != Format::Anthropic => 503,
        status => status,
    };
    WireError { status, ..error }
}

pub(crate) fn stopping(terms: Terms, meter: Meter, sending: &Sending) -> Box<Lost> {
    let error = Refusal::Stopping.to_wire();
    // Nobody else is to be asked either.
    let mut lost = lost(terms, meter, sending, error, FailureKind::Client);
    lost.words.outcome = Outcome::UpstreamError;
    lost
}

pub(crate) fn silent(terms: Terms, meter: Meter, sending: &Sending) -> Box<Lost> {
    let provider = &sending.target.spec.name;
    let error = told(
        504,
        format!("the provider `{provider}` did not begin to answer in time"),
    );
    lost(terms, meter, sending, error, FailureKind::Network)
}

pub(crate) fn lost(
    terms: Terms,
    meter: Meter,
    sending: &Sending,
    error: WireError,
    kind: FailureKind,
) -> Box<Lost> {
    let failure = Failure {
        kind,
        rest: None,
        is_token_old: error.kind == ErrorKind::Authentication && kind == FailureKind::Credential,
    };
    lost_to(terms, meter, sending, error, failure)
}

fn lost_to(
    terms: Terms,
    meter: Meter,
    sending: &Sending,
    error: WireError,
    failure: Failure,
) -> Box<Lost> {
    let (status, mut headers, body) =
        error_parts(terms.surface, &error, meter.id(), Some(&sending.target));
    note(&mut headers, &sending.written.notes);
    Box::new(Lost {
        words: LastWords {
            status,
            headers,
            body,
            outcome: outcome_of(failure.kind),
            message: error.message,
        },
        meter,
        failure,
    })
}

/// A client's own mistake is no failure of the upstream.
fn outcome_of(kind: FailureKind) -> Outcome {
    match kind {
        FailureKind::Client
        | FailureKind::Context
        | FailureKind::Refused
        | FailureKind::UnknownModel => Outcome::Refused,
        FailureKind::Credential
        | FailureKind::Quota
        | FailureKind::RateLimit
        | FailureKind::Overload
        | FailureKind::Down
        | FailureKind::Network => Outcome::UpstreamError,
    }
}

/// An error inside an answer that came as a success.
pub(crate) fn kind_of(kind: ErrorKind) -> FailureKind {
    match kind {
        ErrorKind::InvalidRequest | ErrorKind::TooLarge => FailureKind::Client,
        ErrorKind::Authentication | ErrorKind::Permission => FailureKind::Credential,
        ErrorKind::Billing => FailureKind::Quota,
        ErrorKind::NotFound => FailureKind::UnknownModel,
        ErrorKind::RateLimit => FailureKind::RateLimit,
        ErrorKind::Overloaded => FailureKind::Overload,
        ErrorKind::Server => FailureKind::Down,
        ErrorKind::Timeout => FailureKind::Network,
    }
}
