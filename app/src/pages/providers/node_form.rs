//! The dialogs about a provider of the user's own: add, edit, delete.

use std::collections::BTreeMap;

use api::connection::{ConnectionCreate, NodeCheck};
use api::error::ApiError;
use api::provider::{ApiType, NodeCreate, NodeKind, NodePatch, NodeView};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::components::button::Submit;
use crate::components::delete::DeleteDialog;
use crate::components::error::{ErrorNote, sentence};
use crate::components::field::{Field, Kind, outside};
use crate::components::modal::Modal;
use crate::components::tick::Tick;
use crate::components::toast::use_toasts;
use crate::functions::providers::{
    CheckNode, CreateConnection, CreateNode, DeleteNode, PatchNode, TestConnection,
};
use crate::pages::providers::accounts::row::Found;
use crate::pages::providers::desk::{Desk, NodeSubject};
use crate::pages::providers::path;

#[component]
pub(crate) fn NodeDialog(desk: Desk) -> impl IntoView {
    let title = Signal::derive(move || {
        desk.node.with(|subject| match subject {
            Some(NodeSubject::New(NodeKind::OpenaiCompatible)) | None => {
                "Add an OpenAI-compatible provider".to_owned()
            }
            Some(NodeSubject::New(NodeKind::AnthropicCompatible)) => {
                "Add an Anthropic-compatible provider".to_owned()
            }
            Some(NodeSubject::New(NodeKind::OllamaCompatible)) => "Add an Ollama server".to_owned(),
            Some(NodeSubject::New(kind)) => format!("Add a {} provider", kind.name()),
            Some(NodeSubject::Existing(_)) => "Edit the provider".to_owned(),
        })
    });
    view! {
        <Modal id="node-title" title open=desk.node children=move |subject: NodeSubject| {
            view! { <NodeForm subject desk/> }.into_any()
        }/>
    }
}

/// What the form holds, whichever of the two it is for.
#[derive(Clone, Copy)]
struct Draft {
    name: RwSignal<String>,
    prefix: RwSignal<String>,
    base_url: RwSignal<String>,
    api_type: RwSignal<ApiType>,
    api_key: RwSignal<String>,
    allows_private: RwSignal<bool>,
}

impl Draft {
    fn of(subject: &NodeSubject) -> Self {
        let node = match subject {
            NodeSubject::Existing(node) => Some(node),
            NodeSubject::New(_) => None,
        };
        let text = |read: fn(&NodeView) -> &str| {
            RwSignal::new(node.map(|node| read(node).to_owned()).unwrap_or_default())
        };
        Self {
            name: text(|node| &node.name),
            prefix: text(|node| &node.prefix),
            base_url: text(|node| &node.base_url),
            api_type: RwSignal::new(node.and_then(|node| node.api_type).unwrap_or(ApiType::Chat)),
            api_key: RwSignal::new(String::new()),
            allows_private: RwSignal::new(node.is_some_and(|node| node.allows_private)),
        }
    }

    fn api_type(self, kind: NodeKind) -> Option<ApiType> {
        (kind == NodeKind::OpenaiCompatible).then(|| self.api_type.get_untracked())
    }
}

#[component]
fn NodeForm(subject: NodeSubject, desk: Desk) -> impl IntoView {
    let toasts = use_toasts();
    let create = ServerAction::<CreateNode>::new();
    let patch = ServerAction::<PatchNode>::new();
    let first_account = ServerAction::<CreateConnection>::new();
    let test = ServerAction::<TestConnection>::new();
    let draft = Draft::of(&subject);
    let kind = match &subject {
        NodeSubject::New(kind) => *kind,
        NodeSubject::Existing(node) => node.kind,
    };
    let answer = Memo::new(move |_| create.value().get().or_else(|| patch.value().get()));
    let error: Signal<Option<ApiError>> =
        Signal::derive(move || answer.get().and_then(Result::err));
    let is_busy = Signal::derive(move || {
        [
            create.pending(),
            patch.pending(),
            first_account.pending(),
            test.pending(),
        ]
        .iter()
        .any(|pending| pending.get())
    });
    let is_new = matches!(subject, NodeSubject::New(_));
    let navigate = use_navigate();
    let finish = move |text: String| {
        toasts.say(text);
        desk.refetch();
        desk.node.set(None);
        if let Some(Ok(node)) = create.value().get_untracked() {
            navigate(&path(node.id.as_str()), NavigateOptions::default());
        }
    };
    let (finish_first, finish_tested) = (finish.clone(), finish.clone());
    Effect::new(move |_| {
        let Some(Ok(node)) = answer.get() else {
            return;
        };
        let api_key = draft.api_key.get_untracked();
        // Ollama asks for no key, but it is an account that a request is sent with.
        let api_key = if kind == NodeKind::OllamaCompatible && api_key.is_empty() {
            "none".to_owned()
        } else {
            api_key
        };
        if is_new && !api_key.is_empty() {
            first_account.dispatch(CreateConnection {
                params: ConnectionCreate {
                    provider: node.id.as_str().into(),
                    name: node.name,
                    api_key,
                    priority: None,
                    default_model: None,
                    proxy: None,
                    parts: BTreeMap::new(),
                    enabled_models: Vec::new(),
                },
            });
        } else {
            finish(format!("The provider {} is saved.", node.name));
        }
    });
    Effect::new(move |_| match first_account.value().get() {
        Some(Ok(account)) => {
            test.dispatch(TestConnection { id: account.id });
        }
        // The provider is there all the same; its card offers to add the account again.
        Some(Err(error)) => finish_first(format!(
            "The provider is saved, its account is not: {}",
            error.message
        )),
        None => {}
    });
    Effect::new(move |_| {
        if test.value().get().is_some() {
            let name = draft.name.get_untracked();
            finish_tested(format!(
                "The provider {name} and its first account are saved."
            ));
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let name = draft.name.get_untracked();
        let prefix = draft.prefix.get_untracked();
        let base_url = draft.base_url.get_untracked();
        let api_type = draft.api_type(kind);
        let allows_private = draft.allows_private.get_untracked();
        match &subject {
            NodeSubject::New(kind) => {
                create.dispatch(CreateNode {
                    params: NodeCreate {
                        kind: *kind,
                        name,
                        prefix,
                        api_type,
                        base_url,
                        allows_private,
                    },
                });
            }
            NodeSubject::Existing(node) => {
                let changes = NodePatch {
                    name: Some(name),
                    prefix: Some(prefix),
                    api_type,
                    base_url: Some(base_url),
                    allows_private: Some(allows_private),
                };
                patch.dispatch(PatchNode {
                    id: node.id.clone(),
                    patch: changes,
                });
            }
        }
    };
    view! {
        <form class="form" on:submit=submit>
            <ErrorNote error=outside(error, &["name", "prefix", "api_type", "base_url"])/>
            <Field id="node-name" label="Name" field="name" placeholder="Local models" required=true autofocus=true value=draft.name error/>
            <Field
                id="node-prefix"
                label="Prefix"
                field="prefix"
                hint="What stands before the slash in a model's name."
                placeholder="local"
                required=true
                value=draft.prefix
                error
            />
            {(kind == NodeKind::OpenaiCompatible).then(|| view! { <ApiTypeChoice api_type=draft.api_type/> })}
            <Field
                id="node-url"
                label="Base URL"
                field="base_url"
                kind=Kind::Url
                hint=address(kind).0
                placeholder=address(kind).1
                required=true
                value=draft.base_url
                error
            />
            <Tick
                label="It is on this machine or in my own network"
                hint="Without it, requests go to the public internet alone, so that nobody can be led by a name to what is only meant for your network. Tick it for an Ollama or another server of your own."
                value=draft.allows_private
            />
            <CheckAddress kind draft is_new/>
            <div class="actions">
                <button type="button" class="button" on:click=move |_| desk.node.set(None)>"Cancel"</button>
                <Submit label="Save" busy="Saving…" is_busy/>
            </div>
        </form>
    }
}

/// What a base URL of this kind usually looks like: in words, and an example.
fn address(kind: NodeKind) -> (&'static str, &'static str) {
    match kind {
        NodeKind::OpenaiCompatible => ("Usually it ends in /v1.", "http://localhost:8000/v1"),
        NodeKind::AnthropicCompatible => (
            "Usually it ends in /v1: the messages are at /messages below it.",
            "http://localhost:8000/v1",
        ),
        NodeKind::GeminiCompatible => (
            "Usually it ends in /v1beta: the models are at /models below it.",
            "http://localhost:8000/v1beta",
        ),
        NodeKind::OllamaCompatible => (
            "Without a path: the chat is at /api/chat below it.",
            "http://localhost:11434",
        ),
        NodeKind::CodexCompatible
        | NodeKind::GeminiCliCompatible
        | NodeKind::AntigravityCompatible
        | NodeKind::KiroCompatible => ("The address of the server.", "http://localhost:8000"),
    }
}

#[component]
fn ApiTypeChoice(api_type: RwSignal<ApiType>) -> impl IntoView {
    let option = move |option: ApiType, label: &'static str| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="api-type"
                    checked=api_type.get_untracked() == option
                    prop:checked=move || api_type.get() == option
                    on:change=move |_| api_type.set(option)
                />
                {label}
            </label>
        }
    };
    view! {
        <fieldset class="field choices">
            <legend>"API type"</legend>
            {option(ApiType::Chat, "Chat completions")}
            {option(ApiType::Responses, "Responses")}
        </fieldset>
    }
}

/// Tries the address with a key. For a new provider the key is its first account's as well.
#[component]
fn CheckAddress(kind: NodeKind, draft: Draft, is_new: bool) -> impl IntoView {
    let check = ServerAction::<CheckNode>::new();
    let hint = if is_new {
        "It becomes the first account. You can leave it empty and add accounts later."
    } else {
        "Only to check the address with; it is not kept. Accounts have their own."
    };
    view! {
        <Field
            id="node-key"
            label="API key (optional)"
            field="api_key"
            kind=Kind::Secret
            hint
            value=draft.api_key
        />
        <div class="check">
            <button
                type="button"
                class="button"
                disabled=move || check.pending().get() || draft.base_url.with(String::is_empty)
                on:click=move |_| {
                    let params = NodeCheck {
                        kind,
                        base_url: draft.base_url.get_untracked(),
                        api_key: draft.api_key.get_untracked(),
                        allows_private: draft.allows_private.get_untracked(),
                    };
                    check.dispatch(CheckNode { params });
                }
            >
                {move || if check.pending().get() { "Checking…" } else { "Check" }}
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
pub(crate) fn DeleteNodeDialog(desk: Desk) -> impl IntoView {
    let navigate = use_navigate();
    view! {
        <DeleteDialog
            id="delete-node-title"
            title="Delete the provider?"
            open=desk.deleting_node
            explain=|node: &NodeView| format!(
                "“{}” is deleted together with all its accounts and their keys. What they used stays in the statistics. This cannot be undone.",
                node.name,
            )
            label="Delete with its accounts"
            delete={*ServerAction::<DeleteNode>::new()}
            request=|node: NodeView| DeleteNode { id: node.id }
            done="The provider and its accounts are deleted."
            after=move |()| navigate("/dashboard/providers", NavigateOptions::default())
        />
    }
}
