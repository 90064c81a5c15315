//! The table: groups that open, columns that sort, sums that agree with the cards.
//!
//! The table's parts take the answer as it is; what they change is the page's URL.

pub(crate) mod rows;
pub(crate) mod steady;

mod header;
mod line;
#[cfg(feature = "hydrate")]
mod scroll;
mod window;

use api::usage::query::SortBy;
use api::usage::table::UsageTable as Answer;
use leptos::html::{Div, Tbody};
use leptos::prelude::*;

use crate::browser;
use crate::components::each::Each;
use crate::components::usage_table::header::Header;
use crate::components::usage_table::line::{Around, Line, cell};
use crate::components::usage_table::rows::{Shown, rows};
use crate::components::usage_table::window::{PAGE, Window};
use crate::format;
use crate::pages::usage::address::Address;

#[component]
pub(crate) fn UsageTable(
    answer: Memo<Option<Answer>>,
    address: Memo<Address>,
    /// The zone whose clock is shown.
    zone: Signal<String>,
    /// True while somebody points at a row or is in one with the keyboard.
    is_held: RwSignal<bool>,
) -> impl IntoView {
    let shown = Memo::new(move |_| {
        answer.with(|answer| {
            address.with(|address| {
                answer
                    .as_ref()
                    .map(|answer| rows(answer, address))
                    .unwrap_or_default()
            })
        })
    });
    let around = Around {
        address,
        columns: Memo::new(move |_| address.with(|address| address.columns().to_vec())),
        groups: Memo::new(move |_| {
            answer.with(|answer| answer.as_ref().map(group_ids).unwrap_or_default())
        }),
        range: Memo::new(move |_| answer.with(|answer| answer.as_ref().map(|answer| answer.range))),
        zone,
    };
    let is_empty = Memo::new(move |_| shown.with(Vec::is_empty));
    view! {
        {move || if is_empty.get() {
            view! { <Empty address/> }.into_any()
        } else {
            view! { <Table answer shown around is_held/> }.into_any()
        }}
    }
}

fn group_ids(answer: &Answer) -> Vec<Option<String>> {
    let groups = answer.groups.iter();
    groups.map(|group| group.row.value.id.clone()).collect()
}

#[component]
fn Empty(address: Memo<Address>) -> impl IntoView {
    let is_narrowed = Memo::new(move |_| {
        address.with(|address| {
            let selection = &address.table.selection;
            !selection.filters.is_empty() || !selection.text.is_empty()
        })
    });
    view! {
        <div class="empty">
            {move || if is_narrowed.get() {
                view! {
                    <p>"No request of this period fits the filters."</p>
                    <p><a class="button" href=address.with(|address| address.without_filters().href())>"Take the filters away"</a></p>
                }
                .into_any()
            } else {
                view! {
                    <p>"Nothing was used in this period. Point a client at your endpoint, or choose a longer period."</p>
                    <p><a class="button" href="/dashboard/endpoint">"Connect a client"</a></p>
                }
                .into_any()
            }}
        </div>
    }
}

#[component]
fn Table(
    answer: Memo<Option<Answer>>,
    shown: Memo<Vec<Shown>>,
    around: Around,
    is_held: RwSignal<bool>,
) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    let body = NodeRef::<Tbody>::new();
    let count = Memo::new(move |_| shown.with(Vec::len));
    let window = RwSignal::new(Window::page(
        around.address.with_untracked(|address| address.at),
    ));
    #[cfg(feature = "hydrate")]
    scroll::follow(place, body, count, window);
    let drawn = Memo::new(move |_| window.get().within(count.get()));
    let visible = Memo::new(move |_| {
        let drawn = drawn.get();
        shown.with(|shown| {
            shown
                .get(drawn.start..drawn.end)
                .map(<[Shown]>::to_vec)
                .unwrap_or_default()
        })
    });
    let is_long = Memo::new(move |_| count.get() > PAGE);
    let columns = Memo::new(move |_| around.columns.with(|columns| columns.len() + 2));
    let space = move |read: fn((f64, f64)) -> f64| {
        let height = read(drawn.get().space(count.get()));
        (drawn.get().is_measured() && height > 0.0).then(|| view! {
            <tbody aria-hidden="true">
                <tr class="space"><td colspan=columns.get() style:height=format!("{height}px")></td></tr>
            </tbody>
        })
    };
    view! {
        <div
            class="table-box table-box-tall usage-box"
            class:is-long=move || is_long.get()
            role="region"
            aria-label="Usage, a table"
            tabindex="0"
            node_ref=place
        >
            <table class="table usage-table" aria-rowcount=move || count.get() + 2>
                <Header address=around.address columns=around.columns/>
                {move || space(|(above, _)| above)}
                <tbody
                    node_ref=body
                    on:pointerenter=move |_| is_held.set(true)
                    on:pointerleave=move |_| is_held.set(false)
                    on:focusin=move |_| is_held.set(true)
                    on:focusout=move |_| is_held.set(false)
                    on:keydown=walk
                >
                    <Each items=visible key=Shown::key let:line>
                        <Line line around/>
                    </Each>
                </tbody>
                {move || space(|(_, below)| below)}
                <tfoot><Sums answer around/></tfoot>
            </table>
        </div>
        <Pages count window=drawn address=around.address/>
    }
}

/// Arrows lead from row to row, and open and close.
fn walk(event: web_sys::KeyboardEvent) {
    let step = match event.key().as_str() {
        "ArrowDown" => browser::RowStep::Next,
        "ArrowUp" => browser::RowStep::Previous,
        "ArrowRight" => browser::RowStep::Open,
        "ArrowLeft" => browser::RowStep::Close,
        _ => return,
    };
    if browser::step_row(step) {
        event.prevent_default();
    }
}

/// The sums over everything, which are also on the cards.
#[component]
fn Sums(answer: Memo<Option<Answer>>, around: Around) -> impl IntoView {
    let cells = move || {
        answer.with(|answer| {
            let answer = answer.as_ref()?;
            let columns = around.columns.get();
            let cells = columns.iter().map(|column: &SortBy| {
                cell(
                    *column,
                    &answer.totals,
                    None,
                    answer.previous_totals.as_ref(),
                    around.zone,
                )
            });
            Some(cells.collect_view())
        })
    };
    view! {
        <tr>
            <th scope="row">"Total"</th>
            {cells}
            <td></td>
        </tr>
    }
}

/// For those who read a long table in pages: without scripts it does not scroll on.
#[component]
fn Pages(count: Memo<usize>, window: Memo<Window>, address: Memo<Address>) -> impl IntoView {
    let is_awake = RwSignal::new(false);
    Effect::new(move |_| is_awake.set(true));
    let pages = move || {
        let (count, window) = (count.get(), window.get());
        (count > PAGE && !is_awake.get()).then(|| {
            let link = |at: usize| address.with(|address| address.starting_at(at).href());
            let number = |rows: usize| format::count(rows as u64);
            let range = format!("Rows {} to {} of {}", number(window.start + 1), number(window.end), number(count));
            view! {
                <nav class="pages" aria-label="Rows of the table">
                    {(window.start > 0).then(|| view! { <a href=link(window.start.saturating_sub(PAGE))>"Previous rows"</a> })}
                    <span class="muted">{range}</span>
                    {(window.end < count).then(|| view! { <a href=link(window.end)>"Next rows"</a> })}
                </nav>
            }
        })
    };
    view! { {pages} }
}
