//! Latencies in sixteen buckets, so that percentiles survive when the raw rows are gone.

/// Upper bounds in milliseconds, inclusive; the sixteenth bucket has none.
/// Bucket `n` is the column `ttft_{n:02}` or `duration_{n:02}` of `usage_hours`.
const BOUNDS_MS: [u32; BUCKETS - 1] = [
    50, 100, 200, 350, 500, 750, 1_000, 1_500, 2_500, 5_000, 10_000, 20_000, 40_000, 80_000,
    160_000,
];

const BUCKETS: usize = 16;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Histogram([i64; BUCKETS]);

impl Histogram {
    pub(super) fn count(&mut self, ms: u32) {
        let bucket = BOUNDS_MS.partition_point(|bound| *bound < ms);
        if let Some(count) = self.0.get_mut(bucket) {
            *count += 1;
        }
    }

    pub(super) fn values(self) -> impl Iterator<Item = i64> {
        self.0.into_iter()
    }

    pub(super) fn columns(name: &'static str) -> impl Iterator<Item = String> {
        (0..BUCKETS).map(move |bucket| format!("{name}_{bucket:02}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Histogram;

    #[test]
    fn bounds_are_inclusive_and_the_last_bucket_is_open() {
        let cases = [
            (0, 0),
            (50, 0),
            (51, 1),
            (160_000, 14),
            (160_001, 15),
            (u32::MAX, 15),
        ];
        for (ms, bucket) in cases {
            let mut histogram = Histogram::default();
            histogram.count(ms);
            let filled = histogram.values().position(|count| count == 1);
            assert_eq!(filled, Some(bucket), "{ms} ms");
        }
    }
}
