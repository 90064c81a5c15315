//! Prices as people write them: dollars per million tokens.

use api::error::{ApiError, ErrorKind};
use api::price::{Charge, Rates, RatesPatch};

/// `3.75`, exact and without zeros that say nothing.
pub(super) fn dollars(rate: u64) -> String {
    let (whole, fraction) = (rate / 1_000_000, rate % 1_000_000);
    let fraction = format!("{fraction:06}");
    match fraction.trim_end_matches('0') {
        "" => whole.to_string(),
        fraction => format!("{whole}.{fraction}"),
    }
}

/// The fields of an editor, in the order of [`Charge::ALL`]. An empty one stays as it is.
pub(super) fn patch(fields: &[String; 5]) -> Result<RatesPatch, ApiError> {
    let mut patch = RatesPatch::default();
    for (charge, text) in Charge::ALL.into_iter().zip(fields) {
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let read = text.parse::<f64>().ok().map(api::price::rate);
        let rate = match read {
            Some(Ok(rate)) => rate,
            Some(Err(message)) => return Err(wrong(charge, message)),
            None => {
                let message = format!("expected a number of dollars, found `{text}`");
                return Err(wrong(charge, message));
            }
        };
        *slot(&mut patch, charge) = Some(rate);
    }
    Ok(patch)
}

fn slot(patch: &mut RatesPatch, charge: Charge) -> &mut Option<u64> {
    match charge {
        Charge::Input => &mut patch.input,
        Charge::CacheRead => &mut patch.cache_read,
        Charge::CacheWrite => &mut patch.cache_write,
        Charge::Output => &mut patch.output,
        Charge::Reasoning => &mut patch.reasoning,
    }
}

/// The name of a charge's field, as the server's errors call it.
pub(super) fn field(charge: Charge) -> &'static str {
    match charge {
        Charge::Input => "input",
        Charge::CacheRead => "cache_read",
        Charge::CacheWrite => "cache_write",
        Charge::Output => "output",
        Charge::Reasoning => "reasoning",
    }
}

fn wrong(charge: Charge, message: String) -> ApiError {
    ApiError {
        field: Some(field(charge).to_owned()),
        ..ApiError::new(ErrorKind::Invalid, message)
    }
}

/// All five in a sentence.
pub(super) fn words(rates: &Rates) -> String {
    Charge::ALL
        .map(|charge| {
            format!(
                "{} ${}",
                charge.name().to_lowercase(),
                dollars(rates.rate(charge))
            )
        })
        .join(", ")
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::{dollars, patch};

    #[test]
    fn a_price_is_written_as_it_is_read() {
        for (rate, text) in [
            (0, "0"),
            (3_000_000, "3"),
            (37_500, "0.0375"),
            (1, "0.000001"),
            (123_456_789, "123.456789"),
        ] {
            assert_eq!(dollars(rate), text);
            let fields = [text, "", " ", "", ""].map(str::to_owned);
            assert_eq!(patch(&fields).expect("a patch").input, Some(rate));
        }
    }

    #[test]
    fn nonsense_is_told_at_its_field() {
        for text in ["x", "-1", "1e9", "NaN"] {
            let fields = ["", "", "", text, ""].map(str::to_owned);
            let error = patch(&fields).expect_err("nonsense");
            assert_eq!(error.field.as_deref(), Some("output"), "{text}");
        }
    }
}
