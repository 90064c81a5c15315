//! A catalogue file's prices, read into exact integers.

use api::price::{Rates, rate};
use api::usage::Tokens;
use serde::Deserialize;

/// A model's prices, in dollars per million tokens in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "PriceText")]
pub struct Price(Rates);

/// As a catalogue file writes it. A missing cache price is the input price, a missing one of reasoning the output's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceText {
    input: f64,
    output: f64,
    cache_read: Option<f64>,
    cache_write: Option<f64>,
    reasoning: Option<f64>,
}

impl TryFrom<PriceText> for Price {
    type Error = String;

    fn try_from(text: PriceText) -> Result<Self, String> {
        Ok(Self(Rates {
            input: rate(text.input)?,
            output: rate(text.output)?,
            cache_read: rate(text.cache_read.unwrap_or(text.input))?,
            cache_write: rate(text.cache_write.unwrap_or(text.input))?,
            reasoning: rate(text.reasoning.unwrap_or(text.output))?,
        }))
    }
}

impl Price {
    #[must_use]
    pub fn rates(&self) -> Rates {
        self.0
    }

    /// Millionths of a dollar, rounded half up.
    #[must_use]
    pub fn cost_micros(&self, tokens: &Tokens) -> i64 {
        self.0.cost_micros(tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        toml::from_str(text).expect("a price")
    }

    #[test]
    fn each_counter_has_its_own_rate() {
        let price = price("input = 3.0\noutput = 15.0\ncache_read = 0.3\ncache_write = 3.75");
        let tokens = Tokens {
            input: 1_000,
            cache_read: 10_000,
            cache_write: 2_000,
            output: 500,
            reasoning: 400,
        };
        assert_eq!(price.cost_micros(&tokens), 3_000 + 3_000 + 7_500 + 7_500);
    }

    #[test]
    fn small_prices_do_not_vanish() {
        let price = price("input = 0.0375\noutput = 0.0");
        assert_eq!(
            price.cost_micros(&Tokens {
                input: 1_000,
                ..Tokens::default()
            }),
            38
        );
        assert_eq!(
            price.cost_micros(&Tokens {
                input: 13,
                ..Tokens::default()
            }),
            0
        );
    }

    #[test]
    fn a_missing_cache_price_is_the_input_price() {
        let price = price("input = 2.0\noutput = 8.0");
        assert_eq!(
            price.cost_micros(&Tokens {
                cache_read: 10,
                ..Tokens::default()
            }),
            20
        );
    }

    #[test]
    fn reasoning_may_have_its_own_rate_and_is_never_charged_twice() {
        let price = price("input = 1.0\noutput = 10.0\nreasoning = 20.0");
        for (reasoning, cost) in [(0, 10_000), (400, 14_000), (1_000, 20_000), (9_999, 20_000)] {
            let tokens = Tokens {
                output: 1_000,
                reasoning,
                ..Tokens::default()
            };
            assert_eq!(price.cost_micros(&tokens), cost, "{reasoning}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "input = -1.0\noutput = 1.0",
            "input = nan\noutput = 1.0",
            "input = 1.0",
            "input = 1.0\noutput = 1.0\nextra = 1.0",
        ] {
            assert!(toml::from_str::<Price>(text).is_err(), "{text}");
        }
    }
}
