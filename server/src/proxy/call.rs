//! From an HTTP request to a [`Call`]: the key in whichever place, and the body within its limit.

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use gateway::call::{Call, Credentials, Surface};
use gateway::error::told;
use http::request::Parts;
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use secrecy::SecretString;
use wire::error::WireError;

use crate::peer;

/// An image of a few megabytes is ordinary in an agent's request.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

/// The parts of `request` that the gateway wants, and its body yet unread.
pub(crate) fn split(surface: Surface, request: Request) -> (Call, HeaderMap, Body) {
    let (parts, body) = request.into_parts();
    let credentials = credentials(&parts);
    let about_body = parts
        .headers
        .iter()
        .filter(|(name, _)| matches!(**name, header::CONTENT_LENGTH | header::CONTENT_ENCODING))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    (
        Call {
            surface,
            credentials,
            headers: parts.headers,
            addressed: None,
        },
        about_body,
        body,
    )
}

/// Who calls, by the connection and the headers.
pub(crate) fn credentials(parts: &Parts) -> Credentials {
    Credentials {
        key: key(parts).map(SecretString::from),
        peer: peer::address(parts),
        is_local_program: peer::is_local_program(parts),
    }
}

/// The key, in the order in which vendors' clients prefer their places.
fn key(parts: &Parts) -> Option<String> {
    let text = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
    };
    let bearer = text("authorization").and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    let in_headers = text("x-api-key")
        .or(bearer)
        .or_else(|| text("x-goog-api-key"));
    let shown = match in_headers {
        Some(key) => key.to_owned(),
        None => url::form_urlencoded::parse(parts.uri.query()?.as_bytes())
            .find_map(|(name, value)| (name == "key").then(|| value.into_owned()))?,
    };
    Some(shown).filter(|key| !key.is_empty())
}

/// The whole body, or what to tell the client about it.
pub(crate) async fn read_body(headers: HeaderMap, body: Body) -> Result<Bytes, WireError> {
    if let Some(encoding) = headers
        .get(header::CONTENT_ENCODING)
        .filter(|value| *value != "identity")
    {
        let encoding = String::from_utf8_lossy(encoding.as_bytes()).into_owned();
        return Err(told(
            415,
            format!("expected a body without content-encoding, found `{encoding}`"),
        ));
    }
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<usize>().ok());
    if declared.is_some_and(|length| length > LARGEST_BODY) {
        return Err(too_large());
    }
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => Err(told(499, format!("the request's body broke off: {error}"))),
    }
}
fn too_large() -> WireError {
    told(
        413,
        format!(
            "expected a body of at most {} MiB",
            LARGEST_BODY / (1024 * 1024)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(uri: &str, headers: &[(&str, &str)]) -> Option<String> {
        let mut request = http::Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        key(&request.body(()).expect("a request").into_parts().0)
    }

    #[test]
    fn a_key_is_found_in_each_of_its_places() {
        assert_eq!(
            shown("/", &[("authorization", "Bearer sk-1")]).as_deref(),
            Some("sk-1")
        );
        assert_eq!(
            shown("/", &[("authorization", "bearer  sk-1 ")]).as_deref(),
            Some("sk-1")
        );
        assert_eq!(
            shown(
                "/",
                &[("x-api-key", "sk-2"), ("authorization", "Bearer sk-1")]
            )
            .as_deref(),
            Some("sk-2")
        );
        assert_eq!(
            shown("/", &[("x-goog-api-key", "sk-3")]).as_deref(),
            Some("sk-3")
        );
        assert_eq!(shown("/?alt=sse&key=sk%2D4", &[]).as_deref(), Some("sk-4"));
        assert_eq!(shown("/", &[("authorization", "Basic c2s=")]), None);
        assert_eq!(shown("/?key=", &[]), None);
    }
}
