//! One provider: what it is, its accounts, its models.

use api::provider::{NodeView, ProviderView, not_offered};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::components::each::Each;
use crate::components::error::ErrorNote;
use crate::components::skeleton::Skeleton;
use crate::pages::providers::accounts::AccountsSection;
use crate::pages::providers::accounts::forms::{AddAccount, DeleteAccount, EditAccount};
use crate::pages::providers::accounts_of;
use crate::pages::providers::connect::ConnectDialog;
use crate::pages::providers::desk::{Desk, NodeSubject};
use crate::pages::providers::identification::IdentificationPart;
use crate::pages::providers::models::{self, Models, ModelsSection};
use crate::pages::providers::node_form::{DeleteNodeDialog, NodeDialog};
use crate::pages::providers::words;

#[component]
pub(crate) fn ProviderPage() -> impl IntoView {
    let desk = Desk::new();
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let models = models::fetch(id, desk);
    view! {
        <p><a href="/dashboard/providers">"All providers"</a></p>
        <Transition fallback=|| view! {
            <Skeleton lines=4 what="the provider"/>
            <Skeleton lines=4 what="the accounts"/>
        }>
            <ErrorNote error=desk.error() retry=move |()| desk.refetch()/>
            <Provider desk id models/>
        </Transition>
        <ConnectDialog desk/>
        <AddAccount desk/>
        <EditAccount desk/>
        <DeleteAccount desk/>
        <NodeDialog desk/>
        <DeleteNodeDialog desk/>
    }
}

/// The provider, in a list of one: it stays in the document while what is known of it changes.
#[component]
fn Provider(desk: Desk, id: Memo<String>, models: Models) -> impl IntoView {
    let providers = desk.providers();
    let found = Memo::new(move |_| {
        providers.with(|all| {
            let is_it = |provider: &&ProviderView| id.with(|id| provider.id.as_str() == id);
            all.iter().filter(is_it).cloned().collect::<Vec<_>>()
        })
    });
    let is_unknown = move || found.with(Vec::is_empty) && desk.error().get().is_none();
    view! {
        // A list needs an element of its own to be put into, even before that is on the page.
        <div>
            {move || is_unknown().then(|| view! {
                <div class="card empty"><p>{id.with(|id| not_offered(id).unwrap_or("There is no such provider."))}</p></div>
            })}
            <Each items=found key=|provider: &ProviderView| provider.id.clone() let:provider>
                <Parts provider models desk/>
            </Each>
        </div>
    }
}

#[component]
fn Parts(provider: Signal<ProviderView>, models: Models, desk: Desk) -> impl IntoView {
    let accounts = accounts_of(desk.connections(), provider);
    let name = move || provider.with(|provider| provider.name.clone());
    view! {
        <div class="stack">
        <Title text=name/>
        <section class="card" aria-labelledby="provider-title">
            <div class="card-head">
                <div class="provider-title">
                    <h2 id="provider-title">{name}</h2>
                    {move || provider.with(|provider| provider.tier).map(|tier| view! {
                        <span class="badge badge-quiet">{tier.name()}</span>
                    })}
                </div>
                {move || provider.with(|provider| provider.node.clone().filter(|_| provider.may_change)).map(|node| view! {
                    <NodeActions node desk/>
                })}
            </div>
            <Facts provider/>
            <IdentificationPart provider/>
        </section>
        <AccountsSection provider accounts desk/>
        <ModelsSection provider accounts fetched=models desk/>
        </div>
    }
}

#[component]
fn NodeActions(node: NodeView, desk: Desk) -> impl IntoView {
    let node = StoredValue::new(node);
    let name = node.with_value(|node| node.name.clone());
    view! {
        <div class="actions">
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
        </div>
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
                <dd>{move || provider.with(words::dialects)}</dd>
            </div>
            <div>
                <dt>"Address"</dt>
                <dd>
                    <code class="breakable">{move || provider.with(|provider| provider.base_url.clone())}</code>
                    {move || provider.with(|provider| provider.base_url.contains('{')).then(|| view! {
                        <p class="muted">"What stands in braces each account gives for itself."</p>
                    })}
                </dd>
            </div>
            {move || provider.with(leads_inside).then(|| view! {
                <div>
                    <dt>"Network"</dt>
                    <dd>"May be on this machine or in your own network"</dd>
                </div>
            })}
            {move || provider.with(|provider| provider.docs.clone()).map(|docs| view! {
                <div>
                    <dt>"Documents"</dt>
                    <dd><a href=docs rel="external noreferrer" target="_blank">"At the provider"</a></dd>
                </div>
            })}
        </dl>
    }
}

fn leads_inside(provider: &ProviderView) -> bool {
    let node = provider.node.as_ref();
    node.is_some_and(|node| node.allows_private)
}
