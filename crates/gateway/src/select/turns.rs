//! Turns among accounts, as many as each one's weight says.
//!
//! Smooth weighted round robin: with every draw each account that may be drawn gains its weight, and the one that has
//! gained the most is drawn and pays for all. So over any stretch each account is drawn as often as its weight
//! says, and never much earlier or later; with equal weights no account is ever more than one turn ahead.
//! Accounts are known by their ids, so one that rests or comes back disturbs nobody else's turns.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use api::ids::{ConnectionId, ProviderId};

use crate::snapshot::Account;

#[derive(Debug, Default)]
pub(crate) struct Turns {
    by_provider: Mutex<HashMap<ProviderId, Wheel>>,
}

#[derive(Debug, Clone, Default)]
struct Wheel {
    /// What each account has gained and not paid.
    gains: HashMap<ConnectionId, i64>,
    /// Who was drawn last, and how often in a row.
    last: Option<(ConnectionId, u32)>,
}

/// An account that may be drawn, and its weight.
pub(crate) type Share<'a> = (&'a Account, u32);

impl Turns {
    /// Whose turn it is: a place in `shares`. The one that was drawn last is drawn again until it has had `in_a_row`.
    pub(crate) fn draw(&self, provider: &ProviderId, shares: &[Share<'_>], in_a_row: u32) -> usize {
        let mut by_provider = self
            .by_provider
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !by_provider.contains_key(provider) {
            by_provider.insert(provider.clone(), Wheel::default());
        }
        by_provider
            .get_mut(provider)
            .map_or(0, |wheel| wheel.draw(shares, in_a_row))
    }

    /// The same, to draw from without anybody noticing.
    pub(crate) fn copy(&self) -> Self {
        let by_provider = self
            .by_provider
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Self {
            by_provider: Mutex::new(by_provider.clone()),
        }
    }

    /// Forgets the accounts that are no more.
    pub(crate) fn keep(&self, exists: impl Fn(&ConnectionId) -> bool) {
        let mut by_provider = self
            .by_provider
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for wheel in by_provider.values_mut() {
            wheel.gains.retain(|account, _| exists(account));
        }
    }
}

impl Wheel {
    fn draw(&mut self, shares: &[Share<'_>], in_a_row: u32) -> usize {
        if let Some((last, times)) = &mut self.last
            && *times < in_a_row
            && let Some(place) = shares.iter().position(|(account, _)| account.id == *last)
        {
            *times += 1;
            return place;
        }
        let mut best: Option<(usize, i64)> = None;
        let mut total = 0;
        for (place, (account, weight)) in shares.iter().enumerate() {
            let weight = i64::from((*weight).max(1));
            total += weight;
            let gain = match self.gains.get_mut(&account.id) {
                Some(gain) => {
                    *gain += weight;
                    *gain
                }
                None => {
                    self.gains.insert(account.id.clone(), weight);
                    weight
                }
            };
            if best.is_none_or(|(_, most)| gain > most) {
                best = Some((place, gain));
            }
        }
        let place = best.map_or(0, |(place, _)| place);
        if let Some((account, _)) = shares.get(place) {
            if let Some(gain) = self.gains.get_mut(&account.id) {
                *gain -= total;
            }
            self.last = Some((account.id.clone(), 1));
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use proptest::prelude::*;

    use super::*;
    use crate::select::samples::accounts;

    fn shares<'a>(accounts: &'a [Arc<Account>], weights: &[u32]) -> Vec<Share<'a>> {
        let accounts = accounts.iter().map(AsRef::as_ref);
        accounts.zip(weights.iter().copied()).collect()
    }

    fn counts(drawn: &[usize], accounts: usize) -> Vec<usize> {
        let count = |account| drawn.iter().filter(|place| **place == account).count();
        (0..accounts).map(count).collect()
    }

    proptest! {
        #[test]
        fn no_account_is_more_than_one_turn_ahead_in_any_window(
            count in 1_usize..9, draws in 1_usize..120, before in 0_usize..20,
        ) {
            let (turns, accounts) = (Turns::default(), accounts(count));
            let shares = shares(&accounts, &vec![1; count]);
            // Somebody else may see fewer of them: that must not disturb the others' turns for good.
            for _ in 0..before {
                turns.draw(&"p".into(), &shares[..count.div_ceil(2)], 1);
            }
            for _ in 0..count * 2 {
                turns.draw(&"p".into(), &shares, 1);
            }
            let drawn: Vec<usize> = (0..draws).map(|_| turns.draw(&"p".into(), &shares, 1)).collect();
            for start in 0..draws {
                for end in start + 1..=draws {
                    let counts = counts(&drawn[start..end], count);
                    let (least, most) = (counts.iter().min().expect("one"), counts.iter().max().expect("one"));
                    prop_assert!(most - least <= 1, "{drawn:?} {start}..{end}: {counts:?}");
                }
            }
        }

        #[test]
        fn every_round_gives_each_account_its_weight(weights in prop::collection::vec(1_u32..12, 1..7), start in 0_usize..40) {
            let (turns, accounts) = (Turns::default(), accounts(weights.len()));
            let shares = shares(&accounts, &weights);
            let round: usize = weights.iter().map(|weight| *weight as usize).sum();
            for _ in 0..start {
                turns.draw(&"p".into(), &shares, 1);
            }
            let drawn: Vec<usize> = (0..round).map(|_| turns.draw(&"p".into(), &shares, 1)).collect();
            let expected: Vec<usize> = weights.iter().map(|weight| *weight as usize).collect();
            prop_assert_eq!(counts(&drawn, weights.len()), expected);
        }
    }

    #[test]
    fn turns_in_a_row_are_counted_and_an_absent_account_loses_the_rest_of_them() {
        let (turns, accounts) = (Turns::default(), accounts(2));
        let shares = shares(&accounts, &[1, 1]);
        let drawn: Vec<usize> = (0..7)
            .map(|_| turns.draw(&"p".into(), &shares, 3))
            .collect();
        assert_eq!(drawn, [0, 0, 0, 1, 1, 1, 0]);
        assert_eq!(
            turns.draw(&"p".into(), &shares[1..], 3),
            0,
            "the second one"
        );
        assert_eq!(turns.draw(&"p".into(), &shares, 3), 1, "goes on");
    }

    #[test]
    fn threads_that_draw_at_once_share_evenly() {
        const THREADS: usize = 8;
        const EACH: usize = 1_001;
        let (turns, accounts) = (Turns::default(), accounts(3));
        let shares = shares(&accounts, &[1, 1, 1]);
        let drawn: Vec<usize> = thread::scope(|scope| {
            let draw = || {
                (0..EACH)
                    .map(|_| turns.draw(&"p".into(), &shares, 1))
                    .collect::<Vec<_>>()
            };
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(draw)).collect();
            let drawn = threads
                .into_iter()
                .flat_map(|thread| thread.join().expect("no panic"));
            drawn.collect()
        });
        let counts = counts(&drawn, 3);
        assert_eq!(counts.iter().sum::<usize>(), THREADS * EACH);
        assert!(
            counts.iter().max().expect("one") - counts.iter().min().expect("one") <= 1,
            "{counts:?}"
        );
    }

    #[test]
    fn an_account_that_comes_back_is_not_given_what_it_missed() {
        let (turns, accounts) = (Turns::default(), accounts(2));
        let shares = shares(&accounts, &[1, 1]);
        for _ in 0..100 {
            turns.draw(&"p".into(), &shares[..1], 1);
        }
        let drawn: Vec<usize> = (0..6)
            .map(|_| turns.draw(&"p".into(), &shares, 1))
            .collect();
        assert_eq!(counts(&drawn, 2), [3, 3], "{drawn:?}");
    }

    #[test]
    fn accounts_that_are_no_more_are_forgotten() {
        let (turns, accounts) = (Turns::default(), accounts(2));
        turns.draw(&"p".into(), &shares(&accounts, &[1, 1]), 1);
        turns.keep(|account| *account == accounts[0].id);
        assert_eq!(
            turns.by_provider.lock().expect("sound")[&"p".into()]
                .gains
                .len(),
            1
        );
    }
}
