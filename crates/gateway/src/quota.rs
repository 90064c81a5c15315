//! How much of its upstream's allowance each account has used, as the upstream said last.
//!
//! [`poll`] asks; whoever else learns of a quota sets it with [`Gateway::set_quota`].

pub mod forecast;
pub mod poll;

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
    /// What holds for the models alone whose names contain a word.
    of_models: Mutex<HashMap<ConnectionId, Vec<(String, QuotaWindow)>>>,
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
        model: &str,
        now: DateTime<Utc>,
    ) -> Option<(String, DateTime<Utc>)> {
        let (by_account, of_models) = (lock(&self.by_account), lock(&self.of_models));
        let of_this = of_models.get(account).into_iter().flatten();
        let of_this = of_this
            .filter(|(word, _)| model.to_lowercase().contains(word.as_str()))
            .map(|(_, window)| window);
        let (until, window) = by_account
            .get(account)
            .into_iter()
            .flatten()
            .chain(of_this)
            .filter_map(|window| Some((window.used_up_until(now)?, window)))
            .max_by_key(|(until, _)| *until)?;
        Some((window.name.clone(), until))
    }

    pub(crate) fn set(&self, account: ConnectionId, windows: Vec<QuotaWindow>) {
        let mut by_account = lock(&self.by_account);
        if windows.is_empty() {
            by_account.remove(&account);
        } else {
            by_account.insert(account, windows);
        }
    }

    pub(crate) fn of(&self, account: &ConnectionId) -> Vec<QuotaWindow> {
        lock(&self.by_account)
            .get(account)
            .cloned()
            .unwrap_or_default()
    }

    pub(crate) fn set_of_models(&self, account: ConnectionId, windows: Vec<(String, QuotaWindow)>) {
        lock(&self.of_models).insert(account, windows);
    }

    pub(crate) fn forget(&self, account: &ConnectionId) {
        lock(&self.by_account).remove(account);
        lock(&self.of_models).remove(account);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
        assert_eq!(quotas.used_up(&account, "m", at(0)), None);
        let windows = vec![
            window("5h", 1.0, Some(60)),
            window("weekly", 1.02, Some(90)),
            window("monthly", 0.99, Some(1_000)),
            window("daily", 1.0, None),
        ];
        quotas.set(account.clone(), windows);
        let weekly = Some(("weekly".to_owned(), at(90)));
        assert_eq!(quotas.used_up(&account, "m", at(0)), weekly);
        assert_eq!(quotas.used_up(&account, "m", at(89)), weekly);
        assert_eq!(quotas.used_up(&account, "m", at(90)), None);
    }

    #[test]
    fn a_models_window_keeps_the_account_out_for_that_model() {
        let (quotas, account) = (Quotas::default(), ConnectionId::from("a"));
        quotas.set(account.clone(), vec![window("weekly", 0.2, Some(90))]);
        let of_opus = vec![("opus".to_owned(), window("weekly, Opus", 1.0, Some(60)))];
        quotas.set_of_models(account.clone(), of_opus);
        let until = Some(("weekly, Opus".to_owned(), at(60)));
        assert_eq!(quotas.used_up(&account, "claude-Opus-4-6", at(0)), until);
        assert_eq!(quotas.used_up(&account, "claude-sonnet-4-6", at(0)), None);
        quotas.forget(&account);
        assert_eq!(quotas.used_up(&account, "claude-opus-4-6", at(0)), None);
    }

    #[test]
    fn a_new_word_replaces_the_old_one() {
        let (quotas, account) = (Quotas::default(), ConnectionId::from("a"));
        quotas.set(account.clone(), vec![window("5h", 1.0, Some(60))]);
        quotas.set(account.clone(), vec![window("5h", 0.1, Some(60))]);
        assert_eq!(quotas.used_up(&account, "m", at(0)), None);
        quotas.set(account.clone(), Vec::new());
        assert_eq!(quotas.of(&account), Vec::new());
    }
}
