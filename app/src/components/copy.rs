//! A button that copies, and says that it did.

use std::time::Duration;

use leptos::html::Button;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser;
use crate::components::icon::{Drawing, Icon};

const SAID_FOR: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Copied,
    Refused,
}

#[component]
pub(crate) fn CopyButton(
    #[prop(into)] text: Signal<String>,
    /// What is copied, as in "Copy the base URL".
    what: &'static str,
) -> impl IntoView {
    let outcome = RwSignal::new(None::<Outcome>);
    let button = NodeRef::<Button>::new();
    let copy = move |_| {
        let text = text.get_untracked();
        let near = button.get_untracked().map(Into::into);
        spawn_local(async move {
            outcome.set(Some(match browser::copy(&text, near).await {
                Ok(()) => Outcome::Copied,
                Err(_) => Outcome::Refused,
            }));
            set_timeout(move || outcome.set(None), SAID_FOR);
        });
    };
    view! {
        <button
            type="button"
            class="button button-copy"
            class:is-done=move || outcome.get() == Some(Outcome::Copied)
            node_ref=button
            aria-label=format!("Copy {what}")
            on:click=copy
        >
            <Drawing icon=Icon::Copy/>
            <span>
                {move || match outcome.get() {
                    None => "Copy",
                    Some(Outcome::Copied) => "Copied",
                    Some(Outcome::Refused) => "Select it",
                }}
            </span>
        </button>
        <span class="visually-hidden" role="status">
            {move || match outcome.get() {
                None => String::new(),
                Some(Outcome::Copied) => format!("Copied {what}."),
                Some(Outcome::Refused) => "The browser would not copy. Select the text and copy it by hand.".to_owned(),
            }}
        </span>
    }
}

/// A text in the type of code, with its copy button.
#[component]
pub(crate) fn Copyable(#[prop(into)] text: Signal<String>, what: &'static str) -> impl IntoView {
    view! {
        <div class="copyable">
            <code>{move || text.get()}</code>
            <CopyButton text what/>
        </div>
    }
}
