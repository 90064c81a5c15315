//! An error, shown: what happened, and what to do next.

use api::error::{ApiError, ErrorKind};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use leptos_router::location::Url;

use crate::components::icon::{Drawing, Icon};
use crate::format;

/// The one way an [`ApiError`] is shown. Screen readers hear it when it appears.
#[component]
pub(crate) fn ErrorNote(
    #[prop(into)] error: Signal<Option<ApiError>>,
    /// Offers another try.
    #[prop(optional, into)]
    retry: Option<Callback<()>>,
) -> impl IntoView {
    view! {
        <div role="alert">
            {move || error.get().map(|error| view! { <Note error retry/> })}
        </div>
    }
}

#[component]
fn Note(error: ApiError, retry: Option<Callback<()>>) -> impl IntoView {
    let location = use_location();
    let here = location.pathname.get_untracked() + &location.search.get_untracked();
    let is_signed_out = error.kind == ErrorKind::Unauthenticated && !here.starts_with("/login");
    view! {
        <div class="note note-error">
            <Drawing icon=Icon::Warning/>
            <div>
                <p>{sentence(&error.message)}</p>
                {error.retry_after.map(|seconds| view! {
                    <p class="muted">"Try again in " {format::duration(seconds * 1000)} "."</p>
                })}
                {is_signed_out.then(|| view! { <p><a href=sign_in_path(&here)>"Sign in again"</a></p> })}
            </div>
            {retry.map(|retry| view! {
                <button type="button" class="button" on:click=move |_| retry.run(())>"Try again"</button>
            })}
        </div>
    }
}

/// Where to sign in and come back.
pub(crate) fn sign_in_path(here: &str) -> String {
    match here {
        "" | "/dashboard" => "/login".to_owned(),
        here => format!("/login?next={}", Url::escape(here)),
    }
}

/// Errors are lower case and without a stop; on a page they are sentences.
pub(crate) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    let mut sentence: String = first.to_uppercase().chain(letters).collect();
    if !sentence.ends_with(['.', '!', '?', ':']) {
        sentence.push('.');
    }
    sentence
}

/// The error that is about one field, in its own words.
pub(crate) fn under(error: Signal<Option<ApiError>>, field: String) -> Signal<Option<String>> {
    Signal::derive(move || {
        error.with(|error| {
            let error = error.as_ref()?;
            let is_its = error.field.as_deref() == Some(field.as_str());
            is_its.then(|| error.message.clone())
        })
    })
}
