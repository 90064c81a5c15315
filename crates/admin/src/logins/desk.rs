//! The logins that have begun: who began them, where, and how far they are. Kept in memory, by this process alone:
//! a login that a restart interrupts is begun again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use accounts::code::PendingCode;
use accounts::proxy::OutboundProxy;
use api::ids::{ConnectionId, LoginId, ProviderId, UserId};
use api::login::{LoginStep, LoginView};
use chrono::{DateTime, Duration, Utc};
use subtle::ConstantTimeEq as _;
use tokio::task::AbortHandle;

/// How long a person has for the vendor's page.
pub(super) const LIFETIME: Duration = Duration::minutes(10);
/// Of one person at one time; the oldest goes first.
const MOST_OF_ONE: usize = 16;

/// Where a login belongs: to one person, in one session of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) owner: UserId,
    pub(super) session: String,
}

/// What a login is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Aim {
    pub(super) provider: ProviderId,
    pub(super) method: String,
    /// The account to be repaired.
    pub(super) connection: Option<ConnectionId>,
    /// What the account goes through from now on, if somebody has said so.
    pub(super) proxy: Option<OutboundProxy>,
}

pub(super) struct Begun {
    pub(super) bound: Bound,
    pub(super) aim: Aim,
    /// Where its person sees the dashboard: the vendor's answer goes there.
    pub(super) home: String,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) step: Step,
}

pub(super) enum Step {
    Browser {
        url: String,
        is_awaited: bool,
        pending: Box<PendingCode>,
    },
    Device {
        user_code: String,
        url: String,
        complete_url: Option<String>,
        /// Asks the vendor in the meantime.
        asking: Option<AbortHandle>,
    },
    Finishing,
    Over(LoginStep),
}

/// A login whose code has come; nobody else can take it now.
pub(super) struct Taken {
    pub(super) id: LoginId,
    pub(super) aim: Aim,
    pub(super) pending: Box<PendingCode>,
}

/// Why a login cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// Never begun, too old, begun by somebody else, or used before: nobody is told which.
    Unknown,
    /// The address belongs to another login.
    OtherState,
}

#[derive(Default)]
pub(super) struct Desk {
    begun: Mutex<HashMap<LoginId, Begun>>,
}

impl Begun {
    fn view(&self, id: &LoginId) -> LoginView {
        let step = match &self.step {
            Step::Browser {
                url,
                is_awaited,
                pending,
            } => LoginStep::Browser {
                url: url.clone(),
                redirect: pending.redirect().to_owned(),
                is_awaited: *is_awaited,
            },
            Step::Device {
                user_code,
                url,
                complete_url,
                ..
            } => LoginStep::Device {
                user_code: user_code.clone(),
                url: url.clone(),
                complete_url: complete_url.clone(),
            },
            Step::Finishing => LoginStep::Finishing,
            Step::Over(step) => step.clone(),
        };
        LoginView {
            id: id.clone(),
            provider: self.aim.provider.clone(),
            expires_at: self.expires_at,
            step,
        }
    }

    fn is_of(&self, bound: &Bound) -> bool {
        let is_session: bool = self
            .bound
            .session
            .as_bytes()
            .ct_eq(bound.session.as_bytes())
            .into();
        is_session && self.bound.owner == bound.owner
    }

    fn has_state(&self, state: &str) -> bool {
        matches!(&self.step, Step::Browser { pending, .. } if pending.is_state(state))
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if let Step::Device {
            asking: Some(asking),
            ..
        } = &self.step
        {
            asking.abort();
        }
    }
}

impl Desk {
    fn begun(&self) -> MutexGuard<'_, HashMap<LoginId, Begun>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, id: LoginId, begun: Begun, now: DateTime<Utc>) -> LoginView {
        let view = begun.view(&id);
        let mut all = self.begun();
        all.retain(|_, one| one.expires_at > now);
        let mut own: Vec<_> = all
            .iter()
            .filter(|(_, one)| one.bound.owner == begun.bound.owner)
            .map(|(id, one)| (one.expires_at, id.clone()))
            .collect();
        own.sort();
        let too_many = (own.len() + 1).saturating_sub(MOST_OF_ONE);
        for (_, id) in own.into_iter().take(too_many) {
            all.remove(&id);
        }
        all.insert(id, begun);
        view
    }

    pub(super) fn view(
        &self,
        id: &LoginId,
        bound: &Bound,
        now: DateTime<Utc>,
    ) -> Option<LoginView> {
        let all = self.begun();
        let begun = all.get(id).filter(|begun| begun.is_of(bound))?;
        (begun.expires_at > now).then(|| begun.view(id))
    }

    /// Where the person of the login with this state sees the dashboard.
    pub(super) fn home(&self, state: &str, now: DateTime<Utc>) -> Option<String> {
        let all = self.begun();
        let mut waiting = all.values().filter(|begun| begun.expires_at > now);
        let begun = waiting.find(|begun| begun.has_state(state))?;
        Some(begun.home.clone())
    }

    /// Which login of this session a state belongs to.
    pub(super) fn by_state(&self, state: &str, bound: &Bound) -> Option<LoginId> {
        let all = self.begun();
        let mut own = all.iter().filter(|(_, begun)| begun.is_of(bound));
        own.find(|(_, begun)| begun.has_state(state))
            .map(|(id, _)| id.clone())
    }

    /// Takes a login whose code has come. `state` is compared where the browser brought one.
    pub(super) fn take(
        &self,
        id: &LoginId,
        bound: &Bound,
        state: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Taken, Missing> {
        let mut all = self.begun();
        let begun = all
            .get_mut(id)
            .filter(|begun| begun.is_of(bound) && begun.expires_at > now)
            .ok_or(Missing::Unknown)?;
        if !matches!(begun.step, Step::Browser { .. }) {
            return Err(Missing::Unknown);
        }
        if state.is_some_and(|state| !begun.has_state(state)) {
            return Err(Missing::OtherState);
        }
        match std::mem::replace(&mut begun.step, Step::Finishing) {
            Step::Browser { pending, .. } => Ok(Taken {
                id: id.clone(),
                aim: begun.aim.clone(),
                pending,
            }),
            Step::Device { .. } | Step::Finishing | Step::Over(_) => Err(Missing::Unknown),
        }
    }

    /// Remembers who asks the vendor about a device.
    pub(super) fn asked_by(&self, id: &LoginId, handle: AbortHandle) {
        let mut all = self.begun();
        match all.get_mut(id).map(|begun| &mut begun.step) {
            Some(Step::Device { asking, .. }) => *asking = Some(handle),
            Some(Step::Over(_)) => {}
            Some(Step::Browser { .. } | Step::Finishing) | None => handle.abort(),
        }
    }

    /// How it ended; people see it until the login would have expired.
    pub(super) fn settle(&self, id: &LoginId, step: LoginStep) {
        if let Some(begun) = self.begun().get_mut(id) {
            begun.step = Step::Over(step);
        }
    }

    /// Forgets a login, and stops asking.
    pub(super) fn forget(&self, id: &LoginId, bound: &Bound) {
        let mut all = self.begun();
        if all.get(id).is_some_and(|begun| begun.is_of(bound)) {
            all.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::<Utc>::UNIX_EPOCH;

    fn bound(session: &str) -> Bound {
        Bound {
            owner: "u".into(),
            session: session.to_owned(),
        }
    }

    fn begun(expires_at: DateTime<Utc>) -> Begun {
        Begun {
            bound: bound("s"),
            aim: Aim {
                provider: "p".into(),
                method: "device".to_owned(),
                connection: None,
                proxy: None,
            },
            home: "http://localhost:1".to_owned(),
            expires_at,
            step: Step::Device {
                user_code: "CODE".to_owned(),
                url: "https://vendor.example".to_owned(),
                complete_url: None,
                asking: None,
            },
        }
    }

    #[test]
    fn a_login_is_seen_by_its_session_until_it_expires() {
        let (desk, id) = (Desk::default(), LoginId::from("a"));
        desk.put(id.clone(), begun(NOW + LIFETIME), NOW);
        assert!(desk.view(&id, &bound("s"), NOW).is_some());
        assert!(desk.view(&id, &bound("another"), NOW).is_none());
        let other = Bound {
            owner: "v".into(),
            ..bound("s")
        };
        assert!(desk.view(&id, &other, NOW).is_none());
        assert!(desk.view(&id, &bound("s"), NOW + LIFETIME).is_none());
        desk.forget(&id, &bound("another"));
        assert!(desk.view(&id, &bound("s"), NOW).is_some());
        desk.forget(&id, &bound("s"));
        assert!(desk.view(&id, &bound("s"), NOW).is_none());
    }

    #[test]
    fn a_device_takes_no_code() {
        let (desk, id) = (Desk::default(), LoginId::from("a"));
        desk.put(id.clone(), begun(NOW + LIFETIME), NOW);
        let taken = desk.take(&id, &bound("s"), None, NOW);
        assert_eq!(taken.err(), Some(Missing::Unknown));
        assert!(desk.view(&id, &bound("s"), NOW).is_some());
    }

    #[test]
    fn one_person_begins_only_so_many() {
        let desk = Desk::default();
        for number in 0..=MOST_OF_ONE {
            let minutes = Duration::minutes(i64::try_from(number).expect("a few"));
            let id = LoginId(number.to_string());
            desk.put(id, begun(NOW + LIFETIME + minutes), NOW);
        }
        assert!(desk.view(&"0".into(), &bound("s"), NOW).is_none());
        assert!(desk.view(&"1".into(), &bound("s"), NOW).is_some());
        assert_eq!(desk.begun().len(), MOST_OF_ONE);
    }
}
