//! How long an upstream has been silent in the middle of its answer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// Ready once somebody has waited for the limit and heard nothing.
#[derive(Debug)]
pub(crate) struct Silence {
    wait: Wait,
    sleep: Pin<Box<Sleep>>,
}

/// Only waiting counts: a client that reads slowly makes nobody silent.
#[derive(Debug)]
struct Wait {
    limit: Duration,
    /// Since when it is waited. `None` once something was heard.
    since: Option<Instant>,
}

impl Silence {
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            wait: Wait { limit, since: None },
            sleep: Box::pin(sleep_until(Instant::now() + limit)),
        }
    }

    /// Something was heard. The timer is moved when it goes off, which is cheaper than with every chunk.
    pub(crate) fn broken(&mut self) {
        self.wait.since = None;
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let until = self.wait.until(Instant::now());
        while self.sleep.as_mut().poll(cx).is_ready() {
            if until <= Instant::now() {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(until);
        }
        Poll::Pending
    }

    /// What is said of it.
    pub(crate) fn words(&self) -> String {
        let seconds = self.wait.limit.as_secs_f64();
        format!("it was silent for {seconds} s")
    }
}

impl Wait {
    /// When it has lasted too long, for somebody who waits at `now`.
    fn until(&mut self, now: Instant) -> Instant {
        *self.since.get_or_insert(now) + self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_begins_when_somebody_waits_and_anew_with_every_sign_of_life() {
        let limit = Duration::from_secs(10);
        let mut wait = Wait { limit, since: None };
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(wait.until(at(60)), at(70), "nobody had waited before");
        assert_eq!(wait.until(at(65)), at(70));
        wait.since = None;
        assert_eq!(wait.until(at(90)), at(100));
    }

    #[tokio::test]
    async fn it_says_how_long_it_was() {
        let words = Silence::new(Duration::from_millis(1_500)).words();
        assert_eq!(words, "it was silent for 1.5 s");
    }
}
