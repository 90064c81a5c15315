//! How much an upstream allows an account, how much of it is gone, and when the rest will be.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionId, ProviderId};

/// One allowance of an account: so much within a window of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// The vendor's word for it, made readable: `5 hours`, `Weekly`, a model's name.
    pub name: String,
    #[serde(default)]
    pub scope: Scope,
    pub amount: Amount,
    /// When it is whole again, where that is known.
    pub resets_at: Option<DateTime<Utc>>,
    pub source: Source,
}

/// What comes to a stop when it is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum Scope {
    /// The whole account.
    #[default]
    All,
    /// The models whose names contain this.
    Model(String),
    /// Something that requests go on without.
    Part,
}

/// What is gone of an allowance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Amount {
    /// Nothing bounds it.
    Unlimited,
    /// From 0.0, nothing, to 1.0, all.
    Share { used: f64 },
    /// In the vendor's own unit: requests, credits.
    Count { used: f64, total: f64 },
}

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The vendor.
    Reported,
    /// We counted our own requests against what the vendor documents; other programs' are not seen.
    Counted,
}

impl Amount {
    /// From 0.0, nothing, to 1.0, all; more than all counts as all. Nothing, of what is not bounded.
    #[must_use]
    pub fn share(self) -> Option<f64> {
        let share = match self {
            Self::Unlimited => return None,
            Self::Share { used } => used,
            // Nothing was given, so nothing is left.
            Self::Count { total, .. } if total <= 0.0 => 1.0,
            Self::Count { used, total } => used / total,
        };
        share.is_finite().then(|| share.clamp(0.0, 1.0))
    }
}

/// An account's quota, as the page shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuotaView {
    pub id: ConnectionId,
    pub name: String,
    pub provider: ProviderId,
    pub provider_name: String,
    pub is_active: bool,
    pub is_revoked: bool,
    /// What the account pays for, by the vendor's name.
    pub plan: Option<String>,
    pub windows: Vec<WindowView>,
    /// Why there are no windows, or why they are old.
    pub message: Option<String>,
    /// When the vendor has answered last.
    pub as_of: Option<DateTime<Utc>>,
    /// When it is asked again by itself.
    pub next_at: Option<DateTime<Utc>>,
}

/// A window, and how it goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowView {
    #[serde(flatten)]
    pub window: Window,
    pub forecast: Forecast,
    /// How much was used, oldest first: for a small line.
    pub history: Vec<Point>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub at: DateTime<Utc>,
    /// From 0.0 to 1.0.
    pub used: f64,
}

/// What becomes of a window if it is used as it was lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Forecast {
    /// Too little is known.
    Unknown,
    /// Nobody uses it.
    Idle,
    /// It is empty already.
    Empty,
    /// It resets before it is empty.
    Lasts,
    /// It is empty at `at`, give or take: not before `earliest`, and by `latest` unless it might last.
    Empties {
        at: DateTime<Utc>,
        earliest: DateTime<Utc>,
        latest: Option<DateTime<Utc>>,
    },
}

/// A combo of which too little is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DryCombo {
    pub combo: String,
    /// When its last account is expected to be empty; in the past if it is.
    pub empties_at: DateTime<Utc>,
    /// When the first of them is whole again.
    pub resets_at: Option<DateTime<Utc>>,
}

impl QuotaView {
    /// When the first of its windows resets.
    #[must_use]
    pub fn first_reset(&self) -> Option<DateTime<Utc>> {
        let windows = self.windows.iter();
        windows.filter_map(|view| view.window.resets_at).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_between_nothing_and_all() {
        for (amount, expected) in [
            (Amount::Unlimited, None),
            (Amount::Share { used: 0.25 }, Some(0.25)),
            (Amount::Share { used: 1.2 }, Some(1.0)),
            (Amount::Share { used: f64::NAN }, None),
            (
                Amount::Count {
                    used: 30.0,
                    total: 120.0,
                },
                Some(0.25),
            ),
            (
                Amount::Count {
                    used: 0.0,
                    total: 0.0,
                },
                Some(1.0),
            ),
        ] {
            assert_eq!(amount.share(), expected, "{amount:?}");
        }
    }
}
