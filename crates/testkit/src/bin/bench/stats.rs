//! Latencies and what is said of them.

use std::time::Duration;

#[derive(Debug, Default)]
pub(crate) struct Stats {
    pub(crate) latencies: Vec<Duration>,
    /// How long the rounds took together.
    pub(crate) time: Duration,
}

impl Stats {
    pub(crate) fn add(&mut self, round: Self) {
        self.latencies.extend(round.latencies);
        self.time += round.time;
    }

    /// The latency in milliseconds that this share of the requests did not exceed. Wants sorted latencies.
    fn percentile(&self, share: usize) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let latency = self
            .latencies
            .get(last * share / 100)
            .copied()
            .unwrap_or_default();
        latency.as_secs_f64() * 1000.0
    }

    fn per_second(&self) -> f64 {
        let requests = u32::try_from(self.latencies.len()).unwrap_or(u32::MAX);
        f64::from(requests) / self.time.as_secs_f64()
    }
}

/// The titles over the columns of [`row`].
pub(crate) fn header() -> String {
    let three = |what: &str| format!("{what} ms: p50    p95    p99");
    format!(
        "{:<20} {:>7} | {:>30} | {:>30} | {:>30} | {:>18} {:>7} | {:>8}",
        "",
        "at once",
        three("direct"),
        three("routed"),
        three("added"),
        "requests/s: direct",
        "routed",
        "requests",
    )
}

/// One cell: what it takes without the router, with it, and the difference.
pub(crate) fn row(
    kind: &str,
    concurrency: usize,
    direct: &mut Stats,
    routed: &mut Stats,
) -> String {
    direct.latencies.sort_unstable();
    routed.latencies.sort_unstable();
    let shares = [50, 95, 99];
    let three = |figures: [f64; 3]| figures.map(|figure| format!("{figure:>7.2}")).concat();
    format!(
        "{kind:<20} {concurrency:>7} | {:>30} | {:>30} | {:>30} | {:>18.0} {:>7.0} | {:>8}",
        three(shares.map(|share| direct.percentile(share))),
        three(shares.map(|share| routed.percentile(share))),
        three(shares.map(|share| routed.percentile(share) - direct.percentile(share))),
        direct.per_second(),
        routed.per_second(),
        routed.latencies.len(),
    )
}
