//! The vendor's page is open in the browser. It comes back by itself, or its address is brought here by hand.

use api::error::ApiError;
use leptos::prelude::*;

use crate::components::button::Submit;
use crate::components::field::Field;
use crate::functions::logins::FinishLogin;
use crate::pages::providers::connect::clock::TimeLeft;
use crate::pages::providers::connect::{GiveUp, Progress};

#[component]
pub(super) fn InBrowser(
    provider: String,
    url: String,
    redirect: String,
    is_awaited: bool,
    progress: Progress,
) -> impl IntoView {
    view! {
        <p>{format!("Sign in on the page of {provider} that has opened in another window.")}</p>
        <p>
            <a class="button" href=url target="_blank" rel="noopener noreferrer">"Open the page"</a>
        </p>
        {if is_awaited {
            view! {
                <p role="status">"Waiting for the page to come back…"</p>
                <details class="disclosure">
                    <summary>"It does not come back?"</summary>
                    <Paste redirect progress is_first=false/>
                </details>
            }.into_any()
        } else {
            view! { <Paste redirect progress is_first=true/> }.into_any()
        }}
        <TimeLeft progress/>
        <div class="actions"><GiveUp progress/></div>
    }
}

/// Takes the address that the browser could not open.
#[component]
fn Paste(redirect: String, progress: Progress, is_first: bool) -> impl IntoView {
    let finish = ServerAction::<FinishLogin>::new();
    let text = RwSignal::new(String::new());
    let error: Signal<Option<ApiError>> = Signal::derive(move || {
        let error = finish.value().get().and_then(Result::err);
        error.filter(|error| error.field.is_some())
    });
    Effect::new(move |_| {
        // What is wrong with the text stands beside it.
        if let Some(result) = finish.value().get()
            && !matches!(&result, Err(error) if error.field.is_some())
        {
            progress.see(result);
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let id = progress.view.get_untracked().map(|view| view.id);
        finish.dispatch(FinishLogin {
            id,
            text: text.get_untracked(),
        });
    };
    view! {
        <form class="form" on:submit=submit>
            <p>
                "After you have agreed, your browser is sent to an address that begins with "
                <code class="breakable">{redirect}</code>
                " and may say that it cannot open it. Copy that whole address, or the code that the page shows, and bring it here."
            </p>
            <Field
                id="login-answer"
                label="Address or code"
                field="text"
                required=true
                autofocus=is_first
                value=text
                error
            />
            <div class="actions">
                <Submit label="Finish" busy="Finishing…" is_busy=finish.pending()/>
            </div>
        </form>
    }
}
