//! A status in words and colour.

use leptos::prelude::*;

use crate::components::clock::Clock;
use crate::pages::providers::words::Status;

#[component]
pub(crate) fn Badge(#[prop(into)] status: Signal<Status>) -> impl IntoView {
    view! {
        <span class=move || status.get().mood.class()>
            // An element for each text: texts that meet are one in the server's page.
            <span>{move || {
                let Status { words, until, .. } = status.get();
                if until.is_some() { format!("{words} ") } else { words }
            }}</span>
            {move || status.get().until.map(|at| view! { <Clock at/> })}
        </span>
    }
}
