//! A model: what clients write, where it is known from, and whether it is on.

use api::error::ApiError;
use api::provider::{ModelOrigin, ModelView, ProviderView};
use leptos::prelude::*;

use crate::components::copy::CopyButton;
use crate::components::switch::Switch;
use crate::components::toast::use_toasts;
use crate::format;
use crate::functions::models::{DeleteModel, SetModelsEnabled};
use crate::pages::providers::desk::Desk;

#[component]
pub(crate) fn ModelRow(
    provider: Signal<ProviderView>,
    model: Signal<ModelView>,
    desk: Desk,
) -> impl IntoView {
    let toasts = use_toasts();
    let set = ServerAction::<SetModelsEnabled>::new();
    let delete = ServerAction::<DeleteModel>::new();
    let id = Signal::derive(move || model.with(|model| model.id.clone()));
    let is_enabled = Signal::derive(move || model.with(|model| model.is_enabled));
    let is_custom = move || model.with(|model| model.origin == ModelOrigin::Custom);
    let heed = move |answer: Option<Result<(), ApiError>>| match answer {
        Some(Ok(())) => desk.refetch(),
        Some(Err(error)) => toasts.say(error.message),
        None => {}
    };
    Effect::new(move |_| heed(set.value().get()));
    Effect::new(move |_| heed(delete.value().get()));
    let may_change = move || provider.with(|provider| provider.may_change);
    let of = move || provider.with_untracked(|provider| provider.id.clone());
    let own_name = move || model.with_untracked(|model| model.model.clone());
    let switch = move |is_enabled| {
        set.dispatch(SetModelsEnabled {
            provider: of(),
            models: vec![own_name()],
            is_enabled,
        });
    };
    view! {
        <li class="model-row" class:is-paused=move || !is_enabled.get()>
            <div class="account-main">
                <code class="breakable">{id}</code>
                {move || is_custom().then(|| view! { <span class="badge badge-quiet">"Added by hand"</span> })}
                <span class="muted">{move || model.with(about)}</span>
            </div>
            <div class="row-actions">
                <CopyButton text=id what="the model's name"/>
                {move || (may_change() && is_custom()).then(|| view! {
                    <button
                        type="button"
                        class="button button-quiet button-warn"
                        aria-label=move || format!("Remove {}", id.get())
                        on:click=move |_| {
                            delete.dispatch(DeleteModel { provider: of(), model: own_name() });
                        }
                    >
                        "Remove"
                    </button>
                })}
                {move || may_change().then(|| view! {
                    <Switch
                        label=Signal::derive(move || format!("{} is on", id.get()))
                        is_on=is_enabled
                        is_busy=set.pending()
                        set=switch
                    />
                })}
            </div>
        </li>
    }
}

fn about(model: &ModelView) -> String {
    let name = (model.name != model.model).then(|| model.name.clone());
    let context = model
        .context
        .map(|context| format!("{} tokens of context", format::count(context)));
    let off = (!model.is_enabled).then(|| "switched off".to_owned());
    [name, context, off]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
}
