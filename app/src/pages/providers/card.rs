//! A provider: what it is, how its accounts are, and what can be done with it.

use api::connection::ConnectionView;
use api::provider::{NodeView, ProviderView};
use leptos::prelude::*;

use crate::components::each::Each;
use crate::components::icon::{Drawing, Icon};
use crate::format;
use crate::pages::providers::account::AccountRow;
use crate::pages::providers::desk::{Desk, NodeSubject};
use crate::pages::providers::words;

/// A provider the user has accounts with, or defined.
#[component]
pub(crate) fn ProviderCard(
    provider: Signal<ProviderView>,
    accounts: Signal<Vec<ConnectionView>>,
    desk: Desk,
) -> impl IntoView {
    let status = Memo::new(move |_| accounts.with(|accounts| words::accounts(accounts)));
    let title_id = format!(
        "provider-{}",
        provider.with_untracked(|provider| provider.id.clone())
    );
    let labelled_by = title_id.clone();
    view! {
        <article class="card provider" aria-labelledby=labelled_by>
            <div class="card-head">
                <div class="provider-title">
                    <h3 id=title_id>{move || provider.with(|provider| provider.name.clone())}</h3>
                    <p class=move || status.get().0.class()>{move || status.get().1}</p>
                </div>
                <div class="actions">
                    {move || provider.with(|provider| provider.node.clone()).map(|node| view! {
                        <NodeActions node desk/>
                    })}
                    <button
                        type="button"
                        class="button"
                        on:click=move |_| desk.adding.set(Some(provider.get_untracked()))
                    >
                        <Drawing icon=Icon::Plus/>
                        "Add an account"
                    </button>
                </div>
            </div>
            <Facts provider/>
            <ul class="accounts">
                <Each items=accounts key=|account: &ConnectionView| account.id.clone() let:account>
                    <AccountRow account desk/>
                </Each>
            </ul>
            <ModelList provider/>
        </article>
    }
}

#[component]
fn NodeActions(node: NodeView, desk: Desk) -> impl IntoView {
    let node = StoredValue::new(node);
    let name = node.with_value(|node| node.name.clone());
    view! {
        <button
            type="button"
            class="button button-quiet"
            aria-label=format!("Edit {name}")
            on:click=move |_| desk.node.set(Some(NodeSubject::Existing(node.get_value())))
        >
            "Edit"
        </button>
        <button
            type="button"
            class="button button-quiet button-warn"
            aria-label=format!("Delete {name}")
            on:click=move |_| desk.deleting_node.set(Some(node.get_value()))
        >
            "Delete"
        </button>
    }
}

#[component]
fn Facts(provider: Signal<ProviderView>) -> impl IntoView {
    view! {
        <dl class="facts">
            <div>
                <dt>"Prefix"</dt>
                <dd><code>{move || provider.with(|provider| format!("{}/", provider.prefix))}</code></dd>
            </div>
            <div>
                <dt>"Speaks"</dt>
                <dd>{move || provider.with(dialects)}</dd>
            </div>
            <div>
                <dt>"Address"</dt>
                <dd><code class="breakable">{move || provider.with(|provider| provider.base_url.clone())}</code></dd>
            </div>
            {move || provider.with(|provider| provider.docs.clone()).map(|docs| view! {
                <div>
                    <dt>"Documents"</dt>
                    <dd><a href=docs rel="external noreferrer" target="_blank">"At the provider"</a></dd>
                </div>
            })}
        </dl>
    }
}

fn dialects(provider: &ProviderView) -> String {
    provider
        .dialects
        .iter()
        .map(|dialect| dialect.name())
        .collect::<Vec<_>>()
        .join(", ")
}

#[component]
fn ModelList(provider: Signal<ProviderView>) -> impl IntoView {
    let models = Memo::new(move |_| provider.with(|provider| provider.models.clone()));
    move || {
        let models = models.get();
        (!models.is_empty()).then(|| view! {
            <details class="disclosure">
                <summary>{format::plural(models.len() as u64, "model", "models")}</summary>
                <ul class="chips">
                    {models
                        .into_iter()
                        .map(|model| view! { <li title=model.name><code>{model.id}</code></li> })
                        .collect_view()}
                </ul>
            </details>
        })
    }
}

/// A provider of the catalogue without an account.
#[component]
pub(crate) fn OfferCard(provider: Signal<ProviderView>, desk: Desk) -> impl IntoView {
    let name = move || provider.with(|provider| provider.name.clone());
    view! {
        <article class="card offer">
            <div>
                <h3>{name}</h3>
                <p class="muted">
                    <code>{move || provider.with(|provider| format!("{}/", provider.prefix))}</code>
                    " · "
                    {move || provider.with(dialects)}
                </p>
                <p class="muted">
                    {move || provider.with(|provider| match provider.models.len() as u64 {
                        0 => "No account yet".to_owned(),
                        models => format!("No account yet · {}", format::plural(models, "model", "models")),
                    })}
                </p>
            </div>
            <button
                type="button"
                class="button"
                aria-label=move || format!("Add an account with {}", name())
                on:click=move |_| desk.adding.set(Some(provider.get_untracked()))
            >
                <Drawing icon=Icon::Plus/>
                "Add"
            </button>
        </article>
    }
}
