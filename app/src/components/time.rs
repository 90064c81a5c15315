//! A moment: UTC from the server, the reader's own clock once the browser is awake.

use chrono::{DateTime, SecondsFormat, Utc};
use leptos::prelude::*;

use crate::{browser, format};

#[component]
pub(crate) fn Time(#[prop(into)] at: Signal<DateTime<Utc>>) -> impl IntoView {
    let local = RwSignal::new(None::<String>);
    Effect::new(move |_| local.set(Some(browser::local_time(at.get()))));
    let title = move || match local.get() {
        Some(local) => format!("{local} here, {}", format::utc(at.get())),
        None => format::utc(at.get()),
    };
    view! {
        <time
            datetime=move || at.get().to_rfc3339_opts(SecondsFormat::Secs, true)
            title=title
        >
            {move || local.get().unwrap_or_else(|| format::utc(at.get()))}
        </time>
    }
}

/// A moment that may not have come.
#[component]
pub(crate) fn MaybeTime(
    #[prop(into)] at: Signal<Option<DateTime<Utc>>>,
    #[prop(default = "never")] otherwise: &'static str,
) -> impl IntoView {
    view! {
        {move || match at.get() {
            Some(at) => view! { <Time at/> }.into_any(),
            None => view! { <span class="muted">{otherwise}</span> }.into_any(),
        }}
    }
}
