//! Dialogs: the browser's own, so that focus, Escape and the rest of the page are its business.

use api::error::ApiError;
use leptos::html::Dialog;
use leptos::prelude::*;

use crate::components::error::ErrorNote;
use crate::components::icon::{Drawing, Icon};

/// A dialog that is there while `open` holds something. Its content is made anew each time.
#[component]
pub(crate) fn Modal<T>(
    /// Names the title's element; unique on the page.
    id: &'static str,
    #[prop(into)] title: Signal<String>,
    open: RwSignal<Option<T>>,
    children: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    let dialog = NodeRef::<Dialog>::new();
    let children = StoredValue::new(children);
    Effect::new(move |_| {
        let is_wanted = open.with(Option::is_some);
        let Some(dialog) = dialog.get() else {
            return;
        };
        if is_wanted && !dialog.open() {
            let _already_open = dialog.show_modal();
        } else if !is_wanted && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog
            class="modal"
            node_ref=dialog
            aria-labelledby=id
            on:close=move |_| open.set(None)
        >
            <div class="modal-head">
                <h2 id=id>{move || title.get()}</h2>
                <button
                    type="button"
                    class="button button-quiet button-icon"
                    aria-label="Close"
                    on:click=move |_| open.set(None)
                >
                    <Drawing icon=Icon::Close/>
                </button>
            </div>
            {move || open.get().map(|subject| children.with_value(|children| children(subject)))}
        </dialog>
    }
}

/// Asks before something is lost.
#[component]
pub(crate) fn Confirm<T>(
    id: &'static str,
    #[prop(into)] title: Signal<String>,
    open: RwSignal<Option<T>>,
    /// What will be lost, in a sentence.
    explain: fn(&T) -> String,
    label: &'static str,
    #[prop(into)] is_busy: Signal<bool>,
    #[prop(into)] error: Signal<Option<ApiError>>,
    #[prop(into)] confirm: Callback<T>,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    view! {
        <Modal id title open children=move |subject: T| {
            let text = explain(&subject);
            let subject = StoredValue::new(subject);
            view! {
                <p>{text}</p>
                <ErrorNote error/>
                <div class="actions">
                    <button type="button" class="button" on:click=move |_| open.set(None)>"Cancel"</button>
                    <button
                        type="button"
                        class="button button-danger"
                        disabled=move || is_busy.get()
                        on:click=move |_| confirm.run(subject.get_value())
                    >
                        {label}
                    </button>
                </div>
            }
            .into_any()
        }/>
    }
}
