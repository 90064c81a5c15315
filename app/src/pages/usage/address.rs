//! The page's state as its URL has it. Defaults are left out, so that a plain address stays plain.
//!
//! The grammar is that of `GET /api/usage/query`, and beside it `open` for each group whose rows are shown or
//! `opened=all`, `columns`, `chart`, and `at`. Forms may say `then_by`, `column` and `result` instead.

mod change;
mod links;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use api::usage::Outcome;
use api::usage::query::{Dimension, Filter, Measure, SeriesQuery, SortBy, SortKey, TableQuery};

use crate::query_string;

pub(crate) const PATH: &str = "/dashboard/usage";

/// The groups whose rows are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Open {
    These(BTreeSet<Option<String>>),
    All,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Without the zone and without `rows_of`, which are below.
    pub(crate) table: TableQuery,
    /// Where none is said it is the viewer's own.
    pub(crate) zone: Option<String>,
    pub(crate) open: Open,
    /// Where none are chosen there are [`SortBy::COLUMNS`].
    chosen: Option<Vec<SortBy>>,
    /// What the chart shows.
    pub(crate) measure: Measure,
    /// The first row of a long table for those who read it in pages.
    pub(crate) at: usize,
}

impl Default for Address {
    fn default() -> Self {
        Self {
            table: TableQuery::default(),
            zone: None,
            open: Open::These(BTreeSet::new()),
            chosen: None,
            measure: Measure::Total,
            at: 0,
        }
    }
}

impl Address {
    /// Reads the query of a URL. What makes no sense is as good as absent.
    pub(crate) fn read(search: &str) -> Self {
        let mut address = Self::default();
        let mut open = BTreeSet::new();
        let (mut is_all_open, mut then_by, mut result) = (false, None, None);
        let mut columns = Vec::new();
        let mut of_table = Vec::new();
        for (name, value) in query_string::parse(search) {
            match name.as_str() {
                "zone" => address.zone = some(value),
                "open" => {
                    open.insert(some(value));
                }
                "opened" => is_all_open = value == "all",
                "columns" => columns.extend(value.split(',').filter_map(column)),
                "column" => columns.extend(column(&value)),
                "chart" => address.measure = Measure::parse(&value).unwrap_or(address.measure),
                "at" => address.at = value.parse().unwrap_or(0),
                "then_by" => then_by = Some(Dimension::parse(&value)),
                "result" => result = Outcome::parse(&value),
                "rows_of" => {}
                "from" | "until" if value.is_empty() => {}
                _ if Dimension::parse(&name).is_some_and(Dimension::is_time) => {}
                _ => of_table.push((name, value)),
            }
        }
        of_table.retain(|(name, value)| {
            TableQuery::from_pairs([(name.as_str(), value.as_str())]).is_ok()
        });
        let pairs = of_table
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        address.table = TableQuery::from_pairs(pairs).unwrap_or_default();
        if let Some(then_by) = then_by {
            address.table.then_by = then_by;
        }
        let by = address.table.by;
        address.table.then_by = address.table.then_by.filter(|then_by| *then_by != by);
        if let Some(outcome) = result {
            address.table.selection.filters.push(Filter {
                dimension: Dimension::Outcome,
                values: vec![Some(outcome.as_str().to_owned())],
            });
        }
        address.open = if is_all_open {
            Open::All
        } else {
            Open::These(open)
        };
        address.choose(columns);
        address.keep_keys_few();
        address
    }

    /// The link to this state of the page.
    pub(crate) fn href(&self) -> String {
        query_string::link(PATH, &self.pairs())
    }

    /// Everything that [`Self::read`] reads, not yet encoded.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = self.table.to_pairs();
        let mut add = |name: &str, value: String| pairs.push((name.to_owned(), value));
        if let Some(zone) = &self.zone {
            add("zone", zone.clone());
        }
        match &self.open {
            Open::All => add("opened", "all".to_owned()),
            Open::These(open) => {
                for id in open {
                    add("open", id.clone().unwrap_or_default());
                }
            }
        }
        if self.chosen.is_some() {
            add("columns", self.column_names());
        }
        if self.measure != Self::default().measure {
            add("chart", self.measure.as_str().to_owned());
        }
        if self.at > 0 {
            add("at", self.at.to_string());
        }
        pairs
    }

    /// The columns of figures, in order.
    pub(crate) fn columns(&self) -> &[SortBy] {
        self.chosen.as_deref().unwrap_or(&SortBy::COLUMNS)
    }

    fn column_names(&self) -> String {
        let names: Vec<_> = self
            .columns()
            .iter()
            .map(|column| column.as_str())
            .collect();
        names.join(",")
    }

    pub(crate) fn zone_or<'a>(&'a self, home: &'a str) -> &'a str {
        self.zone.as_deref().unwrap_or(home)
    }

    /// What the table asks for, where the viewer's zone is `home`.
    pub(crate) fn table_query(&self, home: &str) -> TableQuery {
        let mut query = self.table.clone();
        self.zone_or(home).clone_into(&mut query.selection.zone);
        match &self.open {
            Open::All => {}
            Open::These(open) if open.is_empty() => query.then_by = None,
            Open::These(open) => query.rows_of = open.iter().cloned().collect(),
        }
        query
    }

    /// What the chart asks for: the same requests, by the first dimension that is not a part of time.
    pub(crate) fn series_query(&self, home: &str) -> SeriesQuery {
        let dimensions = std::iter::once(self.table.by).chain(self.table.then_by);
        SeriesQuery {
            selection: self.table_query(home).selection,
            measure: self.measure,
            by: dimensions
                .into_iter()
                .find(|dimension| !dimension.is_time()),
            ..SeriesQuery::default()
        }
    }

    /// Where the rows that are shown are to be had as a file.
    pub(crate) fn export(&self, form: &str, home: &str) -> String {
        let mut pairs = vec![("format".to_owned(), form.to_owned())];
        pairs.push(("columns".to_owned(), self.column_names()));
        pairs.extend(self.table_query(home).to_pairs());
        query_string::link("/api/usage/export", &pairs)
    }

    pub(crate) fn is_open(&self, id: Option<&str>) -> bool {
        match &self.open {
            Open::All => true,
            Open::These(open) => open.contains(&id.map(str::to_owned)),
        }
    }

    /// The place of a column among those that are sorted by, from 0, and the way.
    pub(crate) fn sorted(&self, column: SortBy) -> Option<(usize, SortKey)> {
        let mut keys = self.table.sort_keys().enumerate();
        keys.find(|(_, key)| key.sort == column)
    }
}

/// An empty value is having none.
fn some(value: String) -> Option<String> {
    Some(value).filter(|value| !value.is_empty())
}

fn column(name: &str) -> Option<SortBy> {
    SortBy::parse(name).filter(|column| *column != SortBy::Name)
}
