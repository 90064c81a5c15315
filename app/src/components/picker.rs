//! A field that searches a list while one types, and takes what is not in the list as well.

pub(crate) mod offers;

use api::error::ApiError;
use leptos::prelude::*;

use crate::browser;
use crate::components::error::sentence;
use crate::components::picker::offers::{Offer, Offers, offers};

/// The pattern of a combobox with a list: arrows choose, Enter takes. The list stays open, so that nothing
/// below it moves away under a finger.
#[component]
pub(crate) fn Picker(
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    #[prop(optional)] placeholder: &'static str,
    /// The field of the params it fills.
    field: &'static str,
    text: RwSignal<String>,
    #[prop(into)] known: Signal<Vec<Offer>>,
    #[prop(into)] error: Signal<Option<ApiError>>,
    #[prop(into)] choose: Callback<String>,
) -> impl IntoView {
    let chosen = RwSignal::new(None::<usize>);
    let found = Memo::new(move |_| known.with(|known| text.with(|text| offers(known, text))));
    let count = move || found.with(|found| found.shown.len());
    let is_shown = Memo::new(move |_| count() > 0);
    // What Enter takes: whatever the arrows chose, and the best of what was typed.
    let active = Memo::new(move |_| {
        let first = text.with(|text| !text.trim().is_empty()).then_some(0);
        chosen.get().or(first).filter(|index| *index < count())
    });
    let problem = move || {
        error
            .get()
            .filter(|error| error.field.as_deref() == Some(field))
            .map(|error| sentence(&error.message))
    };
    let option_id = move |index: usize| format!("{id}-option-{index}");
    let take = move |index: usize| {
        let offer = found.with_untracked(|found| found.shown.get(index).cloned());
        if let Some(offer) = offer {
            chosen.set(None);
            choose.run(offer.id);
        }
    };
    let step = move |forwards: bool| {
        let count = found.with_untracked(|found| found.shown.len());
        let next = match (active.get_untracked(), forwards) {
            (None, true) => 0,
            (None, false) => count.saturating_sub(1),
            (Some(index), true) => (index + 1) % count.max(1),
            (Some(index), false) => (index + count.max(1) - 1) % count.max(1),
        };
        chosen.set(Some(next));
        browser::reveal_soon(option_id(next));
    };
    let press = move |event: web_sys::KeyboardEvent| match event.key().as_str() {
        "ArrowDown" => {
            event.prevent_default();
            step(true);
        }
        "ArrowUp" => {
            event.prevent_default();
            step(false);
        }
        // Never the form's: whoever presses it here means the list.
        "Enter" => {
            event.prevent_default();
            if let Some(index) = active.get_untracked() {
                take(index);
            }
        }
        _ => {}
    };
    view! {
        <div class="field picker">
            <label for=id>{label}</label>
            <input
                id=id
                type="text"
                role="combobox"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder=placeholder
                aria-autocomplete="list"
                aria-expanded=move || if is_shown.get() { "true" } else { "false" }
                aria-controls=format!("{id}-list")
                aria-activedescendant=move || active.get().filter(|_| is_shown.get()).map(option_id)
                aria-invalid=move || problem().map(|_| "true")
                aria-describedby=format!("{id}-hint {id}-problem")
                prop:value=move || text.get()
                on:input:target=move |event| {
                    chosen.set(None);
                    text.set(event.target().value());
                }
                on:keydown=press
            />
            <ul
                id=format!("{id}-list")
                class="picker-list"
                role="listbox"
                aria-label=label
                hidden=move || !is_shown.get()
            >
                {move || found.get().shown.into_iter().enumerate().map(|(index, offer)| view! {
                    <li
                        id=option_id(index)
                        role="option"
                        aria-selected=move || if active.get() == Some(index) { "true" } else { "false" }
                        // The focus stays in the field.
                        on:mousedown=|event| event.prevent_default()
                        on:click=move |_| take(index)
                    >
                        <code>{offer.id}</code>
                        <span class="muted">{offer.about}</span>
                    </li>
                }).collect_view()}
            </ul>
            <p class="hint" id=format!("{id}-hint")>
                {move || match found.get() {
                    Offers { more: 0, .. } => hint.to_owned(),
                    Offers { more, .. } => format!("{hint} {more} more are not shown: type to find them."),
                }}
            </p>
            <p class="problem" id=format!("{id}-problem")>{problem}</p>
        </div>
    }
}
