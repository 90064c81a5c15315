//! The chart's time axis: how far back, how wide a bucket, and no gaps.

use api::usage::{Period, Tokens, UsagePoint};
use chrono::{DateTime, Duration, Utc};

const HOUR: u32 = 3_600;
const DAY: u32 = 24 * HOUR;
/// Points of a chart at most; longer spans get wider buckets.
const MOST_POINTS: i64 = 120;

pub(super) fn since(period: Period, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let days = match period {
        Period::Day => 1,
        Period::Week => 7,
        Period::Month => 30,
        Period::All => return None,
    };
    Some(now - Duration::days(days))
}

pub(super) fn bucket(period: Period, first: Option<DateTime<Utc>>, now: DateTime<Utc>) -> u32 {
    match period {
        Period::Day => HOUR,
        Period::Week => 6 * HOUR,
        Period::Month => DAY,
        Period::All => {
            let days = first.map_or(0, |first| (now - first).num_days());
            let width = u32::try_from(days / MOST_POINTS + 1).unwrap_or(1);
            width.saturating_mul(DAY)
        }
    }
}

/// The points with the empty buckets between them, so that time runs evenly.
pub(super) fn filled(
    points: Vec<UsagePoint>,
    first: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    bucket_seconds: u32,
) -> Vec<UsagePoint> {
    let Some(first) = first.or_else(|| points.first().map(|point| point.at)) else {
        return Vec::new();
    };
    let width = i64::from(bucket_seconds.max(1));
    let start = first.timestamp().div_euclid(width);
    let end = now.timestamp().div_euclid(width);
    let mut known = points.into_iter().peekable();
    let mut filled = Vec::new();
    for index in start..=end {
        let Some(at) = DateTime::from_timestamp(index * width, 0) else {
            continue;
        };
        while known.peek().is_some_and(|point| point.at < at) {
            known.next();
        }
        let point = known.next_if(|point| point.at == at);
        filled.push(point.unwrap_or(UsagePoint {
            at,
            requests: 0,
            tokens: Tokens::default(),
            cost_micros: 0,
        }));
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_buckets_are_filled() {
        let at = |hour: i64| DateTime::from_timestamp(hour * 3_600, 0).expect("a time");
        let point = UsagePoint {
            at: at(11),
            requests: 2,
            tokens: Tokens::default(),
            cost_micros: 5,
        };
        let filled = filled(
            vec![point],
            Some(at(10)),
            at(12) + Duration::minutes(5),
            HOUR,
        );
        let requests: Vec<_> = filled
            .iter()
            .map(|point| (point.at, point.requests))
            .collect();
        assert_eq!(requests, [(at(10), 0), (at(11), 2), (at(12), 0)]);
    }

    #[test]
    fn a_long_history_gets_wide_buckets() {
        let now = DateTime::from_timestamp(1_000_000_000, 0).expect("a time");
        assert_eq!(bucket(Period::All, None, now), DAY);
        assert_eq!(
            bucket(Period::All, Some(now - Duration::days(119)), now),
            DAY
        );
        assert_eq!(
            bucket(Period::All, Some(now - Duration::days(365)), now),
            4 * DAY
        );
    }
}
