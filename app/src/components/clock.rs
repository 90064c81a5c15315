//! Moments that are near: told by the clock, and counted down.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use leptos::prelude::*;

use crate::browser;
use crate::format;

/// The time, second by second; nothing before the page has come to life.
pub(crate) fn use_now() -> Signal<Option<DateTime<Utc>>> {
    let now = RwSignal::new(None);
    Effect::new(move |_| {
        let tick = move || now.set(Some(browser::now()));
        tick();
        if let Ok(interval) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || interval.clear());
        }
    });
    now.into()
}

/// `14:10` on this browser's clock, with its date on another day; in UTC until the page has come to life.
#[component]
pub(crate) fn Clock(#[prop(into)] at: Signal<DateTime<Utc>>) -> impl IntoView {
    let local = RwSignal::new(None::<String>);
    Effect::new(move |_| local.set(Some(browser::local_clock(at.get()))));
    view! {
        <time
            datetime=move || at.get().to_rfc3339_opts(SecondsFormat::Secs, true)
            title=move || format::utc(at.get())
        >
            {move || local.get().unwrap_or_else(|| format::utc(at.get()))}
        </time>
    }
}
