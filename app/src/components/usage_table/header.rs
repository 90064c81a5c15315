//! The head of the table: what each column is, and how the rows are sorted by it.

use api::usage::Direction;
use api::usage::query::SortBy;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::components::usage_words;
use crate::pages::usage::address::Address;

#[component]
pub(crate) fn Header(address: Memo<Address>, columns: Memo<Vec<SortBy>>) -> impl IntoView {
    let name = move || {
        address.with(|address| {
            let by = usage_words::dimension(address.table.by);
            match address.table.then_by {
                None => by.to_owned(),
                Some(then_by) => {
                    format!("{by}, {}", usage_words::dimension(then_by).to_lowercase())
                }
            }
        })
    };
    view! {
        <thead>
            <tr>
                <SortHeader column=SortBy::Name title=Signal::derive(name) address/>
                <For each=move || columns.get() key=|column| *column let:column>
                    <SortHeader
                        column
                        title=Signal::derive(move || usage_words::column(column).to_owned())
                        address
                    />
                </For>
                <th scope="col" class="closer">"Look closer"</th>
            </tr>
        </thead>
    }
}

/// A link that sorts. With the shift key it sorts by this column as well, where the others are equal.
#[component]
fn SortHeader(column: SortBy, title: Signal<String>, address: Memo<Address>) -> impl IntoView {
    let sorted = Memo::new(move |_| {
        let sorted = address.with(|address| address.sorted(column));
        sorted.map(|(place, key)| (place, key.direction))
    });
    let is_alone = Memo::new(move |_| address.with(|address| address.table.then_sort.is_empty()));
    let aria = move || {
        sorted.get().map(|(_, direction)| match direction {
            Direction::Ascending => "ascending",
            Direction::Descending => "descending",
        })
    };
    let mark = move || match sorted.get() {
        None => "↕".to_owned(),
        Some((place, direction)) => {
            let arrow = match direction {
                Direction::Ascending => "↑",
                Direction::Descending => "↓",
            };
            if is_alone.get() {
                arrow.to_owned()
            } else {
                format!("{arrow}{}", place + 1)
            }
        }
    };
    let navigate = use_navigate();
    let add = move |event: web_sys::MouseEvent| {
        if event.shift_key() {
            event.prevent_default();
            event.stop_propagation();
            let href = address.with_untracked(|address| address.also_sorted_by(column).href());
            let options = NavigateOptions {
                replace: true,
                scroll: false,
                ..NavigateOptions::default()
            };
            navigate(&href, options);
        }
    };
    view! {
        <th scope="col" aria-sort=aria class:number=column != SortBy::Name && column != SortBy::LastUsed>
            <a
                class="sort"
                href=move || address.with(|address| address.sorted_by(column).href())
                prop:replace=true
                data-noscroll
                title=usage_words::about(column)
                on:click=add
            >
                {move || title.get()}
                <span class="sort-mark" aria-hidden="true">{mark}</span>
            </a>
        </th>
    }
}
