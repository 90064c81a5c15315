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

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rest {
    pub(crate) until: DateTime<Utc>,
    pub(crate) kind: FailureKind,
    /// How often in a row.
    level: u32,
    basis: Basis,
    /// It is over, and this request finds out whether the account answers again.
    trial: Option<u64>,
    /// What is said of it, where the kind of failure alone would not tell.
    because: Option<String>,
}

/// On what grounds an account rests. The later one weighs more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Basis {
    /// A guess of ours: it is only behind the others.
    Guess,
    /// The upstream said so: it is out until then, unless nobody could stand in.
    Known,
    /// Its owner will have it so: it is out until then, even if nobody could stand in.
    Willed,
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

impl Rest {
    /// As others see it at `now`, if they still do.
    fn at(&self, now: DateTime<Utc>) -> Option<Self> {
        if self.until > now {
            return Some(self.clone());
        }
        self.trial.map(|_| Self {
            basis: Basis::Guess,
            ..self.clone()
        })
    }

    /// The upstream itself says that nothing is left of the window called `name`.
    pub(crate) fn quota_window(name: &str, until: DateTime<Utc>) -> Self {
        Self {
            until,
            kind: FailureKind::Quota,
            level: 0,
            basis: Basis::Known,
            trial: None,
            because: Some(format!("its quota `{name}` is used up")),
        }
    }

    /// Its owner's budget says that it has done enough.
    pub(crate) fn budget(because: String, until: DateTime<Utc>) -> Self {
        Self {
            until,
            kind: FailureKind::Quota,
            level: 0,
            basis: Basis::Willed,
            trial: None,
            because: Some(because),
        }
    }

    /// It may be asked all the same where nobody could stand in.
    pub(crate) fn may_be_broken(&self) -> bool {
        self.basis < Basis::Willed
    }

    /// What is said of it beyond its kind.
    pub(crate) fn because(&self) -> Option<&str> {
        self.because.as_deref()
    }

    /// Of two reasons the heavier one counts.
    pub(crate) fn weight(&self) -> impl Ord + use<> {
        (self.basis, self.until)
    }

    /// It is not asked at all before it has rested.
    pub(crate) fn is_out(&self) -> bool {
        self.basis > Basis::Guess
    }

    /// Why it rests, for people.
    pub(crate) fn words(&self) -> &str {
        self.because.as_deref().unwrap_or_else(|| words(self.kind))
    }
}

fn words(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Client => "refused the request",
        FailureKind::Credential => "its credential was refused",
        FailureKind::Quota => "its quota is used up",
        FailureKind::RateLimit => "rate limited",
        FailureKind::Overload => "overloaded",
        FailureKind::Down => "failed",
        FailureKind::Network => "could not be reached",
        FailureKind::Context => "the prompt is too long for it",
        FailureKind::Refused => "refused the content",
        FailureKind::UnknownModel => "does not know the model",
    }
}

fn places(account: &ConnectionId, model: &str) -> [Place; 2] {
    [Some(model.to_owned()), None].map(|model| Place {
        account: account.clone(),
        model,
    })
}

/// How an account rests after a failure of one kind, where the upstream does not say how long.
struct Manner {
    first: Duration,
    is_of_model: bool,
}

/// `None`: it says nothing of the account.
fn manner(kind: FailureKind) -> Option<Manner> {
    let (seconds, is_of_model) = match kind {
        FailureKind::Client | FailureKind::Context | FailureKind::Refused => return None,
        // Until somebody repairs it; asked now and then, since somebody may have.
        FailureKind::Credential => (5 * 60, false),
        FailureKind::Quota => (10 * 60, false),
        FailureKind::RateLimit => (10, true),
        FailureKind::UnknownModel => (10 * 60, true),
        FailureKind::Overload => (5, true),
        FailureKind::Down | FailureKind::Network => (5, false),
    };
    Some(Manner {
        first: Duration::from_secs(seconds),
        is_of_model,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: FailureKind, rest: Option<u64>) -> Failure {
        Failure {
            kind,
            rest: rest.map(Duration::from_secs),
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a time")
    }

    #[test]
    fn rests_are_read_and_cleared() {
        let (health, account) = (Health::default(), ConnectionId::from("a"));
        let rested = |now| {
            let mut models: Vec<_> = health
                .all(now)
                .into_iter()
                .map(|(_, model, _)| model)
                .collect();
            models.sort();
            models
        };
        let model = |name: &str| Some(name.to_owned());
        for (name, kind) in [
            ("m", FailureKind::RateLimit),
            ("n", FailureKind::UnknownModel),
            ("m", FailureKind::Credential),
        ] {
            health.penalise(&account, name, &failure(kind, None), at(0));
        }
        assert_eq!(rested(at(1)), [None, model("m"), model("n")]);
        assert_eq!(rested(at(60)), [None, model("n")]);
        health.found_sound(&account);
        assert_eq!(rested(at(1)), [model("m"), model("n")]);
        health.wake(&account, Some("m"));
        health.wake(&ConnectionId::from("b"), None);
        assert_eq!(rested(at(1)), [model("n")]);
        health.wake(&account, None);
        assert_eq!(rested(at(1)), []);
    }

    #[test]
    fn a_known_reset_is_kept_and_not_exceeded() {
        let (health, account) = (Health::default(), ConnectionId::from("a"));
        let limited = failure(FailureKind::RateLimit, Some(30));
        for _ in 0..5 {
            assert_eq!(
                health.penalise(&account, "m", &limited, at(0)),
                Some(at(30))
            );
        }
        assert!(
            health
                .rest(&account, "m", at(29))
                .is_some_and(|rest| rest.is_out())
        );
        assert_eq!(health.rest(&account, "m", at(30)), None);
        assert_eq!(
            health.rest(&account, "other", at(0)),
            None,
            "it is the model's"
        );
    }

    #[test]
    fn guesses_grow_up_to_a_limit_and_a_success_clears_them() {
        let (health, account) = (Health::default(), ConnectionId::from("a"));
        let limited = failure(FailureKind::RateLimit, None);
        let lengths: Vec<i64> = (0..12)
            .map(|_| {
                let until = health
                    .penalise(&account, "m", &limited, at(0))
                    .expect("a rest");
                (until - at(0)).num_seconds()
            })
            .collect();
        assert_eq!(lengths[..4], [10, 20, 40, 80]);
        assert_eq!(lengths[11], 900);
        health.succeed(&account, "m");
        assert_eq!(health.rest(&account, "m", at(0)), None);
        assert_eq!(
            health.penalise(&account, "m", &limited, at(0)),
            Some(at(10))
        );
    }

    #[test]
    fn a_guess_only_moves_an_account_back() {
        let (health, account) = (Health::default(), ConnectionId::from("a"));
        health.penalise(&account, "m", &failure(FailureKind::Down, None), at(0));
        let rest = health
            .rest(&account, "other", at(1))
            .expect("the whole account");
        assert!(!rest.is_out());
    }

    #[test]
    fn one_request_tries_an_account_whose_rest_is_over_while_the_others_stay_away() {
        let (health, account) = (Health::default(), ConnectionId::from("a"));
        let rests = |seconds| health.rest(&account, "m", at(seconds));
        for (kind, rest) in [(FailureKind::Down, None), (FailureKind::RateLimit, Some(5))] {
            assert!(matches!(
                health.try_again(&account, "m", at(0)),
                Trial::NotNeeded
            ));
            health.penalise(&account, "m", &failure(kind, rest), at(0));
            assert!(
                matches!(health.try_again(&account, "m", at(4)), Trial::NotNeeded),
                "not yet"
            );
            assert_eq!(rests(5), None, "anybody may try");

            let first = health.try_again(&account, "m", at(5));
            assert!(matches!(first, Trial::Mine(_)), "{first:?}");
            assert!(matches!(
                health.try_again(&account, "m", at(6)),
                Trial::Taken
            ));
            let seen = rests(6).expect("a rest, to all others");
            assert!(!seen.is_out(), "it is behind the others, and no more");

            drop(first);
            assert_eq!(
                rests(6),
                None,
                "nothing was found out: the next one may try"
            );
            let second = health.try_again(&account, "m", at(6));
            health.penalise(&account, "m", &failure(kind, Some(9)), at(7));
            drop(second);
            assert!(
                rests(8).is_some_and(|rest| rest.is_out()),
                "it failed again"
            );

            let third = health.try_again(&account, "m", at(16));
            health.succeed(&account, "m");
            drop(third);
            assert_eq!(rests(16), None);
            assert!(
                matches!(health.try_again(&account, "m", at(16)), Trial::NotNeeded),
                "all is well"
            );
        }
    }

    #[test]
    fn a_claim_that_is_dropped_late_takes_nothing_from_the_next_one() {
        let (health, account) = (Health::default(), ConnectionId::from("a"));
        health.penalise(&account, "m", &failure(FailureKind::Down, None), at(0));
        let first = health.try_again(&account, "m", at(60));
        health.penalise(&account, "m", &failure(FailureKind::Down, None), at(60));
        let second = health.try_again(&account, "m", at(120));
        drop(first);
        assert!(matches!(
            health.try_again(&account, "m", at(120)),
            Trial::Taken
        ));
        drop(second);
    }

    #[test]
    fn a_clients_mistake_says_nothing_of_the_account() {
        let (health, account) = (Health::default(), ConnectionId::from("a"));
        for kind in [
            FailureKind::Client,
            FailureKind::Context,
            FailureKind::Refused,
        ] {
            assert_eq!(
                health.penalise(&account, "m", &failure(kind, None), at(0)),
                None
            );
        }
        assert_eq!(health.rest(&account, "m", at(0)), None);
    }
}
