//! What the whole installation agrees on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionId, ProviderId};
use crate::log::CaptureSettings;

/// In which order a provider's accounts are asked, as long as all are sound.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountStrategy {
    /// Always from the first on, so that the first is used up before the second.
    #[default]
    FillFirst,
    /// In turns, as many requests each as [`AccountSettings::sticky_limit`] says.
    RoundRobin,
    /// The one that has been left alone the longest.
    LeastRecentlyUsed,
    /// In turns, each as often as its weight says.
    Weighted,
    /// The one whose quota would otherwise end unused first; those with next to nothing left come last.
    QuotaAware,
}

impl AccountStrategy {
    pub const ALL: [Self; 5] = [
        Self::FillFirst,
        Self::RoundRobin,
        Self::LeastRecentlyUsed,
        Self::Weighted,
        Self::QuotaAware,
    ];

    /// The name on our wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FillFirst => "fill-first",
            Self::RoundRobin => "round-robin",
            Self::LeastRecentlyUsed => "least-recently-used",
            Self::Weighted => "weighted",
            Self::QuotaAware => "quota-aware",
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
            Self::FillFirst => "Fill first",
            Self::RoundRobin => "Round robin",
            Self::LeastRecentlyUsed => "Least recently used",
            Self::Weighted => "Weighted",
            Self::QuotaAware => "By quota",
        }
    }
}

/// The order of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSettings {
    pub strategy: AccountStrategy,
    /// In turns: how many requests in a row one account gets. Prompt caches hold better with more,
    /// at the price of an evenness that shows only over as many requests.
    pub sticky_limit: u32,
}

impl AccountSettings {
    pub const MOST_STICKY: u32 = 1_000;
    pub const HEAVIEST: u32 = 1_000;
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            strategy: AccountStrategy::FillFirst,
            sticky_limit: 3,
        }
    }
}

/// What one provider has in place of [`AccountSettings`]; what is `None` is as everywhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderOrder {
    pub strategy: Option<AccountStrategy>,
    pub sticky_limit: Option<u32>,
}

/// Which conversations stay with the account that answered them before, as long as it is sound.
///
/// What is gained is the upstream's prompt cache. What it costs: orders that take turns then share out
/// conversations and not requests, so an account with a long one does more.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conversations {
    /// None: every request is on its own.
    Roam,
    /// Those that the client itself names, by a session's header or a field of the body.
    #[default]
    StayIfNamed,
    /// All: one without a name is known by its system prompt and its first message.
    Stay,
}

impl Conversations {
    pub const ALL: [Self; 3] = [Self::Roam, Self::StayIfNamed, Self::Stay];

    /// The name on our wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Roam => "roam",
            Self::StayIfNamed => "stay-if-named",
            Self::Stay => "stay",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == text)
    }
}

/// How accounts are chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoutingSettings {
    pub accounts: AccountSettings,
    pub providers: BTreeMap<ProviderId, ProviderOrder>,
    /// How often an account's turn comes, where the order is [`AccountStrategy::Weighted`]; 1 where none is set.
    pub weights: BTreeMap<ConnectionId, u32>,
    pub conversations: Conversations,
}

impl RoutingSettings {
    /// The order of one provider's accounts.
    #[must_use]
    pub fn order(&self, provider: &ProviderId) -> AccountSettings {
        let own = self.providers.get(provider).copied().unwrap_or_default();
        AccountSettings {
            strategy: own.strategy.unwrap_or(self.accounts.strategy),
            sticky_limit: own.sticky_limit.unwrap_or(self.accounts.sticky_limit),
        }
    }

    #[must_use]
    pub fn weight(&self, account: &ConnectionId) -> u32 {
        self.weights.get(account).copied().unwrap_or(1)
    }
}

/// How long is waited for an upstream, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeouts {
    /// For its connection.
    pub connect_ms: u32,
    /// For the first byte of an answer, while another account could be asked.
    pub first_byte_ms: u32,
    /// Between two signs of life of an answer, and for the first where nobody else could be asked.
    pub idle_ms: u32,
}

impl Timeouts {
    /// No shorter time is taken, and no longer one: an hour.
    pub const BOUNDS_MS: std::ops::RangeInclusive<u32> = 100..=3_600_000;
}

/// What is set of [`Timeouts`]; the rest is as the environment says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeoutSettings {
    pub connect_ms: Option<u32>,
    pub first_byte_ms: Option<u32>,
    pub idle_ms: Option<u32>,
}

impl TimeoutSettings {
    /// What counts, where `default` says what is not set.
    #[must_use]
    pub fn or(self, default: Timeouts) -> Timeouts {
        Timeouts {
            connect_ms: self.connect_ms.unwrap_or(default.connect_ms),
            first_byte_ms: self.first_byte_ms.unwrap_or(default.first_byte_ms),
            idle_ms: self.idle_ms.unwrap_or(default.idle_ms),
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

/// All that can be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsView {
    pub is_strict: bool,
    pub accounts: AccountSettings,
    pub providers: BTreeMap<ProviderId, ProviderOrder>,
    /// Of the accounts that whoever asks may see.
    pub weights: BTreeMap<ConnectionId, u32>,
    pub conversations: Conversations,
    pub timeouts: TimeoutSettings,
    /// What counts where nothing is set.
    pub default_timeouts: Timeouts,
    /// By whose clock the days of budgets begin: the IANA name of a time zone.
    pub budget_zone: String,
    /// Whoever asks is an administrator.
    pub may_change: bool,
}

/// What may change of the settings; `None` leaves it as it is. All of it changes, or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsPatch {
    pub is_strict: Option<bool>,
    pub strategy: Option<AccountStrategy>,
    pub sticky_limit: Option<u32>,
    /// In place of all that were set.
    pub providers: Option<BTreeMap<ProviderId, ProviderOrder>>,
    /// In place of all that were set.
    pub weights: Option<BTreeMap<ConnectionId, u32>>,
    pub conversations: Option<Conversations>,
    /// In place of all that were set.
    pub timeouts: Option<TimeoutSettings>,
    pub budget_zone: Option<String>,
    pub capture: Option<CaptureSettings>,
}

/// The setting's name in the database.
pub const USAGE_RETENTION: &str = "usage_retention";

/// For how many days usage is kept. `None` is for good.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UsageRetention {
    /// Each request with its attempts, as the log shows it.
    pub request_days: Option<u32>,
    /// What requests add up to, as the usage page shows it; no shorter than the requests.
    pub sum_days: Option<u32>,
}

impl UsageRetention {
    pub const FEWEST_DAYS: u32 = 2;
    pub const MOST_DAYS: u32 = 36_500;

    /// What makes no sense, and the field it is in.
    #[must_use]
    pub fn problem(&self) -> Option<(&'static str, String)> {
        let (fewest, most) = (Self::FEWEST_DAYS, Self::MOST_DAYS);
        let all = [
            ("request_days", self.request_days),
            ("sum_days", self.sum_days),
        ];
        let odd = all.into_iter().find_map(|(field, days)| {
            let days = days.filter(|days| !(fewest..=most).contains(days))?;
            Some((field, days))
        });
        if let Some((field, days)) = odd {
            let message = format!("expected {fewest} to {most} days, found {days}");
            return Some((field, message));
        }
        is_shorter(self.request_days, self.sum_days).then(|| {
            let message =
                "expected sums to be kept at least as long as the requests they are made of";
            ("sum_days", message.to_owned())
        })
    }

    /// Whether something goes that `before` would have kept.
    #[must_use]
    pub fn deletes_more_than(&self, before: &Self) -> bool {
        is_shorter(before.request_days, self.request_days)
            || is_shorter(before.sum_days, self.sum_days)
    }
}

/// Whether `after` ends sooner; none is for good.
fn is_shorter(before: Option<u32>, after: Option<u32>) -> bool {
    match (before, after) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(before), Some(after)) => after < before,
    }
}

impl Default for UsageRetention {
    fn default() -> Self {
        Self {
            request_days: Some(365),
            sum_days: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(request_days: Option<u32>, sum_days: Option<u32>) -> UsageRetention {
        UsageRetention {
            request_days,
            sum_days,
        }
    }

    #[test]
    fn sums_are_kept_as_long_as_their_requests() {
        for good in [
            kept(None, None),
            kept(Some(2), None),
            kept(Some(30), Some(30)),
            kept(Some(30), Some(36_500)),
        ] {
            assert_eq!(good.problem(), None, "{good:?}");
        }
        for (wrong, field) in [
            (kept(Some(1), None), "request_days"),
            (kept(Some(36_501), None), "request_days"),
            (kept(Some(0), Some(0)), "request_days"),
            (kept(Some(2), Some(1)), "sum_days"),
            (kept(Some(30), Some(29)), "sum_days"),
            (kept(None, Some(36_500)), "sum_days"),
        ] {
            let found = wrong.problem().map(|(field, _)| field);
            assert_eq!(found, Some(field), "{wrong:?}");
        }
    }

    #[test]
    fn a_longer_time_deletes_nothing() {
        let before = kept(Some(30), Some(90));
        for (after, deletes) in [
            (before, false),
            (kept(Some(31), Some(90)), false),
            (kept(None, None), false),
            (kept(Some(29), None), true),
            (kept(Some(30), Some(89)), true),
        ] {
            assert_eq!(after.deletes_more_than(&before), deletes, "{after:?}");
        }
        assert!(before.deletes_more_than(&kept(Some(30), None)));
    }
}
