//! The order of groups and lines: by the column asked for, and by name where that says nothing.

use std::cmp::Ordering;

use api::usage::{Column, Direction, Totals, UsageGroup, UsageLine};

/// Groups by their own sums, and the lines inside each by theirs.
/// Where two are equal the name decides, so that nothing jumps between two reads.
pub(super) fn sorted(
    mut groups: Vec<UsageGroup>,
    column: Column,
    direction: Direction,
) -> Vec<UsageGroup> {
    for group in &mut groups {
        group.lines.sort_by(|a, b| {
            let names = |line: &UsageLine| {
                (
                    text(line.model.as_deref()),
                    text(line.provider_name.as_deref()),
                )
            };
            let by_column = match column {
                Column::Model => text(a.model.as_deref()).cmp(&text(b.model.as_deref())),
                Column::Provider => {
                    text(a.provider_name.as_deref()).cmp(&text(b.provider_name.as_deref()))
                }
                Column::Endpoint => Ordering::Equal,
                _ => number(&a.totals, column).cmp(&number(&b.totals, column)),
            };
            directed(by_column, direction).then_with(|| names(a).cmp(&names(b)))
        });
    }
    groups.sort_by(|a, b| {
        let by_column = match column {
            Column::Endpoint => text(a.endpoint.as_deref()).cmp(&text(b.endpoint.as_deref())),
            // A group has no one model or provider: it stands where its first line does.
            Column::Model => first_text(a, |line| line.model.as_deref())
                .cmp(&first_text(b, |line| line.model.as_deref())),
            Column::Provider => first_text(a, |line| line.provider_name.as_deref())
                .cmp(&first_text(b, |line| line.provider_name.as_deref())),
            _ => number(&a.totals, column).cmp(&number(&b.totals, column)),
        };
        directed(by_column, direction)
            .then_with(|| text(a.endpoint.as_deref()).cmp(&text(b.endpoint.as_deref())))
    });
    groups
}

fn directed(ordering: Ordering, direction: Direction) -> Ordering {
    match direction {
        Direction::Ascending => ordering,
        Direction::Descending => ordering.reverse(),
    }
}

/// Names without regard to case; what has no name stands last.
fn text(name: Option<&str>) -> (bool, String) {
    (name.is_none(), name.unwrap_or_default().to_lowercase())
}

fn first_text<'a>(
    group: &'a UsageGroup,
    of: impl Fn(&'a UsageLine) -> Option<&'a str>,
) -> (bool, String) {
    text(group.lines.first().and_then(of))
}

fn number(totals: &Totals, column: Column) -> i64 {
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    match column {
        Column::Requests => count(totals.requests),
        Column::Errors => count(totals.errors),
        Column::Input => count(totals.tokens.input),
        Column::CacheRead => count(totals.tokens.cache_read),
        Column::CacheWrite => count(totals.tokens.cache_write),
        Column::Output => count(totals.tokens.output),
        Column::Reasoning => count(totals.tokens.reasoning),
        Column::Total => count(totals.tokens.total()),
        Column::Cost => totals.cost_micros,
        Column::LastUsed => totals
            .last_used_at
            .map_or(i64::MIN, |at| at.timestamp_millis()),
        Column::Endpoint | Column::Model | Column::Provider => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::sum;

    fn line(model: &str, requests: u64, cost_micros: i64) -> UsageLine {
        UsageLine {
            model: Some(model.to_owned()),
            provider: None,
            provider_name: None,
            totals: Totals {
                requests,
                cost_micros,
                ..Totals::default()
            },
        }
    }

    fn group(endpoint: Option<&str>, lines: Vec<UsageLine>) -> UsageGroup {
        let totals = sum(lines.iter().map(|line| &line.totals));
        UsageGroup {
            endpoint: endpoint.map(str::to_owned),
            totals,
            lines,
        }
    }

    fn shape(groups: &[UsageGroup]) -> Vec<(Option<&str>, Vec<&str>)> {
        groups
            .iter()
            .map(|group| {
                let lines = group
                    .lines
                    .iter()
                    .filter_map(|line| line.model.as_deref())
                    .collect();
                (group.endpoint.as_deref(), lines)
            })
            .collect()
    }

    #[test]
    fn groups_sort_by_their_sums_and_not_by_their_first_line() {
        let groups = vec![
            group(Some("/v1/messages"), vec![line("a", 9, 1), line("b", 1, 2)]),
            group(
                Some("/v1/responses"),
                vec![line("c", 6, 3), line("d", 6, 9)],
            ),
        ];
        let by_requests = sorted(groups, Column::Requests, Direction::Descending);
        assert_eq!(
            shape(&by_requests),
            [
                (Some("/v1/responses"), vec!["c", "d"]),
                (Some("/v1/messages"), vec!["a", "b"])
            ]
        );
        let by_cost = sorted(by_requests, Column::Cost, Direction::Ascending);
        assert_eq!(
            shape(&by_cost),
            [
                (Some("/v1/messages"), vec!["a", "b"]),
                (Some("/v1/responses"), vec!["c", "d"])
            ]
        );
    }

    #[test]
    fn data_from_before_tracking_stands_last_by_name() {
        let groups = vec![
            group(None, vec![line("a", 1, 1)]),
            group(Some("/v1/messages"), vec![line("a", 1, 1)]),
        ];
        let by_name = sorted(groups, Column::Endpoint, Direction::Ascending);
        assert_eq!(
            by_name
                .iter()
                .map(|group| group.endpoint.as_deref())
                .collect::<Vec<_>>(),
            [Some("/v1/messages"), None]
        );
    }
}
