//! How much a provider allows an account, and who can tell how much is left, as the catalogue's `[quota]` table says it.

use serde::Deserialize;

/// Of one provider. A provider without it says nothing that could be known.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaSpec {
    /// Whom to ask.
    pub api: Option<QuotaApi>,
    /// Where, of vendors that have several places: on the provider's own domain.
    pub url: Option<String>,
    /// What the vendor documents, where it cannot be asked: our own requests are counted against it.
    #[serde(default)]
    pub allowances: Vec<Allowance>,
    /// In place of both: why nothing is known, for people.
    pub message: Option<String>,
}

/// A vendor's own endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaApi {
    Claude,
    Codex,
    Copilot,
    GeminiCli,
    Antigravity,
    Kiro,
    Kimi,
    Glm,
    #[serde(rename = "minimax")]
    MiniMax,
    #[serde(rename = "openrouter")]
    OpenRouter,
}

impl QuotaApi {
    /// Whether an account with a key can ask, and not only one that has logged in.
    #[must_use]
    pub fn takes_key(self) -> bool {
        match self {
            Self::Glm | Self::MiniMax | Self::OpenRouter => true,
            Self::Claude
            | Self::Codex
            | Self::Copilot
            | Self::GeminiCli
            | Self::Antigravity
            | Self::Kiro
            | Self::Kimi => false,
        }
    }
}

/// So many requests in the last hours.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    pub name: String,
    pub requests: u32,
    pub hours: u32,
    /// Where the vendor says so.
    pub docs: String,
}
