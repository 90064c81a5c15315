//! Usage over time: a drawing for those who see it, a sentence and a table for everybody.
//!
//! The server sends an empty box of the right size; an effect draws into it.

use api::usage::{Period, UsagePoint};
use leptos::html::Div;
use leptos::prelude::*;

use crate::components::time::Time;
use crate::format;
use crate::pages::usage::address::View;

#[component]
pub(crate) fn UsageChart(
    points: Memo<Vec<UsagePoint>>,
    bucket_seconds: Memo<u32>,
    view: Signal<View>,
    period: Signal<Period>,
) -> impl IntoView {
    let is_empty =
        Memo::new(move |_| points.with(|points| points.iter().all(|point| point.requests == 0)));
    let words = Memo::new(move |_| {
        points.with(|points| describe(points, view.get(), bucket_seconds.get(), period.get()))
    });
    view! {
        <section class="card" aria-labelledby="chart-title">
            <h2 id="chart-title">
                {move || match view.get() {
                    View::Tokens => "Tokens over time",
                    View::Costs => "Cost over time",
                }}
            </h2>
            <p class="muted">{move || words.get()}</p>
            {move || (!is_empty.get()).then(|| view! {
                <Drawn points bucket_seconds view words/>
                <details class="disclosure">
                    <summary>"The figures of the chart"</summary>
                    <PointTable points/>
                </details>
            })}
        </section>
    }
}

#[component]
fn Drawn(
    points: Memo<Vec<UsagePoint>>,
    bucket_seconds: Memo<u32>,
    view: Signal<View>,
    words: Memo<String>,
) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    #[cfg(feature = "hydrate")]
    crate::charts::draw(place, points, bucket_seconds, view);
    #[cfg(not(feature = "hydrate"))]
    let _drawn_in_the_browser = (points, bucket_seconds, view);
    view! {
        <div class="chart" id="usage-chart" role="img" aria-label=move || words.get() node_ref=place></div>
    }
}

#[component]
fn PointTable(points: Memo<Vec<UsagePoint>>) -> impl IntoView {
    view! {
        <div class="table-box table-box-tall" role="region" aria-label="The figures of the chart" tabindex="0">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"From"</th>
                        <th scope="col" class="number">"Requests"</th>
                        <th scope="col" class="number">"Input"</th>
                        <th scope="col" class="number">"Cache"</th>
                        <th scope="col" class="number">"Output"</th>
                        <th scope="col" class="number">"Cost"</th>
                    </tr>
                </thead>
                <tbody>
                    <For
                        each=move || points.with(|points| {
                            points.iter().rev().filter(|point| point.requests > 0).copied().collect::<Vec<_>>()
                        })
                        key=|point| (point.at, point.requests, point.tokens.total(), point.cost_micros)
                        let:point
                    >
                        <tr>
                            <th scope="row"><Time at=point.at/></th>
                            <td class="number">{format::count(point.requests)}</td>
                            <td class="number">{format::count(point.tokens.input)}</td>
                            <td class="number">{format::count(point.tokens.cache_read + point.tokens.cache_write)}</td>
                            <td class="number">{format::count(point.tokens.output)}</td>
                            <td class="number">{format::money(point.cost_micros)}</td>
                        </tr>
                    </For>
                </tbody>
            </table>
        </div>
    }
}

/// The drawing in a sentence.
fn describe(points: &[UsagePoint], view: View, bucket_seconds: u32, period: Period) -> String {
    let measure = |point: &UsagePoint| match view {
        View::Tokens => point.tokens.total(),
        View::Costs => u64::try_from(point.cost_micros).unwrap_or(0),
    };
    let say = |amount: u64| match view {
        View::Tokens => format::plural(amount, "token", "tokens"),
        View::Costs => format::money(i64::try_from(amount).unwrap_or(i64::MAX)),
    };
    let sum: u64 = points.iter().map(measure).sum();
    let span = match period {
        Period::Day => "in the last 24 hours",
        Period::Week => "in the last 7 days",
        Period::Month => "in the last 30 days",
        Period::All => "since the first request",
    };
    let width = width(bucket_seconds);
    match points.iter().max_by_key(|point| measure(point)) {
        Some(most) if sum > 0 => {
            format!(
                "{} {span}, a bar for {width}; at most {} in one.",
                say(sum),
                say(measure(most))
            )
        }
        Some(_) | None => format!("Nothing {span}."),
    }
}

fn width(seconds: u32) -> String {
    match seconds {
        3_600 => "each hour".to_owned(),
        86_400 => "each day".to_owned(),
        seconds if seconds.is_multiple_of(86_400) => format!("every {} days", seconds / 86_400),
        seconds => format!("every {} hours", seconds / 3_600),
    }
}
