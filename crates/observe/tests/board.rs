//! The Grafana board and the metrics know each other: no query names what is not there, and nothing goes unseen.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test that uses it"
)]

use std::collections::BTreeSet;

use observe::metrics::family::{FAMILIES, Family, Kind};
use serde_json::Value;

const BOARD: &str = include_str!("../../../docs/grafana/9router.json");
/// Metrics that are on no panel, each for a reason.
const UNSEEN: [&str; 0] = [];

/// Every query of the board: of its panels, and of its variables.
fn queries() -> Vec<(String, String)> {
    let board: Value = serde_json::from_str(BOARD).expect("JSON");
    let panels = board["panels"].as_array().expect("panels");
    let variables = board["templating"]["list"].as_array().expect("variables");
    let of_panels = panels.iter().flat_map(|panel| {
        let targets = panel["targets"].as_array().cloned().unwrap_or_default();
        targets.into_iter().map(|target| {
            let text = |name: &str| target[name].as_str().expect("text").to_owned();
            (text("expr"), text("legendFormat"))
        })
    });
    let of_variables = variables
        .iter()
        .filter_map(|variable| variable["definition"].as_str())
        .map(|query| (query.to_owned(), String::new()));
    of_panels.chain(of_variables).collect()
}

/// A metric as a query names it, and whether it is a histogram's buckets.
fn family(name: &str) -> (&'static Family, bool) {
    let exact = FAMILIES.iter().find(|family| family.name == name);
    if let Some(family) = exact {
        assert_ne!(family.kind, Kind::Histogram, "{name} has no samples itself");
        return (family, false);
    }
    let (base, part) = name.rsplit_once('_').expect("a name");
    assert!(
        ["bucket", "sum", "count"].contains(&part),
        "no such metric: {name}"
    );
    let family = FAMILIES
        .iter()
        .find(|family| family.name == base && family.kind == Kind::Histogram)
        .unwrap_or_else(|| panic!("no such metric: {name}"));
    (family, part == "bucket")
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// What stands between `open` and the next `close`, for every `open` in `text`.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open)
        .skip(1)
        .filter_map(move |rest| rest.split(close).next())
}

#[test]
fn every_query_names_metrics_and_labels_that_exist() {
    let mut seen = BTreeSet::new();
    let queries = queries();
    assert!(queries.len() > 20, "{}", queries.len());
    for (query, legend) in &queries {
        let mut offered = BTreeSet::new();
        for (start, _) in query.match_indices("ninerouter_") {
            let rest = &query[start..];
            let end = rest.find(|letter| !is_of_a_name(letter));
            let (name, rest) = rest.split_at(end.unwrap_or(rest.len()));
            let (family, is_bucket) = family(name);
            seen.insert(family.name);
            offered.extend(family.labels.iter().copied());
            offered.extend(is_bucket.then_some("le"));
            let Some(matchers) = rest.strip_prefix('{') else {
                continue;
            };
            let matchers = matchers.split('}').next().expect("an end");
            for matcher in matchers.split(',') {
                let label = matcher.split(['=', '!']).next().expect("a label");
                assert!(family.labels.contains(&label), "`{label}` in {query}");
            }
        }
        assert!(
            !offered.is_empty() || query.contains("ninerouter_"),
            "{query}"
        );
        let grouped = between(query, "by (", ")").flat_map(|labels| labels.split(", "));
        let legends = between(legend, "{{", "}}");
        let values =
            between(query, "label_values(", ")").filter_map(|text| text.split(", ").nth(1));
        for label in grouped.chain(legends).chain(values) {
            assert!(offered.contains(label), "`{label}` in {query} ({legend})");
        }
    }
    let all: BTreeSet<_> = FAMILIES.iter().map(|family| family.name).collect();
    let accounted: BTreeSet<_> = seen.iter().copied().chain(UNSEEN).collect();
    assert_eq!(accounted, all, "metrics on the board, and those there are");
    assert!(UNSEEN.iter().all(|name| !seen.contains(name)));
}

#[test]
fn names_follow_the_rules_of_prometheus() {
    for family in FAMILIES {
        let name = family.name;
        assert!(
            name.starts_with("ninerouter_") && name.chars().all(is_of_a_name),
            "{name}"
        );
        assert_eq!(
            family.kind == Kind::Counter,
            name.ends_with("_total"),
            "{name}"
        );
        assert!(!family.labels.contains(&"le"), "{name}");
        assert!(
            !family.help.is_empty() && !family.help.contains('\n'),
            "{name}"
        );
    }
}
