//! What requests to a provider call themselves: asked for when somebody opens it.

use api::identification::{read, write};
use api::provider::ProviderView;
use leptos::prelude::*;

use crate::components::button::Submit;
use crate::components::error::sentence;
use crate::components::toast::use_toasts;
use crate::functions::identification::{Identification, SetIdentification};

const EXPLAINED: &str = "Requests name this program, or the client whose words they pass on. What you set here is sent in its place, one header a line. A vendor may forbid that its accounts are used under another name, and may close an account for it.";

#[component]
pub(crate) fn IdentificationPart(provider: Signal<ProviderView>) -> impl IntoView {
    let toasts = use_toasts();
    let load = ServerAction::<Identification>::new();
    let save = ServerAction::<SetIdentification>::new();
    let text = RwSignal::new(String::new());
    let wrong = RwSignal::new(None::<String>);
    let id = move || provider.with_untracked(|provider| provider.id.clone());
    let may_change = move || {
        let known = load.value().get();
        known.is_some_and(|known| known.is_ok_and(|view| view.may_change))
    };
    Effect::new(move |_| {
        if let Some(Ok(view)) = load.value().get() {
            text.set(write(&view.headers));
        }
    });
    Effect::new(move |_| match save.value().get() {
        Some(Ok(view)) => {
            text.set(write(&view.headers));
            toasts.say("What requests call themselves is changed.".to_owned());
        }
        Some(Err(error)) => wrong.set(Some(sentence(&error.message))),
        None => {}
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        match read(&text.get_untracked()) {
            Ok(headers) => {
                wrong.set(None);
                save.dispatch(SetIdentification {
                    provider: id(),
                    headers,
                });
            }
            Err(error) => wrong.set(Some(sentence(&error))),
        }
    };
    let failed = move || {
        let failure = load.value().get()?.err()?;
        Some(view! { <p class="problem">{sentence(&failure.message)}</p> })
    };
    view! {
        <details
            class="disclosure"
            on:toggle=move |_| {
                if load.version().get_untracked() == 0 {
                    load.dispatch(Identification { provider: id() });
                }
            }
        >
            <summary>"What requests call themselves"</summary>
            {failed}
            <form class="form" on:submit=submit>
                <div class="field">
                    <label for="identification-headers">"Headers"</label>
                    <textarea
                        id="identification-headers"
                        rows="3"
                        spellcheck="false"
                        autocapitalize="off"
                        autocomplete="off"
                        placeholder="user-agent: my-team/1.0"
                        aria-describedby="identification-hint identification-problem"
                        readonly=move || !may_change()
                        prop:value=move || text.get()
                        on:input:target=move |event| text.set(event.target().value())
                    ></textarea>
                    <p class="hint" id="identification-hint">{EXPLAINED}</p>
                    <p class="problem" id="identification-problem" role="alert">{move || wrong.get()}</p>
                </div>
                {move || may_change().then(|| view! {
                    <div class="actions">
                        <Submit label="Save the headers" busy="Saving…" is_busy=save.pending()/>
                    </div>
                })}
            </form>
        </details>
    }
}
