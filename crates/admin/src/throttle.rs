//! How long an address that keeps failing to sign in has to wait.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const FREE_TRIES: u32 = 5;
/// The wait after the fifth failure, the sixth, and so on.
const WAITS: [Duration; 4] = [
    Duration::from_secs(30),
    Duration::from_secs(120),
    Duration::from_secs(600),
    Duration::from_secs(1_800),
];
/// Failures are forgotten when an address has been quiet for this long.
const FORGOTTEN: Duration = Duration::from_secs(3_600);
const MOST_ADDRESSES: usize = 10_000;

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Failures {
    fn wait(self) -> Duration {
        let Some(over) = self.count.checked_sub(FREE_TRIES) else {
            return Duration::ZERO;
        };
        let step = usize::try_from(over)
            .unwrap_or(usize::MAX)
            .min(WAITS.len() - 1);
        WAITS.get(step).copied().unwrap_or_default()
    }
}

#[derive(Debug, Default)]
pub struct Throttle {
    by_address: Mutex<HashMap<IpAddr, Failures>>,
}

impl Throttle {
    /// Counts a try as failed until [`Throttle::succeeded`] says otherwise, so that tries made at
    /// the same time all count. The error is how long to wait.
    pub fn begin(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut by_address = self
            .by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if by_address.len() >= MOST_ADDRESSES {
            by_address.retain(|_, failures| {
                now.duration_since(failures.last) < failures.wait().max(Duration::from_secs(60))
            });
        }
        let failures = by_address.entry(address).or_insert(Failures {
            count: 0,
            last: now,
        });
        let quiet = now.duration_since(failures.last);
        if quiet >= FORGOTTEN {
            failures.count = 0;
        }
        let left = failures.wait().saturating_sub(quiet);
        if !left.is_zero() {
            return Err(left);
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
        Ok(())
    }

    pub fn succeeded(&self, address: IpAddr) {
        self.by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn waits_grow_and_success_clears_them() {
        let throttle = Throttle::default();
        let mut now = Instant::now();
        for _ in 0..FREE_TRIES {
            assert_eq!(throttle.begin(ADDRESS, now), Ok(()));
        }
        for wait in WAITS {
            assert_eq!(throttle.begin(ADDRESS, now), Err(wait));
            now += wait;
            assert_eq!(throttle.begin(ADDRESS, now), Ok(()));
        }
        assert_eq!(throttle.begin(ADDRESS, now), Err(WAITS[3]));
        throttle.succeeded(ADDRESS);
        assert_eq!(throttle.begin(ADDRESS, now), Ok(()));
    }

    #[test]
    fn one_address_does_not_lock_out_another() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for _ in 0..FREE_TRIES {
            assert_eq!(throttle.begin(ADDRESS, now), Ok(()));
        }
        assert!(throttle.begin(ADDRESS, now).is_err());
        assert_eq!(throttle.begin(IpAddr::from([192, 0, 2, 7]), now), Ok(()));
    }
}
