//! When a window will be empty, if it is used as it was lately. Pure: the time comes from the caller.

use api::quota::{Forecast, Point};
use chrono::{DateTime, Duration, Utc};

/// What is older says nothing of how it is used now.
const LATELY: Duration = Duration::hours(6);
/// Less than this shows no slope.
const SHORTEST: Duration = Duration::minutes(15);
/// A window that loses this much has been reset; vendors round.
const RESET: f64 = 0.005;
/// What is used more slowly, as a part of all in an hour, is not used.
const IDLE_PER_HOUR: f64 = 0.001;
/// The line is laid through so many moments at equal distances.
const SAMPLES: u32 = 24;
const FARTHEST: f64 = 366.0 * 86_400.0;

/// `points` are the window's history, oldest first; the last one is what is known now.
#[must_use]
pub fn forecast(
    points: &[Point],
    resets_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Forecast {
    if resets_at.is_some_and(|resets_at| resets_at <= now) {
        return Forecast::Unknown;
    }
    let Some(last) = points.last() else {
        return Forecast::Unknown;
    };
    if last.used >= 1.0 {
        return Forecast::Empty;
    }
    let Some(slope) = slope(points, now) else {
        return Forecast::Unknown;
    };
    if slope.per_second * 3600.0 < IDLE_PER_HOUR {
        return Forecast::Idle;
    }
    let left = 1.0 - last.used;
    let after = |per_second: f64| {
        let seconds = left / per_second;
        (0.0..FARTHEST)
            .contains(&seconds)
            .then(|| now + seconds_of(seconds))
    };
    let Some(at) = after(slope.per_second) else {
        return Forecast::Idle;
    };
    if resets_at.is_some_and(|resets_at| at >= resets_at) {
        return Forecast::Lasts;
    }
    let band = 2.0 * slope.error;
    let latest = (slope.per_second > band)
        .then(|| after(slope.per_second - band))
        .flatten()
        .filter(|latest| resets_at.is_none_or(|resets_at| *latest < resets_at));
    Forecast::Empties {
        at,
        earliest: after(slope.per_second + band).unwrap_or(at).min(at),
        latest,
    }
}

struct Slope {
    per_second: f64,
    /// Its standard error.
    error: f64,
}

/// The line of least squares through what was used since the last reset, but not longer ago than lately.
///
/// What has not changed is not in the history, and vendors round: between two points the older one holds.
fn slope(points: &[Point], now: DateTime<Utc>) -> Option<Slope> {
    let begin = points
        .windows(2)
        .rposition(|pair| pair[1].used < pair[0].used - RESET)
        .map_or(0, |index| index + 1);
    let points = points.get(begin..)?;
    let first = points.first()?.at.max(now - LATELY);
    let span = now - first;
    if span < SHORTEST {
        return None;
    }
    let step = seconds(span) / f64::from(SAMPLES);
    let mut held = points.iter().peekable();
    let mut used = points.first()?.used;
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    for index in 0..=SAMPLES {
        let x = step * f64::from(index);
        let at = first + seconds_of(x);
        while let Some(point) = held.next_if(|point| point.at <= at) {
            used = point.used;
        }
        xs.push(x);
        ys.push(used);
    }
    Some(line(&xs, &ys))
}

fn line(xs: &[f64], ys: &[f64]) -> Slope {
    let count = f64::from(SAMPLES) + 1.0;
    let (mean_x, mean_y) = (
        xs.iter().sum::<f64>() / count,
        ys.iter().sum::<f64>() / count,
    );
    let pairs = || xs.iter().zip(ys);
    let spread: f64 = xs.iter().map(|x| (x - mean_x).powi(2)).sum();
    let common: f64 = pairs().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let per_second = common / spread;
    let residue: f64 = pairs()
        .map(|(x, y)| (y - mean_y - per_second * (x - mean_x)).powi(2))
        .sum();
    Slope {
        per_second,
        error: (residue / (count - 2.0) / spread).sqrt(),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "hours in milliseconds are exact"
)]
fn seconds(span: Duration) -> f64 {
    span.num_milliseconds() as f64 / 1000.0
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "nothing is farther than a year"
)]
fn seconds_of(seconds: f64) -> Duration {
    Duration::milliseconds((seconds * 1000.0) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + 60 * minute, 0).expect("a time")
    }

    /// What was used, by minute.
    fn points(pairs: &[(i64, f64)]) -> Vec<Point> {
        let point = |&(minute, used)| Point {
            at: at(minute),
            used,
        };
        pairs.iter().map(point).collect()
    }

    fn steady(from: f64, per_minute: f64, minutes: i64) -> Vec<Point> {
        let pairs: Vec<(i64, f64)> = (0..=minutes)
            .map(|minute| {
                let minutes = f64::from(u32::try_from(minute).expect("a minute"));
                (minute, from + per_minute * minutes)
            })
            .collect();
        points(&pairs)
    }

    #[test]
    fn steady_use_ends_when_it_must() {
        // 1 % a minute from 20 % on: after an hour 20 % are left, for 20 minutes.
        let points = steady(0.2, 0.01, 60);
        let Forecast::Empties {
            at: empties,
            earliest,
            latest,
        } = forecast(&points, Some(at(300)), at(60))
        else {
            panic!("it empties");
        };
        assert!((empties - at(80)).num_seconds().abs() <= 30, "{empties}");
        assert!(earliest <= empties && at(78) < earliest, "{earliest}");
        assert!(latest.is_some_and(|latest| empties <= latest && latest < at(82)));
    }

    #[test]
    fn what_resets_first_lasts() {
        let points = steady(0.2, 0.01, 60);
        assert_eq!(forecast(&points, Some(at(75)), at(60)), Forecast::Lasts);
    }

    #[test]
    fn uneven_use_has_a_wide_band() {
        let even = steady(0.0, 0.004, 120);
        let uneven = points(&[(0, 0.0), (5, 0.3), (100, 0.31), (110, 0.48), (120, 0.48)]);
        let width = |points: &[Point]| match forecast(points, None, at(120)) {
            Forecast::Empties {
                earliest, latest, ..
            } => latest.map(|latest| latest - earliest),
            other => panic!("it empties: {other:?}"),
        };
        let (even, uneven) = (width(&even), width(&uneven));
        assert!(even.is_some());
        assert!(uneven.is_none() || uneven > even.map(|even| even * 4));
    }

    #[test]
    fn a_reset_is_no_slope() {
        let mut points = steady(0.5, 0.005, 90);
        points.extend((91..=110).map(|minute| Point {
            at: at(minute),
            used: 0.0,
        }));
        assert_eq!(forecast(&points, None, at(110)), Forecast::Idle);
        assert_eq!(forecast(&points, None, at(100)), Forecast::Unknown);
    }

    #[test]
    fn an_hour_of_rest_after_use_is_seen() {
        let mut points = points(&[(0, 0.1), (30, 0.4)]);
        let busy = forecast(&points, None, at(35));
        points.push(Point {
            at: at(300),
            used: 0.4,
        });
        let rested = forecast(&points, None, at(420));
        assert!(matches!(busy, Forecast::Empties { .. }), "{busy:?}");
        assert_eq!(rested, Forecast::Idle);
    }

    #[test]
    fn too_little_is_unknown_and_nothing_left_is_empty() {
        assert_eq!(forecast(&[], None, at(0)), Forecast::Unknown);
        let one = points(&[(0, 0.5)]);
        assert_eq!(forecast(&one, None, at(5)), Forecast::Unknown);
        assert_eq!(forecast(&one, None, at(60)), Forecast::Idle);
        assert_eq!(forecast(&one, Some(at(50)), at(60)), Forecast::Unknown);
        let empty = points(&[(0, 0.5), (1, 1.0)]);
        assert_eq!(forecast(&empty, Some(at(9)), at(2)), Forecast::Empty);
    }
}
