//! An account: how it is, when it served, and what can be done with it.

use api::connection::{CheckResult, ConnectionPatch, ConnectionView, Health};
use leptos::prelude::*;

use crate::components::error::sentence;
use crate::components::icon::{Drawing, Icon};
use crate::components::switch::Switch;
use crate::components::time::Time;
use crate::components::toast::use_toasts;
use crate::format;
use crate::functions::providers::{PatchConnection, TestConnection};
use crate::pages::providers::desk::Desk;
use crate::pages::providers::words;

#[component]
pub(crate) fn AccountRow(account: Signal<ConnectionView>, desk: Desk) -> impl IntoView {
    let toasts = use_toasts();
    let patch = ServerAction::<PatchConnection>::new();
    let test = ServerAction::<TestConnection>::new();
    let name = move || account.with(|account| account.name.clone());
    let status = Memo::new(move |_| account.with(words::account));
    let is_active = Signal::derive(move || account.with(|account| account.is_active));
    let id = move || account.with_untracked(|account| account.id.clone());
    Effect::new(move |_| match patch.value().get() {
        Some(Ok(view)) => {
            toasts.say(format!(
                "{} is {}.",
                view.name,
                if view.is_active {
                    "in use again"
                } else {
                    "paused"
                }
            ));
            desk.refetch();
        }
        Some(Err(error)) => toasts.say(error.message),
        None => {}
    });
    Effect::new(move |_| {
        if test.value().get().is_some() {
            desk.refetch();
        }
    });
    let set = move |is_active| {
        let patch_active = ConnectionPatch {
            is_active: Some(is_active),
            ..ConnectionPatch::default()
        };
        patch.dispatch(PatchConnection {
            id: id(),
            patch: patch_active,
        });
    };
    view! {
        <li class="account-row" class:is-paused=move || !is_active.get()>
            <div class="account-main">
                <strong>{name}</strong>
                <span class=move || status.get().0.class()>{move || status.get().1}</span>
                <span class="muted">
                    {move || match account.with(|account| account.last_used_at) {
                        Some(at) => view! { "Last used " <Time at/> }.into_any(),
                        None => "Never used".into_any(),
                    }}
                </span>
            </div>
            <div class="row-actions">
                <Switch label=Signal::derive(move || format!("{} is in use", name())) is_on=is_active is_busy=patch.pending() set/>
                <button
                    type="button"
                    class="button button-quiet"
                    aria-label=move || format!("Test {}", name())
                    disabled=move || test.pending().get()
                    on:click=move |_| {
                        test.dispatch(TestConnection { id: id() });
                    }
                >
                    {move || if test.pending().get() { "Testing…" } else { "Test" }}
                </button>
                <button
                    type="button"
                    class="button button-quiet"
                    aria-label=move || format!("Edit {}", name())
                    on:click=move |_| desk.editing.set(Some(account.get_untracked()))
                >
                    "Edit"
                </button>
                <button
                    type="button"
                    class="button button-quiet button-warn"
                    aria-label=move || format!("Delete {}", name())
                    on:click=move |_| desk.deleting.set(Some(account.get_untracked()))
                >
                    "Delete"
                </button>
            </div>
            <LastError account/>
            <div role="status" class="account-result">
                {move || test.value().get().map(|result| match result {
                    Ok(result) => view! { <Found result/> }.into_any(),
                    Err(error) => view! { <p class="problem">{sentence(&error.message)}</p> }.into_any(),
                })}
            </div>
        </li>
    }
}

/// What the provider said when it last refused, in full, as long as that is how things stand.
#[component]
fn LastError(account: Signal<ConnectionView>) -> impl IntoView {
    move || {
        account.with(
            |account| match (account.health, account.last_error.clone()) {
                (Health::Error, Some(text)) => {
                    let at = account.last_error_at;
                    Some(view! {
                        <div class="account-error">
                            <Drawing icon=Icon::Warning/>
                            <div>
                                <p class="breakable">{text}</p>
                                {at.map(|at| view! { <p class="muted"><Time at/></p> })}
                            </div>
                        </div>
                    })
                }
                (Health::Error, None) | (Health::Active | Health::Unknown, _) => None,
            },
        )
    }
}

/// What a test of a credential found.
#[component]
pub(crate) fn Found(result: CheckResult) -> impl IntoView {
    let took = format::duration(result.latency_ms);
    if result.valid {
        view! { <p class="found found-good"><Drawing icon=Icon::Check/>"It works · " {took}</p> }
            .into_any()
    } else {
        let why = result
            .error
            .map_or_else(|| "It does not work.".to_owned(), |error| sentence(&error));
        view! { <p class="found found-bad"><Drawing icon=Icon::Warning/>{why}" · "{took}</p> }
            .into_any()
    }
}
