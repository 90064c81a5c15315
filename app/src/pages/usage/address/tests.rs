//! Every state of the page is read from its URL as it was written.

use api::usage::Direction;
use api::usage::query::{Dimension, Filter, Measure, Preset, SortBy, SortKey, Span, TableQuery};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{Address, Open};

fn plain() -> Address {
    Address::read("")
}

#[test]
fn a_plain_address_stays_plain() {
    assert_eq!(plain().href(), "/dashboard/usage");
    assert_eq!(plain(), Address::default());
}

#[test]
fn an_address_can_be_read_by_people() {
    let address = plain()
        .by(Dimension::Provider, Some(Dimension::Day))
        .with_preset(Preset::Day)
        .with_zone(Some("Europe/Berlin"))
        .only(Dimension::Endpoint, Some("/v1/messages"))
        .sorted_by(SortBy::Measure(Measure::Cost))
        .also_sorted_by(SortBy::Name)
        .with_measure(Measure::Errors)
        .toggled(Some("openai"), &[])
        .toggled(None, &[]);
    assert_eq!(
        address.href(),
        "/dashboard/usage?by=provider,day&sort=cost&then_sort=name:ascending&period=24h\
         &endpoint=/v1/messages&zone=Europe/Berlin&open=&open=openai&chart=errors"
    );
}

#[test]
fn a_form_says_the_same_in_other_words() {
    let search = "?by=key&then_by=day&column=requests&column=cost&result=ok&text=a+b&from=&until=&period=24h";
    let address = Address::read(search);
    assert_eq!(
        address.href(),
        "/dashboard/usage?by=key,day&period=24h&text=a%20b&outcome=ok&columns=requests,cost"
    );
}

#[test]
fn nonsense_is_as_good_as_absent() {
    let nonsense = "?by=colour&sort=luck&period=60d&limit=many&colour=red&columns=luck&at=x&day=2026-01-01&then_sort=x";
    assert_eq!(Address::read(nonsense), plain());
    assert_eq!(Address::read("?by=key&then_by=key").table.then_by, None);
}

#[test]
fn a_column_goes_round_alone_and_in_company() {
    let cost = SortBy::Measure(Measure::Cost);
    let address = plain().sorted_by(cost);
    assert_eq!(address.table.direction, Direction::Descending);
    assert_eq!(
        address.sorted_by(cost).table.direction,
        Direction::Ascending
    );
    let both = address.also_sorted_by(SortBy::Name).also_sorted_by(cost);
    let keys: Vec<_> = both.table.sort_keys().collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(
        (keys[0].sort, keys[0].direction),
        (cost, Direction::Ascending)
    );
    assert_eq!(both.sorted(SortBy::Name).map(|(place, _)| place), Some(1));
    assert!(both.sorted_by(SortBy::LastUsed).table.then_sort.is_empty());
}

#[test]
fn one_of_all_open_groups_can_be_closed() {
    let all = [Some("a".to_owned()), None];
    let address = plain().all_open().toggled(None, &all);
    assert!(address.is_open(Some("a")) && !address.is_open(None));
    assert!(
        plain().table_query("UTC").then_by.is_none(),
        "nothing is asked for that is not shown"
    );
    assert_eq!(address.table_query("UTC").rows_of, [Some("a".to_owned())]);
    assert!(plain().all_open().table_query("UTC").rows_of.is_empty());
}

fn dimensions() -> impl Strategy<Value = Dimension> {
    select(Dimension::ALL)
}

fn columns() -> impl Strategy<Value = SortBy> {
    let measures = select(Measure::ALL).prop_map(SortBy::Measure);
    prop_oneof![4 => measures, 1 => Just(SortBy::LastUsed)]
}

fn ways() -> impl Strategy<Value = Direction> {
    prop_oneof![Just(Direction::Ascending), Just(Direction::Descending)]
}

fn ids() -> impl Strategy<Value = Option<String>> {
    option::of(".{1,16}")
}

fn spans() -> impl Strategy<Value = Span> {
    let custom = ("[0-9T:-]{1,16}", "[0-9T:-]{1,16}");
    prop_oneof![
        select(Preset::ALL).prop_map(Span::Preset),
        custom.prop_map(|(from, until)| Span::Custom { from, until }),
    ]
}

fn filters() -> impl Strategy<Value = Vec<Filter>> {
    let dimensions: Vec<_> = Dimension::ALL
        .iter()
        .copied()
        .filter(|dimension| !dimension.is_time())
        .collect();
    let filter = (select(dimensions), vec(ids(), 1..3));
    vec(filter, 0..3).prop_map(|filters| {
        let mut known: Vec<Filter> = Vec::new();
        for (dimension, values) in filters {
            if known.iter().all(|filter| filter.dimension != dimension) {
                known.push(Filter { dimension, values });
            }
        }
        known
    })
}

prop_compose! {
    fn addresses()(
        by in dimensions(),
        then_by in option::of(dimensions()),
        span in spans(),
        filters in filters(),
        text in ".{0,12}",
        keys in vec((prop_oneof![1 => Just(SortBy::Name), 4 => columns()], ways()), 1..5),
        limit in 1..=TableQuery::MOST_ROWS,
        compare in any::<bool>(),
        zone in option::of("[A-Za-z/_+-]{1,20}"),
        open in prop_oneof![Just(Open::All), btree_set(ids(), 0..4).prop_map(Open::These)],
        chosen in vec(columns(), 0..5),
        measure in select(Measure::ALL),
        at in 0..10_000_usize,
    ) -> Address {
        let mut address = plain().by(by, then_by);
        address.table.selection.period = span;
        address.table.selection.filters = filters;
        address.table.selection.text = text;
        let mut keys = keys.into_iter().map(|(sort, direction)| SortKey { sort, direction });
        let first = keys.next().expect("at least one key");
        (address.table.sort, address.table.direction) = (first.sort, first.direction);
        address.table.then_sort = keys.collect();
        address.keep_keys_few();
        address.table.limit = limit;
        address.table.compare = compare;
        address.zone = zone;
        address.open = open;
        address.choose(chosen);
        address.measure = measure;
        address.at = at;
        address
    }
}

proptest! {
    #[test]
    fn an_address_is_read_as_it_was_written(address in addresses()) {
        let href = address.href();
        let (_, search) = href.split_once('?').unwrap_or((&href, ""));
        prop_assert_eq!(Address::read(search), address);
    }

    #[test]
    fn no_url_is_too_odd_to_read(search in ".{0,60}") {
        let once = Address::read(&search);
        let href = once.href();
        let (_, again) = href.split_once('?').unwrap_or((&href, ""));
        prop_assert_eq!(Address::read(again), once);
    }
}
