//! Which accounts may serve, and in which order they are asked.

pub(crate) mod orders;
mod quota;
mod recency;
mod turns;

use std::sync::Arc;

use api::log::SkipReason;

use crate::caller::Caller;
use crate::health::Rest;
use crate::snapshot::Account;

/// An account that may serve this caller.
#[derive(Debug)]
pub(crate) enum Candidate {
    Ready(Arc<Account>),
    /// It is out until it has rested.
    Resting(Arc<Account>, Rest),
}

/// The accounts that may serve `caller` with `model`, in the order in which they are asked.
///
/// `rest` says whether an account rests, `order` puts the sound ones in order. Those in passing trouble come behind
/// the sound ones, and those that are out are only named: they are not asked.
pub(crate) fn candidates(
    accounts: &[Arc<Account>],
    caller: &Caller,
    model: &str,
    rest: impl Fn(&Account) -> Option<Rest>,
    order: impl FnOnce(&mut Vec<Arc<Account>>),
) -> Vec<Candidate> {
    let (mut sound, mut troubled, mut resting) = (Vec::new(), Vec::new(), Vec::new());
    for account in accounts {
        if left_out(account, caller, model).is_some() {
            continue;
        }
        let account = Arc::clone(account);
        match rest(&account) {
            None => sound.push(account),
            Some(rest) if rest.is_out() => resting.push(Candidate::Resting(account, rest)),
            Some(rest) => troubled.push((rest.until, account)),
        }
    }
    troubled.sort_by_key(|(until, _)| *until);
    if sound.len() > 1 {
        order(&mut sound);
    }
    // The ones that rest come first, so that the last one is always one that is asked.
    resting.extend(sound.into_iter().map(Candidate::Ready));
    resting.extend(
        troubled
            .into_iter()
            .map(|(_, account)| Candidate::Ready(account)),
    );
    resting
}

/// Why an account is no candidate at all, where it is none.
pub(crate) fn left_out(account: &Account, caller: &Caller, model: &str) -> Option<SkipReason> {
    if !may_use(account, caller) {
        Some(SkipReason::NotPermitted)
    } else if !account.is_active {
        Some(SkipReason::Paused)
    } else if !account.serves(model) {
        Some(SkipReason::OtherModels)
    } else {
        None
    }
}

fn may_use(account: &Account, caller: &Caller) -> bool {
    account.is_shared || caller.user_id.as_ref() == Some(&account.owner_id)
}

#[cfg(test)]
pub(crate) mod samples {
    //! Accounts to choose among.

    use store::records::Credential;

    use super::{Account, Arc};

    /// `a`, `b`, `c` and so on.
    pub(crate) fn accounts(count: usize) -> Vec<Arc<Account>> {
        let name = |place: usize| char::from(b'a' + u8::try_from(place).expect("few")).to_string();
        let account = |name: String| Account {
            id: name.as_str().into(),
            owner_id: "u".into(),
            is_shared: true,
            name,
            is_active: true,
            default_model: None,
            proxy: None,
            credential: Arc::new(Credential::ApiKey("k".into())),
            version: 0,
            is_revoked: false,
            spec: None,
            enabled_models: Vec::new(),
        };
        (0..count)
            .map(|place| Arc::new(account(name(place))))
            .collect()
    }

    pub(crate) fn names(accounts: &[Arc<Account>]) -> Vec<String> {
        accounts
            .iter()
            .map(|account| account.name.clone())
            .collect()
    }
}
