//! Some vendors send the browser to a port of their choice. Whoever runs the program listens there for a while.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// How long an answer is waited for: binding a port is a matter of microseconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is asked of whoever can listen.
#[derive(Debug)]
pub enum Listen {
    /// To listen on this port of loopback for this long; says whether it does.
    Open {
        port: u16,
        lifetime: Duration,
        answer: oneshot::Sender<bool>,
    },
    Close {
        port: u16,
    },
}

pub(super) struct Ears {
    asks: mpsc::Sender<Listen>,
    /// Until somebody takes it.
    pub(super) asked: std::sync::Mutex<Option<mpsc::Receiver<Listen>>>,
}

impl Default for Ears {
    fn default() -> Self {
        let (asks, asked) = mpsc::channel(8);
        Self {
            asks,
            asked: std::sync::Mutex::new(Some(asked)),
        }
    }
}

impl Ears {
    /// Whether somebody listens on `port` now. Nobody does where the port is taken, or nobody can listen.
    pub(super) async fn open(&self, port: u16, lifetime: Duration) -> bool {
        let (answer, answered) = oneshot::channel();
        let ask = Listen::Open {
            port,
            lifetime,
            answer,
        };
        self.asks.try_send(ask).is_ok() && matches!(timeout(PATIENCE, answered).await, Ok(Ok(true)))
    }

    pub(super) fn close(&self, port: u16) {
        // Full: it will close by itself, when its time is over.
        let _ = self.asks.try_send(Listen::Close { port });
    }
}
