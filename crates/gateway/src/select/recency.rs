//! When each account was asked last, in the order of asking rather than by a clock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use api::ids::ConnectionId;

use crate::snapshot::Account;

#[derive(Debug, Default)]
pub(crate) struct Recency {
    uses: Mutex<Uses>,
}

#[derive(Debug, Clone, Default)]
struct Uses {
    count: u64,
    last: HashMap<ConnectionId, u64>,
}

impl Recency {
    /// Puts those first that have been left alone the longest; those that never were asked come before all.
    /// The first one, or `home` in its place, counts as asked from now on, so that two that draw at once draw two.
    pub(crate) fn arrange(&self, accounts: &mut [Arc<Account>], home: Option<&ConnectionId>) {
        let mut uses = self.lock();
        accounts.sort_by_key(|account| uses.last.get(&account.id).copied());
        let first = accounts.first().map(|account| &account.id);
        if let Some(first) = home.or(first) {
            uses.touch(first);
        }
    }

    /// The same, to draw from without anybody noticing.
    pub(crate) fn copy(&self) -> Self {
        Self {
            uses: Mutex::new(self.lock().clone()),
        }
    }

    /// The account is asked.
    pub(crate) fn touch(&self, account: &ConnectionId) {
        self.lock().touch(account);
    }

    /// Forgets the accounts that are no more.
    pub(crate) fn keep(&self, exists: impl Fn(&ConnectionId) -> bool) {
        self.lock().last.retain(|account, _| exists(account));
    }

    fn lock(&self) -> MutexGuard<'_, Uses> {
        self.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Uses {
    fn touch(&mut self, account: &ConnectionId) {
        self.count += 1;
        match self.last.get_mut(account) {
            Some(last) => *last = self.count,
            None => {
                self.last.insert(account.clone(), self.count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::select::samples::{accounts, names};

    #[test]
    fn the_one_that_was_left_alone_the_longest_comes_first() {
        let (recency, accounts) = (Recency::default(), accounts(3));
        let draw = || {
            let mut accounts = accounts.clone();
            recency.arrange(&mut accounts, None);
            names(&accounts)
        };
        assert_eq!(draw(), ["a", "b", "c"]);
        assert_eq!(draw(), ["b", "c", "a"]);
        // It stood in for another.
        recency.touch(&accounts[2].id);
        assert_eq!(draw(), ["a", "b", "c"]);
    }

    #[test]
    fn threads_that_draw_at_once_share_evenly() {
        let (recency, accounts) = (Recency::default(), accounts(4));
        let draw = || {
            let mut accounts = accounts.clone();
            recency.arrange(&mut accounts, None);
            names(&accounts).remove(0)
        };
        let drawn: Vec<String> = thread::scope(|scope| {
            let work = || (0..500).map(|_| draw()).collect::<Vec<_>>();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(work)).collect();
            let drawn = threads
                .into_iter()
                .flat_map(|thread| thread.join().expect("no panic"));
            drawn.collect()
        });
        for name in ["a", "b", "c", "d"] {
            assert_eq!(drawn.iter().filter(|drawn| *drawn == name).count(), 1_000);
        }
    }
}
