//! A keyed list whose rows stay in the document while their items change.

use std::collections::HashMap;
use std::hash::Hash;

use leptos::prelude::*;

/// Like `<For/>`, but a row is given a signal of its item: a refetch moves and updates rows, it never
/// replaces one that is still there. Focus, open menus and dialogs survive.
#[component]
pub(crate) fn Each<T, K, V>(
    #[prop(into)] items: Signal<Vec<T>>,
    key: fn(&T) -> K,
    children: impl Fn(Signal<T>) -> V + Clone + Send + 'static,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    // A list of thousands is searched once, and not once for each of its rows.
    let places = Memo::new(move |_| {
        items.with(|items| {
            items
                .iter()
                .map(key)
                .zip(0_usize..)
                .collect::<HashMap<K, usize>>()
        })
    });
    view! {
        <For each=move || items.get() key=move |item| key(item) let:first>
            {
                let id = key(&first);
                let item = Memo::new(move |previous: Option<&T>| {
                    let place = places.with(|places| places.get(&id).copied());
                    place
                        .and_then(|place| items.with(|items| items.get(place).cloned()))
                        .filter(|item| key(item) == id)
                        // On its way out of the list.
                        .or_else(|| previous.cloned())
                        .unwrap_or_else(|| first.clone())
                });
                children(item.into())
            }
        </For>
    }
}
