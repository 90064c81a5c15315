//! What each kind of variable may be. Messages say what was expected; a secret is never repeated.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use tracing_subscriber::EnvFilter;
use url::Url;

use super::Environment;

/// Values that guides and sample files print: whoever uses one shares it with everybody.
const SAMPLES: [&str; 6] = [
    "9router-default-secret-change-me",
    "endpoint-proxy-api-key-secret",
    "your-secure-secret-change-this",
    "change-me-storage-encryption-key",
    "change-me-to-a-long-random-secret",
    "your-secret-key-change-this",
];

/// An address to listen on, or `None` for what is only the machine's name.
pub(super) fn host(text: &str, machine_name: Option<&str>) -> Option<IpAddr> {
    if machine_name == Some(text) {
        return None;
    }
    if text.eq_ignore_ascii_case("localhost") {
        return Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    text.trim_matches(['[', ']']).parse().ok()
}

pub(super) fn port(text: &str) -> Result<u16, String> {
    text.parse()
        .map_err(|_| format!("expected a port from 0 to 65535, found `{text}`"))
}

pub(super) fn seconds(most: u64) -> impl Fn(&str) -> Result<Duration, String> {
    move |text| {
        text.parse()
            .ok()
            .filter(|seconds| (1..=most).contains(seconds))
            .map(Duration::from_secs)
            .ok_or_else(|| format!("expected a number of seconds from 1 to {most}, found `{text}`"))
    }
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(format!("expected true or false, found `{text}`")),
    }
}

pub(super) fn environment(text: &str) -> Result<Environment, String> {
    match text {
        "production" => Ok(Environment::Production),
        "development" => Ok(Environment::Development),
        "test" => Ok(Environment::Test),
        _ => Err(format!(
            "expected production, development or test, found `{text}`"
        )),
    }
}

pub(super) fn url(text: &str) -> Result<Url, String> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| {
            format!("expected a URL that begins with http:// or https://, found `{text}`")
        })
}

/// A URL that is only scheme, host and port.
pub(super) fn origin(text: &str) -> Result<Url, String> {
    let url = url(text)?;
    let is_bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty();
    if is_bare {
        Ok(url)
    } else {
        Err(format!(
            "expected only a scheme, a host and a port, found `{text}`"
        ))
    }
}

pub(super) fn proxy(text: &str) -> Result<Url, String> {
    let text = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    Url::parse(&text)
        .ok()
        .filter(|url| {
            matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") && url.has_host()
        })
        // It may carry a password, so it is not repeated.
        .ok_or_else(|| "expected a proxy such as http://host:port or socks5://host:port".to_owned())
}

pub(super) fn database_url(text: &str) -> Result<SecretString, String> {
    let known = ["postgres://", "postgresql://", "sqlite:"];
    if known.iter().any(|scheme| text.starts_with(scheme)) {
        return Ok(SecretString::from(text));
    }
    Err("expected a URL that begins with postgres:// or sqlite:".to_owned())
}

pub(super) fn secret(text: &str) -> Result<SecretString, String> {
    if SAMPLES.contains(&text) {
        return Err("this value is printed in guides and known to everybody: use one of your own, or none to have one made".to_owned());
    }
    if text.len() < 16 {
        return Err("expected at least 16 characters, or nothing to have one made".to_owned());
    }
    Ok(SecretString::from(text))
}

pub(super) fn password(text: &str) -> Result<SecretString, String> {
    let secret = SecretString::from(text);
    admin::password::check("INITIAL_PASSWORD", secret.expose_secret())
        .map_err(|error| error.to_string())?;
    Ok(secret)
}

/// 32 bytes, as 64 hex digits or in base64.
pub(super) fn sha_key(text: &str) -> Result<[u8; 32], String> {
    let bytes = hex::decode(text)
        .ok()
        .or_else(|| BASE64_STANDARD.decode(text).ok());
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| {
            "expected 32 bytes as 64 hex digits or in base64, as `openssl rand -hex 32` makes them"
                .to_owned()
        })
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text)
        .map(|_| text.to_owned())
        .map_err(|error| format!("expected a filter such as `info,gateway=debug`: {error}"))
}
