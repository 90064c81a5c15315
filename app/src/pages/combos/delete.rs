//! Asks before a name is deleted, or says what still leads to it.

use leptos::prelude::*;

use crate::components::error::ErrorNote;
use crate::components::modal::Modal;
use crate::components::toast::use_toasts;
use crate::functions::routing::{DeleteAlias, DeleteCombo};
use crate::pages::combos::desk::{Desk, Doomed, What};
use crate::pages::combos::words;

#[component]
pub(crate) fn DeleteDialog(desk: Desk) -> impl IntoView {
    let title = Signal::derive(move || {
        desk.deleting.with(|doomed| match doomed {
            Some(Doomed { name, .. }) => format!("Delete {name}?"),
            None => "Delete?".to_owned(),
        })
    });
    view! {
        <Modal id="delete-name-title" title open=desk.deleting children=move |doomed: Doomed| {
            if doomed.users.is_empty() {
                view! { <Ask doomed desk/> }.into_any()
            } else {
                view! { <InUse doomed desk/> }.into_any()
            }
        }/>
    }
}

#[component]
fn InUse(doomed: Doomed, desk: Desk) -> impl IntoView {
    view! {
        <p>
            <code>{doomed.name}</code>
            {format!(" is used by {}. Take it out there first; then it can be deleted.", words::listed(&doomed.users))}
        </p>
        <div class="actions">
            <button type="button" class="button" on:click=move |_| desk.deleting.set(None)>"Keep it"</button>
        </div>
    }
}

#[component]
fn Ask(doomed: Doomed, desk: Desk) -> impl IntoView {
    let toasts = use_toasts();
    let combo = ServerAction::<DeleteCombo>::new();
    let alias = ServerAction::<DeleteAlias>::new();
    let answer = Memo::new(move |_| combo.value().get().or_else(|| alias.value().get()));
    let error = Signal::derive(move || answer.get().and_then(Result::err));
    let is_busy = move || combo.pending().get() || alias.pending().get();
    let (what, label) = match doomed.what {
        What::Combo(_) => ("combo", "Delete the combo"),
        What::Alias => ("alias", "Delete the alias"),
    };
    Effect::new(move |_| {
        if let Some(Ok(())) = answer.get() {
            toasts.say(format!("The {what} is deleted."));
            desk.refetch();
            desk.deleting.set(None);
        }
    });
    let name = doomed.name.clone();
    let delete = move |_| match &doomed.what {
        What::Combo(id) => {
            combo.dispatch(DeleteCombo { id: id.clone() });
        }
        What::Alias => {
            alias.dispatch(DeleteAlias {
                alias: doomed.name.clone(),
            });
        }
    };
    view! {
        <p>
            "Nothing else here uses it. Clients that ask for "
            <code>{name}</code>
            " are refused from now on; what it used stays in the statistics."
        </p>
        <ErrorNote error/>
        <div class="actions">
            <button type="button" class="button" on:click=move |_| desk.deleting.set(None)>"Cancel"</button>
            <button type="button" class="button button-danger" disabled=is_busy on:click=delete>{label}</button>
        </div>
    }
}
