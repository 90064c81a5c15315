//! How long an upstream asks to be left alone: said in many places, in many spellings.

mod moment;

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::HeaderMap;
use wire::json::Json;

use crate::failure::FailureKind;
use crate::failure::said::Said;

/// `None` for what is about the request: no rest of the account would change it.
pub(super) fn asked_for(
    kind: FailureKind,
    headers: &HeaderMap,
    said: &Said,
    now: DateTime<Utc>,
) -> Option<Duration> {
    match kind {
        FailureKind::Client | FailureKind::Context | FailureKind::Refused => None,
        FailureKind::Credential
        | FailureKind::Down
        | FailureKind::Network
        | FailureKind::UnknownModel => retry_after(headers, now),
        FailureKind::Quota | FailureKind::RateLimit | FailureKind::Overload => {
            retry_after(headers, now)
                .or_else(|| in_body(said, now))
                .or_else(|| in_windows(headers, now))
                .or_else(|| in_words(&said.message))
        }
    }
}

/// Which limit a 429 is about, where its body does not say.
///
/// Anthropic's subscriptions say `rejected` of their windows. One of them is for a family of models; when it is
/// the only one that is full, the account still serves the others.
pub(super) fn limit(headers: &HeaderMap) -> FailureKind {
    let is_full = |window: &str| {
        let status = text(
            headers,
            &format!("anthropic-ratelimit-unified-{window}status"),
        );
        status == Some("rejected")
    };
    if is_full("5h-") || is_full("7d-") || (is_full("") && !is_full("7d_oi-")) {
        FailureKind::Quota
    } else {
        FailureKind::RateLimit
    }
}

/// RFC 9110, 10.2.3, and OpenAI's finer `retry-after-ms`.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let finer = || {
        let millis: f64 = text(headers, "retry-after-ms")?.parse().ok()?;
        moment::after_seconds(millis / 1_000.0)
    };
    finer().or_else(|| moment::read(text(headers, "retry-after")?, now))
}

/// Google's `RetryInfo` (<https://cloud.google.com/apis/design/errors#error_details>) and Code Assist's metadata,
/// the resets of ChatGPT's backend, and the headers that OpenRouter passes on in its body.
fn in_body(said: &Said, now: DateTime<Utc>) -> Option<Duration> {
    let error = said.error()?;
    let read = |value: &Json| match value {
        Json::String(text) => moment::read(text, now),
        Json::Number(number) => moment::of_number(number.as_f64()?, now),
        _ => None,
    };
    let at = |object: &Json, path: &[&str]| object.at(path).and_then(read);
    let details = error
        .get("details")
        .and_then(Json::as_array)
        .unwrap_or_default();
    let in_details = |path: &[&str]| details.iter().find_map(|detail| at(detail, path));
    in_details(&["metadata", "quotaResetDelay"])
        .or_else(|| in_details(&["metadata", "quotaResetTimeStamp"]))
        .or_else(|| in_details(&["retryDelay"]))
        .or_else(|| at(error, &["resets_in_seconds"]))
        .or_else(|| at(error, &["resets_at"]))
        .or_else(|| at(error, &["retry_after"]))
        .or_else(|| at(error, &["metadata", "headers", "X-RateLimit-Reset"]))
}

/// `x-ratelimit-reset*` of OpenAI and those who follow it, `anthropic-ratelimit-*-reset`, `x-codex-*-reset-at`.
///
/// There is one for each window. It is over when the last full one is; one with something left says nothing. Where
/// nobody says which are full, the nearest reset is as long as we dare to wait.
fn in_windows(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let (mut last_full, mut nearest) = (None, None);
    for (name, value) in headers {
        let name = name.as_str();
        let is_window = name.contains("ratelimit")
            || name.contains("rate-limit")
            || name.starts_with("x-codex-");
        // What is beyond a plan has its own window, which is shut for those who did not buy it.
        if !is_window || name.contains("overage") {
            continue;
        }
        let Some((before, after)) = name.split_once("reset") else {
            continue;
        };
        let Some(rest) = value.to_str().ok().and_then(|text| moment::read(text, now)) else {
            continue;
        };
        match fullness(headers, before, after) {
            Some(true) => last_full = last_full.max(Some(rest)),
            Some(false) => {}
            None => nearest = Some(nearest.map_or(rest, |nearest: Duration| nearest.min(rest))),
        }
    }
    last_full.or(nearest)
}

/// Whether the window whose reset is named `{before}reset{after}` has nothing left.
fn fullness(headers: &HeaderMap, before: &str, after: &str) -> Option<bool> {
    let number = |name: &str| text(headers, name)?.parse::<f64>().ok();
    let left = number(&format!("{before}remaining{after}"))
        .or_else(|| number(&format!("{before}remaining")))
        .map(|left| left <= 0.0);
    let used = || number(&format!("{before}used-percent")).map(|percent| percent >= 100.0);
    let state = || text(headers, &format!("{before}status")).map(|status| status == "rejected");
    left.or_else(used).or_else(state)
}

/// `… reset after 1h2m3s`, `Please try again in 6m0s.`, `Please retry after 5 seconds`.
fn in_words(message: &str) -> Option<Duration> {
    [
        "reset after ",
        "resets in ",
        "try again in ",
        "retry in ",
        "retry after ",
    ]
    .into_iter()
    .find_map(|words| {
        let (_, rest) = message.split_once(words)?;
        moment::leading_duration(rest).map(|(duration, _)| duration)
    })
    .filter(|rest| !rest.is_zero())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}
