//! What is happening right now, told to whoever watches.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use api::ids::UserId;
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

#[derive(Debug, Clone)]
pub struct Live {
    sender: broadcast::Sender<Happening>,
    active: Arc<AtomicU32>,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self {
            sender: broadcast::Sender::new(BACKLOG),
            active: Arc::new(AtomicU32::new(0)),
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

    /// A request has begun; it ends when the returned value is dropped.
    pub(crate) fn begin(&self) -> Active {
        self.active.fetch_add(1, Ordering::Relaxed);
        self.tell_active();
        Active(self.clone())
    }

    pub(crate) fn recorded(&self, row: UsageRow, user_id: Option<UserId>) {
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
}

/// One request under way.
#[derive(Debug)]
pub(crate) struct Active(Live);

impl Drop for Active {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::Relaxed);
        self.0.tell_active();
    }
}
