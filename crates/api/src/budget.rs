//! Budgets: how much an account, a provider, a step of a combo, a key or a user may use up per day, week or month.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{BudgetId, ComboId, ConnectionId, KeyId, ProviderId, UserId};

/// What a budget is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BudgetSubject {
    Account {
        account: ConnectionId,
    },
    Provider {
        provider: ProviderId,
    },
    /// What a combo's step uses up when the combo is asked for by its name.
    Step {
        combo: ComboId,
        /// The step as it stands in the combo.
        model: String,
    },
    /// Whoever shows this key of ours. Used up, it is refused.
    Key {
        key: KeyId,
    },
    /// All keys of one user together. Used up, each of them is refused.
    User {
        user: UserId,
    },
}

/// What is counted.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetUnit {
    /// Millionths of a dollar, at the prices that are known; what has no price counts nothing.
    #[default]
    Money,
    /// Of the prompt, written to a cache or read from it, and of the answer.
    Tokens,
}

impl BudgetUnit {
    pub const ALL: [Self; 2] = [Self::Money, Self::Tokens];

    /// The name on our wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Tokens => "tokens",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == text)
    }
}

/// How long a budget lasts before it is whole again. A week begins on Monday.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetPeriod {
    #[default]
    Day,
    Week,
    Month,
}

impl BudgetPeriod {
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The name on our wire, in the database and for people: "per day".
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.as_str() == text)
    }
}

/// How much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// In the unit: millionths of a dollar, or tokens.
    pub amount: u64,
    pub unit: BudgetUnit,
    pub period: BudgetPeriod,
}

impl Allowance {
    /// A million dollars, or a million million tokens.
    pub const MOST: u64 = 1_000_000_000_000;

    /// For people: `$5 per day`, `1000000 tokens per week`.
    #[must_use]
    pub fn words(&self) -> String {
        let period = self.period.as_str();
        match self.unit {
            BudgetUnit::Money => format!("${} per {period}", dollars(self.amount)),
            BudgetUnit::Tokens if self.amount == 1 => format!("1 token per {period}"),
            BudgetUnit::Tokens => format!("{} tokens per {period}", self.amount),
        }
    }
}

/// Dollars with as many digits after the point as there are: `5`, `0.5`, `0.000001`.
#[must_use]
pub fn dollars(micros: u64) -> String {
    let (whole, part) = (micros / 1_000_000, micros % 1_000_000);
    if part == 0 {
        return whole.to_string();
    }
    let text = format!("{whole}.{part:06}");
    text.trim_end_matches('0').to_owned()
}

/// Millionths of a dollar in a decimal number of dollars with at most six digits after the point.
#[must_use]
pub fn micros(dollars: &str) -> Option<u64> {
    let (whole, part) = dollars
        .trim()
        .split_once('.')
        .unwrap_or((dollars.trim(), ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole)
        || !is_number(part)
        || part.len() > 6
        || (whole.is_empty() && part.is_empty())
    {
        return None;
    }
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let part: u64 = format!("{part:0<6}").parse().ok()?;
    whole.checked_mul(1_000_000)?.checked_add(part)
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetView {
    pub id: BudgetId,
    pub subject: BudgetSubject,
    /// What people call the subject. `None`: it is gone, and the budget counts nothing.
    pub name: Option<String>,
    pub allowance: Allowance,
    /// Of the period that is now, in the unit.
    pub used: u64,
    /// When it is whole again.
    pub resets_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl BudgetView {
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.used >= self.allowance.amount
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetCreate {
    pub subject: BudgetSubject,
    pub allowance: Allowance,
}

/// What a budget can be for, by the names people know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetChoice {
    pub subject: BudgetSubject,
    pub name: String,
}

/// Budgets, and what there is to give one to: nothing for who sets none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetsView {
    pub budgets: Vec<BudgetView>,
    pub choices: Vec<BudgetChoice>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_read_and_written_exactly() {
        for (text, amount) in [
            ("5", 5_000_000),
            ("0.5", 500_000),
            ("0.000001", 1),
            ("12.34", 12_340_000),
        ] {
            assert_eq!(micros(text), Some(amount));
            assert_eq!(dollars(amount), text);
        }
        assert_eq!(micros(" .5 "), Some(500_000));
        for wrong in [
            "",
            ".",
            "-1",
            "1e3",
            "1,5",
            "0.0000001",
            "99999999999999999999",
        ] {
            assert_eq!(micros(wrong), None, "{wrong}");
        }
    }
}
