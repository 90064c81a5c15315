//! How an account comes to be: the buttons beside the list of accounts.

use api::provider::ProviderView;
use leptos::prelude::*;

use crate::components::icon::{Drawing, Icon};
use crate::pages::providers::connect::Subject;
use crate::pages::providers::desk::Desk;

#[component]
pub(crate) fn Connect(provider: Signal<ProviderView>, desk: Desk) -> impl IntoView {
    let logs_in = move || provider.with(|provider| provider.login.is_some());
    view! {
        <div class="actions">
            <button
                type="button"
                class="button"
                on:click=move |_| {
                    let provider = provider.get_untracked();
                    if provider.login.is_some() {
                        desk.connecting.set(Some(Subject { provider, account: None }));
                    } else {
                        desk.adding.set(Some(provider));
                    }
                }
            >
                <Drawing icon=Icon::Plus/>
                {move || if logs_in() { "Connect an account" } else { "Add an account" }}
            </button>
        </div>
    }
}
