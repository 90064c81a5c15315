//! The first run: makes the administrator.

use api::auth::Welcome;
use api::error::ApiError;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::components::button::Submit;
use crate::components::error::ErrorNote;
use crate::components::field::{Field, Kind, outside};
use crate::functions::auth::SetUp;
use crate::pages::entrance::Entrance;

/// The server refuses anything shorter.
const SHORTEST: u32 = 8;

#[component]
pub(crate) fn SetupPage() -> impl IntoView {
    view! {
        <Entrance title="Welcome to 9Router" elsewhere children=|visit| view! {
            <SetupForm token_required=visit.token_required/>
        }.into_any()/>
    }
}

fn elsewhere(visit: &Welcome) -> Option<&'static str> {
    match visit {
        Welcome { user: Some(_), .. } => Some("/dashboard"),
        Welcome {
            setup_required: false,
            ..
        } => Some("/login"),
        Welcome { .. } => None,
    }
}

#[component]
fn SetupForm(token_required: bool) -> impl IntoView {
    let set_up = ServerAction::<SetUp>::new();
    let name = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let confirm = RwSignal::new(String::new());
    // The address that was printed at start carries it.
    let query = use_query_map();
    let token = RwSignal::new(
        query
            .with_untracked(|query| query.get("token"))
            .unwrap_or_default(),
    );
    let error: Signal<Option<ApiError>> =
        Signal::derive(move || set_up.value().get().and_then(Result::err));
    let fields: &[&str] = if token_required {
        &["name", "password", "confirm", "token"]
    } else {
        &["name", "password", "confirm"]
    };
    view! {
        <p class="muted">
            "Nobody has set this router up yet. Choose the name and the password you will sign in with: "
            "they protect your accounts and keys. They stay on this machine."
        </p>
        <ActionForm action=set_up>
            <div class="form">
                <ErrorNote error=outside(error, fields)/>
                {token_required.then(|| view! {
                    <Field
                        id="setup-token"
                        label="Set-up token"
                        name="params[token]"
                        field="token"
                        kind=Kind::Secret
                        required=true
                        hint="You are on another machine than the router. It printed this token when it started: look at its log."
                        value=token
                        error
                    />
                })}
                <Field
                    id="setup-name"
                    label="Name"
                    name="params[name]"
                    field="name"
                    kind=Kind::Username
                    required=true
                    autofocus=true
                    value=name
                    error
                />
                <Field
                    id="setup-password"
                    label="Password"
                    name="params[password]"
                    field="password"
                    kind=Kind::NewPassword
                    required=true
                    min_length=SHORTEST
                    hint=Signal::derive(move || password.with(|password| Some(strength(password))))
                    value=password
                    error
                />
                <Field
                    id="setup-confirm"
                    label="Password, once more"
                    name="confirm"
                    field="confirm"
                    kind=Kind::NewPassword
                    required=true
                    min_length=SHORTEST
                    hint=Signal::derive(move || sameness(&password.get(), &confirm.get()))
                    value=confirm
                    error
                />
                <Submit label="Set up" busy="Setting up…" is_busy=set_up.pending()/>
            </div>
        </ActionForm>
    }
}

/// What may be said of a password's strength without guessing at it: length is what counts.
fn strength(password: &str) -> String {
    let length = password.chars().count();
    let shortest = usize::try_from(SHORTEST).unwrap_or(usize::MAX);
    match length {
        0 => format!(
            "At least {SHORTEST} characters. Four or five words are strong and easy to keep."
        ),
        length if length < shortest => format!("{} more to go.", shortest - length),
        length if length < 12 => "Fair. Longer is stronger.".to_owned(),
        length if length < 16 => "Good.".to_owned(),
        _ => "Strong.".to_owned(),
    }
}

fn sameness(password: &str, confirm: &str) -> Option<String> {
    if confirm.is_empty() {
        None
    } else {
        (password == confirm).then(|| "The same. Good.".to_owned())
    }
}
