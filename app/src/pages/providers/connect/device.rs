//! The vendor waits for a code that a person types there, in any browser.

use leptos::prelude::*;

use crate::components::copy::CopyButton;
use crate::pages::providers::connect::clock::TimeLeft;
use crate::pages::providers::connect::{GiveUp, Progress};

#[component]
pub(super) fn OnDevice(
    provider: String,
    user_code: String,
    url: String,
    complete_url: Option<String>,
    progress: Progress,
) -> impl IntoView {
    let shown = user_code.clone();
    let target = complete_url.unwrap_or_else(|| url.clone());
    view! {
        <p>{format!("Type this code on the page of {provider}, and agree there:")}</p>
        <div class="device-code">
            <output aria-label="Code" class="device-code-text">{shown}</output>
            <CopyButton text=user_code what="the code"/>
        </div>
        <p>
            <a class="button button-primary" href=target target="_blank" rel="noopener noreferrer">"Open the page"</a>
        </p>
        <p class="muted breakable">{url}</p>
        <p role="status">"Waiting for you to agree…"</p>
        <TimeLeft progress/>
        <div class="actions"><GiveUp progress/></div>
    }
}
