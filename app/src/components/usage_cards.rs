//! The sums of the period, how they changed, and how they came about.

use api::usage::query::Measure;
use api::usage::table::Measures;
use leptos::prelude::*;

use crate::components::figure::{change, figure};
use crate::components::sparkline::Sparkline;
use crate::format;

#[component]
pub(crate) fn UsageCards(
    totals: Memo<Measures>,
    previous: Memo<Option<Measures>>,
    /// Everything, step by step.
    steps: Memo<Vec<Measures>>,
) -> impl IntoView {
    let card = move |title: &'static str, measure: Measure, detail: fn(&Measures) -> String| {
        view! { <Card title totals previous steps measure detail/> }
    };
    view! {
        <dl class="figure-cards" aria-label="Sums of the period">
            {card("Requests", Measure::Requests, errors)}
            {card("Tokens", Measure::Total, cached)}
            {card("Output tokens", Measure::Output, reasoning)}
            {card("Cost", Measure::Cost, paid)}
            {card("First token, median", Measure::TtftP50, slow_start)}
            {card("Duration, median", Measure::DurationP50, slow_end)}
        </dl>
    }
}

#[component]
fn Card(
    title: &'static str,
    measure: Measure,
    totals: Memo<Measures>,
    previous: Memo<Option<Measures>>,
    steps: Memo<Vec<Measures>>,
    detail: fn(&Measures) -> String,
) -> impl IntoView {
    let points = Memo::new(move |_| {
        steps.with(|steps| {
            steps
                .iter()
                .map(|step| step.number(measure))
                .collect::<Vec<_>>()
        })
    });
    let changed = move || {
        let before = previous.get()?;
        let change = totals.with(|totals| change(measure, totals, &before))?;
        let before = format!("{} in the period before", figure(measure, &before));
        Some(
            view! { <span class="change" title=before>{change}<span class="visually-hidden">" on the period before"</span></span> },
        )
    };
    view! {
        <div class="card figure-card">
            <dt>{title}</dt>
            <dd>
                <span class="figure-line"><strong>{move || totals.with(|totals| figure(measure, totals))}</strong>{changed}</span>
                <span class="muted">{move || totals.with(detail)}</span>
                <Sparkline points/>
            </dd>
        </div>
    }
}

fn errors(totals: &Measures) -> String {
    match format::percent(totals.errors, totals.requests) {
        Some(share) if totals.errors > 0 => {
            format!(
                "{} ({share})",
                format::plural(totals.errors, "error", "errors")
            )
        }
        Some(_) => "no errors".to_owned(),
        None => "none in this period".to_owned(),
    }
}

fn cached(totals: &Measures) -> String {
    let tokens = &totals.tokens;
    let input = tokens.input + tokens.cache_read + tokens.cache_write;
    format::percent(tokens.cache_read, input).map_or_else(
        || "none in this period".to_owned(),
        |share| format!("{share} of the input from a cache"),
    )
}

fn reasoning(totals: &Measures) -> String {
    format::percent(totals.tokens.reasoning, totals.tokens.output).map_or_else(
        || "none in this period".to_owned(),
        |share| format!("{share} of it reasoning"),
    )
}

fn paid(totals: &Measures) -> String {
    let paid = format!("{} of it paid", format::money(totals.paid_micros));
    match totals.unpriced {
        0 => paid,
        unpriced => format!(
            "{paid}, {} without a price",
            format::plural(unpriced, "request", "requests")
        ),
    }
}

fn slow_start(totals: &Measures) -> String {
    slow(
        figure(Measure::TtftP95, totals),
        figure(Measure::TtftP99, totals),
    )
}

fn slow_end(totals: &Measures) -> String {
    slow(
        figure(Measure::DurationP95, totals),
        figure(Measure::DurationP99, totals),
    )
}

fn slow(p95: String, p99: String) -> String {
    format!("p95 {p95}, p99 {p99}")
}
