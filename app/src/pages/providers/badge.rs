//! A status in words and colour.

use leptos::prelude::*;

use crate::components::clock::Clock;
use crate::pages::providers::words::Status;

#[component]
pub(crate) fn Badge(#[prop(into)] status: Signal<Status>) -> impl IntoView {
    view! {
        <span class=move || status.get().mood.class()>
            {move || status.get().words}
            {move || status.get().until.map(|at| view! { " " <Clock at/> })}
        </span>
    }
}
