//! What would become of a request now, and how the steps of a combo are.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ComboId, ConnectionId, ProviderId};
use crate::log::SkipReason;
use crate::price::AppliedPrice;

/// What would become of a request for a model if it came now. Nothing is sent, and nobody's turn is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DryRun {
    pub model: String,
    /// The combo that the name stands for.
    pub combo: Option<String>,
    /// Why it would be sent nowhere at all.
    pub refused: Option<String>,
    /// In the order in which they would be asked.
    pub targets: Vec<DryTarget>,
}

/// A provider and a model of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DryTarget {
    pub provider: ProviderId,
    pub provider_name: String,
    pub prefix: String,
    pub model: String,
    pub price: Option<AppliedPrice>,
    /// In the order in which they would be asked, those that would be passed over behind them.
    pub accounts: Vec<DryAccount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DryAccount {
    pub connection_id: ConnectionId,
    pub name: String,
    /// Its place among all that would be asked, from 1 on; none if it would be passed over.
    pub place: Option<u32>,
    pub state: AccountState,
}

/// How an account is for a model, now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AccountState {
    Ready,
    /// It has failed lately, so it is asked behind the others.
    Troubled {
        failure: String,
        until: DateTime<Utc>,
    },
    /// It is asked only where nobody else could be.
    Resting {
        failure: String,
        until: DateTime<Utc>,
    },
    Skipped {
        reason: SkipReason,
    },
}

/// How a step of a combo is, now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StepHealth {
    Ready,
    /// Nobody can be asked before then.
    Resting {
        until: DateTime<Utc>,
    },
    NoAccount,
    /// It leads to nothing that is known here.
    Nowhere,
}

impl DryRun {
    /// Who would be asked first.
    #[must_use]
    pub fn first(&self) -> Option<(&DryTarget, &DryAccount)> {
        self.targets.iter().find_map(|target| {
            let mut accounts = target.accounts.iter();
            let first = accounts.find(|account| account.place.is_some())?;
            Some((target, first))
        })
    }

    /// All of it in a word.
    #[must_use]
    pub fn health(&self) -> StepHealth {
        if self.targets.is_empty() {
            return StepHealth::Nowhere;
        }
        let mut rests = None;
        for account in self.targets.iter().flat_map(|target| &target.accounts) {
            match &account.state {
                AccountState::Ready | AccountState::Troubled { .. } => return StepHealth::Ready,
                AccountState::Resting { until, .. } => {
                    rests = Some(rests.map_or(*until, |known| (*until).min(known)));
                }
                AccountState::Skipped { .. } => {}
            }
        }
        rests.map_or(StepHealth::NoAccount, |until| StepHealth::Resting { until })
    }
}

/// One step of a combo as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StepReport {
    pub model: String,
    pub health: StepHealth,
    /// Of the target that would be asked first.
    pub price: Option<AppliedPrice>,
}

/// A combo as it is now, and what it was used for lately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ComboReport {
    pub id: ComboId,
    pub steps: Vec<StepReport>,
    /// Of the last seven days.
    pub requests: u64,
    pub tokens: u64,
    pub cost_micros: i64,
    /// Requests among them that have no price.
    pub unpriced: u64,
}
