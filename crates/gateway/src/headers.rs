//! Which headers cross the router, and which end here.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Connection-bound headers (RFC 9110, section 7.6.1), never forwarded in either direction.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// A client's headers that concern this router, its proxy or a browser, and not the upstream.
const ENDS_HERE: [HeaderName; 19] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::EXPECT,
    // The tap must be able to read the answer.
    header::ACCEPT_ENCODING,
    // The client's key is ours, and the account's key is the upstream's.
    header::AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-goog-api-key"),
    HeaderName::from_static("api-key"),
    // They name the client's own account with the vendor, not the one that serves.
    HeaderName::from_static("openai-organization"),
    HeaderName::from_static("openai-project"),
    header::COOKIE,
    header::ORIGIN,
    header::REFERER,
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("true-client-ip"),
    HeaderName::from_static("priority"),
    header::DNT,
];

const ENDS_HERE_PREFIXES: [&str; 5] = [
    "x-forwarded-",
    "sec-",
    "cf-",
    "x-9router-",
    "access-control-",
];

/// What is ours to say in a request, beside [`ENDS_HERE`]: the bodies we write, and what we can read.
const OURS: [HeaderName; 5] = [
    header::ACCEPT,
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::SET_COOKIE,
    header::RANGE,
];
const LONGEST_VALUE: usize = 500;

/// A header by which somebody wants requests to name who sends them. Not one that says where a request goes, how it is
/// sent, or whose account it is for. In words for people where it is none.
pub fn identification(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let Ok(known) = name.trim().parse::<HeaderName>() else {
        return Err(format!(
            "expected the name of a header, found `{}`",
            name.trim()
        ));
    };
    let is_kept = HOP_BY_HOP.contains(&known)
        || ENDS_HERE.contains(&known)
        || OURS.contains(&known)
        || known.as_str().starts_with("proxy-")
        || ENDS_HERE_PREFIXES
            .iter()
            .any(|prefix| known.as_str().starts_with(prefix));
    if is_kept {
        return Err(format!("the header `{known}` cannot be set"));
    }
    let value = value.trim();
    let is_plain = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let value = HeaderValue::from_str(value)
        .ok()
        .filter(|value| is_plain && (1..=LONGEST_VALUE).contains(&value.len()));
    let value = value.ok_or_else(|| {
        format!("expected 1 to {LONGEST_VALUE} plain characters as the value of `{known}`")
    })?;
    Ok((known, value))
}

/// The client's headers, as the upstream sees them.
#[must_use]
pub fn for_upstream(client: &HeaderMap) -> HeaderMap {
    let named = named_by_connection(client);
    let mut headers = HeaderMap::with_capacity(client.len());
    for (name, value) in client {
        let stays = HOP_BY_HOP.contains(name)
            || ENDS_HERE.contains(name)
            || ENDS_HERE_PREFIXES
                .iter()
                .any(|prefix| name.as_str().starts_with(prefix))
            || named.contains(name);
        if !stays {
            headers.append(name.clone(), value.clone());
        }
    }
    headers
}

/// The upstream's headers, as the client sees them.
#[must_use]
pub fn for_client(upstream: &HeaderMap) -> HeaderMap {
    let named = named_by_connection(upstream);
    let mut headers = HeaderMap::with_capacity(upstream.len());
    for (name, value) in upstream {
        let stays = HOP_BY_HOP.contains(name)
            || *name == header::SET_COOKIE
            || name.as_str().starts_with("access-control-")
            || named.contains(name);
        if !stays {
            headers.append(name.clone(), value.clone());
        }
    }
    headers
}

/// What the `Connection` header declares to be connection-bound too.
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn a_vendors_own_headers_reach_the_upstream_and_secrets_do_not() {
        let client = map(&[
            ("authorization", "Bearer sk-ours"),
            ("x-api-key", "sk-ours"),
            ("cookie", "id=1"),
            ("x-forwarded-for", "192.0.2.1"),
            ("connection", "keep-alive, x-hop"),
            ("x-hop", "1"),
            ("anthropic-beta", "interleaved-thinking-2025-05-14"),
            ("user-agent", "client/1"),
            ("content-type", "application/json"),
            ("accept-encoding", "gzip"),
        ]);
        let expected = map(&[
            ("anthropic-beta", "interleaved-thinking-2025-05-14"),
            ("user-agent", "client/1"),
            ("content-type", "application/json"),
        ]);
        assert_eq!(for_upstream(&client), expected);
    }

    #[test]
    fn a_name_may_be_said_and_nothing_else() {
        for (name, value) in [
            ("User-Agent", "my-tool/1"),
            ("x-title", " A tool "),
            ("originator", "me"),
        ] {
            assert!(identification(name, value).is_ok(), "{name}");
        }
        for name in [
            "Authorization",
            "host",
            "content-length",
            "cookie",
            "x-api-key",
            "connection",
            "transfer-encoding",
            "proxy-authorization",
            "content-type",
            "accept",
            "x-forwarded-for",
            "x-9router-note",
            "sec-fetch-mode",
            "a b",
            "",
        ] {
            assert!(identification(name, "x").is_err(), "{name}");
        }
        for value in ["", " ", "a\r\nhost: b", "ü", &"x".repeat(501)] {
            assert!(identification("user-agent", value).is_err(), "{value}");
        }
    }

    #[test]
    fn the_upstreams_cookies_and_cors_end_here() {
        let upstream = map(&[
            ("set-cookie", "a=b"),
            ("access-control-allow-origin", "https://example.com"),
            ("transfer-encoding", "chunked"),
            ("request-id", "req_1"),
            ("retry-after", "3"),
        ]);
        assert_eq!(
            for_client(&upstream),
            map(&[("request-id", "req_1"), ("retry-after", "3")])
        );
    }
}
