//! One account: what it is, what is left of each of its windows, and a way to ask again.

use api::quota::{QuotaView, WindowView};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::components::clock::Clock;
use crate::components::each::Each;
use crate::components::error::sentence;
use crate::components::toast::use_toasts;
use crate::functions::quota::refresh_quota;
use crate::pages::quota::window::WindowRow;

#[component]
pub(crate) fn AccountCard(
    view: Signal<QuotaView>,
    now: Signal<Option<DateTime<Utc>>>,
    #[prop(into)] refetch: Callback<()>,
) -> impl IntoView {
    let part = move |read: fn(&QuotaView) -> String| Memo::new(move |_| view.with(read));
    let (name, provider) = (
        part(|view| view.name.clone()),
        part(|view| view.provider_name.clone()),
    );
    let plan = Memo::new(move |_| view.with(|view| view.plan.clone()));
    let message = Memo::new(move |_| view.with(|view| view.message.clone()));
    let windows = Memo::new(move |_| view.with(|view| view.windows.clone()));
    let as_of = Memo::new(move |_| view.with(|view| view.as_of));
    let is_asked = Memo::new(move |_| view.with(|view| view.next_at.is_some()));
    let title = view.with_untracked(|view| format!("quota-{}", view.id));
    let labelled_by = title.clone();
    let href = view.with_untracked(|view| format!("/dashboard/providers/{}", view.provider));
    view! {
        <article class="card quota-card" aria-labelledby=labelled_by>
            <div class="card-head">
                <div>
                    <h3 id=title>{move || name.get()}</h3>
                    <a class="muted" href=href>{move || provider.get()}</a>
                </div>
                <div class="quota-marks">
                    {move || plan.get().map(|plan| view! { <span class="badge badge-quiet">{plan}</span> })}
                    {move || (!view.with(|view| view.is_active)).then(|| view! {
                        <span class="badge badge-quiet">"Switched off"</span>
                    })}
                    {move || view.with(|view| view.is_revoked).then(|| view! {
                        <span class="badge badge-bad">"Connect it again"</span>
                    })}
                </div>
            </div>
            <ul class="quota-windows">
                <Each items=windows key=|view: &WindowView| view.window.name.clone() let:window>
                    <WindowRow window now/>
                </Each>
            </ul>
            {move || message.get().map(|message| view! { <p class="muted">{sentence(&message)}</p> })}
            <div class="quota-foot">
                <span class="muted">
                    {move || as_of.get().map(|at| view! { "As of " <Clock at=Signal::stored(at)/> })}
                </span>
                {move || is_asked.get().then(|| view! { <Refresh view refetch/> })}
            </div>
        </article>
    }
}

#[component]
fn Refresh(view: Signal<QuotaView>, refetch: Callback<()>) -> impl IntoView {
    let toasts = use_toasts();
    let refresh = Action::new(move |(): &()| {
        let id = view.with_untracked(|view| view.id.clone());
        async move {
            match refresh_quota(id).await {
                Ok(_) => refetch.run(()),
                Err(error) => toasts.say(error.message),
            }
        }
    });
    let is_busy = refresh.pending();
    let label = move || view.with(|view| format!("Refresh the quota of {}", view.name));
    view! {
        <button
            type="button"
            class="button button-quiet"
            aria-label=label
            disabled=move || is_busy.get()
            on:click=move |_| {
                refresh.dispatch(());
            }
        >
            {move || if is_busy.get() { "Asking…" } else { "Refresh" }}
        </button>
    }
}
