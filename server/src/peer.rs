//! Where a request comes from, decided by the connection alone.
//!
//! No header ever grants anything: headers can only take away the trust in a loopback connection.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::ConnectInfo;
use http::request::Parts;
use http::{HeaderMap, Uri, header};

/// What counts as this machine.
#[derive(Debug, Clone)]
pub struct Locality {
    /// Host names under which this router may be asked when it listens on loopback alone;
    /// empty when it listens on other addresses too, whose names it cannot know.
    hosts: Arc<[String]>,
}

/// Headers that a proxy adds. Their presence means that the connection's address is the proxy's.
const FORWARDED: [&str; 6] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "via",
];

impl Locality {
    /// `public_host` is the name of the configured public address.
    #[must_use]
    pub fn new(listens_on: IpAddr, public_host: Option<&str>) -> Self {
        let hosts = if listens_on.is_loopback() {
            let own = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
            own.into_iter()
                .chain(public_host.map(str::to_lowercase))
                .chain([host_text(listens_on)])
                .collect()
        } else {
            Arc::from([])
        };
        Self { hosts }
    }

    /// A web page on another name that resolves to loopback is not us (DNS rebinding).
    #[must_use]
    pub fn is_our_name(&self, parts: &Parts) -> bool {
        self.hosts.is_empty() || host(parts).is_some_and(|host| self.hosts.contains(&host))
    }
}

/// The address at the other end of the connection.
#[must_use]
pub fn address(parts: &Parts) -> IpAddr {
    parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(address)| {
            address.ip().to_canonical()
        })
}

/// From loopback, under a loopback name, and not through a proxy.
#[must_use]
pub fn is_local(parts: &Parts) -> bool {
    address(parts).is_loopback()
        && !FORWARDED
            .iter()
            .any(|name| parts.headers.contains_key(*name))
        && host(parts).is_some_and(|host| is_loopback_name(&host))
}

/// As [`is_local`], and not from a web page: a browser says where a page's request comes from.
#[must_use]
pub fn is_local_program(parts: &Parts) -> bool {
    is_local(parts)
        && !parts.headers.contains_key(header::ORIGIN)
        && !parts.headers.contains_key("sec-fetch-site")
}

/// Whether a request that changes something comes from a page of ours, or from no page at all.
#[must_use]
pub fn is_same_origin(parts: &Parts) -> bool {
    if let Some(site) = text(&parts.headers, "sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(&parts.headers, header::ORIGIN.as_str()) else {
        return true;
    };
    let asked = parts
        .headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok());
    let from = origin.split_once("://").map(|(_, authority)| authority);
    from.is_some() && from == asked
}

/// The host the client meant, without its port, in lower case.
fn host(parts: &Parts) -> Option<String> {
    let named = parts
        .headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok());
    let authority = match named {
        Some(text) => text.parse::<Uri>().ok()?.authority()?.clone(),
        None => parts.uri.authority()?.clone(),
    };
    Some(authority.host().to_lowercase())
}

fn is_loopback_name(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn host_text(address: IpAddr) -> String {
    if address.is_ipv6() {
        format!("[{address}]")
    } else {
        address.to_string()
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn parts(peer: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        parts.extensions.insert(ConnectInfo(SocketAddr::new(
            peer.parse().expect("an address"),
            1,
        )));
        parts
    }

    #[test]
    fn only_a_direct_loopback_connection_is_local() {
        assert!(is_local(&parts(
            "127.0.0.1",
            &[("host", "localhost:20128")]
        )));
        assert!(is_local(&parts(
            "::ffff:127.0.0.1",
            &[("host", "127.0.0.1:20128")]
        )));
        assert!(!is_local(&parts(
            "192.0.2.1",
            &[("host", "localhost:20128")]
        )));
        assert!(!is_local(&parts(
            "127.0.0.1",
            &[("host", "evil.example:20128")]
        )));
        assert!(!is_local(&parts(
            "127.0.0.1",
            &[("host", "localhost"), ("x-forwarded-for", "127.0.0.1")]
        )));
        assert!(!is_local(&parts(
            "127.0.0.1",
            &[("host", "localhost"), ("x-real-ip", "127.0.0.1")]
        )));
        assert!(!is_local(&parts("127.0.0.1", &[])));
    }

    #[test]
    fn a_web_page_is_not_a_local_program() {
        assert!(is_local_program(&parts(
            "127.0.0.1",
            &[("host", "localhost")]
        )));
        assert!(!is_local_program(&parts(
            "127.0.0.1",
            &[("host", "localhost"), ("origin", "https://evil.example")]
        )));
    }

    #[test]
    fn another_name_for_loopback_is_not_ours() {
        let locality = Locality::new(IpAddr::from([127, 0, 0, 1]), Some("Router.example.com"));
        assert!(locality.is_our_name(&parts("127.0.0.1", &[("host", "localhost:1")])));
        assert!(locality.is_our_name(&parts("127.0.0.1", &[("host", "router.example.com")])));
        assert!(!locality.is_our_name(&parts("127.0.0.1", &[("host", "rebound.example")])));
        assert!(
            Locality::new(IpAddr::from([0, 0, 0, 0]), None)
                .is_our_name(&parts("192.0.2.1", &[("host", "any.example")]))
        );
    }

    #[test]
    fn a_foreign_page_cannot_change_anything() {
        assert!(is_same_origin(&parts(
            "127.0.0.1",
            &[("host", "a.example")]
        )));
        assert!(is_same_origin(&parts(
            "127.0.0.1",
            &[("host", "a.example:8"), ("origin", "http://a.example:8")]
        )));
        assert!(!is_same_origin(&parts(
            "127.0.0.1",
            &[("host", "a.example"), ("origin", "http://b.example")]
        )));
        assert!(!is_same_origin(&parts(
            "127.0.0.1",
            &[("host", "a.example"), ("origin", "null")]
        )));
        assert!(!is_same_origin(&parts(
            "127.0.0.1",
            &[("host", "a.example"), ("sec-fetch-site", "cross-site")]
        )));
        assert!(!is_same_origin(&parts(
            "127.0.0.1",
            &[("host", "a.example"), ("sec-fetch-site", "same-site")]
        )));
    }
}
