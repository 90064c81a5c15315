//! One of a few, by name.

use leptos::prelude::*;

#[component]
pub(crate) fn Choice(
    id: &'static str,
    label: &'static str,
    /// Values with their names for people.
    options: Vec<(&'static str, &'static str)>,
    #[prop(into)] value: Signal<&'static str>,
    #[prop(into)] choose: Callback<String>,
) -> impl IntoView {
    let option = move |(key, name): (&'static str, &'static str)| {
        view! {
            <option
                value=key
                selected=value.get_untracked() == key
                prop:selected=move || value.get() == key
            >
                {name}
            </option>
        }
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <select id=id on:change:target=move |event| choose.run(event.target().value())>
                {options.into_iter().map(option).collect_view()}
            </select>
        </div>
    }
}
