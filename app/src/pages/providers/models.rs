//! A provider's models, as clients write them.

use api::provider::ProviderView;
use leptos::prelude::*;

#[component]
pub(crate) fn ModelsSection(provider: Signal<ProviderView>) -> impl IntoView {
    let models = Memo::new(move |_| provider.with(|provider| provider.models.clone()));
    view! {
        <section class="card" aria-labelledby="models-title">
            <h2 id="models-title">"Models"</h2>
            <ul class="chips">
                {move || models
                    .get()
                    .into_iter()
                    .map(|model| view! { <li title=model.name><code>{model.id}</code></li> })
                    .collect_view()}
            </ul>
        </section>
    }
}
