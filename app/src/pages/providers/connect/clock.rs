//! How much time a login has left.

use std::time::Duration;

use leptos::prelude::*;

use crate::browser;
use crate::pages::providers::connect::Progress;

#[component]
pub(super) fn TimeLeft(progress: Progress) -> impl IntoView {
    let now = RwSignal::new(browser::now());
    Effect::new(move |_| {
        if let Ok(clock) =
            set_interval_with_handle(move || now.set(browser::now()), Duration::from_secs(1))
        {
            on_cleanup(move || clock.clear());
        }
    });
    let left = move || {
        let ends = progress
            .view
            .with(|view| view.as_ref().map(|view| view.expires_at))?;
        let seconds = (ends - now.get()).num_seconds().max(0);
        Some(format!("{}:{:02}", seconds / 60, seconds % 60))
    };
    view! { <p class="muted">"Time left: " <span class="number">{left}</span></p> }
}
