//! What one request leaves behind while it passes: up to a limit of each side, copied as it goes by.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use api::ids::{RequestId, UserId};
use api::log::Stage;
use chrono::{DateTime, Utc};
use http::HeaderMap;
use secrecy::SecretString;
use store::captures::{CaptureRecord, StageRecord};

use super::Capture;
use crate::mask::{LONGEST, Secrets};
use crate::snapshot::Account;

/// Stages of one request; somebody who falls back over more accounts than that knows enough.
const MOST_STAGES: usize = 24;

/// A request's tape. All clones are one; with the last of them the tape is handed over.
#[derive(Debug, Clone)]
pub(crate) struct Tape {
    inner: Arc<Running>,
}

#[derive(Debug)]
struct Running {
    capture: Capture,
    limit: usize,
    reel: Mutex<Reel>,
}

/// Everything on a tape, secrets included: it is shown to nobody before [`Reel::develop`].
#[derive(Default)]
pub(super) struct Reel {
    request: Option<(RequestId, DateTime<Utc>)>,
    user_id: Option<UserId>,
    key: Option<SecretString>,
    accounts: Vec<Arc<Account>>,
    sides: Vec<Recorded>,
    limit: usize,
}

struct Recorded {
    stage: Stage,
    attempt: u32,
    line: String,
    headers: HeaderMap,
    /// The beginning; longer than the limit by as much as a secret may be that is cut there.
    body: Vec<u8>,
    size: u64,
}

/// The side of a request that bytes belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) stage: Stage,
    pub(crate) attempt: u32,
}

impl Tape {
    pub(super) fn new(capture: Capture, limit: usize) -> Self {
        let reel = Reel {
            limit,
            ..Reel::default()
        };
        Self {
            inner: Arc::new(Running {
                capture,
                limit,
                reel: Mutex::new(reel),
            }),
        }
    }

    pub(crate) fn begin(&self, id: &str, at: DateTime<Utc>, key: Option<&SecretString>) {
        let mut reel = self.reel();
        reel.request = Some((RequestId::from(id), at));
        reel.key = key.cloned();
    }

    pub(crate) fn admitted(&self, user_id: Option<&UserId>) {
        self.reel().user_id = user_id.cloned();
    }

    /// The account whose secrets the next sides may hold.
    pub(crate) fn account(&self, account: &Arc<Account>) {
        self.reel().accounts.push(Arc::clone(account));
    }

    /// A side begins: its first line and its headers.
    pub(crate) fn head(&self, side: Side, line: String, headers: &HeaderMap) {
        let mut reel = self.reel();
        if reel.sides.len() >= MOST_STAGES {
            return;
        }
        reel.sides.push(Recorded {
            stage: side.stage,
            attempt: side.attempt,
            line,
            headers: headers.clone(),
            body: Vec::new(),
            size: 0,
        });
    }

    /// More of a side's body.
    pub(crate) fn body(&self, side: Side, bytes: &[u8]) {
        let most = self.inner.limit + LONGEST;
        let mut reel = self.reel();
        let recorded = reel
            .sides
            .iter_mut()
            .rev()
            .find(|recorded| recorded.stage == side.stage && recorded.attempt == side.attempt);
        let Some(recorded) = recorded else { return };
        recorded.size += bytes.len() as u64;
        let room = most.saturating_sub(recorded.body.len()).min(bytes.len());
        recorded
            .body
            .extend_from_slice(bytes.get(..room).unwrap_or_default());
    }

    fn reel(&self) -> MutexGuard<'_, Reel> {
        self.inner
            .reel
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let reel = self.reel.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.capture.take(std::mem::take(reel));
    }
}

impl Reel {
    /// A request that was turned away before it had an id leaves nothing.
    pub(super) fn has_begun(&self) -> bool {
        self.request.is_some()
    }

    /// That it was not kept.
    pub(super) fn mark(self) -> Option<CaptureRecord> {
        let (request_id, at) = self.request?;
        Some(CaptureRecord {
            request_id,
            at,
            user_id: self.user_id,
            is_dropped: true,
            stages: Vec::new(),
        })
    }

    /// Everything without its secrets. `None` for one that had not begun.
    pub(super) fn develop(self) -> Option<CaptureRecord> {
        let (request_id, at) = self.request?;
        let accounts = self.accounts.iter();
        let secrets = accounts.flat_map(|account| account.credential.secrets());
        let secrets = Secrets::new(secrets.chain(&self.key));
        let mut stages: Vec<StageRecord> = self
            .sides
            .iter()
            .map(|recorded| StageRecord {
                stage: recorded.stage,
                attempt: recorded.attempt,
                line: secrets.text(&recorded.line),
                headers: secrets.headers(&recorded.headers),
                body: secrets.bytes(&recorded.body, self.limit),
                size: recorded.size,
                is_truncated: recorded.size > self.limit as u64,
            })
            .collect();
        // The client's answer is told last, whenever its head was known.
        stages.sort_by_key(|stage| stage.stage == Stage::ClientResponse);
        Some(CaptureRecord {
            request_id,
            at,
            user_id: self.user_id,
            is_dropped: false,
            stages,
        })
    }
}

// It holds secrets, so it does not print.
impl std::fmt::Debug for Reel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reel")
            .field("sides", &self.sides.len())
            .finish_non_exhaustive()
    }
}
