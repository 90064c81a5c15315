//! Where spans go, and how the standard's variables are spelled:
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

#[derive(Debug, Clone)]
pub struct TracesConfig {
    /// The whole address, `/v1/traces` included.
    pub url: Url,
    /// Sent with each request; their values are marked as sensitive.
    pub headers: HeaderMap,
    /// For one request to the collector.
    pub timeout: Duration,
    /// How long a span may wait for others to go with it.
    pub delay: Duration,
    /// What the spans come from, by attribute; `service.name` among them.
    pub resource: Vec<(String, String)>,
}

/// `OTEL_EXPORTER_OTLP_HEADERS`: `name=value,name=value`, with percent-encoded values.
/// The message does not repeat a value, which may be a secret.
pub fn headers(text: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs(text)? {
        let parsed = name.parse::<HeaderName>().ok();
        let Some((name, mut value)) = parsed.zip(HeaderValue::from_str(&value).ok()) else {
            return Err(format!("expected headers, found an invalid one: `{name}`"));
        };
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// `OTEL_RESOURCE_ATTRIBUTES`, which is spelled in the same way.
pub fn resource(text: &str) -> Result<Vec<(String, String)>, String> {
    pairs(text)
}

fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair
                .split_once('=')
                .filter(|(name, _)| !name.trim().is_empty())
                .ok_or_else(|| "expected `name=value`, separated by commas".to_owned())?;
            let value = percent_decoded(value.trim())
                .ok_or_else(|| format!("expected percent-encoded UTF-8 after `{name}=`"))?;
            Ok((name.trim().to_owned(), value))
        })
        .collect()
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = rest.get(2..)?;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_pairs_with_percent_encoded_values() {
        let headers = headers("authorization=Bearer%20abc, x-scope = a=b,").expect("headers");
        assert_eq!(headers.get("authorization").expect("one"), "Bearer abc");
        assert_eq!(headers.get("x-scope").expect("one"), "a=b");
        assert!(!format!("{headers:?}").contains("abc"));
    }

    #[test]
    fn a_wrong_header_is_refused_without_its_value() {
        for text in [
            "secret",
            "=secret",
            "a b=secret",
            "a=%0Asecret",
            "a=%zzsecret",
        ] {
            let message = headers(text).expect_err("a refusal");
            assert!(!message.contains("secret"), "{message}");
        }
    }
}
