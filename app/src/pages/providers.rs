//! The providers, as cards by how they are paid. Each has a page of its own.

mod accounts;
mod badge;
mod card;
mod connect;
mod desk;
pub(crate) mod detail;
mod identification;
mod models;
mod node_form;
mod words;

use api::connection::ConnectionView;
use api::ids::ProviderId;
use api::provider::{NodeKind, ProviderView, Tier};
use leptos::prelude::*;

use crate::components::each::Each;
use crate::components::error::ErrorNote;
use crate::components::icon::{Drawing, Icon};
use crate::components::search_box::{SearchBox, has_words, searched};
use crate::components::skeleton::Skeleton;
use crate::pages::providers::card::ProviderCard;
use crate::pages::providers::desk::{Desk, NodeSubject};
use crate::pages::providers::node_form::NodeDialog;

/// Where a provider's own page is.
pub(crate) fn path(provider: &str) -> String {
    format!("/dashboard/providers/{provider}")
}

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
        <NodeDialog desk/>
    }
}

#[component]
fn Lists(desk: Desk) -> impl IntoView {
    let search = searched();
    let (providers, connections) = (desk.providers(), desk.connections());
    // Those with accounts first.
    let found = Memo::new(move |_| {
        let words = search.get();
        let mut found: Vec<ProviderView> = providers.with(|all| {
            let found = all.iter().filter(|provider| is_called(provider, &words));
            found.cloned().collect()
        });
        connections.with(|all| {
            found.sort_by_key(|provider| !all.iter().any(|one| one.provider == provider.id));
        });
        found
    });
    let is_searched = Memo::new(move |_| search.with(|words| !words.trim().is_empty()));
    let is_nothing = Memo::new(move |_| is_searched.get() && found.with(Vec::is_empty));
    let of_tier = move |tier: Option<Tier>| {
        Memo::new(move |_| {
            found.with(|found| {
                let of_tier = found.iter().filter(|provider| provider.tier == tier);
                of_tier.cloned().collect::<Vec<_>>()
            })
        })
    };
    let sections = Tier::ALL.map(|tier| {
        let items = of_tier(Some(tier));
        // A search leaves no title above nothing.
        let is_shown =
            Memo::new(move |_| !is_searched.get() || items.with(|items| !items.is_empty()));
        move || {
            is_shown.get().then(|| {
                view! {
                    <section class="stack" aria-labelledby=title_id(tier)>
                        <h2 id=title_id(tier)>{tier.name()}</h2>
                        <p class="muted">{words::tier(tier)}</p>
                        <Cards items connections/>
                    </section>
                }
            })
        }
    });
    view! {
        <ErrorNote error=desk.error() retry=move |()| desk.refetch()/>
        <div>
            <SearchBox path="/dashboard/providers" label="Find a provider" placeholder="Name, prefix or format"/>
            <div role="status">
                {move || is_nothing.get().then(|| view! {
                    <p class="empty muted">"No provider is called so. If it speaks one of the formats below, add it as your own."</p>
                })}
            </div>
        </div>
        <section class="stack" aria-labelledby="own-title">
            <div class="section-head">
                <h2 id="own-title">"Yours"</h2>
                <div class="actions">
                    <AddNode desk kind=NodeKind::OpenaiCompatible label="Add OpenAI-compatible"/>
                    <AddNode desk kind=NodeKind::AnthropicCompatible label="Add Anthropic-compatible"/>
                    <AddNode desk kind=NodeKind::GeminiCompatible label="Add Gemini-compatible"/>
                    <AddNode desk kind=NodeKind::OllamaCompatible label="Add Ollama"/>
                </div>
            </div>
            <p class="muted">"Any server that speaks the format of OpenAI, Anthropic, Gemini or Ollama, such as one on your own machine."</p>
            <Cards items=of_tier(None) connections/>
        </section>
        {sections}
    }
}

fn is_called(provider: &ProviderView, words: &str) -> bool {
    let name = format!(
        "{} {} {}/ {}",
        provider.name,
        provider.id,
        provider.prefix,
        words::dialects(provider)
    );
    has_words(&name, words)
}

fn title_id(tier: Tier) -> &'static str {
    match tier {
        Tier::Subscription => "subscription-title",
        Tier::Cheap => "cheap-title",
        Tier::Free => "free-title",
    }
}

#[component]
fn Cards(items: Memo<Vec<ProviderView>>, connections: Memo<Vec<ConnectionView>>) -> impl IntoView {
    view! {
        <div class="offers">
            <Each items key=|provider: &ProviderView| provider.id.clone() let:provider>
                <ProviderCard provider accounts=accounts_of(connections, provider)/>
            </Each>
        </div>
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
