//! A newer answer in the order of the one before it, so that nothing moves away under a pointer.

use std::collections::HashMap;
use std::hash::Hash;

use api::usage::table::{Group, Row, UsageTable};

/// Whether two answers are to the same question, but for how much of it is shown.
fn is_same_question(before: &UsageTable, now: &UsageTable) -> bool {
    let (a, b) = (&before.query, &now.query);
    a.selection == b.selection && a.by == b.by && a.sort_keys().eq(b.sort_keys())
}

/// The rows of `now`, the known ones where they were, new ones behind them.
pub(crate) fn steady(before: &UsageTable, mut now: UsageTable) -> UsageTable {
    if !is_same_question(before, &now) {
        return now;
    }
    let id_of_row = |row: &Row| row.value.id.clone();
    let known: HashMap<_, _> = before
        .groups
        .iter()
        .map(|group| (group.row.value.id.clone(), group))
        .collect();
    for group in &mut now.groups {
        if let Some(known) = known.get(&group.row.value.id) {
            keep_order(&known.rows, &mut group.rows, id_of_row);
        }
    }
    keep_order(&before.groups, &mut now.groups, |group: &Group| {
        id_of_row(&group.row)
    });
    now
}

fn keep_order<T, K: Hash + Eq>(before: &[T], now: &mut [T], id: impl Fn(&T) -> K) {
    let places: HashMap<K, usize> = before.iter().map(&id).zip(0..).collect();
    now.sort_by_key(|item| places.get(&id(item)).copied().unwrap_or(usize::MAX));
}

#[cfg(test)]
mod tests {
    use api::usage::query::{Dimension, TableQuery};
    use api::usage::table::{Group, LocalRange, Measures, Range, Row, UsageTable, Value};
    use chrono::DateTime;

    use super::steady;

    fn table(by: Dimension, ids: &[&str]) -> UsageTable {
        let row = |id: &&str| Row {
            value: Value {
                id: Some((*id).to_owned()),
                name: None,
            },
            ..Row::default()
        };
        let group = |id| Group {
            row: row(id),
            rows: ids.iter().map(row).collect(),
            ..Group::default()
        };
        UsageTable {
            query: TableQuery {
                by,
                ..TableQuery::default()
            },
            range: Range {
                from: DateTime::UNIX_EPOCH,
                until: DateTime::UNIX_EPOCH,
            },
            local: LocalRange::default(),
            groups: ids.iter().map(group).collect(),
            other: None,
            totals: Measures::default(),
            previous_range: None,
            previous_totals: None,
        }
    }

    fn order(table: &UsageTable) -> String {
        let ids = table
            .groups
            .iter()
            .filter_map(|group| group.row.value.id.clone());
        ids.collect()
    }

    #[test]
    fn what_is_known_stays_and_what_is_new_comes_behind() {
        let before = table(Dimension::Endpoint, &["a", "b", "c"]);
        let now = steady(&before, table(Dimension::Endpoint, &["d", "c", "a"]));
        assert_eq!(order(&now), "acd");
        let rows: String = now.groups[0]
            .rows
            .iter()
            .filter_map(|row| row.value.id.clone())
            .collect();
        assert_eq!(rows, "acd");
    }

    #[test]
    fn another_question_has_an_order_of_its_own() {
        let before = table(Dimension::Endpoint, &["a", "b"]);
        assert_eq!(
            order(&steady(&before, table(Dimension::Key, &["b", "a"]))),
            "ba"
        );
    }
}
