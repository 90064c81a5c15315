//! The table by endpoint: groups that open, columns that sort, sums that agree with the cards.

mod columns;

use api::usage::{Column, Direction, Totals, UsageGroup, UsageLine};
use leptos::prelude::*;

use crate::components::each::Each;
use crate::components::icon::{Drawing, Icon};
use crate::components::time::MaybeTime;
use crate::components::usage_table::columns::{FIGURES, figure, title};
use crate::format;
use crate::pages::usage::address::Address;

/// How data from before endpoints were tracked is called.
const UNKNOWN: &str = "Unknown (before tracking)";

#[component]
pub(crate) fn UsageTable(
    groups: Memo<Vec<UsageGroup>>,
    totals: Memo<Totals>,
    address: Memo<Address>,
) -> impl IntoView {
    let is_empty = Memo::new(move |_| groups.with(Vec::is_empty));
    view! {
        <section class="card" aria-labelledby="by-endpoint-title">
            <div class="card-head">
                <h2 id="by-endpoint-title">"By endpoint"</h2>
                {move || (!is_empty.get()).then(|| view! { <OpenAll groups address/> })}
            </div>
            {move || if is_empty.get() {
                view! {
                    <div class="empty">
                        <p>"Nothing was used in this period. Point a client at your endpoint, or choose a longer period."</p>
                        <p><a class="button" href="/dashboard/endpoint">"Connect a client"</a></p>
                    </div>
                }
                .into_any()
            } else {
                view! { <Table groups totals address/> }.into_any()
            }}
        </section>
    }
}

/// Opens every group, or closes them again.
#[component]
fn OpenAll(groups: Memo<Vec<UsageGroup>>, address: Memo<Address>) -> impl IntoView {
    let is_all_closed = move || address.with(Address::is_all_closed);
    let href = move || {
        address.with(|address| {
            let target = if address.is_all_closed() {
                groups.with(|groups| {
                    address.all_open(groups.iter().map(|group| group.endpoint.as_deref()))
                })
            } else {
                address.all_closed()
            };
            target.href()
        })
    };
    view! {
        <a class="button button-quiet" href=href prop:replace=true data-noscroll>
            {move || if is_all_closed() { "Open all" } else { "Close all" }}
        </a>
    }
}

#[component]
fn Table(
    groups: Memo<Vec<UsageGroup>>,
    totals: Memo<Totals>,
    address: Memo<Address>,
) -> impl IntoView {
    view! {
        <div class="table-box" role="region" aria-label="Usage by endpoint, a table" tabindex="0">
            <table class="table usage-table">
                <thead>
                    <tr>
                        {Column::ALL.map(|column| view! { <SortHeader column address/> })}
                    </tr>
                </thead>
                <Each items=groups key=|group: &UsageGroup| group.endpoint.clone() let:group>
                    <Group group address/>
                </Each>
                <tfoot>
                    <tr>
                        <th scope="row">"Total"</th>
                        <td></td>
                        <td></td>
                        <Figures totals/>
                    </tr>
                </tfoot>
            </table>
        </div>
    }
}

#[component]
fn SortHeader(column: Column, address: Memo<Address>) -> impl IntoView {
    let sorted = Memo::new(move |_| {
        address.with(|address| (address.query.sort == column).then_some(address.query.direction))
    });
    let aria = move || match sorted.get() {
        Some(Direction::Ascending) => Some("ascending"),
        Some(Direction::Descending) => Some("descending"),
        None => None,
    };
    view! {
        <th scope="col" aria-sort=aria class:number=columns::is_number(column)>
            <a
                class="sort"
                href=move || address.with(|address| address.sorted_by(column).href())
                prop:replace=true
                data-noscroll
            >
                {title(column)}
                <span class="sort-mark" aria-hidden="true">
                    {move || match sorted.get() {
                        Some(Direction::Ascending) => "↑",
                        Some(Direction::Descending) => "↓",
                        None => "↕",
                    }}
                </span>
            </a>
        </th>
    }
}

#[component]
fn Group(group: Signal<UsageGroup>, address: Memo<Address>) -> impl IntoView {
    let endpoint = group.with_untracked(|group| group.endpoint.clone());
    let name = endpoint.clone().unwrap_or_else(|| UNKNOWN.to_owned());
    let endpoint = StoredValue::new(endpoint);
    let is_open = Memo::new(move |_| {
        address.with(|address| endpoint.with_value(|endpoint| address.is_open(endpoint.as_deref())))
    });
    let href = move || {
        address.with(|address| {
            endpoint.with_value(|endpoint| address.toggled(endpoint.as_deref()).href())
        })
    };
    let totals = Memo::new(move |_| group.with(|group| group.totals));
    let lines = Memo::new(move |_| {
        if is_open.get() {
            group.with(|group| group.lines.clone())
        } else {
            Vec::new()
        }
    });
    view! {
        <tbody class="group" class:is-open=move || is_open.get()>
            <tr>
                <th scope="row">
                    <a
                        class="disclose"
                        role="button"
                        href=href
                        prop:replace=true
                        data-noscroll
                        aria-expanded=move || if is_open.get() { "true" } else { "false" }
                        on:keydown:target=|event| {
                            // A link is pressed with Enter, a button with the space bar as well.
                            if event.key() == " " {
                                event.prevent_default();
                                event.target().click();
                            }
                        }
                    >
                        <Drawing icon=Icon::Chevron/>
                        <span class="endpoint">{name}</span>
                    </a>
                </th>
                <td class="muted">{move || group.with(models)}</td>
                <td class="muted">{move || group.with(providers)}</td>
                <Figures totals/>
            </tr>
            <Each
                items=lines
                key=|line: &UsageLine| (line.model.clone(), line.provider.clone())
                let:line
            >
                <Line line/>
            </Each>
        </tbody>
    }
}

#[component]
fn Line(line: Signal<UsageLine>) -> impl IntoView {
    let model = line
        .with_untracked(|line| line.model.clone())
        .unwrap_or_else(|| "no model".to_owned());
    let provider = move || {
        line.with(|line| {
            let id = line.provider.as_ref().map(|id| id.as_str().to_owned());
            line.provider_name
                .clone()
                .or(id)
                .unwrap_or_else(|| "no provider".to_owned())
        })
    };
    let totals = Memo::new(move |_| line.with(|line| line.totals));
    view! {
        <tr class="line">
            // On a narrow screen only this column stays in sight, so there it says both.
            <td><span class="narrow-only">{model.clone()}<span class="muted">{provider}</span></span></td>
            <td class="model">{model}</td>
            <td>{provider}</td>
            <Figures totals/>
        </tr>
    }
}

/// The cells every row has: the figures, and when.
#[component]
fn Figures(totals: Memo<Totals>) -> impl IntoView {
    view! {
        {FIGURES.map(|column| view! {
            <td
                class="number"
                class:is-zero=move || totals.with(|totals| columns::is_zero(column, totals))
                class:is-bad=move || column == Column::Errors && totals.with(|totals| totals.errors > 0)
            >
                {move || totals.with(|totals| figure(column, totals))}
            </td>
        })}
        <td class="when"><MaybeTime at=Signal::derive(move || totals.with(|totals| totals.last_used_at))/></td>
    }
}

fn models(group: &UsageGroup) -> String {
    let mut names: Vec<_> = group
        .lines
        .iter()
        .filter_map(|line| line.model.as_deref())
        .collect();
    names.sort_unstable();
    names.dedup();
    format::plural(names.len() as u64, "model", "models")
}

fn providers(group: &UsageGroup) -> String {
    let mut ids: Vec<_> = group
        .lines
        .iter()
        .filter_map(|line| line.provider.as_ref())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    format::plural(ids.len() as u64, "provider", "providers")
}
