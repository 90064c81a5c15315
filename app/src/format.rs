//! Numbers as people read them. Pure, the same on both sides.

use chrono::{DateTime, Datelike, Timelike, Utc};

/// `1234567` as `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Millionths of a dollar as dollars: cents above a dollar, more below, and never zero for something.
pub(crate) fn money(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    let (unit, decimals) = match micros {
        0 | 1_000_000.. => (10_000, 2),
        10_000.. => (100, 4),
        _ => (1, 6),
    };
    let rounded = (micros + unit / 2) / unit;
    let whole_units = 1_000_000 / unit;
    let fraction = format!("{:0decimals$}", rounded % whole_units);
    let kept = fraction.trim_end_matches('0');
    let fraction = format!("{kept:0<2}");
    format!("{sign}${}.{fraction}", count(rounded / whole_units))
}

/// A share in whole per cent; nothing of nothing is none.
pub(crate) fn percent(part: u64, whole: u64) -> Option<String> {
    if whole == 0 {
        return None;
    }
    let tenths = u128::from(part) * 1000 / u128::from(whole);
    Some(match tenths {
        0 if part > 0 => "<0.1%".to_owned(),
        0 => "0%".to_owned(),
        1..100 => format!("{}.{}%", tenths / 10, tenths % 10),
        _ => format!("{}%", tenths / 10),
    })
}

/// A part of a whole, from 0 to 1, in whole per cent.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and a million"
)]
pub(crate) fn share(part: f64) -> String {
    let millionths = (part.clamp(0.0, 1.0) * 1_000_000.0).round() as u64;
    percent(millionths, 1_000_000).unwrap_or_default()
}

/// Milliseconds in the unit that fits.
pub(crate) fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

/// Picodollars as dollars, exact.
pub(crate) fn picos(picos: u128) -> String {
    const DOLLAR: u128 = 1_000_000_000_000;
    let fraction = format!("{:012}", picos % DOLLAR);
    let kept = fraction.trim_end_matches('0');
    let whole = u64::try_from(picos / DOLLAR).unwrap_or(u64::MAX);
    format!("${}.{kept:0<2}", count(whole))
}

/// Bytes in the unit that fits.
pub(crate) fn bytes(bytes: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = 1024 * KIB;
    match bytes {
        0..KIB => plural(bytes, "byte", "bytes"),
        KIB..MIB => format!("{}.{} KiB", bytes / KIB, bytes % KIB * 10 / KIB),
        _ => format!("{}.{} MiB", bytes / MIB, bytes % MIB * 10 / MIB),
    }
}

/// `1 request`, `2 requests`.
pub(crate) fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// `2026-01-31 09:05 UTC`.
pub(crate) fn utc(at: DateTime<Utc>) -> String {
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02} UTC",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute()
    )
}

#[cfg(test)]
mod tests {
    use super::{bytes, count, duration, money, percent, picos};

    #[test]
    fn digits_are_grouped() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(1_234_567), "1,234,567");
    }

    #[test]
    fn money_is_never_zero_for_something() {
        let cases = [
            (0, "$0.00"),
            (1, "$0.000001"),
            (4_200, "$0.0042"),
            (10_000, "$0.01"),
            (123_456, "$0.1235"),
            (500_000, "$0.50"),
            (999_999, "$1.00"),
            (1_234_567, "$1.23"),
            (1_234_567_890_000, "$1,234,567.89"),
            (-4_200, "-$0.0042"),
        ];
        for (micros, text) in cases {
            assert_eq!(money(micros), text);
        }
    }

    #[test]
    fn picodollars_are_told_exactly() {
        for (value, text) in [
            (0, "$0.00"),
            (1, "$0.000000000001"),
            (3_000_000_000, "$0.003"),
            (1_500_000_000_000, "$1.50"),
        ] {
            assert_eq!(picos(value), text);
        }
    }

    #[test]
    fn bytes_take_the_unit_that_fits() {
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(1_536), "1.5 KiB");
        assert_eq!(bytes(5 * 1024 * 1024), "5.0 MiB");
    }

    #[test]
    fn a_share_says_when_it_is_tiny() {
        assert_eq!(percent(1, 0), None);
        assert_eq!(percent(0, 5).as_deref(), Some("0%"));
        assert_eq!(percent(1, 10_000).as_deref(), Some("<0.1%"));
        assert_eq!(percent(5, 100).as_deref(), Some("5.0%"));
        assert_eq!(percent(2, 3).as_deref(), Some("66%"));
    }

    #[test]
    fn durations_take_the_unit_that_fits() {
        assert_eq!(duration(87), "87 ms");
        assert_eq!(duration(3_456), "3.4 s");
        assert_eq!(duration(125_000), "2 min 5 s");
    }
}
