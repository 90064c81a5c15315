//! The period, what is drawn, and what is going on right now.

use api::usage::Period;
use leptos::prelude::*;

use crate::format;
use crate::pages::usage::address::{Address, View};

#[component]
pub(crate) fn Toolbar(address: Memo<Address>, in_flight: RwSignal<Option<u32>>) -> impl IntoView {
    view! {
        <div class="toolbar">
            <nav class="segments" aria-label="Period">
                {Period::ALL.map(|period| view! {
                    <a
                        href=move || address.with(|address| address.with_period(period).href())
                        prop:replace=true
                        data-noscroll
                        aria-current=move || (address.with(|address| address.query.period) == period).then_some("true")
                    >
                        {period_name(period)}
                    </a>
                })}
            </nav>
            <nav class="segments" aria-label="What the chart shows">
                {View::ALL.map(|view| view! {
                    <a
                        href=move || address.with(|address| address.with_view(view).href())
                        prop:replace=true
                        data-noscroll
                        aria-current=move || (address.with(|address| address.view) == view).then_some("true")
                    >
                        {view_name(view)}
                    </a>
                })}
            </nav>
            <p class="live" class:is-live=move || in_flight.get().is_some()>
                <span class="live-dot" aria-hidden="true"></span>
                {move || match in_flight.get() {
                    None => "Not live".to_owned(),
                    Some(0) => "Live".to_owned(),
                    Some(requests) => format!("{} in flight", format::count(requests.into())),
                }}
            </p>
        </div>
    }
}

fn period_name(period: Period) -> &'static str {
    match period {
        Period::Day => "24 hours",
        Period::Week => "7 days",
        Period::Month => "30 days",
        Period::All => "All",
    }
}

fn view_name(view: View) -> &'static str {
    match view {
        View::Tokens => "Tokens",
        View::Costs => "Costs",
    }
}
