//! Asks before something is deleted, deletes it, and says so.

use api::error::ApiError;
use leptos::prelude::*;

use crate::components::modal::Confirm;
use crate::components::toast::use_toasts;

/// There while `open` holds what is to be deleted.
#[component]
pub(crate) fn DeleteDialog<T, I>(
    /// Names the title's element; unique on the page.
    id: &'static str,
    title: &'static str,
    open: RwSignal<Option<T>>,
    /// What will be lost, in a sentence.
    explain: fn(&T) -> String,
    label: &'static str,
    delete: Action<I, Result<(), ApiError>>,
    /// What is sent to delete it.
    request: fn(T) -> I,
    /// What is said when it is done.
    done: &'static str,
    #[prop(into)] after: Callback<()>,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    I: Send + Sync + 'static,
{
    let toasts = use_toasts();
    let error = Signal::derive(move || delete.value().get().and_then(Result::err));
    Effect::new(move |_| {
        if let Some(Ok(())) = delete.value().get() {
            toasts.say(done);
            open.set(None);
            after.run(());
        }
    });
    Effect::new(move |_| {
        if open.with(Option::is_none) {
            delete.clear();
        }
    });
    view! {
        <Confirm
            id
            title
            open
            explain
            label
            is_busy=delete.pending()
            error
            confirm=move |subject: T| {
                delete.dispatch(request(subject));
            }
        />
    }
}
