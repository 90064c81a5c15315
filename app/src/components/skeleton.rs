//! The shape of what is on its way.

use leptos::prelude::*;

#[component]
pub(crate) fn Skeleton(
    #[prop(default = 3)] lines: u32,
    /// What is on its way.
    what: &'static str,
) -> impl IntoView {
    view! {
        <div class="card skeleton" aria-busy="true">
            <p class="visually-hidden">"Loading " {what} "…"</p>
            {(0..lines).map(|_| view! { <div class="skeleton-line"></div> }).collect_view()}
        </div>
    }
}
