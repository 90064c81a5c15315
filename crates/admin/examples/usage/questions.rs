//! Every grouping by one and by two dimensions, over every period.

use std::error::Error;
use std::time::{Duration, Instant};

use admin::{Actor, Admin};
use api::usage::query::{
    Dimension, Filter, Measure, Preset, Selection, SeriesQuery, SortBy, Span, TableQuery,
};

pub(crate) async fn ask(admin: &Admin, actor: &Actor) -> Result<(), Box<dyn Error>> {
    for zone in ["Europe/Berlin", "Asia/Kathmandu"] {
        println!("days and hours of {zone}");
        for round in ["first time", "again"] {
            for compare in [false, true] {
                println!("  {round}, {}", if compare { "compared" } else { "alone" });
                for preset in Preset::ALL {
                    grid(admin, actor, zone, *preset, compare).await?;
                }
            }
        }
    }
    by_latency(admin, actor).await?;
    filtered(admin, actor).await?;
    charts(admin, actor).await
}

fn selection(zone: &str, preset: Preset) -> Selection {
    Selection {
        period: Span::Preset(preset),
        zone: zone.to_owned(),
        ..Selection::default()
    }
}

async fn grid(
    admin: &Admin,
    actor: &Actor,
    zone: &str,
    preset: Preset,
    compare: bool,
) -> Result<(), Box<dyn Error>> {
    let mut times = Times::default();
    for (number, by) in Dimension::ALL.iter().enumerate() {
        let others = Dimension::ALL.iter().skip(number + 1).copied();
        for then_by in others.map(Some).chain([None]) {
            let query = TableQuery {
                selection: selection(zone, preset),
                by: *by,
                then_by,
                compare,
                ..TableQuery::default()
            };
            let start = Instant::now();
            admin.usage_query(actor, query).await?;
            let then_by = then_by.map_or("", Dimension::as_str);
            times.add(start.elapsed(), format!("{},{then_by}", by.as_str()));
        }
    }
    times.print(&format!("    {:>4}", preset.as_str()));
    Ok(())
}

/// Sorting by a percentile needs those of every group.
async fn by_latency(admin: &Admin, actor: &Actor) -> Result<(), Box<dyn Error>> {
    let mut times = Times::default();
    for (by, then_by) in [
        (Dimension::Endpoint, Dimension::ModelServed),
        (Dimension::Key, Dimension::ModelServed),
        (Dimension::ModelServed, Dimension::Hour),
    ] {
        let query = TableQuery {
            selection: selection("UTC", Preset::Quarter),
            by,
            then_by: Some(then_by),
            sort: SortBy::Measure(Measure::TtftP95),
            ..TableQuery::default()
        };
        let start = Instant::now();
        admin.usage_query(actor, query).await?;
        times.add(
            start.elapsed(),
            format!("{},{}", by.as_str(), then_by.as_str()),
        );
    }
    times.print("sorted by a percentile, 90d");
    Ok(())
}

async fn filtered(admin: &Admin, actor: &Actor) -> Result<(), Box<dyn Error>> {
    let mut times = Times::default();
    for (by, then_by, dimension, value) in [
        (
            Dimension::ModelServed,
            Dimension::Key,
            Dimension::Endpoint,
            "/v1/messages",
        ),
        (
            Dimension::Endpoint,
            Dimension::ModelServed,
            Dimension::Outcome,
            "ok",
        ),
        (
            Dimension::Provider,
            Dimension::Day,
            Dimension::Provider,
            "provider-03",
        ),
        (
            Dimension::ModelServed,
            Dimension::Day,
            Dimension::Key,
            "018f0000-0000-7000-9000-000000000001",
        ),
    ] {
        for preset in [Preset::Week, Preset::Quarter] {
            let mut selection = selection("UTC", preset);
            selection.filters.push(Filter {
                dimension,
                values: vec![Some(value.to_owned())],
            });
            let query = TableQuery {
                selection,
                by,
                then_by: Some(then_by),
                ..TableQuery::default()
            };
            let start = Instant::now();
            admin.usage_query(actor, query).await?;
            let name = format!("{},{} {}", by.as_str(), then_by.as_str(), preset.as_str());
            times.add(start.elapsed(), name);
        }
    }
    times.print("with a filter, compared");
    Ok(())
}

async fn charts(admin: &Admin, actor: &Actor) -> Result<(), Box<dyn Error>> {
    for preset in Preset::ALL {
        let mut times = Times::default();
        for by in Dimension::ALL.iter().copied().filter(|by| !by.is_time()) {
            for measure in [Measure::Requests, Measure::Cost, Measure::TtftP95] {
                let query = SeriesQuery {
                    selection: selection("Europe/Berlin", *preset),
                    by: Some(by),
                    measure,
                    ..SeriesQuery::default()
                };
                let start = Instant::now();
                admin.usage_series(actor, query).await?;
                times.add(
                    start.elapsed(),
                    format!("{} {}", by.as_str(), measure.as_str()),
                );
            }
        }
        times.print(&format!("chart {:>4}", preset.as_str()));
    }
    Ok(())
}

#[derive(Default)]
struct Times(Vec<(Duration, String)>);

impl Times {
    fn add(&mut self, time: Duration, what: String) {
        self.0.push((time, what));
    }

    fn print(mut self, name: &str) {
        self.0.sort();
        let at = |percent: usize| {
            let rank = (self.0.len() * percent).div_ceil(100).max(1) - 1;
            self.0
                .get(rank)
                .map_or(0.0, |(time, _)| time.as_secs_f64() * 1_000.0)
        };
        let worst = self.0.last().map_or("", |(_, what)| what);
        println!(
            "{name}: p50 {:.1} ms, p95 {:.1} ms, most {:.1} ms ({worst}), of {}",
            at(50),
            at(95),
            at(100),
            self.0.len()
        );
    }
}
