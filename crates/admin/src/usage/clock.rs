//! Periods, days and hours of a time zone, in slots. Right where clocks are changed.

use api::usage::query::{Dimension, Preset, Span, Step};
use api::usage::table::LocalRange;
use chrono::{DateTime, Utc};
use jiff::civil::{Date, DateTime as LocalTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};
use store::usage::fact::{SLOT_MS, Slot, Slots, slot};

use crate::error::AdminError;

const HOUR: i64 = 4;
const DAY: i64 = 24 * HOUR;
/// The longest time that can be asked for.
const LONGEST: i64 = 20 * 366 * DAY;

/// A month of the calendar.
#[derive(Debug)]
pub(super) struct Month {
    /// `2026-03`.
    pub(super) name: String,
    /// Its first day and its last.
    pub(super) from: String,
    pub(super) until: String,
    pub(super) previous: String,
    pub(super) following: String,
    pub(super) days: u8,
    /// The part that is over, while it is under way.
    pub(super) elapsed: Option<f64>,
}

/// A time zone at a moment.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    zone: TimeZone,
    now: Timestamp,
}

impl Clock {
    pub(super) fn new(zone: &str, now: DateTime<Utc>) -> Result<Self, AdminError> {
        let zone = TimeZone::get(zone).map_err(|_| {
            AdminError::invalid(
                "zone",
                format!("expected the name of a time zone such as `Europe/Berlin`, found `{zone}`"),
            )
        })?;
        let now = Timestamp::from_millisecond(now.timestamp_millis()).unwrap_or_default();
        Ok(Self { zone, now })
    }

    /// `first` is when the first request was, where there was one.
    pub(super) fn slots(
        &self,
        span: &Span,
        first: Option<DateTime<Utc>>,
    ) -> Result<Slots, AdminError> {
        let now = slot(self.now.as_millisecond());
        let back = |slots: i64| Ok(now - slots..now + 1);
        match span {
            Span::Preset(Preset::Hour) => back(HOUR),
            Span::Preset(Preset::Day) => back(DAY),
            Span::Preset(Preset::Week) => back(7 * DAY),
            Span::Preset(Preset::Month) => back(30 * DAY),
            Span::Preset(Preset::Quarter) => back(90 * DAY),
            Span::Preset(Preset::MonthToDate) => {
                let today = self.now.to_zoned(self.zone.clone()).date();
                Ok(self.midnight(today.first_of_month())?..now + 1)
            }
            Span::Preset(Preset::All) => {
                let first = first.map_or(now, |first| slot(first.timestamp_millis()));
                Ok(first.min(now)..now + 1)
            }
            Span::Custom { from, until } => {
                let start = slot(self.read("from", from, Day::Begins)?);
                let end = self.read("until", until, Day::Ends)?;
                let end = slot(end - 1) + 1;
                if start >= end || end - start > LONGEST || start < 0 {
                    return Err(AdminError::invalid(
                        "until",
                        format!(
                            "expected a time after `from` and at most 20 years later, found `{until}`"
                        ),
                    ));
                }
                Ok(start..end)
            }
        }
    }

    /// The days of the calendar up to the end of today; today is one of them.
    pub(super) fn last_days(&self, days: u16) -> Result<Slots, AdminError> {
        let today = self.now.to_zoned(self.zone.clone()).date();
        let first = today
            .checked_sub(i64::from(days.saturating_sub(1)).days())
            .map_err(AdminError::internal)?;
        let tomorrow = today.tomorrow().map_err(AdminError::internal)?;
        Ok(self.midnight(first)?..self.midnight(tomorrow)?)
    }

    /// The period before: as long, and of a month to date as much of the month before.
    pub(super) fn before(&self, span: &Span, slots: &Slots) -> Result<Option<Slots>, AdminError> {
        let length = slots.end - slots.start;
        match span {
            Span::Preset(Preset::All) => Ok(None),
            Span::Preset(Preset::MonthToDate) => {
                let today = self.now.to_zoned(self.zone.clone()).date();
                let before = today
                    .first_of_month()
                    .checked_sub(1.month())
                    .map_err(AdminError::internal)?;
                let start = self.midnight(before)?;
                Ok(Some(start..slots.start.min(start + length)))
            }
            Span::Preset(_) | Span::Custom { .. } => Ok(Some(slots.start - length..slots.start)),
        }
    }

    /// Where the steps begin; the first one at or before the slots' start.
    pub(super) fn starts(&self, step: Step, slots: &Slots) -> Result<Vec<Slot>, AdminError> {
        match step {
            Step::Auto => self.starts(resolved(step, slots), slots),
            Step::QuarterHour => Ok(slots.clone().collect()),
            Step::Hour => Ok(self.hours(slots)),
            Step::Day => self.days(slots),
        }
    }

    fn days(&self, slots: &Slots) -> Result<Vec<Slot>, AdminError> {
        let mut date = self.local(slots.start).date();
        let mut starts = Vec::new();
        loop {
            let start = self.midnight(date)?;
            if start >= slots.end {
                return Ok(starts);
            }
            starts.push(start);
            date = date.tomorrow().map_err(AdminError::internal)?;
        }
    }

    /// An hour that the clock shows twice is two; where half an hour is skipped or repeated, one is shorter or longer.
    fn hours(&self, slots: &Slots) -> Vec<Slot> {
        let mut start = slots.start;
        for _ in 1..HOUR {
            if self.local(start).minute() == 0 {
                break;
            }
            start -= 1;
        }
        let mut starts = vec![start];
        let mut last = self.local(start).datetime();
        for slot in start + 1..slots.end {
            let local = self.local(slot).datetime();
            if local.minute() == 0 || (local.date(), local.hour()) != (last.date(), last.hour()) {
                starts.push(slot);
            }
            last = local;
        }
        starts
    }

    /// A moment as the clock shows it: the day, or with the time, and with the offset where it is shown twice.
    pub(super) fn label(&self, step: Step, slot: Slot) -> String {
        let local = self.local(slot);
        match step {
            Step::Day => local.strftime("%Y-%m-%d").to_string(),
            Step::Auto | Step::QuarterHour | Step::Hour => {
                let ambiguous = self.zone.to_ambiguous_timestamp(local.datetime());
                let form = if ambiguous.is_ambiguous() {
                    "%Y-%m-%d %H:%M %:z"
                } else {
                    "%Y-%m-%d %H:%M"
                };
                local.strftime(form).to_string()
            }
        }
    }

    /// A month by its name, `2026-03`, or the one of now by an empty one.
    pub(super) fn month(&self, name: &str) -> Result<Month, AdminError> {
        let invalid = || {
            AdminError::invalid(
                "month",
                format!("expected a month such as `2026-03`, found `{name}`"),
            )
        };
        let first = if name.is_empty() {
            self.now.to_zoned(self.zone.clone()).date().first_of_month()
        } else {
            let day = format!("{name}-01").parse::<Date>();
            day.ok().filter(|_| name.len() == 7).ok_or_else(invalid)?
        };
        let shifted = |months: i32| first.checked_add(months.months()).map_err(|_| invalid());
        let (previous, following) = (shifted(-1)?, shifted(1)?);
        let start = self.midnight(first)?.saturating_mul(SLOT_MS);
        let end = self.midnight(following)?.saturating_mul(SLOT_MS);
        let now = self.now.as_millisecond();
        #[expect(clippy::cast_precision_loss, reason = "a month has few milliseconds")]
        let elapsed =
            (now > start && now < end).then(|| (now - start) as f64 / (end - start) as f64);
        let name = |day: Date| day.strftime("%Y-%m").to_string();
        Ok(Month {
            name: name(first),
            from: first.to_string(),
            until: first.last_of_month().to_string(),
            previous: name(previous),
            following: name(following),
            days: first.days_in_month().unsigned_abs(),
            elapsed,
        })
    }

    pub(super) fn local_range(&self, slots: &Slots) -> LocalRange {
        LocalRange {
            from: self.label(Step::QuarterHour, slots.start),
            until: self.label(Step::QuarterHour, slots.end),
        }
    }

    fn local(&self, slot: Slot) -> Zoned {
        let at = Timestamp::from_millisecond(slot.saturating_mul(SLOT_MS)).unwrap_or_default();
        at.to_zoned(self.zone.clone())
    }

    /// Where a day begins, which is not midnight where midnight is skipped.
    fn midnight(&self, date: Date) -> Result<Slot, AdminError> {
        let start = date
            .to_zoned(self.zone.clone())
            .and_then(|midnight| midnight.start_of_day())
            .map_err(AdminError::internal)?;
        Ok(slot(start.timestamp().as_millisecond()))
    }

    /// Milliseconds since the epoch.
    fn read(&self, field: &'static str, text: &str, day: Day) -> Result<i64, AdminError> {
        let invalid = || {
            AdminError::invalid(
                field,
                format!("expected a time such as `2026-03-29T14:00` or a day, found `{text}`"),
            )
        };
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Ok(moment.as_millisecond());
        }
        // A date is also a time to the parser: midnight.
        if let Some(date) = text.parse::<Date>().ok().filter(|_| text.len() == 10) {
            let date = match day {
                Day::Begins => date,
                Day::Ends => date.tomorrow().map_err(|_| invalid())?,
            };
            return Ok(self.midnight(date)?.saturating_mul(SLOT_MS));
        }
        let local: LocalTime = text.parse().map_err(|_| invalid())?;
        let zoned = local.to_zoned(self.zone.clone()).map_err(|_| invalid())?;
        Ok(zoned.timestamp().as_millisecond())
    }
}

/// What a day means as the edge of a period.
#[derive(Debug, Clone, Copy)]
enum Day {
    Begins,
    Ends,
}

/// Which steps suit a period, where it was not said.
pub(super) fn resolved(step: Step, slots: &Slots) -> Step {
    match step {
        Step::Auto => match slots.end - slots.start {
            ..=12 => Step::QuarterHour,
            13..=289 => Step::Hour,
            _ => Step::Day,
        },
        Step::QuarterHour | Step::Hour | Step::Day => step,
    }
}

/// The steps that a part of time as a dimension means.
pub(super) fn step_of(dimension: Dimension) -> Option<Step> {
    match dimension {
        Dimension::Day => Some(Step::Day),
        Dimension::Hour => Some(Step::Hour),
        Dimension::Endpoint
        | Dimension::ClientFormat
        | Dimension::Provider
        | Dimension::ModelRequested
        | Dimension::ModelServed
        | Dimension::Account
        | Dimension::Key
        | Dimension::User
        | Dimension::Combo
        | Dimension::Outcome
        | Dimension::Tag => None,
    }
}

pub(super) fn time(slot: Slot) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(slot.saturating_mul(SLOT_MS)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(zone: &str, now: &str) -> Clock {
        let now = now.parse::<DateTime<Utc>>().expect("a time");
        Clock::new(zone, now).expect("a zone")
    }

    fn custom(from: &str, until: &str) -> Span {
        Span::Custom {
            from: from.to_owned(),
            until: until.to_owned(),
        }
    }

    fn day_starts(zone: &str, from: &str, until: &str) -> Vec<String> {
        let clock = clock(zone, "2026-12-31T00:00:00Z");
        let slots = clock.slots(&custom(from, until), None).expect("slots");
        let days = clock.starts(Step::Day, &slots).expect("days");
        assert_eq!(days.first(), Some(&slots.start));
        days.into_iter()
            .map(|slot| time(slot).format("%m-%d %H:%M").to_string())
            .collect()
    }

    #[test]
    fn days_begin_when_they_begin_in_their_zone() {
        let cases: [(&str, &str, &str, &[&str]); 5] = [
            // 23 hours, and 25.
            (
                "Europe/Berlin",
                "2026-03-28",
                "2026-03-30",
                &["03-27 23:00", "03-28 23:00", "03-29 22:00"],
            ),
            (
                "Europe/Berlin",
                "2026-10-24",
                "2026-10-26",
                &["10-23 22:00", "10-24 22:00", "10-25 23:00"],
            ),
            (
                "America/St_Johns",
                "2026-03-07",
                "2026-03-09",
                &["03-07 03:30", "03-08 03:30", "03-09 02:30"],
            ),
            (
                "America/St_Johns",
                "2026-10-31",
                "2026-11-02",
                &["10-31 02:30", "11-01 02:30", "11-02 03:30"],
            ),
            (
                "Asia/Kathmandu",
                "2026-06-01",
                "2026-06-02",
                &["05-31 18:15", "06-01 18:15"],
            ),
        ];
        for (zone, from, until, starts) in cases {
            assert_eq!(day_starts(zone, from, until), starts, "{zone} {from}");
        }
    }

    #[test]
    fn a_day_that_has_no_midnight_begins_an_hour_later() {
        assert_eq!(
            day_starts("Africa/Cairo", "2026-04-23", "2026-04-24"),
            ["04-22 22:00", "04-23 22:00"]
        );
    }

    #[test]
    fn hours_that_are_skipped_or_shown_twice_are_told_apart() {
        for (zone, day, hours) in [
            ("Europe/Berlin", "2026-03-29", 23),
            ("Europe/Berlin", "2026-10-25", 25),
            ("America/St_Johns", "2026-03-08", 23),
            ("America/St_Johns", "2026-11-01", 25),
            ("Asia/Kathmandu", "2026-06-01", 24),
            ("Australia/Lord_Howe", "2026-10-04", 24),
            ("Australia/Lord_Howe", "2026-04-05", 24),
        ] {
            let clock = clock(zone, "2026-12-31T00:00:00Z");
            let slots = clock.slots(&custom(day, day), None).expect("slots");
            let starts = clock.starts(Step::Hour, &slots).expect("hours");
            assert_eq!(starts.len(), hours, "{zone} {day}");
            assert_eq!(starts[0], slots.start);
        }
    }

    #[test]
    fn an_hour_that_comes_twice_is_shown_with_its_offset() {
        let clock = clock("Europe/Berlin", "2026-12-31T00:00:00Z");
        let label = |step, moment: &str| {
            let moment: Timestamp = moment.parse().expect("a moment");
            clock.label(step, slot(moment.as_millisecond()))
        };
        for (moment, text) in [
            ("2026-10-25T00:00:00Z", "2026-10-25 02:00 +02:00"),
            ("2026-10-25T01:00:00Z", "2026-10-25 02:00 +01:00"),
            ("2026-10-25T02:00:00Z", "2026-10-25 03:00"),
            ("2026-03-29T01:00:00Z", "2026-03-29 03:00"),
        ] {
            assert_eq!(label(Step::Hour, moment), text);
        }
        assert_eq!(label(Step::Day, "2026-03-28T23:00:00Z"), "2026-03-29");
    }

    #[test]
    fn periods_end_now_and_have_one_before() {
        let clock = clock("Europe/Berlin", "2026-03-31T10:07:00Z");
        let range = |span: &Span| {
            let slots = clock.slots(span, None).expect("slots");
            let before = clock.before(span, &slots).expect("slots");
            [Some(slots), before].map(|slots| {
                slots.map(|slots| {
                    let text = |slot| time(slot).format("%m-%d %H:%M").to_string();
                    format!("{} {}", text(slots.start), text(slots.end))
                })
            })
        };
        let hour = range(&Span::Preset(Preset::Hour));
        assert_eq!(hour[0].as_deref(), Some("03-31 09:00 03-31 10:15"));
        assert_eq!(hour[1].as_deref(), Some("03-31 07:45 03-31 09:00"));
        let month = range(&Span::Preset(Preset::MonthToDate));
        assert_eq!(month[0].as_deref(), Some("02-28 23:00 03-31 10:15"));
        // February is shorter: what came before ends where this month begins.
        assert_eq!(month[1].as_deref(), Some("01-31 23:00 02-28 23:00"));
        let moments = range(&custom("2026-03-29T01:10:00Z", "2026-03-29T14:00"));
        assert_eq!(moments[0].as_deref(), Some("03-29 01:00 03-29 12:00"));
        assert_eq!(range(&Span::Preset(Preset::All))[1], None);
    }

    #[test]
    fn a_month_is_the_calendars_and_knows_how_much_of_it_is_over() {
        let clock = clock("Europe/Berlin", "2026-03-16T11:00:00Z");
        let month = clock.month("").expect("a month");
        assert_eq!(
            [
                &month.name,
                &month.from,
                &month.until,
                &month.previous,
                &month.following
            ],
            ["2026-03", "2026-03-01", "2026-03-31", "2026-02", "2026-04"]
        );
        // March has 743 hours in Berlin, and it began an hour before midnight in UTC.
        let elapsed = month.elapsed.expect("under way");
        assert!((elapsed - 372.0 / 743.0).abs() < 1e-9, "{elapsed}");
        assert_eq!(clock.month("2025-12").expect("a month").elapsed, None);
        assert_eq!(
            clock.month("2025-12").expect("a month").following,
            "2026-01"
        );
        for nonsense in ["2026", "2026-13", "2026-3", "March", "2026-03-01"] {
            assert!(clock.month(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Clock::new("Middle/Earth", Utc::now()).is_err());
        let clock = clock("UTC", "2026-03-31T10:07:00Z");
        for (from, until) in [
            ("2026-03-02", "2026-03-01"),
            ("2026-03-01", ""),
            ("yesterday", "2026-03-01"),
            ("1969-01-01", "2026-03-01"),
            ("2026-03-01T10:00", "2026-03-01T10:00"),
            ("0001-01-01", "9999-12-31"),
        ] {
            assert!(
                clock.slots(&custom(from, until), None).is_err(),
                "{from} {until}"
            );
        }
    }
}
