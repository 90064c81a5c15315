//! The latencies of groups, out of the blocks that the groups were made of.

use std::sync::Arc;

use crate::usage::block::{Block, Latencies};
use crate::usage::cube::Cube;
use crate::usage::histogram::Histogram;

/// A block, and for each of its rows the number of its cell, or that it has none.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) block: Arc<Block>,
    pub(super) cells: Vec<u32>,
}

/// Time to the first byte, and duration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LatencyPair {
    pub ttft: Histogram,
    pub duration: Histogram,
}

impl LatencyPair {
    pub fn merge(&mut self, other: &Self) {
        self.ttft.merge(&other.ttft);
        self.duration.merge(&other.duration);
    }

    pub fn clear(&mut self) {
        self.ttft.clear();
        self.duration.clear();
    }
}

impl Cube {
    /// Tells the latencies of each of `groups` groups, in order; `group_of` says to which each cell belongs, if to any.
    pub fn latencies(
        &self,
        group_of: &[Option<usize>],
        groups: usize,
        mut tell: impl FnMut(usize, &LatencyPair),
    ) {
        let (rows, ends) = self.rows_by_group(group_of, groups);
        let mut pair = LatencyPair::default();
        let mut start = 0;
        for (group, end) in ends.into_iter().enumerate() {
            pair.clear();
            for (source, row) in rows.get(start..end).unwrap_or_default() {
                if let Some(Source { block, .. }) = self.sources.get(*source as usize) {
                    add(&mut pair.ttft, &block.ttft, *row as usize);
                    add(&mut pair.duration, &block.duration, *row as usize);
                }
            }
            tell(group, &pair);
            start = end;
        }
    }

    /// Rows of sources in the order of their groups, and where each group ends:
    /// so one pair of histograms is enough for any number of groups.
    fn rows_by_group(
        &self,
        group_of: &[Option<usize>],
        groups: usize,
    ) -> (Vec<(u32, u32)>, Vec<usize>) {
        let mut next = vec![0_usize; groups];
        let group = |cell: &u32| group_of.get(*cell as usize).copied().flatten();
        for cell in self.sources.iter().flat_map(|source| &source.cells) {
            if let Some(count) = group(cell).and_then(|group| next.get_mut(group)) {
                *count += 1;
            }
        }
        let mut all = 0;
        for place in &mut next {
            let count = *place;
            *place = all;
            all += count;
        }
        let mut rows = vec![(0, 0); all];
        for (number, source) in (0..).zip(&self.sources) {
            for (row, cell) in (0..).zip(&source.cells) {
                let Some(place) = group(cell).and_then(|group| next.get_mut(group)) else {
                    continue;
                };
                if let Some(known) = rows.get_mut(*place) {
                    *known = (number, row);
                }
                *place += 1;
            }
        }
        (rows, next)
    }
}

fn add(histogram: &mut Histogram, latencies: &Latencies, row: usize) {
    for (bucket, count) in latencies.row(row) {
        histogram.add(bucket, count);
    }
}
