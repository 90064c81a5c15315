//! There is no such page.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::icon::Logo;

#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="No such page"/>
        <main class="alone">
            <div class="alone-card card">
                <Logo/>
                <h1>"There is no such page"</h1>
                <p class="muted">"The address may have a typing error, or the page has moved."</p>
                <p><a class="button button-primary" href="/dashboard">"Go to the dashboard"</a></p>
            </div>
        </main>
    }
}
