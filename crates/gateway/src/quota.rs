//! How much of its upstream's allowance each account has used, as the upstream said last.
//!
//! Nothing is asked here: whoever learns of a quota sets it with [`Gateway::set_quota`].

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use api::ids::ConnectionId;
use chrono::{DateTime, Utc};

use crate::Gateway;

/// One allowance of an account: so much within a window of time.
#[derive(Debug, Clone, PartialEq)]
pub struct QuotaWindow {
    /// The upstream's word for it, or ours: `5h`, `weekly`.
    pub name: String,
    /// From 0.0, nothing, to 1.0, all. More than all counts as all.
    pub used: f64,
    /// When it is whole again. `None` if the upstream does not say.
    pub resets_at: Option<DateTime<Utc>>,
    /// When the upstream said so.
    pub as_of: DateTime<Utc>,
}

#[derive(Debug, Default)]
pub(crate) struct Quotas {
    by_account: Mutex<HashMap<ConnectionId, Vec<QuotaWindow>>>,
}

impl QuotaWindow {
    /// Until when nothing is left of it, if that is so.
    fn used_up_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.resets_at
            .filter(|resets_at| self.used >= 1.0 && *resets_at > now)
    }
}

impl Quotas {
    /// The window that keeps the account from being asked the longest, and until when.
    pub(crate) fn used_up(
        &self,
        account: &ConnectionId,
        now: DateTime<Utc>,
    ) -> Option<(String, DateTime<Utc>)> {
        let by_account = self.lock();
        let windows = by_account.get(account)?.iter();
        let (until, window) = windows
            .filter_map(|window| Some((window.used_up_until(now)?, window)))
            .max_by_key(|(until, _)| *until)?;
        Some((window.name.clone(), until))
    }

    pub(crate) fn set(&self, account: ConnectionId, windows: Vec<QuotaWindow>) {
        let mut by_account = self.lock();
        if windows.is_empty() {
            by_account.remove(&account);
        } else {
            by_account.insert(account, windows);
        }
    }

    pub(crate) fn of(&self, account: &ConnectionId) -> Vec<QuotaWindow> {
        self.lock().get(account).cloned().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Vec<QuotaWindow>>> {
        self.by_account
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway {
    /// What the account's upstream said of its quota just now, in place of what it said before.
    /// No windows: nothing is known, as for an account that was deleted.
    pub fn set_quota(&self, account: ConnectionId, windows: Vec<QuotaWindow>) {
        self.inner.quotas.set(account, windows);
    }

    /// What is known of the account's quota.
    #[must_use]
    pub fn quota(&self, account: &ConnectionId) -> Vec<QuotaWindow> {
        self.inner.quotas.of(account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a time")
    }

    fn window(name: &str, used: f64, resets_at: Option<i64>) -> QuotaWindow {
        QuotaWindow {
            name: name.to_owned(),
            used,
            resets_at: resets_at.map(at),
            as_of: at(0),
        }
    }

    #[test]
    fn a_full_window_keeps_an_account_out_until_it_resets() {
        let (quotas, account) = (Quotas::default(), ConnectionId::from("a"));
        assert_eq!(quotas.used_up(&account, at(0)), None);
        let windows = vec![
            window("5h", 1.0, Some(60)),
            window("weekly", 1.02, Some(90)),
            window("monthly", 0.99, Some(1_000)),
            window("daily", 1.0, None),
        ];
        quotas.set(account.clone(), windows);
        let weekly = Some(("weekly".to_owned(), at(90)));
        assert_eq!(quotas.used_up(&account, at(0)), weekly);
        assert_eq!(quotas.used_up(&account, at(89)), weekly);
        assert_eq!(quotas.used_up(&account, at(90)), None);
    }

    #[test]
    fn a_new_word_replaces_the_old_one() {
        let (quotas, account) = (Quotas::default(), ConnectionId::from("a"));
        quotas.set(account.clone(), vec![window("5h", 1.0, Some(60))]);
        quotas.set(account.clone(), vec![window("5h", 0.1, Some(60))]);
        assert_eq!(quotas.used_up(&account, at(0)), None);
        quotas.set(account.clone(), Vec::new());
        assert_eq!(quotas.of(&account), Vec::new());
    }
}
