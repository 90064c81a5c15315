//! The journey of one request, and the only place that decides what becomes of it.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use api::usage::Outcome;
use bytes::Bytes;
use chrono::Utc;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use secrecy::ExposeSecret as _;
use store::records::Credential;
use wire::error::WireError;
use wire::head::{self, Spliced};
use wire::tap::Tap;

use crate::Gateway;
use crate::answer::{error_response, mark, refusal, with_head};
use crate::call::{Call, Surface};
use crate::caller::{self, Caller};
use crate::check::first_bytes;
use crate::error::{Refusal, told};
use crate::headers;
use crate::meter::{Ending, Meter};
use crate::relay::{ClientBody, Relay};
use crate::resolve::{self, Target};
use crate::select;
use crate::snapshot::{Account, Snapshot};
use crate::spliced::SplicedBody;
use crate::upstream::unreachable;

/// A request that knows where it goes.
struct Prepared {
    target: Target,
    account: Arc<Account>,
    headers: HeaderMap,
    body: Spliced,
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
            Ok(prepared) => self.attempt(call.surface, prepared, meter).await,
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
        let head = head::probe(&body).map_err(|error| Refusal::Malformed(error.to_string()))?;
        meter.asked(&head.model, head.stream);

        let target = resolve::target(snapshot, &head.model)?;
        meter.resolved(&target);
        let format = call.surface.format;
        if !target.spec.endpoint.speaks(format) {
            return Err(Refusal::wrong_format_of(&target.spec, format));
        }
        let no_account = || Refusal::NoAccount {
            provider: target.spec.name.clone(),
        };
        let account = select::candidates(snapshot.accounts(&target.spec.id), caller)
            .next()
            .ok_or_else(no_account)?;

        Ok(Prepared {
            headers: outgoing(&call.headers, &target, account).ok_or_else(no_account)?,
            body: head::splice(&body, head.model_span, &target.model),
            account: Arc::clone(account),
            target,
        })
    }

    async fn attempt(
        &self,
        surface: Surface,
        prepared: Prepared,
        mut meter: Meter,
    ) -> Response<ClientBody> {
        let Prepared {
            target,
            account,
            headers,
            body,
        } = prepared;
        meter.attempting(&target, &account, surface.format);
        let url = target.spec.endpoint.url(surface.format);
        let body = reqwest::Body::wrap(SplicedBody::new(body));
        let sent = tokio::select! {
            sent = self.inner.upstream.send(Method::POST, &url, headers, body) => sent,
            () = self.inner.ending.cancelled() => {
                return failed(surface, meter, &target, &Refusal::Stopping.to_wire());
            }
        };
        let response = match sent {
            Ok(response) => response,
            Err(error) => {
                return failed(
                    surface,
                    meter,
                    &target,
                    &unreachable(&target.spec.name, error),
                );
            }
        };
        meter.upstream_status(response.status().as_u16());
        if response.status().is_success() {
            self.relay(surface, response, &target, meter)
        } else {
            relay_failure(surface, response, &target, meter).await
        }
    }

    /// From here nothing is tried again: the client is being answered.
    fn relay(
        &self,
        surface: Surface,
        response: reqwest::Response,
        target: &Target,
        meter: Meter,
    ) -> Response<ClientBody> {
        let status = response.status();
        let mut headers = headers::for_client(response.headers());
        mark(&mut headers, meter.id(), Some(target));
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
            tap: Some(Tap::new(surface.format, is_sse)),
            meter,
            status: status.as_u16(),
            ending: Box::pin(self.inner.ending.clone().cancelled_owned()),
            relayed: 0,
        });
        with_head(status, headers, body)
    }
}

/// The headers of the upstream's request. `None` when the stored credential cannot be sent.
fn outgoing(client: &HeaderMap, target: &Target, account: &Account) -> Option<HeaderMap> {
    let mut headers = headers::for_upstream(client);
    for (name, value) in &target.spec.default_headers {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
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
    target: &Target,
    mut meter: Meter,
) -> Response<ClientBody> {
    let status = response.status();
    let mut headers = headers::for_client(response.headers());
    let body = first_bytes(response).await;
    meter.first_byte();
    let said = wire::error::decode_error(surface.format, status.as_u16(), &body);
    if status == StatusCode::UNAUTHORIZED || !(status.is_client_error() || status.is_server_error())
    {
        let provider = &target.spec.name;
        let error = told(
            502,
            format!(
                "the provider `{provider}` answered {status}: {}",
                said.message
            ),
        );
        return failed(surface, meter, target, &error);
    }
    mark(&mut headers, meter.id(), Some(target));
    headers.remove(header::CONTENT_LENGTH);
    meter.settle(Ending {
        outcome: if is_clients_fault(status) {
            Outcome::Refused
        } else {
            Outcome::UpstreamError
        },
        status: status.as_u16(),
        error: Some(said.message),
    });
    with_head(status, headers, ClientBody::full(body.into()))
}

/// An upstream that says one of these would say it for every account.
fn is_clients_fault(status: StatusCode) -> bool {
    matches!(status.as_u16(), 400 | 404 | 405 | 413 | 415 | 422)
}

/// The upstream did not answer, or not in a way that may be passed on.
fn failed(
    surface: Surface,
    mut meter: Meter,
    target: &Target,
    error: &WireError,
) -> Response<ClientBody> {
    let response = error_response(surface, error, meter.id(), Some(target));
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
