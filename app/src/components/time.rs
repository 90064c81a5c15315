//! A moment: UTC from the server, the reader's own clock once the browser is awake.

use chrono::{DateTime, SecondsFormat, Utc};
use leptos::prelude::*;

use crate::{browser, format};

#[component]
pub(crate) fn Time(
    #[prop(into)] at: Signal<DateTime<Utc>>,
    /// Whose clock is shown; the reader's own where none is said.
    #[prop(optional, into)]
    zone: Option<Signal<String>>,
    /// Today's need no date, and one minute may have many.
    #[prop(optional)]
    is_close: bool,
) -> impl IntoView {
    let local = RwSignal::new(None::<String>);
    let whole = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        let time = match zone {
            Some(zone) => zone.with(|zone| browser::time_in(at.get(), zone)),
            None => Some(browser::local_time(at.get())),
        };
        local.set(if is_close {
            Some(browser::local_seconds(at.get()))
        } else {
            time.clone()
        });
        whole.set(time);
    });
    let place = move || zone.map_or_else(|| "here".to_owned(), |zone| zone.get());
    let title = move || match whole.get() {
        Some(whole) => format!("{whole} {}, {}", place(), format::utc(at.get())),
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
