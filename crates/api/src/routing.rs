//! Names of the user's own for models: combos and aliases.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ComboId, ProviderId};

/// In which order a combo's steps are asked.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// From the first on; the next one when one fails.
    #[default]
    Fallback,
    /// Each request begins one step further than the one before it; the others follow when it fails.
    RoundRobin,
}

impl Strategy {
    pub const ALL: [Self; 2] = [Self::Fallback, Self::RoundRobin];

    /// The name on our wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fallback => "fallback",
            Self::RoundRobin => "round-robin",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|strategy| strategy.as_str() == text)
    }

    /// The name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fallback => "Fallback",
            Self::RoundRobin => "Round robin",
        }
    }
}

/// Several models under one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComboView {
    pub id: ComboId,
    /// What clients write as the model.
    pub name: String,
    /// In order: `provider/model`, an alias, or another combo.
    pub models: Vec<String>,
    pub strategy: Strategy,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComboCreate {
    pub name: String,
    pub models: Vec<String>,
    pub strategy: Strategy,
}

/// What may change of a combo; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComboPatch {
    pub name: Option<String>,
    pub models: Option<Vec<String>>,
    pub strategy: Option<Strategy>,
}

/// Another name for one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasView {
    /// What clients write as the model.
    pub alias: String,
    /// `provider/model`, a combo, or another alias.
    pub model: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Makes an alias, or lets the one of this name mean something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasSet {
    pub alias: String,
    pub model: String,
}

/// A provider's model that a combo or an alias may name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelChoice {
    /// As a client writes it: `prefix/model`.
    pub id: String,
    pub prefix: String,
    /// The provider's own name for it.
    pub model: String,
    /// The name for people.
    pub name: String,
    pub provider_name: String,
    /// Whether there is an account to ask it through.
    pub has_account: bool,
}

/// A provider that a step may begin with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixView {
    pub prefix: String,
    /// It may stand for the prefix.
    pub provider: ProviderId,
    pub name: String,
    /// Whether there is an account to ask it through.
    pub has_account: bool,
}

/// All there is to choose from and to change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingView {
    pub combos: Vec<ComboView>,
    pub aliases: Vec<AliasView>,
    pub models: Vec<ModelChoice>,
    pub prefixes: Vec<PrefixView>,
    /// Whether the person who asks may change anything of it.
    pub may_change: bool,
}
