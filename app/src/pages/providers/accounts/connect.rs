//! How an account comes to be: the buttons beside the list of accounts.

use api::provider::ProviderView;
use leptos::prelude::*;

use crate::components::icon::{Drawing, Icon};
use crate::pages::providers::desk::Desk;

#[component]
pub(crate) fn Connect(provider: Signal<ProviderView>, desk: Desk) -> impl IntoView {
    view! {
        <div class="actions">
            <button
                type="button"
                class="button"
                on:click=move |_| desk.adding.set(Some(provider.get_untracked()))
            >
                <Drawing icon=Icon::Plus/>
                "Add an account"
            </button>
        </div>
    }
}
