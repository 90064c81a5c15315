//! Any grouping of any time, against a recount of the records, before blocks are put together and after.

use std::collections::{BTreeMap, HashSet};

use api::ids::{ConnectionId, KeyId, ProviderId, UserId};
use api::price::{AppliedPrice, PriceSource, Rates};
use api::usage::Outcome;
use api::usage::query::Dimension;
use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use store::Store;
use store::records::{UsageRecord, UsageSource};
use store::usage::UsageScope;
use store::usage::cube::{AXES, Axis, Containing, CubeQuery, Mark, Only};
use store::usage::fact::{SLOT_MS, Slot, Sums, slot};
use store::usage::latency::LatencyPair;
use tokio::task::JoinSet;

use super::random;
use crate::samples::{at, raw_number};

const DIMENSIONS: [Dimension; 11] = [
    Dimension::Endpoint,
    Dimension::ClientFormat,
    Dimension::Provider,
    Dimension::ModelRequested,
    Dimension::ModelServed,
    Dimension::Account,
    Dimension::Key,
    Dimension::User,
    Dimension::Combo,
    Dimension::Outcome,
    Dimension::Tag,
];

/// Of a group: sums, the last request, and every latency.
type Group = (Sums, i64, Vec<u32>, Vec<u32>);

pub(crate) async fn any_grouping_is_what_a_recount_says(store: Store) {
    let mut rng = StdRng::seed_from_u64(11);
    let records = over_ninety_days(&mut rng, 900);
    let (now, later) = (at(0), at(0) + TimeDelta::days(1));
    let (most, last) = records.split_at(880);
    for (number, batch) in most.chunks(11).enumerate() {
        store.usage().append(batch).await.expect("a batch");
        // Some of it is put together early, so that the rest comes late to days that are sealed.
        if number % 19 == 18 {
            compact(&store, now).await;
        }
        if number % 9 == 4 {
            ask(&store, &records[..(number + 1) * 11], &mut rng, 10).await;
        }
    }
    // One by one: enough of them to be put together at last.
    for record in last {
        let one = std::slice::from_ref(record);
        store.usage().append(one).await.expect("a record");
    }
    ask(&store, &records, &mut rng, 60).await;
    compact(&store, later).await;
    ask(&store, &records, &mut rng, 150).await;
    let sealed = "SELECT COUNT(*) FROM usage_blocks WHERE kind = 12";
    assert!(
        raw_number(&store, sealed).await > 0,
        "sixty-four days are over in ninety"
    );
    let fresh = "SELECT COUNT(*) FROM usage_blocks WHERE kind = 0";
    assert!(raw_number(&store, fresh).await < 3);
}

pub(crate) async fn blocks_are_made_anew_from_rows(store: Store) {
    let mut rng = StdRng::seed_from_u64(12);
    let records = over_ninety_days(&mut rng, 200);
    store.usage().append(&records).await.expect("a batch");
    assert_eq!(store.usage().rebuild().await.expect("an answer"), 0);
    crate::samples::execute(&store, "DELETE FROM usage_blocks").await;
    assert_eq!(store.usage().rebuild().await.expect("an answer"), 200);
    ask(&store, &records, &mut rng, 20).await;
}

pub(crate) async fn what_is_forgotten_leaves_its_sums(store: Store) {
    let mut rng = StdRng::seed_from_u64(14);
    let records = over_ninety_days(&mut rng, 400);
    for batch in records.chunks(20) {
        store.usage().append(batch).await.expect("a batch");
    }
    compact(&store, at(0) + TimeDelta::days(1)).await;
    let before = at(0) - TimeDelta::days(30);
    while store
        .usage()
        .forget_requests(before)
        .await
        .expect("an answer")
        > 0
    {}
    let rows = raw_number(&store, "SELECT COUNT(*) FROM usage").await;
    let kept = records.iter().filter(|record| record.at >= before).count();
    assert_eq!(rows, i64::try_from(kept).expect("few"));
    let orphans = "SELECT COUNT(*) FROM attempts WHERE usage_id NOT IN (SELECT id FROM usage)";
    assert_eq!(raw_number(&store, orphans).await, 0);
    ask(&store, &records, &mut rng, 30).await;

    store.usage().forget_sums(before).await.expect("an answer");
    let first = store
        .usage()
        .first_at(&UsageScope::Everyone)
        .await
        .expect("an answer");
    assert!(first.expect("some are kept") > before - TimeDelta::days(1));
}

pub(crate) async fn reading_while_blocks_are_put_together_is_exact(store: Store) {
    let mut rng = StdRng::seed_from_u64(13);
    let records = over_ninety_days(&mut rng, 600);
    let usage = store.usage();
    for batch in records.chunks(20) {
        usage.append(batch).await.expect("a batch");
    }
    let mut reader = JoinSet::new();
    reader.spawn({
        let usage = store.usage();
        async move {
            for _ in 0..40 {
                let query = CubeQuery {
                    slots: slot(0)..slot(at(0).timestamp_millis() * 2),
                    axes: [const { None }; AXES],
                    only: Vec::new(),
                    containing: None,
                };
                let cube = usage
                    .cube(&UsageScope::Everyone, query)
                    .await
                    .expect("a cube");
                let requests: i64 = cube.cells.iter().map(|cell| cell.sums.requests).sum();
                assert_eq!(requests, 600);
            }
        }
    });
    for hours in 0..10 {
        compact(&store, at(0) + TimeDelta::hours(hours * 5)).await;
    }
    reader.join_all().await;
}

async fn compact(store: &Store, now: DateTime<Utc>) {
    for _ in 0..20 {
        let (_, is_more) = store.usage().compact(now).await.expect("an answer");
        if !is_more {
            return;
        }
    }
}

fn over_ninety_days(rng: &mut StdRng, count: usize) -> Vec<UsageRecord> {
    let mut records = random::records(rng.random(), count);
    for record in &mut records {
        if rng.random_bool(0.7) {
            record.at -= TimeDelta::days(rng.random_range(0..90));
        }
        record.tag = ["nightly", "by hand"]
            .choose(rng)
            .map(|tag| (*tag).to_owned());
        record.tag = record.tag.take().filter(|_| rng.random_bool(0.3));
        record.is_flat_rate = rng.random_bool(0.2);
        let rates = Rates {
            input: 3_000_000,
            output: 15_000_000,
            cache_read: 300_001,
            cache_write: 3_750_000,
            reasoning: 15_000_000,
        };
        if rng.random_bool(0.8) {
            record.cost_micros = Some(rates.cost_micros(&record.tokens));
            record.price = Some(AppliedPrice {
                source: PriceSource::Catalogue,
                rates,
            });
        } else {
            record.cost_micros = None;
            record.price = None;
        }
    }
    records
}

async fn ask(store: &Store, records: &[UsageRecord], rng: &mut StdRng, times: usize) {
    for _ in 0..times {
        let scope = match rng.random_range(0..4) {
            0 => UsageScope::User(UserId::from("u1")),
            _ => UsageScope::Everyone,
        };
        let query = query(rng);
        let cube = store
            .usage()
            .cube(&scope, query.clone())
            .await
            .expect("a cube");
        let expected = recount(records, &scope, &query);
        let found: BTreeMap<_, _> = cube
            .cells
            .iter()
            .map(|cell| (cube.marks(cell).map(Mark::clone), (cell.sums, cell.last_at)))
            .collect();
        assert_eq!(found.len(), cube.cells.len(), "each group once: {query:?}");
        let sums: BTreeMap<_, _> = expected
            .iter()
            .map(|(marks, (sums, last_at, ..))| (marks.clone(), (*sums, *last_at)))
            .collect();
        assert_eq!(found, sums, "{scope:?} {query:?}");

        let each: Vec<_> = (0..cube.cells.len()).map(Some).collect();
        let mut told = 0;
        cube.latencies(&each, each.len(), |number, pair| {
            assert_eq!(number, told);
            told += 1;
            let marks = cube.marks(&cube.cells[number]).map(Mark::clone);
            check_latencies(pair, &expected[&marks]);
        });
        assert_eq!(told, each.len());
    }
}

/// Every percentile is off by a sixteenth of the true value at most.
fn check_latencies(pair: &LatencyPair, (.., ttft, duration): &Group) {
    for (histogram, exact) in [(&pair.ttft, ttft), (&pair.duration, duration)] {
        let mut exact = exact.clone();
        exact.sort_unstable();
        for percent in [50_usize, 95, 99] {
            let rank = (exact.len() * percent).div_ceil(100).max(1) - 1;
            let found = histogram.quantile(percent as u64);
            assert_eq!(found.is_some(), !exact.is_empty());
            if let (Some(found), Some(exact)) = (found, exact.get(rank)) {
                assert!(found.abs_diff(*exact) <= exact / 16, "{found} {exact}");
            }
        }
    }
}

fn query(rng: &mut StdRng) -> CubeQuery {
    let last = slot(at(0).timestamp_millis()) + 1;
    let mut start = last - rng.random_range(1..100 * 96);
    let mut end = start + rng.random_range(1..100 * 96);
    if rng.random_bool(0.3) {
        (start, end) = (0, last);
    }
    let mut axes = [const { None }; AXES];
    for axis in axes.iter_mut().take(2) {
        *axis = match rng.random_range(0..6) {
            0 => None,
            1 | 2 => Some(Axis::Time(steps(rng, start.max(last - 9_600), end))),
            _ => Some(Axis::Dimension(*DIMENSIONS.choose(rng).expect("one"))),
        };
    }
    let only = (0..rng.random_range(0..3))
        .map(|_| {
            let values = ["", "/v1/messages", "acme", "a", "k1", "u1", "ok", "nightly"];
            Only {
                dimension: *DIMENSIONS.choose(rng).expect("one"),
                values: values
                    .iter()
                    .filter(|_| rng.random_bool(0.6))
                    .map(|value| (*value).to_owned())
                    .collect(),
            }
        })
        .collect();
    let containing = rng.random_bool(0.1).then(|| Containing {
        text: "ACME".to_lowercase(),
        ids: HashSet::from(["k2".to_owned()]),
    });
    CubeQuery {
        slots: start..end,
        axes,
        only: if rng.random_bool(0.5) {
            only
        } else {
            Vec::new()
        },
        containing,
    }
}

/// Days of a zone whose days begin anywhere, hours, or quarters.
fn steps(rng: &mut StdRng, start: Slot, end: Slot) -> Vec<Slot> {
    let (width, offset) = match rng.random_range(0..4) {
        0 => (96, rng.random_range(0..96)),
        1 => (96, 4 * rng.random_range(0..24)),
        2 => (4, 0),
        _ => (4, rng.random_range(0..4)),
    };
    let first = (start - offset).div_euclid(width) * width + offset;
    (0..)
        .map(|step| first + step * width)
        .take_while(|start| *start < end.max(first + 1))
        .collect()
}

fn recount(
    records: &[UsageRecord],
    scope: &UsageScope,
    query: &CubeQuery,
) -> BTreeMap<[Mark; AXES], Group> {
    let mut groups: BTreeMap<_, Group> = BTreeMap::new();
    for record in records {
        let at_ms = record.at.timestamp_millis();
        let value = |dimension| value(record, dimension).unwrap_or_default();
        let is_meant = query.slots.contains(&at_ms.div_euclid(SLOT_MS))
            && match scope {
                UsageScope::Everyone => true,
                UsageScope::User(id) => record.user_id.as_ref() == Some(id),
            }
            && query
                .only
                .iter()
                .all(|only| only.values.contains(&value(only.dimension)))
            && query.containing.as_ref().is_none_or(|containing| {
                DIMENSIONS.into_iter().map(value).any(|value| {
                    containing.ids.contains(&value)
                        || value.to_lowercase().contains(&containing.text)
                })
            });
        if !is_meant {
            continue;
        }
        let marks: [Option<Mark>; AXES] = std::array::from_fn(|axis| match &query.axes[axis] {
            None => Some(Mark::All),
            Some(Axis::Dimension(dimension)) => Some(Mark::Text(self::value(record, *dimension))),
            Some(Axis::Time(starts)) => starts
                .iter()
                .rfind(|start| **start * SLOT_MS <= at_ms)
                .map(|start| Mark::Slot(*start)),
        });
        if marks.iter().any(Option::is_none) {
            continue;
        }
        let marks = marks.map(|mark| mark.expect("a mark"));
        let group = groups
            .entry(marks)
            .or_insert_with(|| (Sums::default(), i64::MIN, Vec::new(), Vec::new()));
        group.0.add(&sums(record));
        group.1 = group.1.max(at_ms);
        group.2.extend(record.ttft_ms);
        group.3.push(record.duration_ms);
    }
    groups
}

fn value(record: &UsageRecord, dimension: Dimension) -> Option<String> {
    match dimension {
        Dimension::Endpoint => record.endpoint.clone(),
        Dimension::ClientFormat => record.client_format.clone(),
        Dimension::Provider => record.provider.as_ref().map(|ProviderId(id)| id.clone()),
        Dimension::ModelRequested => record.model_requested.clone(),
        Dimension::ModelServed => record.model_served.clone(),
        Dimension::Account => record
            .connection_id
            .as_ref()
            .map(|ConnectionId(id)| id.clone()),
        Dimension::Key => record.key_id.as_ref().map(|KeyId(id)| id.clone()),
        Dimension::User => record.user_id.as_ref().map(|UserId(id)| id.clone()),
        Dimension::Combo => record.combo.clone(),
        Dimension::Outcome => Some(record.outcome.as_str().to_owned()),
        Dimension::Tag => record.tag.clone(),
        Dimension::Day | Dimension::Hour => unreachable!("a part of time"),
    }
}

/// In the plainest words: what one request adds.
fn sums(record: &UsageRecord) -> Sums {
    let signed = |count: u64| i64::try_from(count).expect("small");
    let tokens = record.tokens;
    let cost = record.cost_micros.unwrap_or_default();
    // Rounded as a whole: each part is what the whole grows by, in this order.
    let micros = |picos: u64| signed((picos + 500_000) / 1_000_000);
    let mut picos = 0;
    let mut parts = [0; 4];
    if record.price.is_some() {
        let lines = [
            tokens.input * 3_000_000,
            tokens.cache_read * 300_001,
            tokens.cache_write * 3_750_000,
            tokens.output * 15_000_000,
        ];
        for (part, line) in parts.iter_mut().zip(lines) {
            *part = micros(picos + line) - micros(picos);
            picos += line;
        }
        assert_eq!(parts.iter().sum::<i64>(), cost);
    }
    let is_telling = record.is_stream && record.outcome == Outcome::Ok && record.tokens.output > 0;
    let speed_ms = record
        .ttft_ms
        .filter(|ttft_ms| is_telling && *ttft_ms < record.duration_ms)
        .map(|ttft_ms| i64::from(record.duration_ms - ttft_ms));
    Sums {
        requests: 1,
        errors: i64::from(record.outcome != Outcome::Ok),
        unpriced: i64::from(record.cost_micros.is_none()),
        estimated: i64::from(record.usage_source == UsageSource::Estimated),
        input: signed(tokens.input),
        cache_read: signed(tokens.cache_read),
        cache_write: signed(tokens.cache_write),
        output: signed(tokens.output),
        reasoning: signed(tokens.reasoning),
        cost,
        cost_input: parts[0],
        cost_cache_read: parts[1],
        cost_cache_write: parts[2],
        cost_output: parts[3],
        paid: if record.is_flat_rate { 0 } else { cost },
        speed_tokens: speed_ms.map_or(0, |_| signed(tokens.output)),
        speed_ms: speed_ms.unwrap_or_default(),
    }
}
