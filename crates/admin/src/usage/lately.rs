//! The last so many hours or days of the calendar, the one of now included.

use api::usage::query::{Preset, Span, Step};
use chrono::SecondsFormat;
use store::usage::fact::Slots;

use crate::error::AdminError;
use crate::usage::clock::{Clock, time};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lately {
    /// At most 24.
    Hours(u16),
    Days(u16),
    Ever,
}

impl Lately {
    /// How wide a bar of it is.
    #[must_use]
    pub fn step(self) -> Step {
        match self {
            Self::Hours(_) => Step::Hour,
            Self::Days(_) | Self::Ever => Step::Day,
        }
    }

    /// The same as a period of any table or chart.
    pub(super) fn span(self, clock: &Clock) -> Result<Span, AdminError> {
        let slots = match self {
            Self::Ever => return Ok(Span::Preset(Preset::All)),
            Self::Hours(hours) => last(clock, &Span::Preset(Preset::Day), Step::Hour, hours)?,
            Self::Days(days) => clock.last_days(days)?,
        };
        let text = |slot| time(slot).to_rfc3339_opts(SecondsFormat::Secs, true);
        Ok(Span::Custom {
            from: text(slots.start),
            until: text(slots.end),
        })
    }
}

/// The last steps of a period.
fn last(clock: &Clock, span: &Span, step: Step, count: u16) -> Result<Slots, AdminError> {
    let slots = clock.slots(span, None)?;
    let starts = clock.starts(step, &slots)?;
    let first = starts.len().saturating_sub(usize::from(count));
    Ok(starts.get(first).copied().unwrap_or(slots.start)..slots.end)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    #[test]
    fn hours_and_days_are_the_calendars() {
        for (zone, lately, now, from, until, steps) in [
            (
                "UTC",
                Lately::Hours(24),
                "2026-03-31T10:07:00Z",
                "2026-03-30T11:00:00Z",
                "2026-03-31T10:15:00Z",
                24,
            ),
            // Hours begin at a quarter to.
            (
                "Asia/Kathmandu",
                Lately::Hours(24),
                "2026-03-31T10:07:00Z",
                "2026-03-30T10:15:00Z",
                "2026-03-31T10:15:00Z",
                24,
            ),
            // The day that has 23 hours is one of seven, and the one that has 25.
            (
                "Europe/Berlin",
                Lately::Days(7),
                "2026-03-31T10:07:00Z",
                "2026-03-24T23:00:00Z",
                "2026-03-31T22:00:00Z",
                7,
            ),
            (
                "America/New_York",
                Lately::Days(7),
                "2026-11-03T10:07:00Z",
                "2026-10-28T04:00:00Z",
                "2026-11-04T05:00:00Z",
                7,
            ),
            (
                "Australia/Lord_Howe",
                Lately::Days(2),
                "2026-10-04T10:07:00Z",
                "2026-10-02T13:30:00Z",
                "2026-10-04T13:00:00Z",
                2,
            ),
        ] {
            let now = now.parse::<DateTime<Utc>>().expect("a time");
            let clock = Clock::new(zone, now).expect("a zone");
            let span = lately.span(&clock).expect("a span");
            let expected = Span::Custom {
                from: from.to_owned(),
                until: until.to_owned(),
            };
            assert_eq!(span, expected, "{zone} {lately:?}");
            let slots = clock.slots(&span, None).expect("slots");
            let starts = clock.starts(lately.step(), &slots).expect("steps");
            assert_eq!(starts.len(), steps, "{zone} {lately:?}");
        }
    }
}
