//! Before a login begins: the vendor's terms, the way, and what some ways ask for.

use api::error::ApiError;
use api::login::{LoginBegin, LoginFlow, LoginMethod, LoginOffer, LoginView};
use leptos::prelude::*;

use crate::browser;
use crate::components::button::Submit;
use crate::components::error::ErrorNote;
use crate::components::field::{Field, Kind, outside};
use crate::components::icon::{Drawing, Icon};
use crate::functions::logins::BeginLogin;
use crate::pages::providers::accounts::forms::{PROXY_HINT, ProxyField};
use crate::pages::providers::connect::import::Import;
use crate::pages::providers::connect::{Progress, Subject};

#[component]
pub(super) fn Choose(subject: Subject, progress: Progress) -> impl IntoView {
    let Some(LoginOffer { terms, methods }) = subject.provider.login.clone() else {
        return ().into_any();
    };
    let chosen = RwSignal::new(methods.first().map(|method| method.id.clone()));
    let is_one = methods.len() == 1;
    let all = StoredValue::new(methods);
    let subject = StoredValue::new(subject);
    let method = Memo::new(move |_| {
        let id = chosen.get();
        all.with_value(|all| {
            all.iter()
                .find(|method| Some(&method.id) == id.as_ref())
                .cloned()
        })
    });
    view! {
        {terms.map(|terms| view! {
            <div class="note note-warning">
                <Drawing icon=Icon::Warning/>
                <div><p>{terms}</p></div>
            </div>
        })}
        {(!is_one).then(|| view! { <Ways methods=all.get_value() chosen/> })}
        {move || method.get().map(|method| match (&method.missing, method.flow) {
            (Some(variable), _) => view! { <Missing variable=variable.clone()/> }.into_any(),
            (None, LoginFlow::Import) => view! { <Import subject=subject.get_value() method progress/> }.into_any(),
            (None, LoginFlow::Code | LoginFlow::Device) => view! { <Begin subject=subject.get_value() method progress/> }.into_any(),
        })}
    }
    .into_any()
}

#[component]
fn Ways(methods: Vec<LoginMethod>, chosen: RwSignal<Option<String>>) -> impl IntoView {
    view! {
        <fieldset class="field choices">
            <legend>"How to sign in"</legend>
            {methods.into_iter().map(|method| {
                let id = StoredValue::new(method.id);
                view! {
                    <label class="choice">
                        <input
                            type="radio"
                            name="login-method"
                            prop:checked=move || chosen.with(|chosen| chosen.as_deref() == Some(id.get_value().as_str()))
                            on:change=move |_| chosen.set(Some(id.get_value()))
                        />
                        <span>{method.name}</span>
                    </label>
                }
            }).collect_view()}
        </fieldset>
    }
}

/// What an administrator has to configure before anybody can log in here.
#[component]
fn Missing(variable: String) -> impl IntoView {
    view! {
        <div class="note note-warning" role="status">
            <Drawing icon=Icon::Warning/>
            <div>
                <p>
                    "This login needs the client secret of the vendor's program, which is not configured: set "
                    <code>{variable}</code>
                    " in the router's environment and start it again."
                </p>
            </div>
        </div>
    }
}

#[component]
fn Begin(subject: Subject, method: LoginMethod, progress: Progress) -> impl IntoView {
    let begin = ServerAction::<BeginLogin>::new();
    let (region, start_url) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let proxy = RwSignal::new(String::new());
    let takes_proxy = subject.takes_proxy();
    let error: Signal<Option<ApiError>> =
        Signal::derive(move || begin.value().get().and_then(Result::err));
    let opens_window = method.flow == LoginFlow::Code;
    Effect::new(move |_| match begin.value().get() {
        Some(Ok(view)) => {
            lead_window(progress, &view);
            progress.see(Ok(view));
        }
        Some(Err(_)) => close_window(progress),
        None => {}
    });
    let asks_region = method.asks_region;
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        // While the click still counts: later the browser would take it for an advertisement.
        if opens_window {
            progress.window.set_value(browser::open_window());
        }
        let text =
            |text: RwSignal<String>| Some(text.get_untracked()).filter(|text| !text.is_empty());
        begin.dispatch(BeginLogin {
            params: LoginBegin {
                provider: subject.provider.id.clone(),
                method: Some(method.id.clone()),
                connection: subject.account.as_ref().map(|account| account.id.clone()),
                region: text(region),
                start_url: text(start_url),
                proxy: text(proxy),
            },
        });
    };
    view! {
        <form class="form" on:submit=submit>
            <ErrorNote error=outside(error, &["region", "start_url", "proxy"])/>
            {asks_region.then(|| view! {
                <Field
                    id="login-start-url"
                    label="Start URL"
                    field="start_url"
                    kind=Kind::Url
                    hint="Where people of your organisation sign in to AWS."
                    placeholder="https://example.awsapps.com/start"
                    required=true
                    value=start_url
                    error
                />
                <Field
                    id="login-region"
                    label="Region"
                    field="region"
                    hint="Leave it empty for us-east-1."
                    placeholder="us-east-1"
                    value=region
                    error
                />
            })}
            {takes_proxy.then(|| view! { <Through proxy error/> })}
            <div class="actions">
                <Submit label="Continue" busy="Asking the provider…" is_busy=begin.pending()/>
            </div>
        </form>
    }
}

/// The way of a new account, which its login takes already.
#[component]
pub(super) fn Through(proxy: RwSignal<String>, error: Signal<Option<ApiError>>) -> impl IntoView {
    let hint = format!(
        "What this program asks the provider goes through it; the provider's page opens in your browser as always. {PROXY_HINT}"
    );
    view! {
        <details class="disclosure">
            <summary>"Proxy"</summary>
            <ProxyField id="login-proxy" hint value=proxy error/>
        </details>
    }
}

/// Sends the window that was opened to the vendor's page.
fn lead_window(progress: Progress, view: &LoginView) {
    if let api::login::LoginStep::Browser { url, .. } = &view.step {
        progress.window.with_value(|window| {
            if let Some(window) = window {
                browser::lead(window, url);
            }
        });
    }
}

fn close_window(progress: Progress) {
    progress.window.update_value(|window| {
        if let Some(window) = window.take() {
            let _gone = window.close();
        }
    });
}
