//! Latencies in buckets that grow with the value, so that percentiles survive when the raw rows are gone.
//!
//! Eight buckets for each doubling: a bucket is an eighth of its lower bound wide, and its middle is
//! off by a sixteenth of the true value at most. Below 16 ms every value has its own.
//! Merging is adding.

/// Values below this have a bucket each; above, each doubling has as many as this.
const STEPS: u32 = 8;
/// Enough for every `u32`; a bucket's number fits into a byte.
pub(super) const BUCKETS: usize = 240;

pub(super) fn bucket(ms: u32) -> u8 {
    if ms < STEPS {
        return u8::try_from(ms).unwrap_or_default();
    }
    let doublings = ms.ilog2() - STEPS.ilog2();
    let bucket = doublings * STEPS + (ms >> doublings);
    u8::try_from(bucket).unwrap_or(u8::MAX)
}

/// The middle of a bucket.
fn middle(bucket: usize) -> u32 {
    let bucket = u32::try_from(bucket).unwrap_or_default();
    if bucket < STEPS {
        return bucket;
    }
    let doublings = bucket / STEPS - 1;
    let low = u64::from(bucket % STEPS + STEPS) << doublings;
    let width = 1_u64 << doublings;
    u32::try_from(low + (width - 1) / 2).unwrap_or(u32::MAX)
}

/// How many requests fell into each bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    counts: Box<[u64; BUCKETS]>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: Box::new([0; BUCKETS]),
            total: 0,
        }
    }
}

impl Histogram {
    pub(super) fn add(&mut self, bucket: u8, count: u32) {
        if let Some(sum) = self.counts.get_mut(usize::from(bucket)) {
            *sum += u64::from(count);
            self.total += u64::from(count);
        }
    }

    pub fn clear(&mut self) {
        if self.total > 0 {
            self.counts.fill(0);
            self.total = 0;
        }
    }

    pub fn merge(&mut self, other: &Self) {
        for (sum, more) in self.counts.iter_mut().zip(other.counts.iter()) {
            *sum += more;
        }
        self.total += other.total;
    }

    /// The value that `percent` of a hundred requests do not exceed; `None` where nothing was counted.
    #[must_use]
    pub fn quantile(&self, percent: u64) -> Option<u32> {
        if self.total == 0 {
            return None;
        }
        let rank = (self.total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let bucket = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        bucket.map(middle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_bucket_whose_middle_is_close() {
        let values = (0..5_000)
            .chain((5_000..5_000_000).step_by(977))
            .chain([u32::MAX - 1, u32::MAX]);
        let mut last = 0;
        for value in values {
            let bucket = usize::from(bucket(value));
            assert!((last..BUCKETS).contains(&bucket), "{value}");
            last = bucket;
            let error = u64::from(middle(bucket).abs_diff(value));
            assert!(error * 16 <= u64::from(value), "{value} {}", middle(bucket));
        }
    }

    #[test]
    fn a_quantile_is_the_ranks_value() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(50), None);
        for ms in 1..=100 {
            histogram.add(bucket(ms), 1);
        }
        for (percent, exact) in [(1, 1_u32), (50, 50), (95, 95), (99, 99), (100, 100)] {
            let found = histogram.quantile(percent).expect("a value");
            assert!(found.abs_diff(exact) * 16 <= exact, "{percent}: {found}");
        }
    }
}
