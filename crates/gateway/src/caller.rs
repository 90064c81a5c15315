//! Who may call: a key against the snapshot, and how often a stranger may guess.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::ids::{KeyId, UserId};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};

use crate::call::Credentials;
use crate::error::Refusal;
use crate::snapshot::Snapshot;

/// A client that may use the data plane.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// `None` for a local program while keys are not required.
    pub key_id: Option<KeyId>,
    pub user_id: Option<UserId>,
}

/// The digest under which a key is known.
#[must_use]
pub fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// Decides whether `credentials` may call.
///
/// A key that is shown must be right even where none is required: whoever sends one means it.
/// A key is looked up by its digest, so the time taken says nothing about any stored key.
pub fn admit(
    snapshot: &Snapshot,
    credentials: &Credentials,
    now: DateTime<Utc>,
) -> Result<Caller, Refusal> {
    let Some(shown) = &credentials.key else {
        if snapshot.policy.key_required || !credentials.is_local_program {
            return Err(Refusal::MissingKey);
        }
        return Ok(Caller::default());
    };
    let Some(key) = snapshot.key(&digest(shown.expose_secret())) else {
        return Err(Refusal::UnknownKey);
    };
    if !key.is_active {
        return Err(Refusal::PausedKey);
    }
    if key.expires_at.is_some_and(|at| at <= now) {
        return Err(Refusal::ExpiredKey);
    }
    Ok(Caller {
        key_id: Some(key.id.clone()),
        user_id: Some(key.owner_id.clone()),
    })
}

/// Wrong or missing keys from one address within the window before it has to wait.
const FREE_GUESSES: u32 = 60;
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses remembered at most; beyond that the oldest windows are forgotten.
const MOST_ADDRESSES: usize = 10_000;

/// Counts wrong keys per address, so that guessing is slow and fills no table.
#[derive(Debug, Default)]
pub struct Guesses {
    by_address: Mutex<HashMap<IpAddr, (Instant, u32)>>,
}

impl Guesses {
    /// Whether `peer` has guessed too often within the window that includes `now`.
    #[must_use]
    pub fn is_blocked(&self, peer: IpAddr, now: Instant) -> bool {
        let by_address = self
            .by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        by_address.get(&peer).is_some_and(|(since, count)| {
            *count >= FREE_GUESSES && now.duration_since(*since) < WINDOW
        })
    }

    pub fn wrong(&self, peer: IpAddr, now: Instant) {
        let mut by_address = self
            .by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if by_address.len() >= MOST_ADDRESSES {
            by_address.retain(|_, (since, _)| now.duration_since(*since) < WINDOW);
        }
        if by_address.len() >= MOST_ADDRESSES {
            by_address.clear();
        }
        let entry = by_address.entry(peer).or_insert((now, 0));
        if now.duration_since(entry.0) >= WINDOW {
            *entry = (now, 0);
        }
        entry.1 = entry.1.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_is_stopped_and_forgotten_again() {
        let guesses = Guesses::default();
        let peer = IpAddr::from([192, 0, 2, 1]);
        let start = Instant::now();
        for _ in 0..FREE_GUESSES {
            assert!(!guesses.is_blocked(peer, start));
            guesses.wrong(peer, start);
        }
        assert!(guesses.is_blocked(peer, start));
        assert!(!guesses.is_blocked(IpAddr::from([192, 0, 2, 2]), start));
        assert!(!guesses.is_blocked(peer, start + WINDOW));
        guesses.wrong(peer, start + WINDOW);
        assert!(!guesses.is_blocked(peer, start + WINDOW));
    }
}
