//! The providers, and the accounts with them.

mod account;
mod account_forms;
mod card;
mod desk;
mod node_form;
mod words;

use api::connection::ConnectionView;
use api::ids::ProviderId;
use api::provider::{NodeKind, ProviderView};
use leptos::prelude::*;

use crate::components::each::Each;
use crate::components::error::ErrorNote;
use crate::components::icon::{Drawing, Icon};
use crate::components::skeleton::Skeleton;
use crate::pages::providers::account_forms::{AddAccount, DeleteAccount, EditAccount};
use crate::pages::providers::card::{OfferCard, ProviderCard};
use crate::pages::providers::desk::{Desk, NodeSubject};
use crate::pages::providers::node_form::{DeleteNodeDialog, NodeDialog};

#[component]
pub(crate) fn ProvidersPage() -> impl IntoView {
    let desk = Desk::new();
    view! {
        <Transition fallback=|| view! {
            <Skeleton lines=4 what="the providers"/>
            <Skeleton lines=4 what="the accounts"/>
        }>
            <Lists desk/>
        </Transition>
        <AddAccount desk/>
        <EditAccount desk/>
        <DeleteAccount desk/>
        <NodeDialog desk/>
        <DeleteNodeDialog desk/>
    }
}

#[component]
fn Lists(desk: Desk) -> impl IntoView {
    let providers = desk.providers();
    let connections = desk.connections();
    let is_used = move |provider: &ProviderView| {
        provider.node.is_some()
            || connections.with(|all| {
                all.iter()
                    .any(|connection| connection.provider == provider.id)
            })
    };
    let used = Memo::new(move |_| {
        providers.with(|all| {
            all.iter()
                .filter(|provider| is_used(provider))
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    let offered = Memo::new(move |_| {
        providers.with(|all| {
            all.iter()
                .filter(|provider| !is_used(provider))
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    view! {
        <ErrorNote error=desk.error() retry=move |()| desk.refetch()/>
        <section class="stack" aria-labelledby="used-title">
            <div class="section-head">
                <h2 id="used-title">"Yours"</h2>
                <div class="actions">
                    <AddNode desk kind=NodeKind::OpenaiCompatible label="Add OpenAI-compatible"/>
                    <AddNode desk kind=NodeKind::AnthropicCompatible label="Add Anthropic-compatible"/>
                    <AddNode desk kind=NodeKind::GeminiCompatible label="Add Gemini-compatible"/>
                    <AddNode desk kind=NodeKind::OllamaCompatible label="Add Ollama"/>
                </div>
            </div>
            {move || used.with(Vec::is_empty).then(|| view! {
                <div class="card empty">
                    <p>"No account yet. Add one below, or add any server that speaks the format of OpenAI, Anthropic, Gemini or Ollama. From then on its models can be named at your endpoint."</p>
                </div>
            })}
            <Each items=used key=|provider: &ProviderView| provider.id.clone() let:provider>
                <ProviderCard provider accounts=accounts_of(connections, provider) desk/>
            </Each>
        </section>
        <section class="stack" aria-labelledby="offered-title">
            <h2 id="offered-title">"Add an account with"</h2>
            <div class="offers">
                <Each items=offered key=|provider: &ProviderView| provider.id.clone() let:provider>
                    <OfferCard provider desk/>
                </Each>
            </div>
        </section>
    }
}

fn accounts_of(
    connections: Memo<Vec<ConnectionView>>,
    provider: Signal<ProviderView>,
) -> Signal<Vec<ConnectionView>> {
    let is_with = move |id: &ProviderId| provider.with(|provider| provider.id == *id);
    Memo::new(move |_| {
        connections.with(|all| {
            all.iter()
                .filter(|connection| is_with(&connection.provider))
                .cloned()
                .collect::<Vec<_>>()
        })
    })
    .into()
}

#[component]
fn AddNode(desk: Desk, kind: NodeKind, label: &'static str) -> impl IntoView {
    view! {
        <button type="button" class="button" on:click=move |_| desk.node.set(Some(NodeSubject::New(kind)))>
            <Drawing icon=Icon::Plus/>
            {label}
        </button>
    }
}
