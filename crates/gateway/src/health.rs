//! Which accounts rest, for which model, until when, and why.
//!
//! A failure that names its reset keeps an account out until then. Where the upstream does not say, the account only
//! moves behind the others for a while: a guess of ours never locks away the last one. A success clears everything.
//! When a rest is over, one request finds out whether the account answers again; until it has, the others prefer the
//! sound ones, so that a crowd that was waiting does not knock it over once more.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::ids::ConnectionId;
use chrono::{DateTime, Utc};
use providers::failure::{Failure, FailureKind};
use store::records::RestRecord;

use self::rest::{Basis, manner};

mod rest;
#[cfg(test)]
mod tests;

pub(crate) use self::rest::Rest;

/// No guess of ours keeps an account out for longer.
const LONGEST_GUESS: Duration = Duration::from_secs(15 * 60);
/// No upstream's word does either: a clock that is wrong by years must not cost an account.
const LONGEST: Duration = Duration::from_secs(8 * 24 * 60 * 60);

#[derive(Debug, Default)]
pub(crate) struct Health {
    rests: Mutex<HashMap<Place, Rest>>,
    /// Numbers the trials.
    trials: AtomicU64,
}

/// The whole account, or one model of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    account: ConnectionId,
    model: Option<String>,
}

impl Health {
    /// Whether and why `account` rests at `now` for `model`; of two reasons the one that lasts longer.
    ///
    /// One whose rest is over while somebody tries it still rests for all others.
    pub(crate) fn rest(
        &self,
        account: &ConnectionId,
        model: &str,
        now: DateTime<Utc>,
    ) -> Option<Rest> {
        let rests = self.lock();
        places(account, model)
            .iter()
            .filter_map(|place| rests.get(place))
            .filter_map(|rest| rest.at(now))
            .max_by_key(Rest::weight)
    }

    /// Remembers a failure. Says until when the account rests, if it does.
    pub(crate) fn penalise(
        &self,
        account: &ConnectionId,
        model: &str,
        failure: &Failure,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let manner = manner(failure.kind)?;
        let place = Place {
            account: account.clone(),
            model: manner.is_of_model.then(|| model.to_owned()),
        };
        let mut rests = self.lock();
        // Old places would otherwise pile up with every model name a client ever wrote.
        if rests.len() >= 10_000 {
            rests.retain(|_, rest| rest.until > now);
        }
        let level = rests.get(&place).map_or(0, |rest| rest.level + 1).min(16);
        let guess = manner
            .first
            .saturating_mul(1 << level)
            .min(LONGEST_GUESS.max(manner.first));
        let length = failure.rest.unwrap_or(guess).min(LONGEST);
        let until = now + chrono::Duration::from_std(length).unwrap_or_default();
        let rest = Rest {
            until,
            kind: failure.kind,
            level,
            basis: if failure.rest.is_some() {
                Basis::Known
            } else {
                Basis::Guess
            },
            trial: None,
            because: None,
        };
        rests.insert(place, rest);
        Some(until)
    }

    /// Takes it on to find out whether an account answers again whose rest is over.
    pub(crate) fn try_again(
        &self,
        account: &ConnectionId,
        model: &str,
        now: DateTime<Utc>,
    ) -> Trial<'_> {
        let mut rests = self.lock();
        let over: Vec<Place> = places(account, model)
            .into_iter()
            .filter(|place| rests.get(place).is_some_and(|rest| rest.until <= now))
            .collect();
        if over.is_empty() {
            return Trial::NotNeeded;
        }
        let is_taken = |place| rests.get(place).is_some_and(|rest| rest.trial.is_some());
        if over.iter().any(is_taken) {
            return Trial::Taken;
        }
        let number = self.trials.fetch_add(1, Ordering::Relaxed);
        for place in &over {
            if let Some(rest) = rests.get_mut(place) {
                rest.trial = Some(number);
            }
        }
        Trial::Mine(Claim {
            health: self,
            places: over,
            number,
        })
    }

    /// What was known before a restart.
    pub(crate) fn restore(&self, known: Vec<RestRecord>) {
        let mut rests = self.lock();
        for record in known {
            let Some(kind) = FailureKind::parse(&record.failure) else {
                continue;
            };
            let Some(manner) = manner(kind) else { continue };
            let place = Place {
                account: record.connection_id,
                model: manner.is_of_model.then_some(record.model),
            };
            let rest = Rest {
                until: record.until,
                kind,
                level: 0,
                basis: Basis::Known,
                trial: None,
                because: None,
            };
            rests.insert(place, rest);
        }
    }

    /// The account has answered.
    pub(crate) fn succeed(&self, account: &ConnectionId, model: &str) {
        let mut rests = self.lock();
        if rests.is_empty() {
            return;
        }
        for place in places(account, model) {
            rests.remove(&place);
        }
    }

    /// The accounts that rest at `now`, be it for one model alone.
    pub(crate) fn resting(&self, now: DateTime<Utc>) -> HashSet<ConnectionId> {
        let rests = self.lock();
        rests
            .iter()
            .filter(|(_, rest)| rest.until > now)
            .map(|(place, _)| place.account.clone())
            .collect()
    }

    /// Every rest at `now`: whose, of which model, and what it is.
    pub(crate) fn all(&self, now: DateTime<Utc>) -> Vec<(ConnectionId, Option<String>, Rest)> {
        let rests = self.lock();
        let lasting = rests.iter().filter(|(_, rest)| rest.until > now);
        lasting
            .map(|(place, rest)| (place.account.clone(), place.model.clone(), rest.clone()))
            .collect()
    }

    /// Forgets the rests of an account, or of one model of it.
    pub(crate) fn wake(&self, account: &ConnectionId, model: Option<&str>) {
        let is_meant = |place: &Place| {
            place.account == *account && (model.is_none() || place.model.as_deref() == model)
        };
        self.lock().retain(|place, _| !is_meant(place));
    }

    /// The account's key works, and its provider can be reached.
    pub(crate) fn found_sound(&self, account: &ConnectionId) {
        self.lock().retain(|place, rest| {
            let is_over = matches!(
                rest.kind,
                FailureKind::Credential | FailureKind::Network | FailureKind::Down
            );
            place.account != *account || !is_over
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Rest>> {
        self.rests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who finds out whether an account answers again.
#[derive(Debug)]
pub(crate) enum Trial<'a> {
    /// Nothing is in doubt.
    NotNeeded,
    /// Somebody else does.
    Taken,
    Mine(
        #[expect(
            dead_code,
            reason = "it is held until the account has answered or failed"
        )]
        Claim<'a>,
    ),
}

/// The right to try an account, until it has answered or failed, or whoever had it is gone.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    health: &'a Health,
    places: Vec<Place>,
    number: u64,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut rests = self.health.lock();
        for place in &self.places {
            if let Some(rest) = rests.get_mut(place)
                && rest.trial == Some(self.number)
            {
                rest.trial = None;
            }
        }
    }
}

fn places(account: &ConnectionId, model: &str) -> [Place; 2] {
    [Some(model.to_owned()), None].map(|model| Place {
        account: account.clone(),
        model,
    })
}
