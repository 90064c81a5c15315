//! A box to tick in a form, with what it means.

use leptos::prelude::*;

#[component]
pub(crate) fn Tick(
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: MaybeProp<String>,
    value: RwSignal<bool>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label class="choice">
                <input
                    type="checkbox"
                    checked=value.get_untracked()
                    prop:checked=move || value.get()
                    on:change:target=move |event| value.set(event.target().checked())
                />
                {label}
            </label>
            {move || hint.get().map(|hint| view! { <p class="hint">{hint}</p> })}
        </div>
    }
}
