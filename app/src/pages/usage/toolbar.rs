//! The period, the usual views, what is going on right now, and what stands above the table.

use api::usage::query::{Dimension, Preset, Span};
use api::usage::table::UsageTable as Answer;
use leptos::prelude::*;

use crate::components::usage_words;
use crate::format;
use crate::pages::usage::address::Address;

/// The groupings that people ask for most.
const VIEWS: [(&str, Dimension, Dimension); 4] = [
    ("Endpoints", Dimension::Endpoint, Dimension::ModelServed),
    ("Models", Dimension::ModelServed, Dimension::Provider),
    ("Accounts", Dimension::Account, Dimension::ModelServed),
    ("API keys", Dimension::Key, Dimension::ModelServed),
];

#[component]
pub(crate) fn Toolbar(address: Memo<Address>, in_flight: RwSignal<Option<u32>>) -> impl IntoView {
    let span = Memo::new(move |_| address.with(|address| address.table.selection.period.clone()));
    let grouping =
        Memo::new(move |_| address.with(|address| (address.table.by, address.table.then_by)));
    view! {
        <div class="toolbar">
            <nav class="segments" aria-label="Period">
                {Preset::ALL.iter().map(|preset| view! {
                    <a
                        href=move || address.with(|address| address.with_preset(*preset).href())
                        prop:replace=true
                        data-noscroll
                        aria-current=move || (span.get() == Span::Preset(*preset)).then_some("true")
                    >
                        {usage_words::preset(*preset)}
                    </a>
                }).collect_view()}
            </nav>
            <nav class="segments" aria-label="View">
                {VIEWS.map(|(name, by, then_by)| view! {
                    <a
                        href=move || address.with(|address| address.by(by, Some(then_by)).href())
                        prop:replace=true
                        data-noscroll
                        aria-current=move || (grouping.get() == (by, Some(then_by))).then_some("true")
                    >
                        {name}
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

/// What the table is by, and what can be done with all of it.
#[component]
pub(crate) fn TableHead(
    answer: Memo<Option<Answer>>,
    address: Memo<Address>,
    home: Signal<String>,
) -> impl IntoView {
    let title = move || {
        address.with(|address| {
            let by = usage_words::dimension(address.table.by);
            let name = if address.table.by == Dimension::Key {
                by.to_owned()
            } else {
                by.to_lowercase()
            };
            format!("By {name}")
        })
    };
    let is_empty = Memo::new(move |_| {
        answer.with(|answer| {
            answer
                .as_ref()
                .is_none_or(|answer| answer.groups.is_empty())
        })
    });
    let can_open = Memo::new(move |_| {
        address.with(|address| address.table.then_by.is_some()) && !is_empty.get()
    });
    let export = move |form: &'static str| {
        move || address.with(|address| home.with(|home| address.export(form, home)))
    };
    view! {
        <div class="card-head">
            <h2 id="table-title">{title}</h2>
            <div class="actions">
                {move || can_open.get().then(|| view! { <OpenAll address/> })}
                <a class="button button-quiet" href=export("csv") download rel="external">"CSV"</a>
                <a class="button button-quiet" href=export("json") download rel="external">"JSON"</a>
                <a class="button button-quiet" href="/dashboard/usage/report">"Monthly report"</a>
            </div>
        </div>
    }
}

/// Opens every group, or closes them again.
#[component]
fn OpenAll(address: Memo<Address>) -> impl IntoView {
    let is_all_closed = move || address.with(Address::is_all_closed);
    let href = move || {
        address.with(|address| {
            let target = if address.is_all_closed() {
                address.all_open()
            } else {
                address.all_closed()
            };
            target.href()
        })
    };
    view! {
        <a class="button button-quiet" href=href prop:replace=true data-noscroll>
            {move || if is_all_closed() { "Open all" } else { "Close all" }}
        </a>
    }
}
