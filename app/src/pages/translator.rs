//! A bench for translations: what would become of a request or an answer, and what would be lost.

mod address;
mod bench;
mod form;
mod result;
mod samples;
pub(crate) mod strict;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::pages::translator::address::{Address, Tab};
use crate::pages::translator::bench::Bench;
use crate::pages::translator::form::BenchForm;
use crate::pages::translator::result::Outcome;
use crate::pages::translator::strict::Strict;

#[component]
pub(crate) fn TranslatorPage() -> impl IntoView {
    let query = use_query_map();
    let address = Memo::new(move |_| query.with(|query| Address::read(|name| query.get(name))));
    let bench = Bench::new(address);
    view! {
        <div class="toolbar">
            <nav class="segments" aria-label="What is translated">
                {Tab::ALL.map(|tab| view! {
                    <a
                        href=move || address.with(|address| address.with_tab(tab).href())
                        prop:replace=true
                        data-noscroll
                        aria-current=move || (address.with(|address| address.tab) == tab).then_some("true")
                    >
                        {tab.title()}
                    </a>
                })}
            </nav>
            <p class="muted">"Nothing is sent anywhere: this shows what the router would write."</p>
        </div>
        <BenchForm bench/>
        <Outcome answer=bench.answer()/>
        <Strict/>
    }
}
