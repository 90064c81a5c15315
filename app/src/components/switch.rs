//! On or off: a checkbox that looks like a switch and says so.

use leptos::prelude::*;

#[component]
pub(crate) fn Switch(
    /// What it turns on, for those who do not see the row it stands in.
    #[prop(into)]
    label: Signal<String>,
    #[prop(into)] is_on: Signal<bool>,
    #[prop(into)] is_busy: Signal<bool>,
    #[prop(into)] set: Callback<bool>,
) -> impl IntoView {
    view! {
        <input
            type="checkbox"
            role="switch"
            class="switch"
            aria-label=move || label.get()
            checked=is_on.get_untracked()
            prop:checked=move || is_on.get()
            disabled=move || is_busy.get()
            on:change:target=move |event| {
                let wanted = event.target().checked();
                // It moves when the server has agreed.
                event.target().set_checked(is_on.get_untracked());
                set.run(wanted);
            }
        />
    }
}
