//! What an upstream's refusal means for whoever must decide what to do next.
//!
//! By the status first, then by the few words that vendors share. How long to wait is said in many places;
//! all that are known are read.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::HeaderMap;
use wire::json::Json;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The request itself is wrong; everybody would refuse it.
    Client,
    /// The account's credential.
    Credential,
    /// The account has used up what it may use.
    Quota,
    /// Too many at once.
    RateLimit,
    Overload,
    /// The provider itself is broken.
    Down,
    Network,
    /// The prompt is too long for this model.
    Context,
    /// The content was refused.
    Refused,
    /// This account does not have the model.
    UnknownModel,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// How long the upstream asks to be left alone.
    pub rest: Option<Duration>,
}

impl FailureKind {
    pub const ALL: [Self; 10] = [
        Self::Client,
        Self::Credential,
        Self::Quota,
        Self::RateLimit,
        Self::Overload,
        Self::Down,
        Self::Network,
        Self::Context,
        Self::Refused,
        Self::UnknownModel,
    ];

    /// The inverse of [`FailureKind::as_str`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name in the database and in headers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Credential => "credential",
            Self::Quota => "quota",
            Self::RateLimit => "rate_limit",
            Self::Overload => "overload",
            Self::Down => "down",
            Self::Network => "network",
            Self::Context => "context",
            Self::Refused => "refused",
            Self::UnknownModel => "unknown_model",
        }
    }
}

/// Reads an answer under a status other than 2xx.
#[must_use]
pub fn classify(status: u16, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Failure {
    let said = wire::error::decode_error(status, body);
    let kind = kind(
        status,
        said.code.as_deref(),
        &said.message.to_ascii_lowercase(),
    );
    let rest = match kind {
        FailureKind::Client | FailureKind::Context | FailureKind::Refused => None,
        FailureKind::Credential
        | FailureKind::Quota
        | FailureKind::RateLimit
        | FailureKind::Overload
        | FailureKind::Down
        | FailureKind::Network
        | FailureKind::UnknownModel => {
            rest_in_headers(headers, now).or_else(|| rest_in_body(body, now))
        }
    };
    Failure { kind, rest }
}

fn kind(status: u16, code: Option<&str>, message: &str) -> FailureKind {
    const QUOTA: [&str; 5] = [
        "insufficient_quota",
        "quota_exceeded",
        "free allocated quota exceeded",
        "usage limit",
        "credit balance is too low",
    ];
    let code = code.unwrap_or_default();
    let is_quota = QUOTA
        .iter()
        .any(|words| code == *words || message.contains(words));
    match status {
        _ if code == "context_length_exceeded" || message.contains("prompt is too long") => {
            FailureKind::Context
        }
        402 => FailureKind::Quota,
        400 | 403 | 429 if is_quota => FailureKind::Quota,
        400 if code == "content_policy_violation" || code == "content_filter" => {
            FailureKind::Refused
        }
        401 | 403 => FailureKind::Credential,
        404 => FailureKind::UnknownModel,
        408 | 504 => FailureKind::Network,
        429 => FailureKind::RateLimit,
        503 | 529 => FailureKind::Overload,
        400..=499 => FailureKind::Client,
        _ => FailureKind::Down,
    }
}

/// `retry-after` in seconds or as a date (RFC 9110, 10.2.3), or OpenAI's `retry-after-ms`.
fn rest_in_headers(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(millis) = text("retry-after-ms").and_then(|text| text.parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(millis / 1_000.0).ok();
    }
    let after = text("retry-after")?;
    if let Ok(seconds) = after.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = DateTime::parse_from_rfc2822(after).ok()?;
    (at.to_utc() - now).to_std().ok()
}

/// Google's `RetryInfo` (<https://cloud.google.com/apis/design/errors#error_details>), and the resets of ChatGPT's backend.
fn rest_in_body(body: &[u8], now: DateTime<Utc>) -> Option<Duration> {
    let json = Json::parse(body, &[]).ok()?;
    // Google wraps the error in a list where a stream was asked for.
    let json = match &json {
        Json::Array(items) => items.first()?,
        json => json,
    };
    let error = json.get("error")?;
    let in_details = error
        .get("details")
        .and_then(Json::as_array)
        .and_then(|details| {
            details
                .iter()
                .find_map(|detail| seconds(detail.get("retryDelay")?.as_str()?))
        });
    let in_seconds = error
        .get("resets_in_seconds")
        .and_then(Json::as_f64)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let at = || {
        let at = error.get("resets_at").and_then(Json::as_i64)?;
        let at = DateTime::from_timestamp(at, 0)?;
        (at - now).to_std().ok()
    };
    in_details.or(in_seconds).or_else(at)
}

/// `12.3s`, as protocol buffers write a duration.
fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).expect("a time")
    }

    fn check(
        status: u16,
        header: Option<(&'static str, &str)>,
        body: &str,
        kind: FailureKind,
        rest: Option<u64>,
    ) {
        let headers = header
            .map(|(name, value)| {
                let value = HeaderValue::from_str(value).expect("a value");
                (HeaderName::from_static(name), value)
            })
            .into_iter()
            .collect();
        let failure = classify(status, &headers, body.as_bytes(), now());
        let rest = rest.map(Duration::from_millis);
        assert_eq!(failure, Failure { kind, rest }, "{status} {body}");
    }

    #[test]
    fn a_status_says_what_kind_of_failure_it_is() {
        for (status, kind) in [
            (400, FailureKind::Client),
            (401, FailureKind::Credential),
            (402, FailureKind::Quota),
            (403, FailureKind::Credential),
            (404, FailureKind::UnknownModel),
            (408, FailureKind::Network),
            (413, FailureKind::Client),
            (422, FailureKind::Client),
            (429, FailureKind::RateLimit),
            (500, FailureKind::Down),
            (502, FailureKind::Down),
            (503, FailureKind::Overload),
            (504, FailureKind::Network),
            (529, FailureKind::Overload),
            (302, FailureKind::Down),
        ] {
            check(status, None, "<html></html>", kind, None);
        }
    }

    #[test]
    fn words_say_more_than_a_status() {
        check(
            429,
            None,
            r#"{"error":{"code":"insufficient_quota","message":"You exceeded your current quota"}}"#,
            FailureKind::Quota,
            None,
        );
        check(
            403,
            None,
            r#"{"error":{"message":"Free allocated quota exceeded"}}"#,
            FailureKind::Quota,
            None,
        );
        check(
            400,
            None,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 > 8"}}"#,
            FailureKind::Context,
            None,
        );
        check(
            400,
            None,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#,
            FailureKind::Quota,
            None,
        );
    }

    #[test]
    fn a_rest_is_read_in_every_form() {
        let limit = FailureKind::RateLimit;
        check(429, Some(("retry-after", "7")), "", limit, Some(7_000));
        check(429, Some(("retry-after", "1.5")), "", limit, Some(1_500));
        check(429, Some(("retry-after-ms", "250")), "", limit, Some(250));
        check(
            429,
            Some(("retry-after", "Tue, 14 Nov 2023 22:13:50 GMT")),
            "",
            limit,
            Some(30_000),
        );
        check(429, Some(("retry-after", "soon")), "", limit, None);
        check(
            429,
            None,
            r#"{"error":{"code":429,"details":[{"@type":"x"},{"retryDelay":"12.3s"}]}}"#,
            limit,
            Some(12_300),
        );
        check(
            429,
            None,
            r#"[{"error":{"details":[{"retryDelay":"2s"}]}}]"#,
            limit,
            Some(2_000),
        );
        check(
            429,
            None,
            r#"{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","resets_in_seconds":90}}"#,
            FailureKind::Quota,
            Some(90_000),
        );
        check(
            429,
            None,
            r#"{"error":{"message":"x","resets_at":1700000060}}"#,
            limit,
            Some(60_000),
        );
        check(
            400,
            Some(("retry-after", "7")),
            "",
            FailureKind::Client,
            None,
        );
    }
}
