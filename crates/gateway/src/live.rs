//! What is happening right now, told to whoever watches.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use api::ids::{ConnectionId, ProviderId, UserId};
use api::usage::{LiveEvent, UsageRow};
use tokio::sync::broadcast;

/// Events a slow watcher may fall behind before it misses some.
const BACKLOG: usize = 256;

/// A recorded row and whose it is: a member sees only their own.
#[derive(Debug, Clone)]
pub struct Happening {
    pub event: LiveEvent,
    pub user_id: Option<UserId>,
}

/// A request that an account is answering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    pub provider: ProviderId,
    pub connection_id: ConnectionId,
    pub model: String,
    /// Whose request it is.
    pub user_id: Option<UserId>,
}

#[derive(Debug, Clone)]
pub struct Live {
    sender: broadcast::Sender<Happening>,
    active: Arc<AtomicU32>,
    /// By the number of the request.
    running: Arc<Mutex<HashMap<u64, Running>>>,
    last: Arc<AtomicU64>,
    ended: Arc<AtomicU64>,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self {
            sender: broadcast::Sender::new(BACKLOG),
            active: Arc::default(),
            running: Arc::default(),
            last: Arc::default(),
            ended: Arc::default(),
        }
    }

    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Happening> {
        self.sender.subscribe()
    }

    /// Requests under way.
    #[must_use]
    pub fn active(&self) -> u32 {
        self.active.load(Ordering::Relaxed)
    }

    /// Those of them that an account was asked for, in no order.
    #[must_use]
    pub fn running(&self) -> Vec<Running> {
        self.lock().values().cloned().collect()
    }

    /// Requests that have been stored since the program began.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.ended.load(Ordering::Acquire)
    }

    /// A request has begun; it ends when the returned value is dropped.
    pub(crate) fn begin(&self) -> Active {
        self.active.fetch_add(1, Ordering::Relaxed);
        self.tell_active();
        Active {
            number: self.last.fetch_add(1, Ordering::Relaxed),
            live: self.clone(),
        }
    }

    pub(crate) fn recorded(&self, row: UsageRow, user_id: Option<UserId>) {
        self.ended.fetch_add(1, Ordering::Release);
        self.tell(LiveEvent::Recorded { row: Box::new(row) }, user_id);
    }

    fn tell_active(&self) {
        if self.sender.receiver_count() > 0 {
            self.tell(
                LiveEvent::Active {
                    requests: self.active(),
                },
                None,
            );
        }
    }

    fn tell(&self, event: LiveEvent, user_id: Option<UserId>) {
        // Nobody watching is not an error.
        let _ = self.sender.send(Happening { event, user_id });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request under way.
#[derive(Debug)]
pub(crate) struct Active {
    number: u64,
    live: Live,
}

impl Active {
    /// An account is asked; another one may have been asked before.
    pub(crate) fn asks(&self, running: Running) {
        self.live.lock().insert(self.number, running);
        self.live.tell_active();
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.live.lock().remove(&self.number);
        self.live.active.fetch_sub(1, Ordering::Relaxed);
        self.live.tell_active();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(account: &str) -> Running {
        Running {
            provider: "p".into(),
            connection_id: account.into(),
            model: "m".to_owned(),
            user_id: None,
        }
    }

    #[test]
    fn a_request_runs_at_the_account_asked_last_until_it_ends() {
        let live = Live::new();
        let (first, second) = (live.begin(), live.begin());
        assert_eq!((live.active(), live.running()), (2, Vec::new()));
        first.asks(running("a"));
        first.asks(running("b"));
        assert_eq!(live.running(), [running("b")]);
        second.asks(running("c"));
        drop(first);
        assert_eq!((live.active(), live.running()), (1, vec![running("c")]));
    }
}
