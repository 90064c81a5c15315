//! A measure as people read it.

use api::usage::query::Measure;
use api::usage::table::Measures;

use crate::format;

pub(crate) const NONE: &str = "–";

/// A measure of some requests.
pub(crate) fn figure(measure: Measure, measures: &Measures) -> String {
    let is_cost = measure == Measure::Cost;
    if is_cost && measures.unpriced > 0 && measures.unpriced == measures.requests {
        return "no price".to_owned();
    }
    match measures.number(measure) {
        None => NONE.to_owned(),
        Some(number) if is_cost && measures.unpriced > 0 => {
            format!("{} +", amount(measure, number))
        }
        Some(number) => amount(measure, number),
    }
}

pub(crate) fn is_zero(measure: Measure, measures: &Measures) -> bool {
    measures.number(measure).is_none_or(|number| number == 0.0)
}

/// A number of a measure's unit.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers come from counters and are far from any edge"
)]
pub(crate) fn amount(measure: Measure, number: f64) -> String {
    match measure {
        Measure::Requests
        | Measure::Errors
        | Measure::Input
        | Measure::CacheRead
        | Measure::CacheWrite
        | Measure::Output
        | Measure::Reasoning
        | Measure::Total => format::count(number.round() as u64),
        Measure::CostInput
        | Measure::CostCacheRead
        | Measure::CostCacheWrite
        | Measure::CostOutput
        | Measure::Cost
        | Measure::Paid => format::money(number.round() as i64),
        Measure::TtftP50
        | Measure::TtftP95
        | Measure::TtftP99
        | Measure::DurationP50
        | Measure::DurationP95
        | Measure::DurationP99 => format::duration(number.round() as u64),
        Measure::Speed => format!("{number:.1}"),
    }
}

/// Whether the parts of a whole add up to it.
pub(crate) fn is_sum(measure: Measure) -> bool {
    match measure {
        Measure::Requests
        | Measure::Errors
        | Measure::Input
        | Measure::CacheRead
        | Measure::CacheWrite
        | Measure::Output
        | Measure::Reasoning
        | Measure::Total
        | Measure::CostInput
        | Measure::CostCacheRead
        | Measure::CostCacheWrite
        | Measure::CostOutput
        | Measure::Cost
        | Measure::Paid => true,
        Measure::TtftP50
        | Measure::TtftP95
        | Measure::TtftP99
        | Measure::DurationP50
        | Measure::DurationP95
        | Measure::DurationP99
        | Measure::Speed => false,
    }
}

/// How a figure changed: `+12%`, `-3%`, `new`. None where nothing changed or nothing was measured.
pub(crate) fn change(measure: Measure, now: &Measures, before: &Measures) -> Option<String> {
    let (now, before) = (now.number(measure)?, before.number(measure)?);
    if now == before {
        return None;
    }
    if before == 0.0 {
        return Some("new".to_owned());
    }
    let percent = (now - before) / before * 100.0;
    Some(if percent.abs() >= 1_000.0 {
        format!("{:.0} times", now / before)
    } else if percent.abs() < 10.0 {
        format!("{percent:+.1}%")
    } else {
        format!("{percent:+.0}%")
    })
}

#[cfg(test)]
mod tests {
    use api::usage::query::Measure;
    use api::usage::table::Measures;

    use super::{change, figure};

    fn requests(requests: u64) -> Measures {
        Measures {
            requests,
            ..Measures::default()
        }
    }

    #[test]
    fn a_change_is_said_in_short() {
        for (before, now, text) in [
            (0, 0, None),
            (5, 5, None),
            (0, 5, Some("new")),
            (100, 150, Some("+50%")),
            (100, 97, Some("-3.0%")),
            (1, 40, Some("40 times")),
        ] {
            let change = change(Measure::Requests, &requests(now), &requests(before));
            assert_eq!(change.as_deref(), text, "{before} to {now}");
        }
    }

    #[test]
    fn a_cost_without_a_price_says_so() {
        let mut measures = requests(2);
        assert_eq!(figure(Measure::Cost, &measures), "$0.00");
        measures.unpriced = 1;
        assert_eq!(figure(Measure::Cost, &measures), "$0.00 +");
        measures.unpriced = 2;
        assert_eq!(figure(Measure::Cost, &measures), "no price");
        assert_eq!(figure(Measure::TtftP50, &measures), "–");
    }
}
