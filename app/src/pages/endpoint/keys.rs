//! The keys: made, renamed, paused, deleted.

use api::error::ApiError;
use api::key::{KeyCreate, KeyCreated, KeyPatch, KeyView};
use leptos::prelude::*;

use crate::components::button::Submit;
use crate::components::copy::Copyable;
use crate::components::delete::DeleteDialog;
use crate::components::each::Each;
use crate::components::error::ErrorNote;
use crate::components::field::{Field, outside};
use crate::components::icon::{Drawing, Icon};
use crate::components::modal::Modal;
use crate::components::switch::Switch;
use crate::components::time::{MaybeTime, Time};
use crate::components::toast::use_toasts;
use crate::functions::keys::{CreateKey, DeleteKey, PatchKey};

type Keys = Resource<Result<Vec<KeyView>, ApiError>>;

#[component]
pub(crate) fn KeysCard(keys: Keys) -> impl IntoView {
    let creating = RwSignal::new(None::<()>);
    let renaming = RwSignal::new(None::<KeyView>);
    let deleting = RwSignal::new(None::<KeyView>);
    let list = Memo::new(move |previous: Option<&Vec<KeyView>>| match keys.get() {
        Some(Ok(keys)) => keys,
        Some(Err(_)) | None => previous.cloned().unwrap_or_default(),
    });
    let error = Memo::new(move |_| keys.get().and_then(Result::err));
    view! {
        <section class="card" aria-labelledby="keys-title">
            <div class="card-head">
                <h2 id="keys-title">"Keys"</h2>
                <button
                    type="button"
                    class="button button-primary"
                    on:click=move |_| creating.set(Some(()))
                >
                    <Drawing icon=Icon::Plus/>
                    "Create a key"
                </button>
            </div>
            <ErrorNote error retry=move |()| keys.refetch()/>
            {move || if list.with(Vec::is_empty) {
                error.get().is_none().then(|| view! {
                    <div class="empty">
                        <p>"No key yet. Make one for each client or person: then you see who used what, and can stop one without stopping the others."</p>
                    </div>
                })
                .into_any()
            } else {
                view! { <KeyTable list keys renaming deleting/> }.into_any()
            }}
            <CreateDialog open=creating keys/>
            <RenameDialog open=renaming keys/>
            <DeleteDialog
                id="delete-key-title"
                title="Delete the key?"
                open=deleting
                explain=|key: &KeyView| format!(
                    "Whoever uses “{}” is refused from now on. What it used stays in the statistics. This cannot be undone.",
                    key.name,
                )
                label="Delete the key"
                delete={*ServerAction::<DeleteKey>::new()}
                request=|key: KeyView| DeleteKey { id: key.id }
                done="The key is deleted."
                after=move |()| keys.refetch()
            />
        </section>
    }
}

#[component]
fn KeyTable(
    list: Memo<Vec<KeyView>>,
    keys: Keys,
    renaming: RwSignal<Option<KeyView>>,
    deleting: RwSignal<Option<KeyView>>,
) -> impl IntoView {
    view! {
        <div class="table-box" role="region" aria-label="The keys, a table" tabindex="0">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Key"</th>
                        <th scope="col">"Created"</th>
                        <th scope="col">"Last used"</th>
                        <th scope="col">"Status"</th>
                        <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>
                    <Each items=list key=|key: &KeyView| key.id.clone() let:key>
                        <KeyRow key keys renaming deleting/>
                    </Each>
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn KeyRow(
    key: Signal<KeyView>,
    keys: Keys,
    renaming: RwSignal<Option<KeyView>>,
    deleting: RwSignal<Option<KeyView>>,
) -> impl IntoView {
    let toasts = use_toasts();
    let patch = ServerAction::<PatchKey>::new();
    let name = move || key.with(|key| key.name.clone());
    let is_active = Signal::derive(move || key.with(|key| key.is_active));
    Effect::new(move |_| match patch.value().get() {
        Some(Ok(view)) => {
            toasts.say(format!(
                "{} is {}.",
                view.name,
                if view.is_active {
                    "active again"
                } else {
                    "paused"
                }
            ));
            keys.refetch();
        }
        Some(Err(error)) => toasts.say(error.message),
        None => {}
    });
    let set = move |is_active| {
        let patch_active = KeyPatch {
            is_active: Some(is_active),
            ..KeyPatch::default()
        };
        patch.dispatch(PatchKey {
            id: key.with_untracked(|key| key.id.clone()),
            patch: patch_active,
        });
    };
    view! {
        <tr class:is-paused=move || !is_active.get()>
            <th scope="row">{name}</th>
            <td><code>{move || key.with(|key| key.prefix.clone())}"…"</code></td>
            <td><Time at=Signal::derive(move || key.with(|key| key.created_at))/></td>
            <td><MaybeTime at=Signal::derive(move || key.with(|key| key.last_used_at))/></td>
            <td>
                <span class="switch-row">
                    <Switch label=Signal::derive(move || format!("{} is active", name())) is_on=is_active is_busy=patch.pending() set/>
                    <span>{move || if is_active.get() { "Active" } else { "Paused" }}</span>
                </span>
            </td>
            <td>
                <div class="row-actions">
                    <button
                        type="button"
                        class="button button-quiet"
                        aria-label=move || format!("Rename {}", name())
                        on:click=move |_| renaming.set(Some(key.get_untracked()))
                    >
                        "Rename"
                    </button>
                    <button
                        type="button"
                        class="button button-quiet button-warn"
                        aria-label=move || format!("Delete {}", name())
                        on:click=move |_| deleting.set(Some(key.get_untracked()))
                    >
                        "Delete"
                    </button>
                </div>
            </td>
        </tr>
    }
}

#[component]
fn CreateDialog(open: RwSignal<Option<()>>, keys: Keys) -> impl IntoView {
    view! {
        <Modal id="create-key-title" title="Create a key" open children=move |()| {
            view! { <CreateForm open keys/> }.into_any()
        }/>
    }
}

#[component]
fn CreateForm(open: RwSignal<Option<()>>, keys: Keys) -> impl IntoView {
    let create = ServerAction::<CreateKey>::new();
    let name = RwSignal::new(String::new());
    let error = Signal::derive(move || create.value().get().and_then(Result::err));
    let created = Memo::new(move |_| create.value().get().and_then(Result::ok));
    Effect::new(move |_| {
        if created.with(Option::is_some) {
            keys.refetch();
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        create.dispatch(CreateKey {
            params: KeyCreate {
                name: name.get_untracked(),
            },
        });
    };
    view! {
        {move || match created.get() {
            Some(KeyCreated { key, view }) => view! {
                <div class="form">
                    <p>"The key of "<strong>{view.name}</strong>" is made."</p>
                    <Copyable text=key what="the key"/>
                    <p class="note note-warning">
                        <Drawing icon=Icon::Warning/>
                        "Copy it now: you will not see it again. Only its beginning is kept, to recognise it by."
                    </p>
                    <div class="actions">
                        <button type="button" class="button button-primary" on:click=move |_| open.set(None)>
                            "Done"
                        </button>
                    </div>
                </div>
            }
            .into_any(),
            None => view! {
                <form class="form" on:submit=submit>
                    <ErrorNote error=outside(error, &["name"])/>
                    <Field
                        id="key-name"
                        label="Name"
                        field="name"
                        hint="Who or what will use it."
                        placeholder="laptop"
                        required=true
                        autofocus=true
                        value=name
                        error
                    />
                    <div class="actions">
                        <button type="button" class="button" on:click=move |_| open.set(None)>"Cancel"</button>
                        <Submit label="Create" busy="Creating…" is_busy=create.pending()/>
                    </div>
                </form>
            }
            .into_any(),
        }}
    }
}

#[component]
fn RenameDialog(open: RwSignal<Option<KeyView>>, keys: Keys) -> impl IntoView {
    view! {
        <Modal id="rename-key-title" title="Rename the key" open children=move |key: KeyView| {
            view! { <RenameForm key open keys/> }.into_any()
        }/>
    }
}

#[component]
fn RenameForm(key: KeyView, open: RwSignal<Option<KeyView>>, keys: Keys) -> impl IntoView {
    let toasts = use_toasts();
    let rename = ServerAction::<PatchKey>::new();
    let name = RwSignal::new(key.name.clone());
    let error = Signal::derive(move || rename.value().get().and_then(Result::err));
    Effect::new(move |_| {
        if let Some(Ok(view)) = rename.value().get() {
            toasts.say(format!("The key is now called {}.", view.name));
            keys.refetch();
            open.set(None);
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let patch = KeyPatch {
            name: Some(name.get_untracked()),
            ..KeyPatch::default()
        };
        rename.dispatch(PatchKey {
            id: key.id.clone(),
            patch,
        });
    };
    view! {
        <form class="form" on:submit=submit>
            <ErrorNote error=outside(error, &["name"])/>
            <Field id="key-new-name" label="Name" field="name" required=true autofocus=true value=name error/>
            <div class="actions">
                <button type="button" class="button" on:click=move |_| open.set(None)>"Cancel"</button>
                <Submit label="Rename" busy="Renaming…" is_busy=rename.pending()/>
            </div>
        </form>
    }
}
