//! The dialog about a combo: make one, change one.

use api::error::ApiError;
use api::routing::{ComboCreate, ComboPatch, Strategy};
use leptos::prelude::*;

use crate::components::button::Submit;
use crate::components::error::ErrorNote;
use crate::components::field::{Field, outside};
use crate::components::modal::Modal;
use crate::components::toast::use_toasts;
use crate::functions::routing::{CreateCombo, PatchCombo};
use crate::pages::combos::desk::{ComboSubject, Desk};
use crate::pages::combos::steps::{Steps, StepsField};
use crate::pages::combos::words;

#[component]
pub(crate) fn ComboDialog(desk: Desk) -> impl IntoView {
    let title = Signal::derive(move || {
        desk.combo.with(|subject| match subject {
            Some(ComboSubject {
                existing: Some(combo),
                ..
            }) => format!("Edit {}", combo.name),
            Some(ComboSubject { existing: None, .. }) | None => "Create a combo".to_owned(),
        })
    });
    view! {
        <Modal id="combo-title" title open=desk.combo children=move |subject: ComboSubject| {
            view! { <ComboForm subject desk/> }.into_any()
        }/>
    }
}

#[component]
fn ComboForm(subject: ComboSubject, desk: Desk) -> impl IntoView {
    let ComboSubject { existing, routing } = subject;
    let toasts = use_toasts();
    let create = ServerAction::<CreateCombo>::new();
    let patch = ServerAction::<PatchCombo>::new();
    let (old_name, old_models, old_strategy) = match &existing {
        Some(combo) => (combo.name.clone(), combo.models.clone(), combo.strategy),
        None => (String::new(), Vec::new(), Strategy::default()),
    };
    let known = words::offers(&routing, &old_name);
    let name = RwSignal::new(old_name);
    let strategy = RwSignal::new(old_strategy);
    let steps = Steps::of(&old_models);
    let answer = Memo::new(move |_| create.value().get().or_else(|| patch.value().get()));
    let error: Signal<Option<ApiError>> =
        Signal::derive(move || answer.get().and_then(Result::err));
    let is_busy = Signal::derive(move || create.pending().get() || patch.pending().get());
    Effect::new(move |_| {
        if let Some(Ok(combo)) = answer.get() {
            toasts.say(format!("The combo {} is saved.", combo.name));
            desk.refetch();
            desk.combo.set(None);
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let (name, models, strategy) = (
            name.get_untracked(),
            steps.finish(),
            strategy.get_untracked(),
        );
        match &existing {
            None => {
                let params = ComboCreate {
                    name,
                    models,
                    strategy,
                };
                create.dispatch(CreateCombo { params });
            }
            Some(combo) => {
                let wanted = ComboPatch {
                    name: Some(name),
                    // Steps that nobody touched are not asked again whether they lead somewhere.
                    models: Some(models).filter(|models| *models != combo.models),
                    strategy: Some(strategy),
                };
                patch.dispatch(PatchCombo {
                    id: combo.id.clone(),
                    patch: wanted,
                });
            }
        }
    };
    view! {
        <form class="form" on:submit=submit>
            <ErrorNote error=outside(error, &["name", "models"])/>
            <Field
                id="combo-name"
                label="Name"
                field="name"
                hint="Clients write it as the model. Letters, digits, dots, hyphens and underscores."
                placeholder="coding"
                required=true
                autofocus=true
                value=name
                error
            />
            <StrategyChoice strategy/>
            <StepsField steps known routing error/>
            <div class="actions">
                <button type="button" class="button" on:click=move |_| desk.combo.set(None)>"Cancel"</button>
                <Submit label="Save" busy="Saving…" is_busy/>
            </div>
        </form>
    }
}

#[component]
fn StrategyChoice(strategy: RwSignal<Strategy>) -> impl IntoView {
    let option = move |option: Strategy| {
        let about = format!("strategy-{}", option.as_str());
        view! {
            <div>
                <label class="choice">
                    <input
                        type="radio"
                        name="strategy"
                        aria-describedby=about.clone()
                        checked=strategy.get_untracked() == option
                        prop:checked=move || strategy.get() == option
                        on:change=move |_| strategy.set(option)
                    />
                    {option.name()}
                </label>
                <p class="hint" id=about>{words::strategy(option)}</p>
            </div>
        }
    };
    view! {
        <fieldset class="field">
            <legend>"Strategy"</legend>
            {Strategy::ALL.map(option)}
        </fieldset>
    }
}
