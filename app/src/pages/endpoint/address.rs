//! The base URL, and the models a client can name there.

use api::endpoint::EndpointView;
use leptos::prelude::*;

use crate::components::copy::Copyable;
use crate::format;

/// So many are shown before the rest is folded away.
const SHOWN: usize = 24;

#[component]
pub(crate) fn Address(view: EndpointView) -> impl IntoView {
    view! {
        <section class="card card-accent" aria-labelledby="address-title">
            <h2 id="address-title">"Base URL"</h2>
            <Copyable text=view.url what="the base URL"/>
            <p class="muted">
                "Point any client here. "
                {if view.key_required {
                    view! {
                        "It shows one of your keys as "
                        <code>"Authorization: Bearer …"</code>" or "<code>"x-api-key: …"</code>"."
                    }.into_any()
                } else {
                    view! {
                        "Clients on this machine need no key; others show one as "
                        <code>"Authorization: Bearer …"</code>" or "<code>"x-api-key: …"</code>"."
                    }.into_any()
                }}
            </p>
        </section>
    }
}

#[component]
pub(crate) fn Models(models: Vec<String>) -> impl IntoView {
    let total = models.len();
    let mut shown = models;
    let folded = shown.split_off(total.min(SHOWN));
    view! {
        <section class="card" aria-labelledby="models-title">
            <div class="card-head">
                <h2 id="models-title">"Models a client can name"</h2>
                <span class="muted">{format::count(total as u64)}</span>
            </div>
            {if total == 0 {
                view! {
                    <div class="empty">
                        <p>"Nothing is listed yet. The models of a provider in the catalogue appear as soon as you add an account with it. A provider of your own takes any model of its: write its prefix, a slash, and the model's name."</p>
                        <p><a class="button button-primary" href="/dashboard/providers">"Add an account"</a></p>
                    </div>
                }
                .into_any()
            } else {
                view! {
                    <ModelNames models=shown/>
                    {(!folded.is_empty()).then(|| view! {
                        <details class="disclosure">
                            <summary>{format!("{} more", folded.len())}</summary>
                            <ModelNames models=folded/>
                        </details>
                    })}
                }
                .into_any()
            }}
        </section>
    }
}

#[component]
fn ModelNames(models: Vec<String>) -> impl IntoView {
    view! {
        <ul class="chips">
            {models.into_iter().map(|model| view! { <li><code>{model}</code></li> }).collect_view()}
        </ul>
    }
}
