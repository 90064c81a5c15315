//! Buttons that say what they are doing.

use leptos::prelude::*;

/// The button that sends its form.
#[component]
pub(crate) fn Submit(
    label: &'static str,
    /// What it says while the answer is under way.
    busy: &'static str,
    #[prop(into)] is_busy: Signal<bool>,
    #[prop(default = "button button-primary")] class: &'static str,
) -> impl IntoView {
    view! {
        <button type="submit" class=class disabled=move || is_busy.get()>
            {move || if is_busy.get() { busy } else { label }}
        </button>
    }
}
