//! What a page's list is searched for: a plain form, which works without scripts, and with them at every letter.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use leptos_router::location::Url;

/// What the page is searched for now, in lower case.
pub(crate) fn searched() -> Memo<String> {
    let query = use_query_map();
    Memo::new(move |_| {
        let words = query.with(|query| query.get("q"));
        words.unwrap_or_default().to_lowercase()
    })
}

/// Whether every word is somewhere in `text`, whatever its case. The words are in lower case.
pub(crate) fn has_words(text: &str, words: &str) -> bool {
    let text = text.to_lowercase();
    words.split_whitespace().all(|word| text.contains(word))
}

/// The words stand in the URL as `q`.
#[component]
pub(crate) fn SearchBox(
    /// Of the page itself.
    path: &'static str,
    label: &'static str,
    placeholder: &'static str,
) -> impl IntoView {
    let navigate = use_navigate();
    let first = use_query_map().with_untracked(|query| query.get("q"));
    let go = move |text: String| {
        let href = match text.as_str() {
            "" => path.to_owned(),
            text => format!("{path}?q={}", Url::escape(text)),
        };
        let options = NavigateOptions {
            replace: true,
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&href, options);
    };
    view! {
        <form class="filters" method="get" action=path role="search" on:submit=|event| event.prevent_default()>
            <div class="field filter-search">
                <label for="search">{label}</label>
                <input
                    id="search"
                    name="q"
                    type="search"
                    maxlength="200"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder=placeholder
                    value=first
                    on:input:target=move |event| go(event.target().value())
                />
            </div>
        </form>
    }
}
