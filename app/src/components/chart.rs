//! Usage over time: a drawing for those who see it, a sentence and a table for everybody.
//!
//! The server sends an empty box of the right size; an effect draws into it.

use api::usage::query::{Dimension, Measure, Step};
use api::usage::table::{Line, UsageSeries};
use leptos::html::Div;
use leptos::prelude::*;

use crate::components::figure::{NONE, amount, is_sum};
use crate::components::usage_words;
use crate::format;
use crate::pages::usage::address::Address;

/// What a chart can show. Parts of a sum are stacked, everything else is a line each.
const MEASURES: [Measure; 8] = [
    Measure::Total,
    Measure::Cost,
    Measure::Requests,
    Measure::Errors,
    Measure::Output,
    Measure::TtftP50,
    Measure::DurationP95,
    Measure::Speed,
];

#[component]
pub(crate) fn UsageChart(
    series: Memo<Option<UsageSeries>>,
    address: Memo<Address>,
) -> impl IntoView {
    let measure = Memo::new(move |_| address.with(|address| address.measure));
    let is_empty = Memo::new(move |_| {
        series.with(|series| {
            series
                .as_ref()
                .is_none_or(|series| series.totals.requests == 0)
        })
    });
    let words =
        Memo::new(move |_| series.with(|series| series.as_ref().map(describe).unwrap_or_default()));
    view! {
        <section class="card" aria-labelledby="chart-title">
            <div class="card-head">
                <h2 id="chart-title">{move || format!("{} over time", usage_words::measure(measure.get()))}</h2>
                <nav class="segments" aria-label="What the chart shows">
                    {MEASURES.map(|choice| view! {
                        <a
                            href=move || address.with(|address| address.with_measure(choice).href())
                            prop:replace=true
                            data-noscroll
                            aria-current=move || (measure.get() == choice).then_some("true")
                        >
                            {usage_words::measure(choice)}
                        </a>
                    })}
                </nav>
            </div>
            <p class="muted">{move || words.get()}</p>
            {move || (!is_empty.get()).then(|| view! {
                <Drawn series words/>
                <details class="disclosure">
                    <summary>"The figures of the chart"</summary>
                    <PointTable series/>
                </details>
            })}
        </section>
    }
}

#[component]
fn Drawn(series: Memo<Option<UsageSeries>>, words: Memo<String>) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    #[cfg(feature = "hydrate")]
    crate::charts::draw(place, series);
    #[cfg(not(feature = "hydrate"))]
    let _drawn_in_the_browser = series;
    view! {
        <div class="chart" id="usage-chart" role="img" aria-label=move || words.get() node_ref=place></div>
    }
}

/// One column for each line, newest step first; steps in which nothing was are left out.
#[component]
fn PointTable(series: Memo<Option<UsageSeries>>) -> impl IntoView {
    let table = move || {
        series.with(|series| {
            let series = series.as_ref()?;
            let measure = series.query.measure;
            let lines: Vec<(String, &Line)> = named_lines(series).collect();
            let heads = lines.iter().map(|(name, _)| view! { <th scope="col" class="number">{name.clone()}</th> });
            let steps = series.labels.iter().zip(&series.steps).enumerate().rev();
            let rows = steps.filter(|(_, (_, step))| step.requests > 0).map(|(number, (label, _))| {
                let cells = lines.iter().map(|(_, line)| {
                    let point = line.points.get(number).copied().flatten();
                    view! { <td class="number">{point.map_or_else(|| NONE.to_owned(), |point| amount(measure, point))}</td> }
                });
                view! { <tr><th scope="row">{label.clone()}</th>{cells.collect_view()}</tr> }
            });
            Some(view! {
                <thead><tr><th scope="col">"From"</th>{heads.collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            })
        })
    };
    view! {
        <div class="table-box table-box-tall" role="region" aria-label="The figures of the chart" tabindex="0">
            <table class="table">{table}</table>
        </div>
    }
}

/// The lines with what they are called, the largest first.
pub(crate) fn named_lines(series: &UsageSeries) -> impl Iterator<Item = (String, &Line)> {
    let measure = series.query.measure;
    let name = move |line: &Line| match series.query.by {
        Some(by) => usage_words::value(by, &line.value),
        None => usage_words::measure(measure).to_owned(),
    };
    let lines = series.lines.iter().map(move |line| (name(line), line));
    lines.chain(series.other.iter().map(|line| ("Other".to_owned(), line)))
}

/// The drawing in a sentence.
fn describe(series: &UsageSeries) -> String {
    let measure = series.query.measure;
    let span = usage_words::span(&series.query.selection.period);
    let Some(total) = series
        .totals
        .number(measure)
        .filter(|_| series.totals.requests > 0)
    else {
        return format!("Nothing {span}.");
    };
    let width = match series.step {
        Step::QuarterHour => "quarter of an hour",
        Step::Hour => "hour",
        Step::Auto | Step::Day => "day",
    };
    let steps = series.steps.iter().zip(&series.labels);
    let numbers = steps.filter_map(|(step, label)| Some((step.number(measure)?, label)));
    let most = numbers.max_by(|(a, _), (b, _)| a.total_cmp(b));
    let mut words = match (is_sum(measure), most) {
        (true, Some((most, at))) => format!(
            "{} {span}, for each {width}; at most {} in the one from {at}.",
            quantity(measure, total),
            quantity(measure, most),
        ),
        (false, Some((most, at))) => format!(
            "{} {span}, for each {width}; at most {} in the one from {at}.",
            amount(measure, total),
            amount(measure, most),
        ),
        (_, None) => format!("{} {span}.", quantity(measure, total)),
    };
    if let Some(by) = series.query.by.filter(|_| is_sum(measure) && total > 0.0) {
        words.push_str(&largest(series, by, measure, total));
    }
    words
}

fn largest(series: &UsageSeries, by: Dimension, measure: Measure, total: f64) -> String {
    let line = series.lines.first();
    let part = line.and_then(|line| Some((line, line.measures.number(measure)? / total)));
    part.map_or_else(String::new, |(line, part)| {
        format!(
            " Most by {}: {} with {}.",
            usage_words::dimension(by).to_lowercase(),
            usage_words::value(by, &line.value),
            format::share(part)
        )
    })
}

fn quantity(measure: Measure, number: f64) -> String {
    let words = amount(measure, number);
    let is_one = words == "1";
    match measure {
        Measure::Requests if is_one => "1 request".to_owned(),
        Measure::Requests => format!("{words} requests"),
        Measure::Errors if is_one => "1 error".to_owned(),
        Measure::Errors => format!("{words} errors"),
        Measure::Total if is_one => "1 token".to_owned(),
        Measure::Total => format!("{words} tokens"),
        Measure::Output => format!("{words} output tokens"),
        _ => words,
    }
}
