//! Sums of some requests by slot and dimensions, column by column.
//!
//! A block is never changed once it is made. Several blocks may speak of the same time: what they say adds up.

use std::collections::HashMap;

use crate::usage::fact::{DIMENSIONS, Fact, Slot, Slots, Sums, slot};
use crate::usage::histogram;

/// One dimension: its values, and for every row the number of one of them; no numbers where there is one value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) values: Vec<String>,
    pub(super) rows: Vec<u32>,
}

/// For every row the buckets it has counts in: row `n` has those from `ends[n - 1]` to `ends[n]`.
/// A count that does not fit into its byte is told in parts, each with its bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Latencies {
    pub(super) ends: Vec<u32>,
    pub(super) buckets: Vec<u8>,
    pub(super) counts: Vec<u8>,
}

impl Column {
    /// Which of the values a row has.
    pub(super) fn number(&self, row: usize) -> usize {
        self.rows.get(row).map_or(0, |number| *number as usize)
    }
}

impl Latencies {
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = (u8, u32)> {
        let start = row.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = start.map_or(0, |start| *start as usize);
        let end = self.ends.get(row).map_or(0, |end| *end as usize);
        let buckets = self.buckets.get(start..end).unwrap_or_default();
        let counts = self.counts.get(start..end).unwrap_or_default();
        let counts = counts.iter().copied().map(u32::from);
        buckets.iter().copied().zip(counts)
    }

    /// For the row that ends next.
    pub(super) fn add(&mut self, bucket: u8, mut count: u32) {
        while count > 0 {
            let part = u8::try_from(count).unwrap_or(u8::MAX);
            self.buckets.push(bucket);
            self.counts.push(part);
            count -= u32::from(part);
        }
    }

    pub(super) fn end(&mut self) {
        self.ends
            .push(u32::try_from(self.buckets.len()).unwrap_or(u32::MAX));
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) columns: [Column; DIMENSIONS.len()],
    pub(super) slots: Vec<Slot>,
    /// Empty where no row has any.
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
        let numbers: usize = self.columns.iter().map(|column| column.rows.len()).sum();
        let sums: usize = self.sums.iter().map(Vec::len).sum();
        let texts = self.columns.iter().flat_map(|column| &column.values);
        let texts: usize = texts.map(|text| text.len() + size_of::<String>()).sum();
        self.rows() * (8 + 8 + 4 + 4) + 8 * sums + 4 * numbers + 2 * latencies + texts
    }
}

/// How much of the time and of the dimensions a block keeps apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grain {
    /// Slots that become one: the first of them names it.
    pub(super) slots: i64,
    /// Which dimensions are kept.
    pub(super) kept: [bool; DIMENSIONS.len()],
}

impl Grain {
    pub(super) const FINEST: Self = Self {
        slots: 1,
        kept: [true; DIMENSIONS.len()],
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
                let local = column.number(index);
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
        let is_kept = self.grain.kept.get(place).copied().unwrap_or_default();
        let text = if is_kept { text } else { "" };
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
            for (latencies, counts) in [
                (&mut block.ttft, &row.ttft),
                (&mut block.duration, &row.duration),
            ] {
                for (bucket, count) in counts {
                    latencies.add(*bucket, *count);
                }
                latencies.end();
            }
        }
        for column in &mut block.columns {
            if column.values.len() < 2 {
                column.rows = Vec::new();
            }
        }
        for column in &mut block.sums {
            if column.iter().all(|sum| *sum == 0) {
                *column = Vec::new();
            }
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
