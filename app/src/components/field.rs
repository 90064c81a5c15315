//! A labelled field with its hint and its error.

use api::error::ApiError;
use leptos::prelude::*;

use crate::components::error::{sentence, under};

/// What a text field holds. It decides the keyboard, the completion and whether one may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Url,
    /// A credential of somebody else's: hidden, and no business of a password manager.
    Secret,
    CurrentPassword,
    NewPassword,
    Username,
}

impl Kind {
    fn input_type(self) -> &'static str {
        match self {
            Self::Text | Self::Username => "text",
            Self::Url => "url",
            Self::Secret | Self::CurrentPassword | Self::NewPassword => "password",
        }
    }

    fn autocomplete(self) -> &'static str {
        match self {
            Self::Text | Self::Url => "off",
            // "off" is ignored for passwords; this is what browsers heed.
            Self::Secret | Self::NewPassword => "new-password",
            Self::CurrentPassword => "current-password",
            Self::Username => "username",
        }
    }
}

/// A text field. `id` names it in the document, `name` in a form and in [`ApiError::field`].
#[component]
pub(crate) fn Field(
    #[prop(into)] id: String,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    #[prop(default = Kind::Text)] kind: Kind,
    /// Its name in a plain form; without one only signals read it.
    #[prop(optional)]
    name: Option<&'static str>,
    /// The field of the params it fills.
    #[prop(into)]
    field: String,
    #[prop(optional, into)] hint: MaybeProp<String>,
    #[prop(optional, into)] placeholder: MaybeProp<String>,
    #[prop(optional)] required: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(optional)] min_length: Option<u32>,
    #[prop(optional, into)] error: Signal<Option<ApiError>>,
) -> impl IntoView {
    let under = under(error, field);
    let problem = move || under.get().map(|problem| sentence(&problem));
    let hint_id = format!("{id}-hint");
    let problem_id = format!("{id}-problem");
    let described = {
        let (hint_id, problem_id) = (hint_id.clone(), problem_id.clone());
        move || match (hint.get().is_some(), problem().is_some()) {
            (false, false) => None,
            (true, false) => Some(hint_id.clone()),
            (false, true) => Some(problem_id.clone()),
            (true, true) => Some(format!("{hint_id} {problem_id}")),
        }
    };
    view! {
        <div class="field">
            <label for=id.clone()>{move || label.get()}</label>
            <input
                id=id
                name=name
                type=kind.input_type()
                autocomplete=kind.autocomplete()
                autocapitalize="off"
                spellcheck="false"
                placeholder=move || placeholder.get()
                required=required
                autofocus=autofocus
                minlength=min_length
                aria-invalid=move || problem().map(|_| "true")
                aria-describedby=described
                bind:value=value
            />
            {move || hint.get().map(|hint| view! { <p class="hint" id=hint_id.clone()>{hint}</p> })}
            {move || problem().map(|problem| view! {
                <p class="problem" id=problem_id.clone()>{problem}</p>
            })}
        </div>
    }
}

/// An error that belongs to no field, or to one that is not here.
pub(crate) fn outside(
    error: Signal<Option<ApiError>>,
    fields: &'static [&'static str],
) -> Signal<Option<ApiError>> {
    Signal::derive(move || {
        error.get().filter(|error| {
            !error
                .field
                .as_deref()
                .is_some_and(|field| fields.contains(&field))
        })
    })
}
