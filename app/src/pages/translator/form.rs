//! Who speaks what, and the text to translate.

use api::provider::{ClientFormat, Dialect};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::components::button::Submit;
use crate::components::choice::Choice;
use crate::components::field::Field;
use crate::pages::translator::address::{Address, Tab};
use crate::pages::translator::bench::Bench;
use crate::pages::translator::result::Summary;

#[component]
pub(crate) fn BenchForm(bench: Bench) -> impl IntoView {
    view! {
        <form
            class="card stack"
            aria-label="A sample to translate"
            on:submit=move |event| {
                event.prevent_default();
                bench.translate();
            }
            on:keydown=move |event| {
                if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                    event.prevent_default();
                    bench.translate();
                }
            }
        >
            <Sides bench/>
            <Draft bench/>
            <div class="check">
                <Submit label="Translate" busy="Translating…" is_busy=Signal::derive(move || bench.is_busy())/>
                <button type="button" class="button" on:click=move |_| bench.load_sample()>
                    "Load a sample"
                </button>
                <span class="hint">"Ctrl+Enter translates as well."</span>
                <Summary answer=bench.answer()/>
            </div>
        </form>
    }
}

#[component]
fn Sides(bench: Bench) -> impl IntoView {
    let address = bench.address;
    let navigate = use_navigate();
    let go = move |address: Address| {
        let options = NavigateOptions {
            replace: true,
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&address.href(), options);
    };
    let choose_client = {
        let go = go.clone();
        move |text: String| {
            if let Some(client) = ClientFormat::parse(&text) {
                go(address.with_untracked(|address| address.with_client(client)));
            }
        }
    };
    let choose_provider = move |text: String| {
        if let Some(provider) = Dialect::parse(&text) {
            go(address.with_untracked(|address| address.with_provider(provider)));
        }
    };
    let model_label = Signal::derive(move || match bench.tab() {
        Tab::Request => "Model, as the provider calls it".to_owned(),
        Tab::Answer => "Model, as the client calls it".to_owned(),
    });
    view! {
        <div class="bench-choices">
            <Choice
                id="translator-client"
                label="The client speaks"
                options=ClientFormat::ALL.map(|one| (one.as_str(), one.name())).to_vec()
                value=Signal::derive(move || address.with(|address| address.client.as_str()))
                choose=choose_client
            />
            <Choice
                id="translator-provider"
                label="The provider speaks"
                options=Dialect::ALL.map(|one| (one.as_str(), one.name())).to_vec()
                value=Signal::derive(move || address.with(|address| address.provider.as_str()))
                choose=choose_provider
            />
            <Field id="translator-model" label=model_label field="model" value=bench.model/>
        </div>
        <div class="check">
            <label class="switch-row">
                <input type="checkbox" role="switch" class="switch" bind:checked=bench.is_stream/>
                "The client asks for a stream"
            </label>
            {move || (bench.tab() == Tab::Request).then(|| view! {
                <span class="hint">"Where the request says so itself, that counts."</span>
            })}
        </div>
    }
}

#[component]
fn Draft(bench: Bench) -> impl IntoView {
    let label = move || match bench.tab() {
        Tab::Request => "The client's request",
        Tab::Answer => "The provider's answer",
    };
    let hint = move || match bench.address.get() {
        Address {
            tab: Tab::Answer,
            provider: Dialect::Kiro,
            ..
        } => "A binary stream, in base64.",
        Address {
            tab: Tab::Answer, ..
        } => "A JSON document, or the text of a stream.",
        Address {
            tab: Tab::Request, ..
        } => "A JSON document of at most 2 MiB.",
    };
    view! {
        <div class="field">
            <label for="translator-body">{label}</label>
            <textarea
                id="translator-body"
                rows="16"
                spellcheck="false"
                autocapitalize="off"
                autocomplete="off"
                aria-describedby="translator-body-hint"
                prop:value=move || bench.draft().get()
                on:input:target=move |event| {
                    untrack(move || bench.draft()).set(event.target().value());
                }
            >
                // What the server draws; from then on the property decides.
                {untrack(move || bench.draft().get())}
            </textarea>
            <p class="hint" id="translator-body-hint">{hint}</p>
        </div>
    }
}
