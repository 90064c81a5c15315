//! Requests grouped by up to two things, out of any number of blocks. Pure: it asks no database.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use api::usage::query::Dimension;

use crate::usage::block::{Block, Column, Latencies};
use crate::usage::cover::Part;
use crate::usage::fact::{DIMENSIONS, Slot, Slots, Sums, place};
use crate::usage::histogram::Histogram;

/// What requests are grouped by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Axis {
    /// Never [`Dimension::Day`] or [`Dimension::Hour`].
    Dimension(Dimension),
    /// The slots at which steps begin, in order. What is before the first belongs to none.
    Time(Vec<Slot>),
}

/// One value on an axis.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mark {
    /// `None` is having none.
    Text(Option<String>),
    /// The slot at which a step begins.
    Slot(Slot),
    /// There is no such axis.
    All,
}

/// Requests with one of these values; an empty text is having none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Only {
    pub dimension: Dimension,
    pub values: HashSet<String>,
}

/// Requests with this in a value of any dimension.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Containing {
    /// Lower case.
    pub text: String,
    /// Ids of what is called so.
    pub ids: HashSet<String>,
}

/// Things to group by, at most.
pub const AXES: usize = 6;

/// These and no more.
pub fn axes(asked: impl IntoIterator<Item = Axis>) -> [Option<Axis>; AXES] {
    let mut asked = asked.into_iter();
    std::array::from_fn(|_| asked.next())
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CubeQuery {
    pub slots: Slots,
    /// From the first on.
    pub axes: [Option<Axis>; AXES],
    pub only: Vec<Only>,
    pub containing: Option<Containing>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub marks: [Mark; AXES],
    pub sums: Sums,
    /// Milliseconds.
    pub last_at: i64,
}

/// The groups, and the blocks they came from, in case latencies are wanted.
#[derive(Debug, Default)]
pub struct Cube {
    pub cells: Vec<Cell>,
    sources: Vec<Source>,
}

/// A block, and for each of its rows the number of its cell, or [`NOWHERE`].
#[derive(Debug)]
struct Source {
    block: Arc<Block>,
    cells: Vec<u32>,
}

const NOWHERE: u32 = u32::MAX;

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
}

impl Cube {
    pub(super) fn of(query: &CubeQuery, parts: Vec<Part>) -> Self {
        let mut folding = Folding::default();
        let sources = parts
            .into_iter()
            .map(|Part { block, slots }| Source {
                cells: folding.add(query, &block, &slots),
                block,
            })
            .collect();
        Self {
            cells: folding.cells(query),
            sources,
        }
    }

    /// The latencies of `groups` groups; `group_of` says to which each cell belongs, if to any.
    #[must_use]
    pub fn latencies(&self, group_of: &[Option<usize>], groups: usize) -> Vec<LatencyPair> {
        let mut pairs = vec![LatencyPair::default(); groups];
        for source in &self.sources {
            for (row, cell) in source.cells.iter().enumerate() {
                let group = group_of.get(*cell as usize).copied().flatten();
                let Some(pair) = group.and_then(|group| pairs.get_mut(group)) else {
                    continue;
                };
                add(&mut pair.ttft, &source.block.ttft, row);
                add(&mut pair.duration, &source.block.duration, row);
            }
        }
        pairs
    }
}

fn add(histogram: &mut Histogram, latencies: &Latencies, row: usize) {
    for (bucket, count) in latencies.row(row) {
        histogram.add(bucket, count);
    }
}

#[derive(Debug, Default)]
struct Folding {
    axes: [Numbers; AXES],
    known: HashMap<[u32; AXES], u32>,
    sums: Vec<([u32; AXES], [i64; Sums::COUNT], i64)>,
}

/// The values an axis has shown so far, numbered.
#[derive(Debug, Default)]
struct Numbers {
    texts: HashMap<String, u32>,
    in_order: Vec<String>,
}

impl Folding {
    /// Says for each row of the block to which cell it belongs.
    fn add(&mut self, query: &CubeQuery, block: &Block, slots: &Slots) -> Vec<u32> {
        let filters = Filters::of(query, block);
        let readings: [_; AXES] = std::array::from_fn(|axis| {
            let asked = query.axes.get(axis).and_then(Option::as_ref);
            match self.axes.get_mut(axis) {
                Some(numbers) => Reading::of(asked, block, numbers),
                None => Reading::All,
            }
        });
        let mut cells = Vec::with_capacity(block.rows());
        // Neighbours often belong together.
        let mut last = None;
        'rows: for (row, slot) in block.slots.iter().enumerate() {
            if !slots.contains(slot) || !filters.pass(row) {
                cells.push(NOWHERE);
                continue;
            }
            let mut key = [0; AXES];
            for (number, reading) in key.iter_mut().zip(&readings) {
                let Some(read) = reading.number(row, *slot) else {
                    cells.push(NOWHERE);
                    continue 'rows;
                };
                *number = read;
            }
            let cell = match last {
                Some((known, cell)) if known == key => cell,
                Some(_) | None => self.cell(key),
            };
            last = Some((key, cell));
            cells.push(cell);
            if let Some((_, sums, last_at)) = self.sums.get_mut(cell as usize) {
                for (sum, column) in sums.iter_mut().zip(&block.sums) {
                    *sum += column.get(row).copied().unwrap_or_default();
                }
                *last_at = (*last_at).max(block.last_at.get(row).copied().unwrap_or(i64::MIN));
            }
        }
        cells
    }

    fn cell(&mut self, key: [u32; AXES]) -> u32 {
        let sums = &mut self.sums;
        *self.known.entry(key).or_insert_with(|| {
            sums.push((key, [0; Sums::COUNT], i64::MIN));
            u32::try_from(sums.len() - 1).unwrap_or(NOWHERE)
        })
    }

    fn cells(self, query: &CubeQuery) -> Vec<Cell> {
        let mark = |axis: usize, number: u32| match query.axes.get(axis).and_then(Option::as_ref) {
            None => Mark::All,
            Some(Axis::Time(starts)) => {
                Mark::Slot(starts.get(number as usize).copied().unwrap_or_default())
            }
            Some(Axis::Dimension(_)) => {
                let texts = self.axes.get(axis).map(|numbers| &numbers.in_order);
                let text = texts.and_then(|texts| texts.get(number as usize)).cloned();
                Mark::Text(text.filter(|text| !text.is_empty()))
            }
        };
        let cells = self.sums.iter().map(|(key, sums, last_at)| Cell {
            marks: std::array::from_fn(|axis| mark(axis, key.get(axis).copied().unwrap_or(0))),
            sums: Sums::from_array(*sums),
            last_at: *last_at,
        });
        cells.collect()
    }
}

/// How one block's rows stand on one axis.
enum Reading<'a> {
    All,
    /// The block's own numbers, and the axis' numbers for them.
    Texts(&'a Column, Vec<u32>),
    Time(&'a [Slot]),
}

impl<'a> Reading<'a> {
    fn of(axis: Option<&'a Axis>, block: &'a Block, numbers: &mut Numbers) -> Self {
        match axis {
            None => Self::All,
            Some(Axis::Time(starts)) => Self::Time(starts),
            Some(Axis::Dimension(dimension)) => {
                let Some(column) = place(*dimension).and_then(|place| block.columns.get(place))
                else {
                    return Self::All;
                };
                let global = column.values.iter().map(|text| numbers.number(text));
                Self::Texts(column, global.collect())
            }
        }
    }

    fn number(&self, row: usize, slot: Slot) -> Option<u32> {
        match self {
            Self::All => Some(0),
            Self::Texts(column, global) => global.get(*column.rows.get(row)? as usize).copied(),
            Self::Time(starts) => {
                let after = starts.partition_point(|start| *start <= slot);
                u32::try_from(after.checked_sub(1)?).ok()
            }
        }
    }
}

impl Numbers {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.texts.get(text) {
            return *number;
        }
        let number = u32::try_from(self.in_order.len()).unwrap_or(NOWHERE);
        self.texts.insert(text.to_owned(), number);
        self.in_order.push(text.to_owned());
        number
    }
}

/// Which of a block's values are wanted, decided once for each value and not for each row.
struct Filters<'a> {
    all_of: Vec<(&'a Column, Vec<bool>)>,
    any_of: Option<Vec<(&'a Column, Vec<bool>)>>,
}

impl<'a> Filters<'a> {
    fn of(query: &CubeQuery, block: &'a Block) -> Self {
        let wanted = |column: &'a Column, is_wanted: &dyn Fn(&str) -> bool| {
            let wanted = column.values.iter().map(|value| is_wanted(value));
            (column, wanted.collect::<Vec<_>>())
        };
        let all_of = query.only.iter().filter_map(|only| {
            let column = block.columns.get(place(only.dimension)?)?;
            Some(wanted(column, &|value| only.values.contains(value)))
        });
        let any_of = query.containing.as_ref().map(|containing| {
            let columns = block.columns.iter().take(DIMENSIONS.len());
            columns
                .map(|column| wanted(column, &|value| containing.matches(value)))
                .collect()
        });
        Self {
            all_of: all_of.collect(),
            any_of,
        }
    }

    fn pass(&self, row: usize) -> bool {
        let is_wanted = |(column, wanted): &(&Column, Vec<bool>)| {
            let value = column.rows.get(row).copied().unwrap_or(NOWHERE);
            wanted.get(value as usize).copied().unwrap_or_default()
        };
        self.all_of.iter().all(is_wanted)
            && self
                .any_of
                .as_ref()
                .is_none_or(|any_of| any_of.iter().any(is_wanted))
    }
}

impl Containing {
    fn matches(&self, value: &str) -> bool {
        !value.is_empty() && (self.ids.contains(value) || value.to_lowercase().contains(&self.text))
    }
}
