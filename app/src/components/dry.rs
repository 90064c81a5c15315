//! A warning on every page: a combo is about to run dry, and the tools that use it stop working with it.

use std::time::Duration;

use api::quota::DryCombo;
use leptos::prelude::*;

use crate::browser;
use crate::components::clock::Clock;
use crate::components::icon::{Drawing, Icon};
use crate::functions::quota::dry_combos;

const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Shows nothing while nothing is wrong, nor when nobody knows.
#[component]
pub(crate) fn DryWarning() -> impl IntoView {
    let fetched = Resource::new(|| (), |()| dry_combos());
    Effect::new(move |_| {
        let look = move || {
            if !browser::is_hidden() {
                fetched.refetch();
            }
        };
        if let Ok(interval) = set_interval_with_handle(look, LOOK_EVERY) {
            on_cleanup(move || interval.clear());
        }
    });
    view! {
        <Transition>
            {move || {
                let dry = fetched.get().and_then(Result::ok).unwrap_or_default();
                (!dry.is_empty()).then(|| view! {
                    <div class="note note-warning dry-warning" role="status">
                        <Drawing icon=Icon::Warning/>
                        <div>{dry.into_iter().map(|dry| view! { <Sentence dry/> }).collect_view()}</div>
                        <a class="button" href="/dashboard/quota">"Quotas"</a>
                    </div>
                })
            }}
        </Transition>
    }
}

#[component]
fn Sentence(dry: DryCombo) -> impl IntoView {
    view! {
        <p>
            "The combo " <strong>{dry.combo}</strong> " runs dry about "
            <Clock at=Signal::stored(dry.empties_at)/>
            {dry.resets_at.map(|at| view! { "; the first account is whole again " <Clock at=Signal::stored(at)/> })}
            "."
        </p>
    }
}
