//! Aliases: another name for one model. The table, and the dialog to make and change them.

use api::error::ApiError;
use api::routing::{AliasSet, AliasView, RoutingView};
use leptos::prelude::*;

use crate::components::button::Submit;
use crate::components::each::Each;
use crate::components::error::ErrorNote;
use crate::components::field::{Field, outside};
use crate::components::icon::{Drawing, Icon};
use crate::components::modal::Modal;
use crate::components::picker::Picker;
use crate::components::toast::use_toasts;
use crate::functions::routing::SetAlias;
use crate::pages::combos::card::Destination;
use crate::pages::combos::desk::{AliasSubject, Desk};
use crate::pages::combos::words;

#[component]
pub(crate) fn AliasesCard(routing: Memo<RoutingView>, desk: Desk) -> impl IntoView {
    let aliases = Memo::new(move |_| routing.with(|routing| routing.aliases.clone()));
    let may_change = Memo::new(move |_| routing.with(|routing| routing.may_change));
    view! {
        <section class="card" aria-labelledby="aliases-title">
            <div class="card-head">
                <h2 id="aliases-title">"Aliases"</h2>
                {move || may_change.get().then(|| view! {
                    <button type="button" class="button" on:click=move |_| desk.open_alias(None)>
                        <Drawing icon=Icon::Plus/>
                        "Add an alias"
                    </button>
                })}
            </div>
            <p>"An alias is another name for one model or combo. It lets a tool keep the name it knows, while you decide here what answers to it."</p>
            {move || if aliases.with(Vec::is_empty) {
                view! { <div class="empty"><p>"No alias yet."</p></div> }.into_any()
            } else {
                view! { <AliasTable aliases routing desk/> }.into_any()
            }}
        </section>
    }
}

#[component]
fn AliasTable(
    aliases: Memo<Vec<AliasView>>,
    routing: Memo<RoutingView>,
    desk: Desk,
) -> impl IntoView {
    view! {
        <div class="table-box" role="region" aria-label="The aliases, a table" tabindex="0">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Alias"</th>
                        <th scope="col">"Leads to"</th>
                        <th scope="col">"That is"</th>
                        <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>
                    <Each items=aliases key=|alias: &AliasView| alias.alias.clone() let:alias>
                        <AliasRow alias routing desk/>
                    </Each>
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn AliasRow(alias: Signal<AliasView>, routing: Memo<RoutingView>, desk: Desk) -> impl IntoView {
    let name = alias.with_untracked(|alias| alias.alias.clone());
    let model = Memo::new(move |_| alias.with(|alias| alias.model.clone()));
    let (edit, delete) = (format!("Edit {name}"), format!("Delete {name}"));
    let actions = move || {
        let (edit, delete) = (edit.clone(), delete.clone());
        routing.with(|routing| routing.may_change).then(|| {
            view! {
                <div class="row-actions">
                    <button
                        type="button"
                        class="button button-quiet"
                        aria-label=edit
                        on:click=move |_| desk.open_alias(Some(alias.get_untracked()))
                    >
                        "Edit"
                    </button>
                    <button
                        type="button"
                        class="button button-quiet button-warn"
                        aria-label=delete
                        on:click=move |_| desk.ask_to_delete_alias(alias.get_untracked())
                    >
                        "Delete"
                    </button>
                </div>
            }
        })
    };
    view! {
        <tr>
            <th scope="row"><code>{name}</code></th>
            <td><code>{model}</code></td>
            <td>{move || view! { <Destination routing name=model.get()/> }}</td>
            <td>{actions}</td>
        </tr>
    }
}

#[component]
pub(crate) fn AliasDialog(desk: Desk) -> impl IntoView {
    let title = Signal::derive(move || {
        desk.alias.with(|subject| match subject {
            Some(AliasSubject {
                existing: Some(alias),
                ..
            }) => format!("Edit {}", alias.alias),
            Some(AliasSubject { existing: None, .. }) | None => "Add an alias".to_owned(),
        })
    });
    view! {
        <Modal id="alias-title" title open=desk.alias children=move |subject: AliasSubject| {
            view! { <AliasForm subject desk/> }.into_any()
        }/>
    }
}

#[component]
fn AliasForm(subject: AliasSubject, desk: Desk) -> impl IntoView {
    let AliasSubject { existing, routing } = subject;
    let toasts = use_toasts();
    let set = ServerAction::<SetAlias>::new();
    let is_new = existing.is_none();
    let (old_name, old_model) =
        existing.map_or_else(Default::default, |old| (old.alias, old.model));
    let known = Signal::stored(words::offers(&routing, &old_name));
    let name = RwSignal::new(old_name);
    let model = RwSignal::new(old_model);
    let error: Signal<Option<ApiError>> =
        Signal::derive(move || set.value().get().and_then(Result::err));
    let hint = Signal::derive(move || {
        let taken = routing
            .aliases
            .iter()
            .find(|alias| alias.alias == name.get().trim());
        match taken {
            Some(taken) => format!(
                "This alias is there already and leads to {}: saving changes it.",
                taken.model
            ),
            None => {
                "Clients write it as the model. Letters, digits, dots, hyphens and underscores."
                    .to_owned()
            }
        }
    });
    Effect::new(move |_| {
        if let Some(Ok(alias)) = set.value().get() {
            toasts.say(format!("{} leads to {} now.", alias.alias, alias.model));
            desk.refetch();
            desk.alias.set(None);
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let params = AliasSet {
            alias: name.get_untracked(),
            model: model.get_untracked(),
        };
        set.dispatch(SetAlias { params });
    };
    view! {
        <form class="form" on:submit=submit>
            <ErrorNote error=outside(error, &["alias", "model"])/>
            {is_new.then(|| view! {
                <Field
                    id="alias-name"
                    label="Alias"
                    field="alias"
                    hint
                    placeholder="gpt-4o"
                    required=true
                    autofocus=true
                    value=name
                    error
                />
            })}
            <Picker
                id="alias-model"
                label="Leads to"
                hint="A model, a combo or another alias. A model that is not in the list can be typed as prefix/model."
                placeholder="Search, or type prefix/model"
                field="model"
                text=model
                known
                error
                choose=move |picked: String| model.set(picked)
            />
            <div class="actions">
                <button type="button" class="button" on:click=move |_| desk.alias.set(None)>"Cancel"</button>
                <Submit label="Save" busy="Saving…" is_busy=set.pending()/>
            </div>
        </form>
    }
}
