//! The journey of one request, and the only place that decides what becomes of it.

use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use api::usage::Outcome;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use secrecy::ExposeSecret as _;
use store::records::Credential;
use wire::codec::Reply;
use wire::dialect::Dialect;
use wire::error::WireError;
use wire::format::Format;
use wire::head;
use wire::tap::Tap;

use crate::Gateway;
use crate::answer::{error_response, json_response, mark, note, refusal, with_head};
use crate::call::{Call, Surface, Task};
use crate::caller::{self, Caller};
use crate::check::first_bytes;
use crate::count;
use crate::error::{Refusal, told};
use crate::headers;
use crate::meter::{Ending, Meter};
use crate::relay::{ClientBody, Relay};
use crate::resolve::{self, Target};
use crate::select;
use crate::snapshot::{Account, Snapshot};
use crate::spliced::SplicedBody;
use crate::translate::{self, Tier, Written};
use crate::upstream::unreachable;

/// Asks that nothing be lost: `true` makes every loss a refusal.
const STRICT: &str = "x-9router-strict";

/// What the client asks for, wherever its format says so.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) model: String,
    /// Where the model stands in the body, in formats that put it there.
    pub(crate) model_span: Option<Range<usize>>,
    pub(crate) stream: bool,
    /// A stream as one JSON array.
    pub(crate) is_array: bool,
}

/// A request that knows what becomes of it.
enum Prepared {
    Send(Box<Sending>),
    /// It is answered here, with this JSON.
    Answered(Bytes),
}

/// A request that knows where it goes.
pub(crate) struct Sending {
    pub(crate) target: Target,
    account: Arc<Account>,
    url: String,
    headers: HeaderMap,
    pub(crate) written: Written,
    pub(crate) asked: Asked,
    pub(crate) reply: Reply,
}

impl Gateway {
    /// Whether this call may see what the data plane offers.
    ///
    /// Wrong and missing keys are counted per address. One that goes on guessing is told to wait;
    /// whoever shows a right key is let in all the same, since many may share an address.
    pub fn admit(&self, call: &Call) -> Result<(Arc<Snapshot>, Caller), Refusal> {
        let snapshot = self.snapshot();
        let (peer, now) = (call.credentials.peer, Instant::now());
        match caller::admit(&snapshot, &call.credentials, Utc::now()) {
            Ok(caller) => Ok((snapshot, caller)),
            Err(Refusal::UnknownKey | Refusal::MissingKey)
                if self.inner.guesses.is_blocked(peer, now) =>
            {
                Err(Refusal::TooManyGuesses)
            }
            Err(refused) => {
                if matches!(refused, Refusal::UnknownKey | Refusal::MissingKey) {
                    self.inner.guesses.wrong(peer, now);
                }
                Err(refused)
            }
        }
    }

    /// Answers a request for a model, and leaves exactly one row for it.
    /// `body` is read after the caller is admitted, so a stranger cannot make us read it.
    ///
    /// Only what [`Gateway::admit`] turns away for guessing leaves none: it must not fill the books.
    pub async fn serve(
        &self,
        call: Call,
        body: impl Future<Output = Result<Bytes, WireError>>,
    ) -> Response<ClientBody> {
        let admitted = self.admit(&call);
        if let Err(refused @ Refusal::TooManyGuesses) = &admitted {
            return refusal(call.surface, refused, None);
        }
        let Some(permit) = self.inner.recorder.reserve().await else {
            return refusal(call.surface, &Refusal::RecorderBehind, None);
        };
        let mut meter = Meter::start(call.surface, permit, self.inner.live.begin(), Utc::now());
        meter.sent_by(
            call.headers
                .get(header::USER_AGENT)
                .and_then(|value| value.to_str().ok()),
        );
        let prepared = match admitted {
            Ok((snapshot, caller)) => {
                meter.admitted(&caller);
                self.prepare(&snapshot, &caller, &call, body, &mut meter)
                    .await
            }
            Err(refused) => Err(refused),
        };
        match prepared {
            Ok(Prepared::Send(sending)) => self.attempt(call.surface, *sending, meter).await,
            Ok(Prepared::Answered(body)) => {
                let response = json_response(body, meter.id());
                meter.settle(Ending {
                    outcome: Outcome::Ok,
                    status: 200,
                    error: None,
                });
                response
            }
            Err(refused) => {
                let response = refusal(call.surface, &refused, meter.id());
                meter.settle(Ending {
                    outcome: if refused.is_clients_leaving() {
                        Outcome::ClientGone
                    } else {
                        Outcome::Refused
                    },
                    status: response.status().as_u16(),
                    error: Some(refused.to_string()),
                });
                response
            }
        }
    }

    async fn prepare(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        call: &Call,
        body: impl Future<Output = Result<Bytes, WireError>>,
        meter: &mut Meter,
    ) -> Result<Prepared, Refusal> {
        let body = tokio::select! {
            body = body => body.map_err(Refusal::Body)?,
            () = self.inner.ending.cancelled() => return Err(Refusal::Stopping),
        };
        let (body, asked) = asked(call, body)?;
        meter.asked(&asked.model, asked.stream);
        let target = resolve::target(snapshot, &asked.model)?;
        meter.resolved(&target);
        let no_account = || Refusal::NoAccount {
            provider: target.spec.name.clone(),
        };
        if call.surface.task == Task::CountTokens && !count::is_native(call.surface.format, &target)
        {
            return count::estimate(call.surface.format, &body).map(Prepared::Answered);
        }
        let account = select::candidates(snapshot.accounts(&target.spec.id), caller)
            .next()
            .ok_or_else(no_account)?;

        let reply = reply(call.surface.format, &asked, &body, meter.at());
        if call.surface.format == Format::Ollama
            && let Some(loaded) = wire::ollama::answer_to_probe(&body, &reply)
        {
            return Ok(Prepared::Answered(loaded.into()));
        }
        let written = match call.surface.task {
            Task::Answer => {
                let (format, images) = (call.surface.format, &self.inner.images);
                translate::request(format, &asked, &body, &target, &reply.seed, images).await?
            }
            Task::CountTokens | Task::Embed => {
                translate::as_it_is(call.surface.format, &asked, &body, &target)
            }
        };
        let is_strict = snapshot.is_strict || says_true(&call.headers, STRICT);
        if is_strict && !written.notes.is_empty() {
            return Err(Refusal::Lossy(written.notes.into_vec()));
        }
        meter.translated(&written, reply.prompt_estimate);
        Ok(Prepared::Send(Box::new(Sending {
            url: url(call.surface, &asked, &target, &written)?,
            headers: outgoing(&call.headers, &target, account, &written).ok_or_else(no_account)?,
            account: Arc::clone(account),
            target,
            written,
            asked,
            reply,
        })))
    }

    async fn attempt(
        &self,
        surface: Surface,
        mut sending: Sending,
        mut meter: Meter,
    ) -> Response<ClientBody> {
        meter.attempting(&sending.target, &sending.account, sending.written.dialect);
        let headers = std::mem::take(&mut sending.headers);
        let body = std::mem::take(&mut sending.written.body);
        let body = reqwest::Body::wrap(SplicedBody::new(body));
        let sent = tokio::select! {
            sent = self.inner.upstream.send(Method::POST, &sending.url, headers, body) => sent,
            () = self.inner.ending.cancelled() => {
                return failed(surface, meter, &sending, &Refusal::Stopping.to_wire());
            }
        };
        let response = match sent {
            Ok(response) => response,
            Err(error) => {
                let error = unreachable(&sending.target.spec.name, error);
                return failed(surface, meter, &sending, &error);
            }
        };
        meter.upstream_status(response.status().as_u16());
        let is_same = sending.written.tier == Tier::Same;
        match (response.status().is_success(), is_same) {
            (true, true) => self.relay(surface, response, &sending, meter),
            (true, false) => {
                let ending = self.inner.ending.clone();
                let keep_alive = self.inner.keep_alive;
                crate::translated::answer(surface, response, sending, meter, ending, keep_alive)
                    .await
            }
            (false, true) => relay_failure(surface, response, &sending, meter).await,
            (false, false) => translate_failure(surface, response, &sending, meter).await,
        }
    }

    /// From here nothing is tried again: the client is being answered.
    fn relay(
        &self,
        surface: Surface,
        response: reqwest::Response,
        sending: &Sending,
        meter: Meter,
    ) -> Response<ClientBody> {
        let status = response.status();
        let mut headers = headers::for_client(response.headers());
        mark(&mut headers, meter.id(), Some(&sending.target));
        let is_sse = is_event_stream(response.headers());
        if is_sse {
            // Some reverse proxies would hold events back.
            headers.insert(
                HeaderName::from_static("x-accel-buffering"),
                HeaderValue::from_static("no"),
            );
        }
        let body = ClientBody::relay(Relay {
            expected: response.content_length(),
            upstream: response.into(),
            tap: Some(Tap::new(read_as(surface), is_sse)),
            format: (surface.task == Task::Answer && is_sse).then_some(surface.format),
            meter,
            status: status.as_u16(),
            ending: Box::pin(self.inner.ending.clone().cancelled_owned()),
            relayed: 0,
            is_over: false,
        });
        with_head(status, headers, body)
    }
}

/// What the client asks for, and the body without what real clients send and no vendor takes.
fn asked(call: &Call, mut body: Bytes) -> Result<(Bytes, Asked), Refusal> {
    let malformed = |error: wire::error::DecodeError| Refusal::Malformed(error.to_string());
    if let Some(addressed) = &call.addressed {
        head::check_model(&addressed.model).map_err(malformed)?;
        head::check(&body).map_err(malformed)?;
        let asked = Asked {
            model: addressed.model.clone(),
            model_span: None,
            stream: addressed.stream,
            is_array: addressed.is_array,
        };
        return Ok((body, asked));
    }
    let mut head = head::probe(&body).map_err(malformed)?;
    if head.has_empty_tools
        && call.surface.format == Format::OpenaiChat
        && let Some(without) = head::without_empty_tools(&body)
    {
        body = without;
        head = head::probe(&body).map_err(malformed)?;
    }
    // Ollama streams unless it is told not to.
    let default = call.surface.format == Format::Ollama;
    let asked = Asked {
        model: head.model,
        model_span: Some(head.model_span),
        stream: head.stream.unwrap_or(default),
        is_array: false,
    };
    Ok((body, asked))
}

/// Embeddings and counts are plain JSON with OpenAI's `usage`, or none.
fn read_as(surface: Surface) -> Format {
    match surface.task {
        Task::Answer => surface.format,
        Task::CountTokens | Task::Embed => Format::OpenaiChat,
    }
}

fn reply(format: Format, asked: &Asked, body: &Bytes, at: DateTime<Utc>) -> Reply {
    Reply {
        seed: uuid::Uuid::now_v7().simple().to_string(),
        created_at: u64::try_from(at.timestamp()).unwrap_or_default(),
        model: asked.model.clone(),
        include_usage: format == Format::OpenaiChat && wire::openai_chat::wants_usage(body),
        is_array: asked.is_array,
        prompt_estimate: count::of_body(body),
        request: body.clone(),
    }
}

fn url(
    surface: Surface,
    asked: &Asked,
    target: &Target,
    written: &Written,
) -> Result<String, Refusal> {
    let endpoint = &target.spec.endpoint;
    if written.dialect == Dialect::Gemini && !is_segment(&target.model) {
        return Err(Refusal::Malformed(format!(
            "expected the model to be letters, digits, `-`, `_` and `.`, found `{}`",
            target.model
        )));
    }
    match surface.task {
        Task::Answer if written.tier == Tier::Same && asked.is_array => Ok(format!(
            "{}/models/{}:streamGenerateContent",
            endpoint.base_url, target.model
        )),
        Task::Answer => Ok(endpoint.url(written.dialect, &target.model, written.stream)),
        Task::CountTokens => Ok(count::native_url(endpoint, written.dialect, &target.model)),
        Task::Embed
            if endpoint.speaks(Dialect::OpenaiChat)
                || endpoint.speaks(Dialect::OpenaiResponses) =>
        {
            Ok(format!("{}/embeddings", endpoint.base_url))
        }
        Task::Embed => Err(Refusal::NotOffered {
            provider: target.spec.name.clone(),
            what: "embeddings in OpenAI's format",
        }),
    }
}

/// A name that can stand in a path and stays one segment of it.
fn is_segment(model: &str) -> bool {
    !model.starts_with('.')
        && model
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn says_true(headers: &HeaderMap, name: &str) -> bool {
    headers
        .get(name)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
}

/// The headers of the upstream's request. `None` when the stored credential cannot be sent.
///
/// A client's own headers go along only where the upstream speaks the client's format: another vendor
/// has no use for them, and some of them name the client.
fn outgoing(
    client: &HeaderMap,
    target: &Target,
    account: &Account,
    written: &Written,
) -> Option<HeaderMap> {
    let mut headers = match written.tier {
        Tier::Same | Tier::Envelope => headers::for_upstream(client),
        Tier::Translated => HeaderMap::new(),
    };
    for (name, value) in &target.spec.default_headers {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    if written.tier != Tier::Same && written.stream && !headers.contains_key(header::ACCEPT) {
        headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("text/event-stream"),
        );
    }
    let Credential::ApiKey(key) = &account.credential;
    let (name, value) = target.spec.auth.header(key.expose_secret())?;
    headers.insert(name, value);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(
        header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    );
    Some(headers)
}

/// The upstream said no: its own words, status and headers go to the client.
///
/// But for 401: the key that was refused is the account's, not the client's, and a client that is
/// told 401 would blame its own. Redirects are not followed, and not passed on.
async fn relay_failure(
    surface: Surface,
    response: reqwest::Response,
    sending: &Sending,
    mut meter: Meter,
) -> Response<ClientBody> {
    let status = response.status();
    let mut headers = headers::for_client(response.headers());
    let body = first_bytes(response).await;
    meter.first_byte();
    let said = wire::error::decode_error(status.as_u16(), &body);
    if is_ours(status) {
        return failed(
            surface,
            meter,
            sending,
            &about_account(sending, status, &said),
        );
    }
    mark(&mut headers, meter.id(), Some(&sending.target));
    headers.remove(header::CONTENT_LENGTH);
    meter.settle(Ending {
        outcome: outcome_of(status),
        status: status.as_u16(),
        error: Some(said.message),
    });
    with_head(status, headers, ClientBody::full(body.into()))
}

/// The same in the client's own format, with the status a client of it expects.
async fn translate_failure(
    surface: Surface,
    response: reqwest::Response,
    sending: &Sending,
    mut meter: Meter,
) -> Response<ClientBody> {
    let status = response.status();
    let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
    let body = first_bytes(response).await;
    meter.first_byte();
    let said = wire::error::decode_error(status.as_u16(), &body);
    let error = if is_ours(status) {
        about_account(sending, status, &said)
    } else {
        for_client(surface.format, said)
    };
    let mut answer = error_response(surface, &error, meter.id(), Some(&sending.target));
    note(answer.headers_mut(), &sending.written.notes);
    if let Some(retry_after) = retry_after {
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, retry_after);
    }
    meter.settle(Ending {
        outcome: outcome_of(status),
        status: error.status,
        error: Some(error.message),
    });
    answer
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

/// Whether a status concerns the account's credential or the catalogue, and not what the client asked.
fn is_ours(status: StatusCode) -> bool {
    status == StatusCode::UNAUTHORIZED || !(status.is_client_error() || status.is_server_error())
}

fn about_account(sending: &Sending, status: StatusCode, said: &WireError) -> WireError {
    let provider = &sending.target.spec.name;
    told(
        502,
        format!(
            "the provider `{provider}` answered {status}: {}",
            said.message
        ),
    )
}

/// An upstream that says one of these would say it for every account.
fn outcome_of(status: StatusCode) -> Outcome {
    match status.as_u16() {
        400 | 404 | 405 | 413 | 415 | 422 => Outcome::Refused,
        _ => Outcome::UpstreamError,
    }
}

/// The upstream did not answer, or not in a way that may be passed on.
pub(crate) fn failed(
    surface: Surface,
    mut meter: Meter,
    sending: &Sending,
    error: &WireError,
) -> Response<ClientBody> {
    let mut response = error_response(surface, error, meter.id(), Some(&sending.target));
    note(response.headers_mut(), &sending.written.notes);
    meter.settle(Ending {
        outcome: Outcome::UpstreamError,
        status: error.status,
        error: Some(error.message.clone()),
    });
    response
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .trim_start()
                .to_ascii_lowercase()
                .starts_with("text/event-stream")
        })
}
