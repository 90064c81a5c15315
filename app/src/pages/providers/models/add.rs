//! Adds a model that no list has.

use api::error::{ApiError, ErrorKind};
use api::provider::{ModelCreate, ProviderView};
use leptos::prelude::*;

use crate::components::button::Submit;
use crate::components::error::ErrorNote;
use crate::components::field::{Field, outside};
use crate::components::modal::Modal;
use crate::components::toast::use_toasts;
use crate::functions::models::AddModel;
use crate::pages::providers::desk::Desk;

#[component]
pub(crate) fn AddModelDialog(open: RwSignal<Option<ProviderView>>, desk: Desk) -> impl IntoView {
    view! {
        <Modal id="add-model-title" title="Add a model" open children=move |provider: ProviderView| {
            view! { <Form provider open desk/> }.into_any()
        }/>
    }
}

#[component]
fn Form(provider: ProviderView, open: RwSignal<Option<ProviderView>>, desk: Desk) -> impl IntoView {
    let toasts = use_toasts();
    let add = ServerAction::<AddModel>::new();
    let model = RwSignal::new(String::new());
    let name = RwSignal::new(String::new());
    let context = RwSignal::new(String::new());
    let wrong_number = RwSignal::new(None::<ApiError>);
    let error: Signal<Option<ApiError>> = Signal::derive(move || {
        let refused = add.value().get().and_then(Result::err);
        wrong_number.get().or(refused)
    });
    Effect::new(move |_| {
        if let Some(Ok(view)) = add.value().get() {
            toasts.say(format!("{} is added.", view.id));
            desk.refetch();
            open.set(None);
        }
    });
    let hint = format!(
        "As the provider calls it. Clients write {}/ before it.",
        provider.prefix
    );
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let digits: String = context
            .get_untracked()
            .chars()
            .filter(|letter| !matches!(letter, ' ' | ',' | '_'))
            .collect();
        let tokens = match digits.as_str() {
            "" => Ok(None),
            digits => digits.parse().map(Some),
        };
        let Ok(context) = tokens else {
            wrong_number.set(Some(ApiError {
                field: Some("context".to_owned()),
                ..ApiError::new(
                    ErrorKind::Invalid,
                    "expected a number of tokens, such as 128000",
                )
            }));
            return;
        };
        wrong_number.set(None);
        add.dispatch(AddModel {
            params: ModelCreate {
                provider: provider.id.clone(),
                model: model.get_untracked(),
                name: Some(name.get_untracked()),
                context,
            },
        });
    };
    view! {
        <form class="form" on:submit=submit>
            <ErrorNote error=outside(error, &["model", "context"])/>
            <Field id="model-id" label="Model" field="model" hint required=true autofocus=true value=model error/>
            <Field id="model-name" label="Name for people (optional)" field="name" value=name error/>
            <Field
                id="model-context"
                label="Tokens of context (optional)"
                field="context"
                placeholder="128000"
                value=context
                error
            />
            <div class="actions">
                <button type="button" class="button" on:click=move |_| open.set(None)>"Cancel"</button>
                <Submit label="Add the model" busy="Adding…" is_busy=add.pending()/>
            </div>
        </form>
    }
}
