//! What the page says. Pure, the same on both sides.

use api::quota::Amount;
use chrono::{DateTime, Utc};

/// How much is left, as a colour and as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Unlimited,
    Unknown,
    Plenty,
    Low,
    AlmostEmpty,
    Empty,
}

impl Level {
    pub(crate) fn of(amount: Amount) -> Self {
        match amount.share() {
            None if amount == Amount::Unlimited => Self::Unlimited,
            None => Self::Unknown,
            Some(1.0..) => Self::Empty,
            Some(0.9..) => Self::AlmostEmpty,
            Some(0.7..) => Self::Low,
            Some(_) => Self::Plenty,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unlimited => "Unlimited",
            Self::Unknown => "Unknown",
            Self::Plenty => "Plenty left",
            Self::Low => "Getting low",
            Self::AlmostEmpty => "Almost empty",
            Self::Empty => "Empty",
        }
    }

    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Unlimited | Self::Plenty => "badge-good",
            Self::Unknown => "badge-quiet",
            Self::Low => "badge-warn",
            Self::AlmostEmpty | Self::Empty => "badge-bad",
        }
    }

    pub(crate) fn bar(self) -> &'static str {
        match self {
            Self::Unlimited | Self::Unknown | Self::Plenty => "quota-good",
            Self::Low => "quota-warn",
            Self::AlmostEmpty | Self::Empty => "quota-bad",
        }
    }
}

pub(crate) fn used(amount: Amount) -> String {
    match amount {
        Amount::Unlimited => "Nothing bounds it".to_owned(),
        Amount::Share { used } => format!("{}% used", short(used * 100.0)),
        Amount::Count { used, total } => format!("{} of {} used", short(used), short(total)),
    }
}

/// One decimal, where there is one.
fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// `in 2 d 5 h`, `in 5 h 12 min`, `in 4 min 9 s`; `just now` once it is over.
pub(crate) fn until(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (at - now).num_seconds();
    if seconds <= 0 {
        return "just now".to_owned();
    }
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    if days > 0 {
        format!("in {days} d {} h", hours % 24)
    } else if hours > 0 {
        format!("in {hours} h {} min", minutes % 60)
    } else {
        format!("in {minutes} min {} s", seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_have_words() {
        let share = |used| Amount::Share { used };
        for (amount, level, words) in [
            (Amount::Unlimited, Level::Unlimited, "Nothing bounds it"),
            (share(0.0), Level::Plenty, "0% used"),
            (share(0.125), Level::Plenty, "12.5% used"),
            (share(0.7), Level::Low, "70% used"),
            (share(0.95), Level::AlmostEmpty, "95% used"),
            (share(1.0), Level::Empty, "100% used"),
            (
                Amount::Count {
                    used: 90.0,
                    total: 300.0,
                },
                Level::Plenty,
                "90 of 300 used",
            ),
        ] {
            assert_eq!(Level::of(amount), level, "{amount:?}");
            assert_eq!(used(amount), words);
        }
    }

    #[test]
    fn a_reset_is_counted_down() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
        for (seconds, words) in [
            (-5, "just now"),
            (9, "in 0 min 9 s"),
            (249, "in 4 min 9 s"),
            (18_720, "in 5 h 12 min"),
            (190_800, "in 2 d 5 h"),
        ] {
            let at = now + chrono::Duration::seconds(seconds);
            assert_eq!(until(at, now), words);
        }
    }
}
