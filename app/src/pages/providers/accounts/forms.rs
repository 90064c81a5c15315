//! The dialogs about an account: add, edit, delete.

use std::collections::BTreeMap;

use api::connection::{
    AuthKind, ConnectionCreate, ConnectionPatch, ConnectionView, CredentialCheck,
};
use api::error::ApiError;
use api::ids::ProviderId;
use api::provider::{KeyFile, ProviderView};
use leptos::prelude::*;

use crate::components::button::Submit;
use crate::components::delete::DeleteDialog;
use crate::components::error::{ErrorNote, sentence};
use crate::components::field::{Field, Kind, outside};
use crate::components::modal::Modal;
use crate::components::tick::Tick;
use crate::components::toast::use_toasts;
use crate::functions::providers::{
    CheckCredential, CreateConnection, DeleteConnection, PatchConnection, TestConnection,
};
use crate::pages::providers::accounts::parts::{self, ModelsField, PartFields, PartsDraft};
use crate::pages::providers::accounts::row::Found;
use crate::pages::providers::desk::Desk;

#[component]
pub(crate) fn AddAccount(desk: Desk) -> impl IntoView {
    let title = Signal::derive(move || {
        desk.adding.with(|provider| match provider {
            Some(provider) => format!("Add an account with {}", provider.name),
            None => "Add an account".to_owned(),
        })
    });
    view! {
        <Modal id="add-account-title" title open=desk.adding children=move |provider: ProviderView| {
            view! { <AddForm provider desk/> }.into_any()
        }/>
    }
}

#[component]
fn AddForm(provider: ProviderView, desk: Desk) -> impl IntoView {
    let toasts = use_toasts();
    let create = ServerAction::<CreateConnection>::new();
    let name = RwSignal::new(String::new());
    let api_key = RwSignal::new(String::new());
    let proxy = RwSignal::new(String::new());
    let parts = PartsDraft::new(provider.parts.clone(), &BTreeMap::new());
    let models = RwSignal::new(String::new());
    let test = ServerAction::<TestConnection>::new();
    let error: Signal<Option<ApiError>> =
        Signal::derive(move || create.value().get().and_then(Result::err));
    Effect::new(move |_| {
        if let Some(Ok(view)) = create.value().get() {
            // It says how the account is, and finds its models; the account is there whatever it finds.
            test.dispatch(TestConnection { id: view.id });
        }
    });
    Effect::new(move |_| {
        if let (Some(_), Some(Ok(view))) = (test.value().get(), create.value().get_untracked()) {
            toasts.say(format!("The account {} is added.", view.name));
            desk.refetch();
            desk.adding.set(None);
        }
    });
    let is_busy = Signal::derive(move || create.pending().get() || test.pending().get());
    let id = provider.id.clone();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        create.dispatch(CreateConnection {
            params: ConnectionCreate {
                provider: id.clone(),
                name: name.get_untracked(),
                api_key: api_key.get_untracked(),
                priority: None,
                default_model: None,
                proxy: Some(proxy.get_untracked()),
                parts: parts.given(),
                enabled_models: parts::models(&models.get_untracked()),
            },
        });
    };
    view! {
        <form class="form" on:submit=submit>
            <ErrorNote error=elsewhere(error, parts)/>
            <Field
                id="account-name"
                label="Name"
                field="name"
                hint="To tell it from your other accounts."
                placeholder="work"
                required=true
                autofocus=true
                value=name
                error
            />
            <PartFields draft=parts error/>
            <Field
                id="account-key"
                label=key_label(provider.is_key_optional, provider.key_file)
                field="api_key"
                kind=Kind::Secret
                hint=key_hint(provider.key_file, "It is stored encrypted and never shown again.")
                required=!provider.is_key_optional
                value=api_key
                error
            />
            <details class="disclosure">
                <summary>"Proxy and models"</summary>
                <ProxyField id="account-proxy" hint=PROXY_HINT.to_owned() value=proxy error/>
                <ModelsField value=models error/>
            </details>
            <CheckKey provider=provider.id is_key_optional=provider.is_key_optional api_key proxy parts/>
            <div class="actions">
                <button type="button" class="button" on:click=move |_| desk.adding.set(None)>"Cancel"</button>
                <Submit label="Add the account" busy="Adding…" is_busy/>
            </div>
        </form>
    }
}

fn key_label(is_optional: bool, key_file: KeyFile) -> &'static str {
    match key_file {
        KeyFile::No | KeyFile::Also if is_optional => "API key (optional)",
        KeyFile::No | KeyFile::Also => "API key",
        KeyFile::Only => "Key file of a service account",
    }
}

fn key_hint(key_file: KeyFile, more: &str) -> String {
    let what = match key_file {
        KeyFile::No => return more.to_owned(),
        KeyFile::Also => "Or the JSON of a service account's key file, all of it.",
        KeyFile::Only => "The JSON that Google's console lets you download, all of it.",
    };
    format!("{what} {more}")
}

pub(in crate::pages::providers) const PROXY_HINT: &str = "For this account alone, instead of the environment's: its requests, its tokens and its quota. http://, https:// or socks5://, with user name and password if it wants them. It is stored encrypted.";

/// An error that no field of the form shows.
fn elsewhere(error: Signal<Option<ApiError>>, parts: PartsDraft) -> Signal<Option<ApiError>> {
    let outside = outside(error, &["name", "api_key", "proxy", "enabled_models"]);
    let own = StoredValue::new(parts.fields());
    Signal::derive(move || {
        outside.get().filter(|error| {
            let field = error.field.as_deref().unwrap_or_default();
            own.with_value(|own| own.iter().all(|name| name != field))
        })
    })
}

#[component]
pub(in crate::pages::providers) fn ProxyField(
    id: &'static str,
    hint: String,
    value: RwSignal<String>,
    error: Signal<Option<ApiError>>,
) -> impl IntoView {
    view! {
        <Field
            id
            label="Proxy (optional)"
            field="proxy"
            kind=Kind::Secret
            hint
            placeholder="socks5://127.0.0.1:1080"
            value
            error
        />
    }
}

/// Tries the key that stands in the form.
#[component]
fn CheckKey(
    provider: ProviderId,
    is_key_optional: bool,
    api_key: RwSignal<String>,
    proxy: RwSignal<String>,
    parts: PartsDraft,
) -> impl IntoView {
    let check = ServerAction::<CheckCredential>::new();
    let provider = StoredValue::new(provider);
    view! {
        <div class="check">
            <button
                type="button"
                class="button"
                disabled=move || check.pending().get() || !is_key_optional && api_key.with(String::is_empty)
                on:click=move |_| {
                    let params = CredentialCheck {
                        provider: provider.get_value(),
                        api_key: api_key.get_untracked(),
                        proxy: Some(proxy.get_untracked()),
                        parts: parts.given(),
                    };
                    check.dispatch(CheckCredential { params });
                }
            >
                {move || if check.pending().get() { "Checking…" } else { "Check the key" }}
            </button>
            <div role="status">
                {move || check.value().get().map(|result| match result {
                    Ok(result) => view! { <Found result/> }.into_any(),
                    Err(error) => view! { <p class="problem">{sentence(&error.message)}</p> }.into_any(),
                })}
            </div>
        </div>
    }
}

#[component]
pub(crate) fn EditAccount(desk: Desk) -> impl IntoView {
    view! {
        <Modal id="edit-account-title" title="Edit the account" open=desk.editing children=move |(provider, account): (ProviderView, ConnectionView)| {
            view! { <EditForm provider account desk/> }.into_any()
        }/>
    }
}

#[component]
fn EditForm(provider: ProviderView, account: ConnectionView, desk: Desk) -> impl IntoView {
    let toasts = use_toasts();
    let patch = ServerAction::<PatchConnection>::new();
    let has_key = account.auth == AuthKind::ApiKey;
    let name = RwSignal::new(account.name.clone());
    let api_key = RwSignal::new(String::new());
    let proxy = RwSignal::new(String::new());
    let no_proxy = RwSignal::new(false);
    let is_shared = RwSignal::new(account.is_shared);
    let (is_key_optional, key_file) = (provider.is_key_optional, provider.key_file);
    let parts = PartsDraft::new(provider.parts, &account.parts);
    let models = RwSignal::new(account.enabled_models.join("\n"));
    let was_shared = account.is_shared;
    let proxy_hint = match &account.proxy {
        Some(host) => {
            format!("Requests go through {host}. Leave it empty to keep that. {PROXY_HINT}")
        }
        None => PROXY_HINT.to_owned(),
    };
    let has_proxy = account.proxy.is_some();
    let error: Signal<Option<ApiError>> =
        Signal::derive(move || patch.value().get().and_then(Result::err));
    Effect::new(move |_| {
        if let Some(Ok(view)) = patch.value().get() {
            toasts.say(format!("The account {} is changed.", view.name));
            desk.refetch();
            desk.editing.set(None);
        }
    });
    let id = account.id.clone();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let wanted = ConnectionPatch {
            name: Some(name.get_untracked()),
            api_key: Some(api_key.get_untracked()).filter(|key| !key.is_empty()),
            proxy: if no_proxy.get_untracked() {
                Some(String::new())
            } else {
                Some(proxy.get_untracked()).filter(|proxy| !proxy.is_empty())
            },
            is_shared: Some(is_shared.get_untracked()).filter(|wanted| *wanted != was_shared),
            parts: parts.given(),
            enabled_models: Some(parts::models(&models.get_untracked())),
            ..ConnectionPatch::default()
        };
        patch.dispatch(PatchConnection {
            id: id.clone(),
            patch: wanted,
        });
    };
    view! {
        <form class="form" on:submit=submit>
            <ErrorNote error=elsewhere(error, parts)/>
            <Field id="account-new-name" label="Name" field="name" required=true value=name error/>
            <PartFields draft=parts error/>
            {has_key.then(|| view! {
                <Field
                    id="account-new-key"
                    label=match key_file {
                        KeyFile::No | KeyFile::Also => "New API key",
                        KeyFile::Only => "New key file",
                    }
                    field="api_key"
                    kind=Kind::Secret
                    hint=key_hint(key_file, "Leave it empty to keep the one that is stored.")
                    value=api_key
                    error
                />
            })}
            <ProxyField id="account-new-proxy" hint=proxy_hint value=proxy error/>
            <ModelsField value=models error/>
            {has_proxy.then(|| view! { <Tick label="Use no proxy any more" value=no_proxy/> })}
            <Tick label="Everybody's requests may go through it" value=is_shared/>
            {has_key.then(|| view! { <CheckKey provider=account.provider is_key_optional api_key proxy parts/> })}
            <div class="actions">
                <button type="button" class="button" on:click=move |_| desk.editing.set(None)>"Cancel"</button>
                <Submit label="Save" busy="Saving…" is_busy=patch.pending()/>
            </div>
        </form>
    }
}

#[component]
pub(crate) fn DeleteAccount(desk: Desk) -> impl IntoView {
    view! {
        <DeleteDialog
            id="delete-account-title"
            title="Delete the account?"
            open=desk.deleting
            explain=|account: &ConnectionView| format!(
                "The credential of “{}” is forgotten, and nothing is sent through it any more. What it used stays in the statistics. This cannot be undone.",
                account.name,
            )
            label="Delete the account"
            delete={*ServerAction::<DeleteConnection>::new()}
            request=|account: ConnectionView| DeleteConnection { id: account.id }
            done="The account is deleted."
            after=move |()| desk.refetch()
        />
    }
}
