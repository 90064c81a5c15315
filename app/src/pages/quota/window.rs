//! One window: how much is gone, when it comes back, and how long the rest will do.

use api::quota::{Forecast, Source, WindowView};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::components::clock::Clock;
use crate::pages::quota::line::Line;
use crate::pages::quota::words::{self, Level};

#[component]
pub(crate) fn WindowRow(
    window: Signal<WindowView>,
    now: Signal<Option<DateTime<Utc>>>,
) -> impl IntoView {
    let name = Memo::new(move |_| window.with(|view| view.window.name.clone()));
    let amount = Memo::new(move |_| window.with(|view| view.window.amount));
    let level = Memo::new(move |_| Level::of(amount.get()));
    let resets_at = Memo::new(move |_| window.with(|view| view.window.resets_at));
    let forecast = Memo::new(move |_| window.with(|view| view.forecast));
    let is_counted = Memo::new(move |_| window.with(|view| view.window.source == Source::Counted));
    let points = Memo::new(move |_| window.with(|view| view.history.clone()));
    view! {
        <li class="quota-window">
            <div class="quota-name">
                <strong>{move || name.get()}</strong>
                <span class=move || format!("badge {}", level.get().class())>{move || level.get().name()}</span>
            </div>
            {move || amount.get().share().map(|share| view! {
                <progress
                    class=format!("quota-bar {}", level.get().bar())
                    max="100"
                    value=format!("{:.1}", share * 100.0)
                    aria-label=format!("{}, used", name.get())
                ></progress>
            })}
            <div class="quota-facts">
                <span>{move || words::used(amount.get())}</span>
                {move || resets_at.get().map(|at| view! { <Reset at now/> })}
            </div>
            <div class="quota-facts">
                <ForecastWords forecast/>
                <Line points/>
            </div>
            {move || is_counted.get().then(|| view! {
                <p class="muted">"Counted from this router's own requests: the vendor does not say, and other programs are not seen."</p>
            })}
        </li>
    }
}

/// Ticks once the page has come to life.
#[component]
fn Reset(at: DateTime<Utc>, now: Signal<Option<DateTime<Utc>>>) -> impl IntoView {
    let left = move || now.get().map(|now| words::until(at, now));
    view! {
        <span>
            {move || match left() {
                Some(left) => format!("Resets {left}, at "),
                None => "Resets at ".to_owned(),
            }}
            <Clock at=Signal::stored(at)/>
        </span>
    }
}

#[component]
fn ForecastWords(forecast: Memo<Forecast>) -> impl IntoView {
    let words = move || {
        match forecast.get() {
        Forecast::Unknown => view! { <span class="muted">"Too early for a forecast"</span> }.into_any(),
        Forecast::Idle => view! { <span class="muted">"Not in use lately"</span> }.into_any(),
        Forecast::Empty => view! { <span>"Nothing is left"</span> }.into_any(),
        Forecast::Lasts => view! { <span>"Lasts until the reset"</span> }.into_any(),
        Forecast::Empties { at, earliest, latest } => view! {
            <span>
                "Empties about " <Clock at=Signal::stored(at)/> ", not before " <Clock at=Signal::stored(earliest)/>
                {match latest {
                    Some(latest) => view! { ", by " <Clock at=Signal::stored(latest)/> }.into_any(),
                    None => view! { ", or lasts" }.into_any(),
                }}
            </span>
        }
        .into_any(),
    }
    };
    view! { {words} }
}
