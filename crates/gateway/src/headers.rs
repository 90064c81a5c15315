//! Which headers cross the router, and which end here.

use http::header::{self, HeaderMap, HeaderName};

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
    use http::HeaderValue;

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
