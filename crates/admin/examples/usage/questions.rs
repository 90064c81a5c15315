//! Every grouping by one and by two dimensions, over every period.

use std::error::Error;
use std::time::{Duration, Instant};

use admin::{Actor, Admin};
use api::usage::query::{
    Dimension, Filter, Measure, Preset, Selection, SeriesQuery, SortBy, Span, TableQuery,
};
use chrono::TimeDelta;

pub(crate) async fn ask(admin: &Admin, actor: &Actor) -> Result<(), Box<dyn Error>> {
    for zone in ["Europe/Berlin", "Asia/Kathmandu"] {
        println!("days and hours of {zone}");
        for round in ["first time", "again"] {
            for compare in [false, true] {
                println!("  {round}, {}", if compare { "compared" } else { "alone" });
                for preset in Preset::ALL {
                    let name = preset.as_str();
                    grid(admin, actor, zone, (name, &Span::Preset(*preset)), compare).await?;
                }
                grid(admin, actor, zone, ("odd", &odd()), compare).await?;
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
    (name, period): (&str, &Span),
    compare: bool,
) -> Result<(), Box<dyn Error>> {
    let mut times = Times::default();
    for (number, by) in Dimension::ALL.iter().enumerate() {
        let others = Dimension::ALL.iter().skip(number + 1).copied();
        for then_by in others.map(Some).chain([None]) {
            let query = TableQuery {
                selection: Selection {
                    period: period.clone(),
                    zone: zone.to_owned(),
                    ..Selection::default()
                },
                by: *by,
                then_by,
                compare,
                ..TableQuery::default()
            };
            let start = Watch::start();
            admin.usage_query(actor, query).await?;
            let then_by = then_by.map_or("", Dimension::as_str);
            times.add(start.stop(), format!("{},{then_by}", by.as_str()));
        }
    }
    times.print(&format!("    {name:>4}"));
    Ok(())
}

/// Some fifty days that begin and end at no hour.
fn odd() -> Span {
    let now = chrono::Utc::now();
    let ago =
        |days, minutes| (now - TimeDelta::days(days) - TimeDelta::minutes(minutes)).to_rfc3339();
    Span::Custom {
        from: ago(61, 37),
        until: ago(9, 412),
    }
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
        let start = Watch::start();
        admin.usage_query(actor, query).await?;
        times.add(
            start.stop(),
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
        (
            Dimension::ModelServed,
            Dimension::Day,
            Dimension::User,
            "018f0000-0000-7000-a000-000000000001",
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
            let start = Watch::start();
            admin.usage_query(actor, query).await?;
            let name = format!("{},{} {}", by.as_str(), then_by.as_str(), preset.as_str());
            times.add(start.stop(), name);
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
                let start = Watch::start();
                admin.usage_series(actor, query).await?;
                times.add(
                    start.stop(),
                    format!("{} {}", by.as_str(), measure.as_str()),
                );
            }
        }
        times.print(&format!("chart {:>4}", preset.as_str()));
    }
    Ok(())
}

/// Time on the wall, and of processors: what else the machine does is in the first alone.
struct Watch(Instant, Duration);

impl Watch {
    fn start() -> Self {
        Self(Instant::now(), processors())
    }

    fn stop(&self) -> [Duration; 2] {
        [self.0.elapsed(), processors().saturating_sub(self.1)]
    }
}

/// What all threads have used so far. Nothing where the system does not say.
fn processors() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let spent = threads.flatten().filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(spent.sum())
}

#[derive(Default)]
struct Times(Vec<([Duration; 2], String)>);

impl Times {
    fn add(&mut self, time: [Duration; 2], what: String) {
        self.0.push((time, what));
    }

    fn print(mut self, name: &str) {
        self.0.sort();
        let mut of_processors: Vec<_> = self.0.iter().map(|([_, time], _)| *time).collect();
        of_processors.sort_unstable();
        let rank = |percent: usize| (self.0.len() * percent).div_ceil(100).max(1) - 1;
        let ms = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1_000.0);
        let at = |percent: usize| ms(self.0.get(rank(percent)).map(|([time, _], _)| time));
        let of_processors = |percent: usize| ms(of_processors.get(rank(percent)));
        let worst = self.0.last().map_or("", |(_, what)| what);
        println!(
            "{name}: p50 {:.1} ms, p95 {:.1} ms, most {:.1} ms ({worst}), of {}; processors p50 {:.1} ms, p95 {:.1} ms, most {:.1} ms",
            at(50),
            at(95),
            at(100),
            self.0.len(),
            of_processors(50),
            of_processors(95),
            of_processors(100),
        );
    }
}
