//! How things stand right now, in figures, for whoever monitors the program.

use std::collections::BTreeMap;
use std::time::Duration;

use api::ids::{ConnectionId, ProviderId};
use chrono::{DateTime, Utc};

use crate::Gateway;

#[derive(Debug, Clone, PartialEq)]
pub struct Gauges {
    /// Requests under way.
    pub in_flight: u32,
    pub recorder: RecorderGauges,
    pub accounts: BTreeMap<ProviderId, AccountGauges>,
    pub quotas: Vec<QuotaGauge>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecorderGauges {
    /// Rows of ended requests that are not in the database yet.
    pub waiting: usize,
    /// For how long the oldest of them has been the writer's.
    pub lag: Duration,
    /// Tries to write that the database refused, since the start.
    pub failures: u64,
}

/// How many of a provider's accounts are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AccountGauges {
    pub ready: u32,
    /// For at least one model: until a reset, behind the others for a while, or with its quota used up.
    pub resting: u32,
    /// Switched off by their owners.
    pub paused: u32,
}

/// How much an account has used of one allowance, as its upstream said last.
#[derive(Debug, Clone, PartialEq)]
pub struct QuotaGauge {
    pub provider: ProviderId,
    pub account: ConnectionId,
    /// `5h`, `weekly`.
    pub window: String,
    /// From 0.0, nothing, to 1.0, all; 0.0 once it has been reset since.
    pub used: f64,
}

impl Gateway {
    #[must_use]
    pub fn gauges(&self, now: DateTime<Utc>) -> Gauges {
        let in_flight = self.inner.live.active();
        let resting = self.inner.health.resting(now);
        let mut accounts: BTreeMap<ProviderId, AccountGauges> = BTreeMap::new();
        let mut quotas = Vec::new();
        for (provider, account) in self.snapshot().all_accounts() {
            quotas.extend(
                self.quota(&account.id)
                    .into_iter()
                    .map(|window| QuotaGauge {
                        provider: provider.clone(),
                        account: account.id.clone(),
                        used: if window.resets_at.is_some_and(|resets_at| resets_at <= now) {
                            0.0
                        } else {
                            window.used
                        },
                        window: window.name,
                    }),
            );
            let is_used_up = self.inner.quotas.used_up(&account.id, "", now).is_some();
            let gauges = accounts.entry(provider.clone()).or_default();
            let count = if !account.is_active {
                &mut gauges.paused
            } else if is_used_up || resting.contains(&account.id) {
                &mut gauges.resting
            } else {
                &mut gauges.ready
            };
            *count += 1;
        }
        Gauges {
            in_flight,
            recorder: self.inner.recorder.gauges(in_flight),
            accounts,
            quotas,
        }
    }
}
