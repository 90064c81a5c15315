//! How times and numbers look in columns: every one a signed integer.

use chrono::{DateTime, Utc};

/// More tokens, or millionths of a dollar, than one request can have.
/// An upstream that lies about its counters must not overflow the sums.
const MAX_OF_ONE_REQUEST: i64 = 1_000_000_000_000;

pub(crate) fn millis(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

/// A time out of the calendar's range reads as the epoch; we never write one.
pub(crate) fn time(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or(DateTime::UNIX_EPOCH)
}

pub(crate) fn counter(value: u64) -> i64 {
    i64::try_from(value)
        .unwrap_or(MAX_OF_ONE_REQUEST)
        .min(MAX_OF_ONE_REQUEST)
}

pub(crate) fn cost(micros: i64) -> i64 {
    micros.clamp(-MAX_OF_ONE_REQUEST, MAX_OF_ONE_REQUEST)
}

pub(crate) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

pub(crate) fn milliseconds(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}

pub(crate) fn status(value: i32) -> u16 {
    u16::try_from(value).unwrap_or_default()
}
