//! A provider's models: found, searched, switched off, added by hand, copied as clients write them.

mod add;
mod row;

use api::connection::ConnectionView;
use api::error::ApiError;
use api::provider::{ModelView, ProviderView};
use leptos::prelude::*;

use crate::components::each::Each;
use crate::components::error::{ErrorNote, sentence};
use crate::components::field::{Field, Kind};
use crate::components::icon::{Drawing, Icon};
use crate::format;
use crate::functions;
use crate::functions::models::DiscoverModels;
use crate::pages::providers::desk::Desk;
use crate::pages::providers::models::add::AddModelDialog;
use crate::pages::providers::models::row::ModelRow;

/// So many are shown at once; the search finds the others.
const MOST_SHOWN: usize = 100;

pub(crate) type Models = Resource<Result<Vec<ModelView>, ApiError>>;

/// Fetched again with everything else of the page.
pub(crate) fn fetch(provider: Memo<String>, desk: Desk) -> Models {
    Resource::new(
        move || (provider.get(), desk.version.get()),
        |(provider, _)| functions::models::provider_models(provider.into()),
    )
}

#[component]
pub(crate) fn ModelsSection(
    provider: Signal<ProviderView>,
    accounts: Signal<Vec<ConnectionView>>,
    fetched: Models,
    desk: Desk,
) -> impl IntoView {
    let models = Memo::new(
        move |previous: Option<&Vec<ModelView>>| match fetched.get() {
            Some(Ok(models)) => models,
            Some(Err(_)) | None => previous.cloned().unwrap_or_default(),
        },
    );
    let error = Signal::derive(move || fetched.get().and_then(Result::err));
    let search = RwSignal::new(String::new());
    let adding = RwSignal::new(None::<ProviderView>);
    let found = Memo::new(move |_| {
        let words = search.get().to_lowercase();
        let words: Vec<&str> = words.split_whitespace().collect();
        models.with(|models| {
            let is_found = |model: &&ModelView| {
                let text = format!("{} {}", model.id, model.name).to_lowercase();
                words.iter().all(|word| text.contains(word))
            };
            models.iter().filter(is_found).cloned().collect::<Vec<_>>()
        })
    });
    let shown = Memo::new(move |_| {
        found.with(|found| found.iter().take(MOST_SHOWN).cloned().collect::<Vec<_>>())
    });
    let summary = move || {
        let (all, found) = (models.with(Vec::len), found.with(Vec::len));
        let all_words = format::plural(all as u64, "model", "models");
        match found {
            found if found == all && all <= MOST_SHOWN => all_words,
            found if found > MOST_SHOWN => format!(
                "{} of {all_words} shown: search for the others",
                format::count(MOST_SHOWN as u64)
            ),
            found => format!("{} of {all_words} found", format::count(found as u64)),
        }
    };
    view! {
        <section class="card" aria-labelledby="models-title">
            <div class="card-head">
                <div class="provider-title">
                    <h2 id="models-title">"Models"</h2>
                    <p class="muted" role="status">{summary}</p>
                </div>
                <div class="actions">
                    <Discover accounts desk/>
                    {move || provider.with(|provider| provider.may_change).then(|| view! {
                        <button type="button" class="button" on:click=move |_| adding.set(Some(provider.get_untracked()))>
                            <Drawing icon=Icon::Plus/>
                            "Add a model"
                        </button>
                    })}
                </div>
            </div>
            <ErrorNote error/>
            <Field id="models-search" label="Search the models" field="search" kind=Kind::Text value=search/>
            <ul class="model-list" aria-labelledby="models-title">
                <Each items=shown key=|model: &ModelView| model.model.clone() let:model>
                    <ModelRow provider model desk/>
                </Each>
            </ul>
            {move || models.with(Vec::is_empty).then(|| view! {
                <p class="muted">"No model is known yet. Fetch them from the provider, or add one by its name; a name that is not listed can be asked for all the same."</p>
            })}
            <AddModelDialog open=adding desk/>
        </section>
    }
}

/// Asks the provider through the first account that may be asked.
#[component]
fn Discover(accounts: Signal<Vec<ConnectionView>>, desk: Desk) -> impl IntoView {
    let discover = ServerAction::<DiscoverModels>::new();
    let through = Memo::new(move |_| {
        accounts.with(|accounts| {
            let usable = accounts
                .iter()
                .find(|account| account.may_change && account.is_active);
            usable.map(|account| account.id.clone())
        })
    });
    Effect::new(move |_| {
        if let Some(Ok(_)) = discover.value().get() {
            desk.refetch();
        }
    });
    let said = move || {
        discover.value().get().map(|result| match result {
            Ok(found) if found.result.valid => {
                let count = format::plural(found.count as u64, "model", "models");
                view! { <p class="muted">{format!("The provider lists {count}.")}</p> }.into_any()
            }
            Ok(found) => {
                let why = found.result.error.unwrap_or_default();
                view! { <p class="problem">{sentence(&why)}</p> }.into_any()
            }
            Err(error) => view! { <p class="problem">{sentence(&error.message)}</p> }.into_any(),
        })
    };
    view! {
        <div role="status">{said}</div>
        <button
            type="button"
            class="button"
            disabled=move || discover.pending().get() || through.with(Option::is_none)
            on:click=move |_| {
                if let Some(id) = through.get_untracked() {
                    discover.dispatch(DiscoverModels { id });
                }
            }
        >
            {move || if discover.pending().get() { "Fetching…" } else { "Fetch from the provider" }}
        </button>
    }
}
