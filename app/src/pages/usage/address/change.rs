//! Other states of the page: what its links and buttons lead to.

use std::collections::BTreeSet;

use api::usage::Direction;
use api::usage::query::{Dimension, Filter, Measure, Preset, SortBy, SortKey, Span, TableQuery};

use crate::pages::usage::address::{Address, Open};

impl Address {
    fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut address = self.clone();
        // Whatever is changed, a long table is read from its beginning.
        address.at = 0;
        change(&mut address);
        address
    }

    pub(crate) fn with_span(&self, span: Span) -> Self {
        self.with(|address| address.table.selection.period = span)
    }

    pub(crate) fn with_preset(&self, preset: Preset) -> Self {
        self.with_span(Span::Preset(preset))
    }

    /// Grouped otherwise, with every group closed.
    pub(crate) fn by(&self, by: Dimension, then_by: Option<Dimension>) -> Self {
        self.with(|address| {
            address.table.by = by;
            address.table.then_by = then_by.filter(|then_by| *then_by != by);
            address.open = Open::These(BTreeSet::new());
        })
    }

    pub(crate) fn with_measure(&self, measure: Measure) -> Self {
        self.with(|address| address.measure = measure)
    }

    pub(crate) fn with_zone(&self, zone: Option<&str>) -> Self {
        self.with(|address| address.zone = zone.map(str::to_owned))
    }

    pub(crate) fn compared(&self, compare: bool) -> Self {
        self.with(|address| address.table.compare = compare)
    }

    /// Only requests with this value; any other value of the dimension is forgotten.
    pub(crate) fn only(&self, dimension: Dimension, id: Option<&str>) -> Self {
        self.with(|address| {
            let filters = &mut address.table.selection.filters;
            filters.retain(|filter| filter.dimension != dimension);
            filters.push(Filter {
                dimension,
                values: vec![id.map(str::to_owned)],
            });
        })
    }

    /// Without one value of a filter.
    pub(crate) fn without(&self, dimension: Dimension, id: Option<&str>) -> Self {
        self.with(|address| {
            let filters = &mut address.table.selection.filters;
            for filter in filters
                .iter_mut()
                .filter(|filter| filter.dimension == dimension)
            {
                filter.values.retain(|value| value.as_deref() != id);
            }
            filters.retain(|filter| !filter.values.is_empty());
        })
    }

    pub(crate) fn without_text(&self) -> Self {
        self.with(|address| address.table.selection.text.clear())
    }

    pub(crate) fn without_filters(&self) -> Self {
        self.with(|address| {
            address.table.selection.text.clear();
            address.table.selection.filters.clear();
        })
    }

    /// With more rows before the rest becomes one.
    pub(crate) fn with_more_rows(&self) -> Option<Self> {
        let limit = self.table.limit;
        (limit < TableQuery::MOST_ROWS).then(|| {
            self.with(|address| {
                address.table.limit = limit.saturating_mul(10).min(TableQuery::MOST_ROWS);
            })
        })
    }

    pub(crate) fn starting_at(&self, at: usize) -> Self {
        self.with(|address| address.at = at)
    }

    /// Sorted by this column alone; by the same column the other way round. Figures start with the largest.
    pub(crate) fn sorted_by(&self, column: SortBy) -> Self {
        let is_alone = self.table.then_sort.is_empty() && self.table.sort == column;
        let direction = if is_alone {
            reverse(self.table.direction)
        } else {
            first_direction(column)
        };
        self.with(|address| {
            address.table.sort = column;
            address.table.direction = direction;
            address.table.then_sort.clear();
        })
    }

    /// Sorted by this column as well, where the others are equal; if it is already, the other way round.
    pub(crate) fn also_sorted_by(&self, column: SortBy) -> Self {
        let mut keys: Vec<SortKey> = self.table.sort_keys().collect();
        match keys.iter_mut().find(|key| key.sort == column) {
            Some(key) => key.direction = reverse(key.direction),
            None => keys.push(SortKey {
                sort: column,
                direction: first_direction(column),
            }),
        }
        self.with(|address| {
            address.set_keys(keys);
            address.keep_keys_few();
        })
    }

    /// With this group's rows shown, or hidden again. `all` are the groups that are there.
    pub(crate) fn toggled(&self, id: Option<&str>, all: &[Option<String>]) -> Self {
        let id = id.map(str::to_owned);
        self.with(|address| {
            let mut open = match &address.open {
                Open::These(open) => open.clone(),
                Open::All => all.iter().cloned().collect(),
            };
            if !open.remove(&id) {
                open.insert(id);
            }
            address.open = Open::These(open);
        })
    }

    pub(crate) fn all_open(&self) -> Self {
        self.with(|address| address.open = Open::All)
    }

    pub(crate) fn all_closed(&self) -> Self {
        self.with(|address| address.open = Open::These(BTreeSet::new()))
    }

    pub(crate) fn is_all_closed(&self) -> bool {
        matches!(&self.open, Open::These(open) if open.is_empty())
    }

    pub(super) fn choose(&mut self, columns: Vec<SortBy>) {
        let mut seen = Vec::with_capacity(columns.len());
        for column in columns {
            if !seen.contains(&column) {
                seen.push(column);
            }
        }
        let is_usual = seen.is_empty() || seen == SortBy::COLUMNS;
        self.chosen = (!is_usual).then_some(seen);
    }

    fn set_keys(&mut self, keys: Vec<SortKey>) {
        let mut keys = keys.into_iter();
        if let Some(first) = keys.next() {
            self.table.sort = first.sort;
            self.table.direction = first.direction;
        }
        self.table.then_sort = keys.collect();
    }

    /// Each column once, and no more than can be asked for.
    pub(super) fn keep_keys_few(&mut self) {
        let mut keys: Vec<SortKey> = Vec::new();
        for key in self.table.sort_keys() {
            if keys.iter().all(|known| known.sort != key.sort) {
                keys.push(key);
            }
        }
        keys.truncate(TableQuery::MOST_KEYS);
        self.set_keys(keys);
    }
}

fn reverse(direction: Direction) -> Direction {
    match direction {
        Direction::Ascending => Direction::Descending,
        Direction::Descending => Direction::Ascending,
    }
}

fn first_direction(column: SortBy) -> Direction {
    match column {
        SortBy::Name => Direction::Ascending,
        SortBy::LastUsed | SortBy::Measure(_) => Direction::Descending,
    }
}
