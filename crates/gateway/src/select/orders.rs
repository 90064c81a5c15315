//! The orders of sound accounts, and what they must remember from request to request.

use std::sync::Arc;

use api::ids::{ConnectionId, ProviderId};
use api::settings::{AccountStrategy, RoutingSettings};
use chrono::{DateTime, Utc};

use crate::quota::Quotas;
use crate::select::quota;
use crate::select::recency::Recency;
use crate::select::turns::Turns;
use crate::snapshot::Account;

#[derive(Debug, Default)]
pub(crate) struct Orders {
    turns: Turns,
    recency: Recency,
}

/// What an order goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub(crate) provider: &'a ProviderId,
    pub(crate) settings: &'a RoutingSettings,
    pub(crate) quotas: &'a Quotas,
    /// Where the request's conversation is at home.
    pub(crate) home: Option<&'a ConnectionId>,
    pub(crate) now: DateTime<Utc>,
}

impl Orders {
    /// Puts sound accounts, which come in the order of their priority, in the order in which they are asked.
    ///
    /// A conversation's home comes first in every order, and takes nobody's turn.
    pub(crate) fn arrange(&self, accounts: &mut [Arc<Account>], terms: Terms<'_>) {
        let order = terms.settings.order(terms.provider);
        let home = terms
            .home
            .filter(|home| accounts.iter().any(|account| account.id == **home));
        match order.strategy {
            AccountStrategy::FillFirst => {}
            AccountStrategy::RoundRobin if home.is_none() => {
                self.turn(accounts, terms.provider, |_| 1, order.sticky_limit);
            }
            AccountStrategy::Weighted if home.is_none() => {
                let weight = |account: &Account| terms.settings.weight(&account.id);
                self.turn(accounts, terms.provider, weight, 1);
            }
            AccountStrategy::RoundRobin | AccountStrategy::Weighted => {}
            AccountStrategy::LeastRecentlyUsed => self.recency.arrange(accounts, home),
            AccountStrategy::QuotaAware => by_quota(accounts, terms.quotas, terms.now),
        }
        let place = home.and_then(|home| accounts.iter().position(|account| account.id == *home));
        if let Some(before) = place.and_then(|place| accounts.get_mut(..=place)) {
            before.rotate_right(1);
        }
    }

    /// The same, to arrange by without taking anybody's turn.
    pub(crate) fn copy(&self) -> Self {
        Self {
            turns: self.turns.copy(),
            recency: self.recency.copy(),
        }
    }

    /// The account is asked, in whichever order.
    pub(crate) fn asked(&self, account: &ConnectionId) {
        self.recency.touch(account);
    }

    /// Forgets the accounts that are no more.
    pub(crate) fn keep(&self, exists: impl Fn(&ConnectionId) -> bool) {
        self.turns.keep(&exists);
        self.recency.keep(&exists);
    }

    fn turn(
        &self,
        accounts: &mut [Arc<Account>],
        provider: &ProviderId,
        weight: impl Fn(&Account) -> u32,
        in_a_row: u32,
    ) {
        let shares: Vec<_> = accounts
            .iter()
            .map(|account| (account.as_ref(), weight(account)))
            .collect();
        let first = self.turns.draw(provider, &shares, in_a_row);
        accounts.rotate_left(first);
    }
}

fn by_quota(accounts: &mut [Arc<Account>], quotas: &Quotas, now: DateTime<Utc>) {
    let rank = |account: &Arc<Account>| quota::rank(&quotas.of(&account.id), now);
    let mut ranked: Vec<_> = accounts
        .iter()
        .map(|account| (rank(account), Arc::clone(account)))
        .collect();
    ranked.sort_by(|(one, _), (other, _)| one.compare(other));
    for (place, (_, account)) in accounts.iter_mut().zip(ranked) {
        *place = account;
    }
}

#[cfg(test)]
mod tests {
    use api::settings::{AccountSettings, ProviderOrder};

    use super::*;
    use crate::quota::QuotaWindow;
    use crate::select::samples::{accounts, names};

    fn settings(strategy: AccountStrategy) -> RoutingSettings {
        RoutingSettings {
            accounts: AccountSettings {
                strategy,
                sticky_limit: 1,
            },
            ..RoutingSettings::default()
        }
    }

    struct Draws {
        orders: Orders,
        quotas: Quotas,
        settings: RoutingSettings,
    }

    impl Draws {
        fn new(settings: RoutingSettings) -> Self {
            Self {
                orders: Orders::default(),
                quotas: Quotas::default(),
                settings,
            }
        }

        fn draw(&self, home: Option<&str>) -> Vec<String> {
            let mut accounts = accounts(3);
            let home = home.map(ConnectionId::from);
            let terms = Terms {
                provider: &"p".into(),
                settings: &self.settings,
                quotas: &self.quotas,
                home: home.as_ref(),
                now: DateTime::default(),
            };
            self.orders.arrange(&mut accounts, terms);
            names(&accounts)
        }

        fn firsts(&self, count: usize) -> String {
            (0..count).map(|_| self.draw(None).remove(0)).collect()
        }
    }

    #[test]
    fn each_order_begins_with_its_own_account() {
        for (strategy, firsts) in [
            (AccountStrategy::FillFirst, "aaaaaa"),
            (AccountStrategy::RoundRobin, "abcabc"),
            (AccountStrategy::LeastRecentlyUsed, "abcabc"),
            (AccountStrategy::Weighted, "abcabc"),
            (AccountStrategy::QuotaAware, "aaaaaa"),
        ] {
            assert_eq!(
                Draws::new(settings(strategy)).firsts(6),
                firsts,
                "{strategy:?}"
            );
        }
    }

    #[test]
    fn a_weight_is_a_share_of_the_turns() {
        let mut settings = settings(AccountStrategy::Weighted);
        settings.weights.insert("a".into(), 4);
        let firsts = Draws::new(settings).firsts(12);
        let count = |name| firsts.matches(name).count();
        assert_eq!((count("a"), count("b"), count("c")), (8, 2, 2), "{firsts}");
        assert!(!firsts.contains("aaaa"), "spread out: {firsts}");
    }

    #[test]
    fn the_account_whose_quota_ends_first_is_asked_first() {
        let draws = Draws::new(settings(AccountStrategy::QuotaAware));
        let window = |used, hours| QuotaWindow {
            name: "weekly".to_owned(),
            used,
            resets_at: Some(DateTime::<Utc>::default() + chrono::Duration::hours(hours)),
            as_of: DateTime::default(),
        };
        draws.quotas.set("a".into(), vec![window(0.97, 9)]);
        draws.quotas.set("b".into(), vec![window(0.2, 90)]);
        draws.quotas.set("c".into(), vec![window(0.8, 30)]);
        assert_eq!(draws.draw(None), ["c", "b", "a"]);
    }

    #[test]
    fn a_provider_may_have_an_order_of_its_own() {
        let mut settings = settings(AccountStrategy::FillFirst);
        let own = ProviderOrder {
            strategy: Some(AccountStrategy::RoundRobin),
            sticky_limit: Some(2),
        };
        settings.providers.insert("p".into(), own);
        assert_eq!(Draws::new(settings).firsts(6), "aabbcc");
    }

    #[test]
    fn a_home_comes_first_in_every_order_and_takes_nobodys_turn() {
        for strategy in AccountStrategy::ALL {
            let draws = Draws::new(settings(strategy));
            for _ in 0..5 {
                assert_eq!(draws.draw(Some("c"))[0], "c", "{strategy:?}");
            }
            let next = draws.draw(None);
            assert_eq!(next[0], "a", "{strategy:?}: {next:?}");
            assert_eq!(draws.draw(Some("gone")).len(), 3);
        }
    }
}
