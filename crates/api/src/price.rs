//! What tokens cost: exact integers from the price list to the request's detail.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::ProviderId;
use crate::usage::Tokens;

/// Prices of a model, each in millionths of a dollar per million tokens, which is picodollars per token:
/// `0.59` dollars per million tokens is 590,000.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub reasoning: u64,
}

/// A kind of tokens that has a price of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Charge {
    Input,
    CacheRead,
    CacheWrite,
    /// Output without reasoning.
    Output,
    Reasoning,
}

impl Charge {
    pub const ALL: [Self; 5] = [
        Self::Input,
        Self::CacheRead,
        Self::CacheWrite,
        Self::Output,
        Self::Reasoning,
    ];

    /// The name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "Input",
            Self::CacheRead => "Cache read",
            Self::CacheWrite => "Cache write",
            Self::Output => "Output",
            Self::Reasoning => "Reasoning",
        }
    }
}

/// One line of a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CostLine {
    pub charge: Charge,
    pub tokens: u64,
    /// Millionths of a dollar per million tokens.
    pub rate: u64,
    /// Picodollars, not rounded.
    pub picos: u128,
}

impl Rates {
    /// The most that is taken for a price: 100,000 dollars per million tokens.
    pub const MOST: u64 = 100_000_000_000;

    #[must_use]
    pub fn rate(&self, charge: Charge) -> u64 {
        match charge {
            Charge::Input => self.input,
            Charge::CacheRead => self.cache_read,
            Charge::CacheWrite => self.cache_write,
            Charge::Output => self.output,
            Charge::Reasoning => self.reasoning,
        }
    }

    /// What each kind of tokens costs. Reasoning is a part of output and not charged twice.
    #[must_use]
    pub fn lines(&self, tokens: &Tokens) -> [CostLine; 5] {
        let reasoning = tokens.reasoning.min(tokens.output);
        Charge::ALL.map(|charge| {
            let count = match charge {
                Charge::Input => tokens.input,
                Charge::CacheRead => tokens.cache_read,
                Charge::CacheWrite => tokens.cache_write,
                Charge::Output => tokens.output - reasoning,
                Charge::Reasoning => reasoning,
            };
            let rate = self.rate(charge);
            CostLine {
                charge,
                tokens: count,
                rate,
                picos: u128::from(count) * u128::from(rate),
            }
        })
    }

    /// Millionths of a dollar: the sum of the lines, rounded half up once.
    #[must_use]
    pub fn cost_micros(&self, tokens: &Tokens) -> i64 {
        let picos: u128 = self.lines(tokens).iter().map(|line| line.picos).sum();
        i64::try_from((picos + 500_000) / 1_000_000).unwrap_or(i64::MAX)
    }
}

/// Dollars per million tokens as the integer that is counted with.
pub fn rate(dollars_per_million: f64) -> Result<u64, String> {
    if !(0.0..=100_000.0).contains(&dollars_per_million) {
        return Err(format!(
            "expected a price of 0 to 100000 dollars per million tokens, found {dollars_per_million}"
        ));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be within 0 and 10^11 above"
    )]
    Ok((dollars_per_million * 1_000_000.0).round() as u64)
}

/// Where a price comes from.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceSource {
    /// It came with the program.
    Catalogue,
    /// Somebody set it here.
    Override,
}

/// The price that a request was charged by.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedPrice {
    pub source: PriceSource,
    pub rates: Rates,
}

/// A price set here, and from when on it holds. Without rates the catalogue's holds again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceEntry {
    pub valid_from: DateTime<Utc>,
    pub rates: Option<Rates>,
}

/// One model of one provider on the price list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceRow {
    pub provider: ProviderId,
    pub prefix: String,
    pub provider_name: String,
    pub model: String,
    pub catalogue: Option<Rates>,
    /// What holds now.
    pub applied: Option<AppliedPrice>,
    /// What was set here, the latest first; one may hold only from a later time on.
    pub entries: Vec<PriceEntry>,
    /// A node of the user's has taken over the prefix.
    pub is_shadowed: bool,
    /// There is an account to ask it through.
    pub has_account: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceList {
    pub rows: Vec<PriceRow>,
    /// Who may have a price: the prefix or id, and the name.
    pub providers: Vec<(String, String)>,
    /// Whether the person who asks may change anything of it.
    pub may_change: bool,
}

/// Sets a price from `valid_from` on, or from now on. Rates that are left out stay as they are then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceSet {
    /// A provider's id or prefix.
    pub provider: String,
    pub model: String,
    pub rates: RatesPatch,
    pub valid_from: Option<DateTime<Utc>>,
}

/// Rates to change, in millionths of a dollar per million tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatesPatch {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub cache_read: Option<u64>,
    pub cache_write: Option<u64>,
    pub reasoning: Option<u64>,
}

impl RatesPatch {
    /// These rates over others. Where there are none, a missing cache rate is the input's and a missing
    /// one of reasoning the output's; nothing without input and output.
    #[must_use]
    pub fn over(&self, before: Option<Rates>) -> Option<Rates> {
        let input = self.input.or(before.map(|rates| rates.input))?;
        let output = self.output.or(before.map(|rates| rates.output))?;
        let kept =
            |own: Option<u64>, before: Option<u64>, otherwise| own.or(before).unwrap_or(otherwise);
        Some(Rates {
            input,
            output,
            cache_read: kept(self.cache_read, before.map(|rates| rates.cache_read), input),
            cache_write: kept(
                self.cache_write,
                before.map(|rates| rates.cache_write),
                input,
            ),
            reasoning: kept(self.reasoning, before.map(|rates| rates.reasoning), output),
        })
    }
}

/// What pricing stored requests anew came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recomputed {
    /// Requests in the period that have tokens.
    pub requests: u64,
    /// Among them those whose price or cost is another now.
    pub changed: u64,
    pub before_micros: i64,
    pub after_micros: i64,
    /// Requests without a price before and after.
    pub unpriced_before: u64,
    pub unpriced_after: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: Rates = Rates {
        input: 3_000_000,
        output: 15_000_000,
        cache_read: 300_000,
        cache_write: 3_750_000,
        reasoning: 15_000_000,
    };

    #[test]
    fn the_lines_add_up_to_the_cost() {
        let tokens = Tokens {
            input: 1,
            cache_read: 1,
            cache_write: 1,
            output: 7,
            reasoning: 3,
        };
        let lines = RATES.lines(&tokens);
        assert_eq!(
            lines.map(|line| line.tokens),
            [1, 1, 1, 4, 3],
            "reasoning is counted once"
        );
        let picos: u128 = lines.iter().map(|line| line.picos).sum();
        assert_eq!(picos, 3_000_000 + 300_000 + 3_750_000 + 105_000_000);
        assert_eq!(RATES.cost_micros(&tokens), 112);
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let patch = RatesPatch {
            output: Some(9),
            ..RatesPatch::default()
        };
        let over = patch.over(Some(RATES)).expect("rates");
        assert_eq!(over, Rates { output: 9, ..RATES });
        assert_eq!(patch.over(None), None, "no input to begin with");
        let patch = RatesPatch {
            input: Some(2),
            ..patch
        };
        let alone = patch.over(None).expect("rates");
        assert_eq!(
            (alone.cache_read, alone.cache_write, alone.reasoning),
            (2, 2, 9)
        );
    }
}
