//! Signing in.

use api::auth::Welcome;
use api::error::ApiError;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::components::button::Submit;
use crate::components::error::ErrorNote;
use crate::components::field::{Field, Kind, outside};
use crate::functions::auth::SignIn;
use crate::pages::entrance::Entrance;

#[component]
pub(crate) fn LoginPage() -> impl IntoView {
    view! { <Entrance title="Sign in" elsewhere children=|_| view! { <SignInForm/> }.into_any()/> }
}

fn elsewhere(visit: &Welcome) -> Option<&'static str> {
    match visit {
        Welcome { user: Some(_), .. } => Some("/dashboard"),
        Welcome {
            setup_required: true,
            ..
        } => Some("/setup"),
        Welcome { .. } => None,
    }
}

#[component]
fn SignInForm() -> impl IntoView {
    let sign_in = ServerAction::<SignIn>::new();
    let query = use_query_map();
    let next = move || query.with(|query| query.get("next"));
    let name = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let error = Signal::derive(move || sign_in.value().get().and_then(Result::err));
    let error: Signal<Option<ApiError>> = error;
    view! {
        <ActionForm action=sign_in>
            <div class="form">
                <ErrorNote error=outside(error, &["name", "password"])/>
                {move || next().map(|next| view! { <input type="hidden" name="next" value=next/> })}
                <Field
                    id="login-name"
                    label="Name"
                    name="params[name]"
                    field="name"
                    kind=Kind::Username
                    hint="Leave it empty to sign in as the administrator."
                    value=name
                    error
                />
                <Field
                    id="login-password"
                    label="Password"
                    name="params[password]"
                    field="password"
                    kind=Kind::CurrentPassword
                    required=true
                    autofocus=true
                    value=password
                    error
                />
                <Submit label="Sign in" busy="Signing in…" is_busy=sign_in.pending()/>
            </div>
        </ActionForm>
    }
}
