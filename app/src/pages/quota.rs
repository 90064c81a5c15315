//! How much of their quotas the accounts have left. Filter and order stand in the URL.

mod account;
mod filters;
mod line;
mod window;
mod words;

use std::time::Duration;

use api::error::ApiError;
use api::quota::QuotaView;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::browser;
use crate::components::clock::use_now;
use crate::components::each::Each;
use crate::components::error::ErrorNote;
use crate::components::skeleton::Skeleton;
use crate::components::toast::use_toasts;
use crate::functions::quota::{quotas, refresh_quotas};
use crate::pages::quota::account::AccountCard;
use crate::pages::quota::filters::{Filters, Order, Wanted};

/// The router asks the vendors by itself; this only looks at what it knows.
const LOOK_EVERY: Duration = Duration::from_secs(30);

type Fetched = Resource<Result<Vec<QuotaView>, ApiError>>;

#[component]
pub(crate) fn QuotaPage() -> impl IntoView {
    let fetched: Fetched = Resource::new(|| (), |()| quotas());
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
        <Transition fallback=|| view! { <Skeleton lines=8 what="the quotas"/> }>
            <Shown fetched/>
        </Transition>
    }
}

#[component]
fn Shown(fetched: Fetched) -> impl IntoView {
    // The last answer stays while the next is under way, and when it fails.
    let known = Memo::new(
        move |previous: Option<&Option<Vec<QuotaView>>>| match fetched.get() {
            Some(Ok(views)) => Some(views),
            Some(Err(_)) | None => previous.cloned().flatten(),
        },
    );
    let error = Memo::new(move |_| fetched.get().and_then(Result::err));
    let query = use_query_map();
    let wanted = Memo::new(move |_| query.with(|query| Wanted::read(|name| query.get(name))));
    let views = Memo::new(move |_| known.get().unwrap_or_default());
    let shown = Memo::new(move |_| views.with(|views| wanted.with(|wanted| wanted.choose(views))));
    let is_empty = move || known.with(|known| known.as_ref().is_some_and(Vec::is_empty));
    let fits_nothing = move || !is_empty() && shown.with(Vec::is_empty) && error.get().is_none();
    let now = use_now();
    view! {
        <ErrorNote error retry=move |()| fetched.refetch()/>
        <section class="stack" aria-labelledby="quota-title">
            <div class="section-head">
                <h2 id="quota-title">"Accounts"</h2>
                <RefreshAll fetched/>
            </div>
            <p class="prose">
                "What each vendor allows an account, and how much of it is gone. The router asks the vendors by itself every few minutes. A forecast takes the last hours as the measure, and is as good as they are typical."
            </p>
            {move || (!is_empty()).then(|| view! { <Filters views wanted/> })}
            {move || is_empty().then(|| view! {
                <div class="card empty">
                    <p>"No account here has a quota that could be known. Accounts that log in with their vendor appear on this page."</p>
                    <a class="button" href="/dashboard/providers">"Connect an account"</a>
                </div>
            })}
            {move || fits_nothing().then(|| view! { <p class="muted">"No account fits."</p> })}
            <div class="quota-cards">
                <Each items=shown key=|view: &QuotaView| view.id.clone() let:view>
                    <AccountCard view now refetch=move |()| fetched.refetch()/>
                </Each>
            </div>
        </section>
    }
}

#[component]
fn RefreshAll(fetched: Fetched) -> impl IntoView {
    let toasts = use_toasts();
    let refresh = Action::new(move |(): &()| async move {
        match refresh_quotas().await {
            Ok(_) => fetched.refetch(),
            Err(error) => toasts.say(error.message),
        }
    });
    let is_busy = refresh.pending();
    view! {
        <button
            type="button"
            class="button"
            disabled=move || is_busy.get()
            on:click=move |_| {
                refresh.dispatch(());
            }
        >
            {move || if is_busy.get() { "Asking the vendors…" } else { "Refresh all" }}
        </button>
    }
}

impl Order {
    /// What comes first under this order.
    fn sort(self, views: &mut [QuotaView]) {
        match self {
            Self::Name => {
                views.sort_by_cached_key(|view| {
                    (view.provider_name.to_lowercase(), view.name.to_lowercase())
                });
            }
            // Nothing known comes last.
            Self::Reset => views.sort_by_key(|view| {
                let reset = view.first_reset();
                (reset.is_none(), reset)
            }),
            Self::Left => views.sort_by(|a, b| most_used(b).total_cmp(&most_used(a))),
        }
    }
}

/// Of its fullest window; less than nothing, where nothing is known.
fn most_used(view: &QuotaView) -> f64 {
    let shares = view.windows.iter();
    shares
        .filter_map(|view| view.window.amount.share())
        .fold(-1.0, f64::max)
}
