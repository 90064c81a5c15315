//! From groups that open to the rows of one long table.

use api::usage::query::Dimension;
use api::usage::table::{Group, Measures, Share, UsageTable, Value};

use crate::pages::usage::address::Address;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A value of the first dimension, with so many of the second one where that is known.
    Group { parts: u64 },
    /// A value of the second dimension within one of the first.
    Part,
    /// So many values of the second dimension past the limit.
    PartRest { rows: u64 },
    /// So many groups past the limit.
    Rest { rows: u64 },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shown {
    pub(crate) kind: Kind,
    /// What the row is: nothing, a value, or two.
    pub(crate) marks: Vec<(Dimension, Value)>,
    pub(crate) measures: Measures,
    pub(crate) share: Share,
    pub(crate) previous: Option<Measures>,
    /// From 0.
    pub(crate) place: usize,
}

/// What tells rows apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    is_rest: bool,
    ids: Vec<Option<String>>,
}

impl Shown {
    pub(crate) fn key(&self) -> Key {
        Key {
            is_rest: matches!(self.kind, Kind::Rest { .. } | Kind::PartRest { .. }),
            ids: self
                .marks
                .iter()
                .map(|(_, value)| value.id.clone())
                .collect(),
        }
    }

    /// The id of the group that it is, or is in.
    pub(crate) fn group(&self) -> Option<&str> {
        self.marks
            .first()
            .and_then(|(_, value)| value.id.as_deref())
    }
}

/// The rows, in order. Groups that the address has closed are closed at once, whatever the answer still holds.
pub(crate) fn rows(table: &UsageTable, address: &Address) -> Vec<Shown> {
    let by = table.query.by;
    let mut rows = Vec::new();
    for group in &table.groups {
        let id = group.row.value.id.as_deref();
        let mark = (by, group.row.value.clone());
        rows.push(Shown {
            kind: Kind::Group { parts: group.parts },
            marks: vec![mark.clone()],
            measures: group.row.measures,
            share: group.row.share,
            previous: group.row.previous,
            place: 0,
        });
        if let Some(then_by) = table.query.then_by.filter(|_| address.is_open(id)) {
            add_parts(group, &mark, then_by, &mut rows);
        }
    }
    rows.extend(table.other.iter().map(|rest| Shown {
        kind: Kind::Rest { rows: rest.rows },
        marks: Vec::new(),
        measures: rest.measures,
        share: rest.share,
        previous: rest.previous,
        place: 0,
    }));
    for (place, row) in rows.iter_mut().enumerate() {
        row.place = place;
    }
    rows
}

fn add_parts(group: &Group, mark: &(Dimension, Value), then_by: Dimension, rows: &mut Vec<Shown>) {
    rows.extend(group.rows.iter().map(|part| Shown {
        kind: Kind::Part,
        marks: vec![mark.clone(), (then_by, part.value.clone())],
        measures: part.measures,
        share: part.share,
        previous: part.previous,
        place: 0,
    }));
    rows.extend(group.other.iter().map(|rest| Shown {
        kind: Kind::PartRest { rows: rest.rows },
        marks: vec![mark.clone()],
        measures: rest.measures,
        share: rest.share,
        previous: rest.previous,
        place: 0,
    }));
}
