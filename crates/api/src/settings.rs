//! What the whole installation agrees on.

use serde::{Deserialize, Serialize};

/// In which order a provider's accounts are asked, as long as all are sound.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountStrategy {
    /// Always from the first on, so that the first is used up before the second.
    #[default]
    FillFirst,
    /// In turns.
    RoundRobin,
}

/// The order of accounts, for the whole installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSettings {
    pub strategy: AccountStrategy,
    /// In turns: how many requests in a row one account gets. Prompt caches hold better with more,
    /// at the price of an evenness that shows only over as many requests.
    pub sticky_limit: u32,
}

impl AccountSettings {
    pub const MOST_STICKY: u32 = 1_000;
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            strategy: AccountStrategy::FillFirst,
            sticky_limit: 3,
        }
    }
}

/// How much a translation may lose, and who may say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranslationSettings {
    /// A request is refused rather than a part of it lost.
    pub is_strict: bool,
    /// Whoever asks is an administrator.
    pub may_change: bool,
}
