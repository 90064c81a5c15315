//! A provider among the others: what it is, and how its accounts are.

use api::connection::ConnectionView;
use api::provider::ProviderView;
use leptos::prelude::*;

use crate::format;
use crate::pages::providers::badge::Badge;
use crate::pages::providers::{path, words};

#[component]
pub(crate) fn ProviderCard(
    provider: Signal<ProviderView>,
    accounts: Signal<Vec<ConnectionView>>,
) -> impl IntoView {
    let status = Memo::new(move |_| accounts.with(|accounts| words::accounts(accounts)));
    let title_id = provider.with_untracked(|provider| format!("provider-{}", provider.id));
    let labelled_by = title_id.clone();
    view! {
        <article class="card offer" aria-labelledby=labelled_by>
            <h3 id=title_id>
                <a class="card-link" href=move || provider.with(|provider| path(provider.id.as_str()))>
                    {move || provider.with(|provider| provider.name.clone())}
                </a>
            </h3>
            <p class="muted">
                <code>{move || provider.with(|provider| format!("{}/", provider.prefix))}</code>
                " · "
                {move || provider.with(words::dialects)}
                {move || match provider.with(|provider| provider.model_count) {
                    0 => String::new(),
                    models => format!(" · {}", format::plural(models as u64, "model", "models")),
                }}
            </p>
            <Badge status/>
        </article>
    }
}
