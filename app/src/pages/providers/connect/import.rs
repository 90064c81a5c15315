//! A login that another program of the user's holds: its refresh token, pasted or taken from this machine.

use api::error::ApiError;
use api::login::{LoginImport, LoginMethod, LoginStep, LoginView};
use leptos::prelude::*;

use crate::browser;
use crate::components::button::Submit;
use crate::components::error::{ErrorNote, sentence};
use crate::components::field::{Field, Kind, outside};
use crate::functions::logins::{ImportCachedLogin, ImportLogin};
use crate::pages::providers::connect::choose::Through;
use crate::pages::providers::connect::{Progress, Subject};

#[component]
pub(super) fn Import(subject: Subject, method: LoginMethod, progress: Progress) -> impl IntoView {
    let import = ServerAction::<ImportLogin>::new();
    let cached = ServerAction::<ImportCachedLogin>::new();
    let token = RwSignal::new(String::new());
    let proxy = RwSignal::new(String::new());
    let takes_proxy = subject.takes_proxy();
    let error: Signal<Option<ApiError>> =
        Signal::derive(move || import.value().get().and_then(Result::err));
    let provider = StoredValue::new(subject.provider.id.clone());
    let connection = StoredValue::new(subject.account.map(|account| account.id));
    let done = move |step: LoginStep| {
        progress.see(Ok(LoginView {
            id: "imported".into(),
            provider: provider.get_value(),
            expires_at: browser::now(),
            step,
        }));
    };
    Effect::new(move |_| {
        if let Some(Ok(step)) = import.value().get() {
            done(step);
        }
    });
    Effect::new(move |_| {
        if let Some(Ok(step)) = cached.value().get() {
            done(step);
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        import.dispatch(ImportLogin {
            params: LoginImport {
                provider: provider.get_value(),
                method: method.id.clone(),
                connection: connection.get_value(),
                token: token.get_untracked(),
                proxy: Some(proxy.get_untracked()).filter(|proxy| !proxy.is_empty()),
            },
        });
    };
    view! {
        <form class="form" on:submit=submit>
            <ErrorNote error=outside(error, &["token", "proxy"])/>
            <Field
                id="login-token"
                label="Refresh token"
                field="token"
                kind=Kind::Secret
                hint="It is tried at once, stored encrypted, and never shown again."
                required=true
                value=token
                error
            />
            {takes_proxy.then(|| view! { <Through proxy error/> })}
            <div class="actions">
                <button
                    type="button"
                    class="button"
                    disabled=move || cached.pending().get()
                    on:click=move |_| {
                        cached.dispatch(ImportCachedLogin {
                            connection: connection.get_value(),
                            proxy: Some(proxy.get_untracked()).filter(|proxy| !proxy.is_empty()),
                        });
                    }
                >
                    {move || if cached.pending().get() { "Looking…" } else { "Take the one on this machine" }}
                </button>
                <Submit label="Connect" busy="Trying the token…" is_busy=import.pending()/>
            </div>
            <div role="status">
                {move || cached.value().get().and_then(Result::err).map(|error| view! {
                    <p class="problem">{sentence(&error.message)}</p>
                })}
            </div>
        </form>
    }
}
