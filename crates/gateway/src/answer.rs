//! What the router itself says to a client: errors in the client's format, and the headers it adds.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use wire::error::WireError;
use wire::ir::note::Notes;

use crate::call::Surface;
use crate::error::Refusal;
use crate::relay::ClientBody;
use crate::resolve::Target;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-9router-request-id");
const FALLBACK: HeaderName = HeaderName::from_static("x-9router-fallback");
const NOTES: HeaderName = HeaderName::from_static("x-9router-notes");
const SERVED_BY: HeaderName = HeaderName::from_static("x-9router-model");

/// What a client is told that was not served, in its own format.
#[must_use]
pub fn refusal(
    surface: Surface,
    refused: &Refusal,
    request_id: Option<&str>,
) -> Response<ClientBody> {
    let mut response = error_response(surface, &refused.to_wire(), request_id, None);
    if let Some(wait) = refused.retry_after() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, wait.as_secs().into());
    }
    response
}

pub(crate) fn error_response(
    surface: Surface,
    error: &WireError,
    request_id: Option<&str>,
    target: Option<&Target>,
) -> Response<ClientBody> {
    let (status, headers, body) = error_parts(surface, error, request_id, target);
    with_head(status, headers, ClientBody::full(body))
}

/// The same before it is given, since somebody else may still answer.
pub(crate) fn error_parts(
    surface: Surface,
    error: &WireError,
    request_id: Option<&str>,
    target: Option<&Target>,
) -> (StatusCode, HeaderMap, Bytes) {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = wire::error::encode_error(surface.format, error, request_id);
    (status, json_headers(request_id, target), body)
}

/// Our own JSON as a success.
pub(crate) fn json_response(body: Bytes, request_id: Option<&str>) -> Response<ClientBody> {
    let headers = json_headers(request_id, None);
    with_head(StatusCode::OK, headers, ClientBody::full(body))
}

fn json_headers(request_id: Option<&str>, target: Option<&Target>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    mark(&mut headers, request_id, target);
    headers
}

/// Some reverse proxies would hold the events of a stream back.
pub(crate) fn unbuffered(headers: &mut HeaderMap) {
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
}

/// Says in short what could not be carried; the whole is in the request's detail.
pub(crate) fn note(headers: &mut HeaderMap, notes: &Notes) {
    if let Some(first) = notes.iter().next() {
        in_short(headers, NOTES, &format!("{}; {first}", notes.count()));
    }
}

/// What it took to get this answer, if it was not the first try.
pub(crate) fn fell_back(headers: &mut HeaderMap, trail: &[String]) {
    if !trail.is_empty() {
        in_short(headers, FALLBACK, &trail.join("; "));
    }
}

/// As much of `text` as a header takes.
fn in_short(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    const LONGEST: usize = 300;
    let short: String = text
        .chars()
        .map(|char| {
            if char.is_ascii() && !char.is_ascii_control() {
                char
            } else {
                '?'
            }
        })
        .take(LONGEST)
        .collect();
    if let Ok(value) = HeaderValue::from_str(&short) {
        headers.insert(name, value);
    }
}

/// Names the request, and what served it.
pub(crate) fn mark(headers: &mut HeaderMap, request_id: Option<&str>, target: Option<&Target>) {
    if let Some(value) = request_id.and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.insert(REQUEST_ID, value);
    }
    let served = target.map(|target| format!("{}/{}", target.spec.prefix, target.model));
    if let Some(value) = served.and_then(|name| HeaderValue::from_str(&name).ok()) {
        headers.insert(SERVED_BY, value);
    }
}

pub(crate) fn with_head(
    status: StatusCode,
    headers: HeaderMap,
    body: ClientBody,
) -> Response<ClientBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
