//! Numbers by labels that only ever grow.

use std::collections::BTreeMap;

use crate::metrics::family::Family;
use crate::metrics::labels::Label;
use crate::metrics::page::Page;

/// Sums; `N` is how many labels the family has.
#[derive(Debug)]
pub(super) struct Counter<const N: usize> {
    family: &'static Family,
    values: BTreeMap<[Label; N], u64>,
}

impl<const N: usize> Counter<N> {
    pub(super) fn new(family: &'static Family) -> Self {
        debug_assert_eq!(family.labels.len(), N);
        Self {
            family,
            values: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, labels: [Label; N], count: u64) {
        let value = self.values.entry(labels).or_insert(0);
        *value = value.saturating_add(count);
    }

    pub(super) fn write(&self, page: &mut Page) {
        page.family(self.family);
        for (labels, value) in &self.values {
            let labels = labels.each_ref().map(AsRef::as_ref);
            page.sample(self.family, &labels, value);
        }
    }
}

/// How values are spread.
#[derive(Debug)]
pub(super) struct Histogram<const N: usize> {
    family: &'static Family,
    /// Upper bounds, rising; one more bucket holds whatever is above the last.
    bounds: &'static [f64],
    values: BTreeMap<[Label; N], Spread>,
}

#[derive(Debug)]
struct Spread {
    /// How many fell into each bucket, and into none below it.
    counts: Vec<u64>,
    sum: f64,
}

impl<const N: usize> Histogram<N> {
    pub(super) fn new(family: &'static Family, bounds: &'static [f64]) -> Self {
        debug_assert_eq!(family.labels.len(), N);
        Self {
            family,
            bounds,
            values: BTreeMap::new(),
        }
    }

    pub(super) fn observe(&mut self, labels: [Label; N], value: f64) {
        let spread = self.values.entry(labels).or_insert_with(|| Spread {
            counts: vec![0; self.bounds.len() + 1],
            sum: 0.0,
        });
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = spread.counts.get_mut(bucket) {
            *count += 1;
        }
        spread.sum += value;
    }

    pub(super) fn write(&self, page: &mut Page) {
        page.family(self.family);
        for (labels, spread) in &self.values {
            let labels = labels.each_ref().map(AsRef::as_ref);
            let mut below = 0;
            for (place, count) in spread.counts.iter().enumerate() {
                below += count;
                let bound = self.bounds.get(place);
                page.bucket(self.family, &labels, bound, below);
            }
            page.sum(self.family, &labels, spread.sum, below);
        }
    }
}
