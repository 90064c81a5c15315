//! Requests grouped by up to two things, out of any number of blocks. Pure: it asks no database.

use std::cell::Cell as StdCell;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use api::usage::query::Dimension;

use crate::usage::block::{Block, Column};
use crate::usage::cover::Part;
use crate::usage::fact::{DIMENSIONS, Slot, Slots, Sums, place};
use crate::usage::latency::Source;

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// For every axis the place of a mark in [`Cube::axis`].
    pub places: [u32; AXES],
    pub sums: Sums,
    /// Milliseconds.
    pub last_at: i64,
}

/// The groups, and the blocks they came from, in case latencies are wanted.
#[derive(Debug, Default)]
pub struct Cube {
    pub cells: Vec<Cell>,
    axes: [Vec<Mark>; AXES],
    pub(super) sources: Vec<Source>,
}

pub(super) const NOWHERE: u32 = u32::MAX;

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
        let axes = std::array::from_fn(|axis| folding.shown(query, axis));
        let cells = folding.sums.iter().map(|(places, sums, last_at)| Cell {
            places: *places,
            sums: Sums::from_array(*sums),
            last_at: *last_at,
        });
        Self {
            cells: cells.collect(),
            axes,
            sources,
        }
    }

    /// The marks on an axis that some cell has, each once.
    #[must_use]
    pub fn axis(&self, axis: usize) -> &[Mark] {
        self.axes.get(axis).map_or(&[], Vec::as_slice)
    }

    /// Where a cell stands on each axis.
    #[must_use]
    pub fn marks(&self, cell: &Cell) -> [&Mark; AXES] {
        std::array::from_fn(|axis| {
            let place = cell.places.get(axis).map_or(0, |place| *place as usize);
            self.axis(axis).get(place).unwrap_or(&Mark::All)
        })
    }
}

#[derive(Debug, Default)]
struct Folding {
    axes: [Numbers; AXES],
    known: HashMap<[u32; AXES], u32, BuildHasherDefault<Small>>,
    sums: Vec<([u32; AXES], [i64; Sums::COUNT], i64)>,
}

/// Hashes a few numbers that we gave out ourselves: nobody can choose them.
#[derive(Debug, Default)]
struct Small(u64);

impl Hasher for Small {
    fn finish(&self) -> u64 {
        // The low bits choose the place, and are the least mixed ones.
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            let word = u64::from_ne_bytes(word);
            self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }
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
        let columns = block.sums.iter().enumerate();
        let columns: Vec<_> = columns.filter(|(_, sums)| !sums.is_empty()).collect();
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
                for (place, column) in &columns {
                    if let (Some(sum), Some(more)) = (sums.get_mut(*place), column.get(row)) {
                        *sum += more;
                    }
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

    /// The marks of an axis that are in use; cells are given their places among these.
    fn shown(&mut self, query: &CubeQuery, axis: usize) -> Vec<Mark> {
        let texts = self.axes.get_mut(axis).map(|numbers| &mut numbers.in_order);
        let mut texts = texts.map(std::mem::take).unwrap_or_default();
        let asked = query.axes.get(axis).and_then(Option::as_ref);
        let mut place_of = HashMap::<u32, u32>::new();
        let mut marks = Vec::new();
        for (key, ..) in &mut self.sums {
            let Some(number) = key.get_mut(axis) else {
                continue;
            };
            *number = *place_of.entry(*number).or_insert_with(|| {
                let at = *number as usize;
                marks.push(match asked {
                    None => Mark::All,
                    Some(Axis::Time(starts)) => {
                        Mark::Slot(starts.get(at).copied().unwrap_or_default())
                    }
                    Some(Axis::Dimension(_)) => {
                        let text = texts.get_mut(at).map(std::mem::take);
                        Mark::Text(text.filter(|text| !text.is_empty()))
                    }
                });
                u32::try_from(marks.len() - 1).unwrap_or(NOWHERE)
            });
        }
        marks
    }
}

/// How one block's rows stand on one axis.
enum Reading<'a> {
    All,
    /// The block's own numbers, and the axis' numbers for them.
    Texts(&'a Column, Vec<u32>),
    Time(&'a [Slot], StdCell<Step>),
}

/// A slot, and the number of the step it is in. A block's rows are in the order of time.
type Step = Option<(Slot, Option<u32>)>;

impl<'a> Reading<'a> {
    fn of(axis: Option<&'a Axis>, block: &'a Block, numbers: &mut Numbers) -> Self {
        match axis {
            None => Self::All,
            Some(Axis::Time(starts)) => Self::Time(starts, StdCell::new(None)),
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
            Self::Texts(column, global) => global.get(column.number(row)).copied(),
            Self::Time(starts, last) => {
                if let Some((known, number)) = last.get()
                    && known == slot
                {
                    return number;
                }
                let after = starts.partition_point(|start| *start <= slot);
                let number = after.checked_sub(1).and_then(|at| u32::try_from(at).ok());
                last.set(Some((slot, number)));
                number
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
            wanted.get(column.number(row)).copied().unwrap_or_default()
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
