//! The sums of the period.

use api::usage::Totals;
use leptos::prelude::*;

use crate::format;

#[component]
pub(crate) fn UsageCards(totals: Memo<Totals>) -> impl IntoView {
    let card =
        move |title: &'static str, figure: fn(&Totals) -> String, detail: fn(&Totals) -> String| {
            view! {
                <div class="card figure-card">
                    <dt>{title}</dt>
                    <dd>
                        <strong>{move || totals.with(figure)}</strong>
                        <span class="muted">{move || totals.with(detail)}</span>
                    </dd>
                </div>
            }
        };
    view! {
        <dl class="figure-cards" aria-label="Sums of the period">
            {card("Requests", |totals| format::count(totals.requests), errors)}
            {card("Input tokens", |totals| format::count(total_input(totals)), cached)}
            {card("Output tokens", |totals| format::count(totals.tokens.output), reasoning)}
            {card("Cost", |totals| format::money(totals.cost_micros), unpriced)}
        </dl>
    }
}

fn total_input(totals: &Totals) -> u64 {
    totals.tokens.input + totals.tokens.cache_read + totals.tokens.cache_write
}

fn errors(totals: &Totals) -> String {
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

fn cached(totals: &Totals) -> String {
    format::percent(totals.tokens.cache_read, total_input(totals)).map_or_else(
        || "none in this period".to_owned(),
        |share| format!("{share} read from a cache"),
    )
}

fn reasoning(totals: &Totals) -> String {
    format::percent(totals.tokens.reasoning, totals.tokens.output).map_or_else(
        || "none in this period".to_owned(),
        |share| format!("{share} of it reasoning"),
    )
}

fn unpriced(totals: &Totals) -> String {
    match totals.unpriced {
        0 => "every request has a price".to_owned(),
        unpriced => format!(
            "without {} of no known price",
            format::plural(unpriced, "request", "requests")
        ),
    }
}
