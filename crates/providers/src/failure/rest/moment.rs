//! A point in time or a length of it, as servers spell them, made into how long it is from now.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};

/// What is at least this is a date in unix seconds: as a length it would be thirty years.
const UNIX_SECONDS: f64 = 1e9;
const UNIX_MILLIS: f64 = 1e12;

/// Seconds, a unix time in seconds or milliseconds, `1h2m3.5s`, RFC 3339, or an HTTP date in any of its three forms.
/// `None` for what is over or cannot be read.
pub(super) fn read(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return of_number(number, now);
    }
    if let Some((duration, "")) = leading_duration(text) {
        return Some(duration).filter(|duration| !duration.is_zero());
    }
    until(date(text)?, now)
}

pub(super) fn of_number(number: f64, now: DateTime<Utc>) -> Option<Duration> {
    if number < UNIX_SECONDS {
        return after_seconds(number);
    }
    let millis = if number < UNIX_MILLIS {
        number * 1_000.0
    } else {
        number
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float becomes an integer by saturation, and chrono refuses such a date"
    )]
    let at = DateTime::from_timestamp_millis(millis as i64)?;
    until(at, now)
}

pub(super) fn after_seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|rest| !rest.is_zero())
}

/// `6m0s`, `1.5s`, `20ms`, `5 seconds` at the beginning of `text`, and what follows it.
pub(super) fn leading_duration(text: &str) -> Option<(Duration, &str)> {
    let mut rest = text;
    let mut total: Option<f64> = None;
    while let Some((seconds, after)) = leading_part(rest) {
        total = Some(total.unwrap_or_default() + seconds);
        rest = after;
    }
    let duration = Duration::try_from_secs_f64(total?).ok()?;
    Some((duration, rest))
}

/// One number with its unit, in seconds.
fn leading_part(text: &str) -> Option<(f64, &str)> {
    let text = text.trim_start();
    let (number, after) = split(text, |char| char.is_ascii_digit() || char == '.');
    let (unit, after) = split(after.trim_start(), char::is_alphabetic);
    let seconds = match unit {
        "d" | "day" | "days" => 86_400.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "ms" | "millisecond" | "milliseconds" => 1e-3,
        "us" | "µs" | "μs" => 1e-6,
        "ns" => 1e-9,
        _ => return None,
    };
    Some((number.parse::<f64>().ok()? * seconds, after))
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|char| !belongs(char)).unwrap_or(text.len());
    text.split_at(end)
}

fn date(text: &str) -> Option<DateTime<Utc>> {
    // RFC 850 and asctime: RFC 9110, 5.6.7, wants them read still.
    const OLD: [&str; 2] = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_rfc2822(text))
        .map(|at| at.to_utc())
        .ok()
        .or_else(|| {
            OLD.iter()
                .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
                .map(|at| at.and_utc())
        })
}

fn until(at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Duration> {
    (at - now).to_std().ok().filter(|rest| !rest.is_zero())
}
