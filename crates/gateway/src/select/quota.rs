//! The order by quota: what would otherwise end unused is used first.
//!
//! Of an account's windows the longest one decides, the one that resets last: an allowance of five hours comes back
//! many times before a week's does. Among accounts the one whose longest window resets first is asked first, since
//! what is left of it is lost then. An account with next to nothing left in any window is kept for last.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};

use crate::quota::QuotaWindow;

/// From here on a window is as good as used up.
const NEARLY_ALL: f64 = 0.95;

/// How early an account is asked. The smaller one comes first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rank {
    /// Something is left, and is lost then.
    Ends { at: DateTime<Utc>, used: f64 },
    /// Nothing is known of when.
    Unknown,
    /// Next to nothing is left; the one that is whole again first comes first.
    NearlyEmpty { until: Option<DateTime<Utc>> },
}

/// The rank of an account with these windows. One whose reset has passed since it was reported is whole again.
pub(crate) fn rank(windows: &[QuotaWindow], now: DateTime<Utc>) -> Rank {
    let current: Vec<&QuotaWindow> = windows
        .iter()
        .filter(|window| window.resets_at.is_none_or(|resets_at| resets_at > now))
        .collect();
    let nearly_empty = current.iter().filter(|window| window.used >= NEARLY_ALL);
    if let Some(window) =
        nearly_empty.max_by_key(|window| window.resets_at.unwrap_or(DateTime::<Utc>::MAX_UTC))
    {
        return Rank::NearlyEmpty {
            until: window.resets_at,
        };
    }
    let longest = current
        .iter()
        .filter_map(|window| Some((window.resets_at?, window.used)))
        .max_by_key(|(resets_at, _)| *resets_at);
    longest.map_or(Rank::Unknown, |(at, used)| Rank::Ends { at, used })
}

impl Rank {
    /// Of two that end at the same time the one with more left comes first.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (
                Self::Ends { at, used },
                Self::Ends {
                    at: other_at,
                    used: other_used,
                },
            ) => at.cmp(other_at).then(used.total_cmp(other_used)),
            (Self::NearlyEmpty { until }, Self::NearlyEmpty { until: other_until }) => {
                let last =
                    |until: &Option<DateTime<Utc>>| until.unwrap_or(DateTime::<Utc>::MAX_UTC);
                last(until).cmp(&last(other_until))
            }
            _ => self.group().cmp(&other.group()),
        }
    }

    fn group(&self) -> u8 {
        match self {
            Self::Ends { .. } => 0,
            Self::Unknown => 1,
            Self::NearlyEmpty { .. } => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + hours * 3_600, 0).expect("a time")
    }

    fn window(used: f64, resets_at: Option<i64>) -> QuotaWindow {
        QuotaWindow {
            name: "w".to_owned(),
            used,
            resets_at: resets_at.map(at),
            as_of: at(-1),
        }
    }

    /// The accounts by name, the first one to ask first.
    fn order(accounts: &[(&'static str, &[QuotaWindow])]) -> Vec<&'static str> {
        let mut ranked: Vec<_> = accounts
            .iter()
            .map(|(name, windows)| (*name, rank(windows, at(0))))
            .collect();
        ranked.sort_by(|(_, one), (_, other)| one.compare(other));
        ranked.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn what_ends_first_is_used_first_and_the_longest_window_decides() {
        let soon = [window(0.5, Some(24)), window(0.1, Some(4))];
        let later = [window(0.2, Some(100)), window(0.0, Some(1))];
        assert_eq!(
            order(&[("later", &later), ("soon", &soon)]),
            ["soon", "later"]
        );
        let more_left = [window(0.2, Some(24))];
        assert_eq!(
            order(&[("soon", &soon), ("more left", &more_left)]),
            ["more left", "soon"]
        );
    }

    #[test]
    fn an_account_that_is_nearly_empty_in_any_window_comes_last() {
        let weekly = [window(0.96, Some(100)), window(0.1, Some(2))];
        let hourly = [window(0.5, Some(100)), window(0.99, Some(2))];
        let never = [window(1.0, None)];
        let known = [window(0.9, Some(200))];
        let order = order(&[
            ("never", &never),
            ("weekly", &weekly),
            ("hourly", &hourly),
            ("unknown", &[]),
            ("known", &known),
        ]);
        assert_eq!(order, ["known", "unknown", "hourly", "weekly", "never"]);
    }

    #[test]
    fn a_window_whose_reset_has_passed_says_nothing_any_more() {
        assert_eq!(rank(&[window(1.0, Some(-1))], at(0)), Rank::Unknown);
    }
}
