//! Sums of some requests by slot and dimensions, column by column.
//!
//! A block is never changed once it is made. Several blocks may speak of the same time: what they say adds up.

use std::collections::HashMap;

use crate::usage::fact::{DIMENSIONS, Fact, Slot, Slots, Sums, slot};
use crate::usage::histogram;

/// One dimension: its values, and for every row the number of one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) values: Vec<String>,
    pub(super) rows: Vec<u32>,
}

/// For every row the buckets it has counts in: row `n` has those from `ends[n - 1]` to `ends[n]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Latencies {
    pub(super) ends: Vec<u32>,
    pub(super) buckets: Vec<u8>,
    pub(super) counts: Vec<u32>,
}

impl Latencies {
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = (u8, u32)> {
        let start = row.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = start.map_or(0, |start| *start as usize);
        let end = self.ends.get(row).map_or(0, |end| *end as usize);
        let buckets = self.buckets.get(start..end).unwrap_or_default();
        let counts = self.counts.get(start..end).unwrap_or_default();
        buckets.iter().copied().zip(counts.iter().copied())
    }

    fn push(&mut self, row: &[(u8, u32)]) {
        self.buckets.extend(row.iter().map(|(bucket, _)| *bucket));
        self.counts.extend(row.iter().map(|(_, count)| *count));
        self.ends
            .push(u32::try_from(self.buckets.len()).unwrap_or(u32::MAX));
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) columns: [Column; DIMENSIONS.len()],
    pub(super) slots: Vec<Slot>,
    pub(super) sums: [Vec<i64>; Sums::COUNT],
    /// Milliseconds.
    pub(super) last_at: Vec<i64>,
    pub(super) ttft: Latencies,
    pub(super) duration: Latencies,
}

impl Block {
    pub(super) fn rows(&self) -> usize {
        self.slots.len()
    }

    /// From the first slot to behind the last.
    pub(super) fn span(&self) -> Option<Slots> {
        Some(*self.slots.first()?..self.slots.last()? + 1)
    }

    /// What it takes in memory, roughly.
    pub(super) fn bytes(&self) -> usize {
        let latencies = self.ttft.buckets.len() + self.duration.buckets.len();
        let texts = self.columns.iter().flat_map(|column| &column.values);
        let texts: usize = texts.map(|text| text.len() + size_of::<String>()).sum();
        self.rows() * (8 * (Sums::COUNT + 2) + 4 * (DIMENSIONS.len() + 2)) + 5 * latencies + texts
    }
}

/// How much of the time and of the dimensions a block keeps apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grain {
    /// Slots that become one: the first of them names it.
    pub(super) slots: i64,
    /// The one dimension that is kept; all of them where none is named.
    pub(super) only: Option<usize>,
}

impl Grain {
    pub(super) const FINEST: Self = Self {
        slots: 1,
        only: None,
    };
}

/// Makes a block, adding up what belongs together.
#[derive(Debug)]
pub(super) struct Builder {
    grain: Grain,
    names: [HashMap<String, u32>; DIMENSIONS.len()],
    values: [Vec<String>; DIMENSIONS.len()],
    known: HashMap<(Slot, [u32; DIMENSIONS.len()]), usize>,
    rows: Vec<Building>,
}

#[derive(Debug)]
struct Building {
    slot: Slot,
    dimensions: [u32; DIMENSIONS.len()],
    sums: [i64; Sums::COUNT],
    last_at: i64,
    ttft: Vec<(u8, u32)>,
    duration: Vec<(u8, u32)>,
}

impl Builder {
    pub(super) fn new(grain: Grain) -> Self {
        Self {
            grain,
            names: std::array::from_fn(|_| HashMap::new()),
            values: std::array::from_fn(|_| Vec::new()),
            known: HashMap::new(),
            rows: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, fact: &Fact<'_>) {
        let mut dimensions = [0; DIMENSIONS.len()];
        for (place, (number, text)) in dimensions.iter_mut().zip(fact.dimensions).enumerate() {
            *number = self.number(place, text);
        }
        let row = self.row(slot(fact.at_ms), dimensions);
        for (sum, more) in row.sums.iter_mut().zip(fact.sums.to_array()) {
            *sum += more;
        }
        row.last_at = row.last_at.max(fact.at_ms);
        if let Some(duration_ms) = fact.duration_ms {
            count(&mut row.duration, histogram::bucket(duration_ms), 1);
        }
        if let Some(ttft_ms) = fact.ttft_ms {
            count(&mut row.ttft, histogram::bucket(ttft_ms), 1);
        }
    }

    /// Adds those rows of a block whose slots are `among`.
    pub(super) fn merge(&mut self, block: &Block, among: impl Fn(Slot) -> bool) {
        let numbers: [Vec<u32>; DIMENSIONS.len()] = std::array::from_fn(|place| {
            let values = block.columns.get(place).map(|column| &column.values);
            values
                .into_iter()
                .flatten()
                .map(|value| self.number(place, value))
                .collect()
        });
        for (index, slot) in block.slots.iter().enumerate() {
            if !among(*slot) {
                continue;
            }
            let mut dimensions = [0; DIMENSIONS.len()];
            for ((number, column), numbers) in
                dimensions.iter_mut().zip(&block.columns).zip(&numbers)
            {
                let local = column.rows.get(index).map_or(0, |local| *local as usize);
                *number = numbers.get(local).copied().unwrap_or_default();
            }
            let row = self.row(*slot, dimensions);
            for (sum, column) in row.sums.iter_mut().zip(&block.sums) {
                *sum += column.get(index).copied().unwrap_or_default();
            }
            let last_at = block.last_at.get(index).copied().unwrap_or(i64::MIN);
            row.last_at = row.last_at.max(last_at);
            for (bucket, more) in block.ttft.row(index) {
                count(&mut row.ttft, bucket, more);
            }
            for (bucket, more) in block.duration.row(index) {
                count(&mut row.duration, bucket, more);
            }
        }
    }

    fn number(&mut self, place: usize, text: &str) -> u32 {
        let text = match self.grain.only {
            Some(only) if only != place => "",
            Some(_) | None => text,
        };
        let (Some(names), Some(values)) = (self.names.get_mut(place), self.values.get_mut(place))
        else {
            return 0;
        };
        if let Some(number) = names.get(text) {
            return *number;
        }
        let number = u32::try_from(values.len()).unwrap_or(u32::MAX);
        names.insert(text.to_owned(), number);
        values.push(text.to_owned());
        number
    }

    fn row(&mut self, slot: Slot, dimensions: [u32; DIMENSIONS.len()]) -> &mut Building {
        let slot = slot.div_euclid(self.grain.slots) * self.grain.slots;
        let rows = &mut self.rows;
        let index = *self.known.entry((slot, dimensions)).or_insert_with(|| {
            rows.push(Building {
                slot,
                dimensions,
                sums: [0; Sums::COUNT],
                last_at: i64::MIN,
                ttft: Vec::new(),
                duration: Vec::new(),
            });
            rows.len() - 1
        });
        &mut rows[index]
    }

    /// The rows by time, so that numbers of neighbours are close.
    pub(super) fn finish(mut self) -> Block {
        self.rows
            .sort_unstable_by_key(|row| (row.slot, row.dimensions));
        let mut block = Block::default();
        for (column, values) in block.columns.iter_mut().zip(self.values) {
            column.values = values;
        }
        for row in self.rows {
            block.slots.push(row.slot);
            for (column, number) in block.columns.iter_mut().zip(row.dimensions) {
                column.rows.push(number);
            }
            for (column, sum) in block.sums.iter_mut().zip(row.sums) {
                column.push(sum);
            }
            block.last_at.push(row.last_at);
            block.ttft.push(&row.ttft);
            block.duration.push(&row.duration);
        }
        block
    }
}

fn count(row: &mut Vec<(u8, u32)>, bucket: u8, more: u32) {
    match row.binary_search_by_key(&bucket, |(known, _)| *known) {
        Ok(at) => {
            if let Some((_, count)) = row.get_mut(at) {
                *count = count.saturating_add(more);
            }
        }
        Err(at) => row.insert(at, (bucket, more)),
    }
}
