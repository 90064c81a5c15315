//! Asks before a name is deleted, or says what still leads to it.

use api::routing::{AliasView, ComboView};
use leptos::prelude::*;

use crate::components::delete::DeleteDialog;
use crate::components::modal::Modal;
use crate::functions::routing::{DeleteAlias, DeleteCombo};
use crate::pages::combos::desk::{Desk, InUse};
use crate::pages::combos::words;

#[component]
pub(crate) fn DeleteDialogs(desk: Desk) -> impl IntoView {
    let in_use = Signal::derive(move || {
        desk.in_use.with(|in_use| match in_use {
            Some(InUse { name, .. }) => format!("{name} is in use"),
            None => "In use".to_owned(),
        })
    });
    view! {
        <DeleteDialog
            id="delete-combo-title"
            title="Delete the combo?"
            open=desk.deleting_combo
            explain=|combo: &ComboView| lost(&combo.name)
            label="Delete the combo"
            delete={*ServerAction::<DeleteCombo>::new()}
            request=|combo: ComboView| DeleteCombo { id: combo.id }
            done="The combo is deleted."
            after=move |()| desk.refetch()
        />
        <DeleteDialog
            id="delete-alias-title"
            title="Delete the alias?"
            open=desk.deleting_alias
            explain=|alias: &AliasView| lost(&alias.alias)
            label="Delete the alias"
            delete={*ServerAction::<DeleteAlias>::new()}
            request=|alias: AliasView| DeleteAlias { alias: alias.alias }
            done="The alias is deleted."
            after=move |()| desk.refetch()
        />
        <Modal id="in-use-title" title=in_use open=desk.in_use children=move |in_use: InUse| {
            view! {
                <p>
                    <code>{in_use.name}</code>
                    {format!(" is used by {}. Take it out there first; then it can be deleted.", words::listed(&in_use.users))}
                </p>
                <div class="actions">
                    <button type="button" class="button" on:click=move |_| desk.in_use.set(None)>"Keep it"</button>
                </div>
            }
            .into_any()
        }/>
    }
}

fn lost(name: &str) -> String {
    format!(
        "Nothing else here uses “{name}”. Clients that ask for it are refused from now on; what it used stays in the statistics."
    )
}
