//! One row: what it is, its figures with their shares, and where to look closer.

use api::usage::query::{Dimension, Measure, SortBy, Span};
use api::usage::table::{Measures, Range, Share};
use leptos::prelude::*;

use crate::components::figure::{figure, is_zero};
use crate::components::icon::{Drawing, Icon};
use crate::components::time::Time;
use crate::components::usage_table::rows::{Kind, Shown};
use crate::components::usage_words;
use crate::format;
use crate::pages::usage::address::Address;

/// What every row needs to know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around {
    pub(crate) address: Memo<Address>,
    pub(crate) columns: Memo<Vec<SortBy>>,
    /// The ids of all groups.
    pub(crate) groups: Memo<Vec<Option<String>>>,
    pub(crate) range: Memo<Option<Range>>,
    /// The zone whose clock is shown.
    pub(crate) zone: Signal<String>,
}

#[component]
pub(crate) fn Line(line: Signal<Shown>, around: Around) -> impl IntoView {
    let kind = line.with_untracked(|line| line.kind);
    let class = match kind {
        Kind::Group { .. } => "group",
        Kind::Part => "line",
        Kind::PartRest { .. } => "line rest",
        Kind::Rest { .. } => "rest",
    };
    let figures = move || {
        around.columns.with(|columns| {
            line.with(|line| {
                let cells = columns.iter().map(|column| {
                    cell(
                        *column,
                        &line.measures,
                        Some(&line.share),
                        line.previous.as_ref(),
                        around.zone,
                    )
                });
                cells.collect_view()
            })
        })
    };
    view! {
        // The head is the first row.
        <tr class=class aria-rowindex=move || line.with(|line| line.place + 2)>
            <th scope="row"><Name line kind around/></th>
            {figures}
            <td class="closer">{move || line.with(|line| closer(line, around))}</td>
        </tr>
    }
}

#[component]
fn Name(line: Signal<Shown>, kind: Kind, around: Around) -> impl IntoView {
    match kind {
        Kind::Group { .. } => view! { <GroupName line around/> }.into_any(),
        Kind::Part => {
            let name = move || {
                line.with(|line| {
                    line.marks
                        .last()
                        .map(|(by, value)| usage_words::value(*by, value))
                })
            };
            view! { <span class="value">{name}</span> }.into_any()
        }
        Kind::PartRest { .. } | Kind::Rest { .. } => view! { <RestName line around/> }.into_any(),
    }
}

/// A group opens where there is a second dimension.
#[component]
fn GroupName(line: Signal<Shown>, around: Around) -> impl IntoView {
    let id = StoredValue::new(line.with_untracked(|line| line.group().map(str::to_owned)));
    let name = move || {
        line.with(|line| {
            line.marks
                .first()
                .map(|(by, value)| usage_words::value(*by, value))
        })
    };
    let address = around.address;
    let can_open = Memo::new(move |_| address.with(|address| address.table.then_by.is_some()));
    let is_open = Memo::new(move |_| {
        address.with(|address| id.with_value(|id| address.is_open(id.as_deref())))
    });
    let href = move || {
        let groups = around.groups;
        address.with(|address| {
            groups.with(|groups| id.with_value(|id| address.toggled(id.as_deref(), groups).href()))
        })
    };
    let parts = move || {
        let then_by = address.with(|address| address.table.then_by)?;
        let parts = line.with(|line| match line.kind {
            Kind::Group { parts } => parts,
            Kind::Part | Kind::PartRest { .. } | Kind::Rest { .. } => 0,
        });
        let (one, many) = usage_words::dimensions(then_by);
        (is_open.get() && parts > 0).then(|| format::plural(parts, one, many))
    };
    view! {
        {move || if can_open.get() {
            view! {
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
                    <span class="value">{name}</span>
                </a>
                <span class="muted parts">{parts}</span>
            }
            .into_any()
        } else {
            view! { <span class="value">{name}</span> }.into_any()
        }}
    }
}

/// The rows past the limit, and a way to see more of them.
#[component]
fn RestName(line: Signal<Shown>, around: Around) -> impl IntoView {
    let words = move || {
        line.with(|line| {
            let dimensions = around
                .address
                .with(|address| (address.table.by, address.table.then_by));
            let (rows, dimension) = match line.kind {
                Kind::PartRest { rows } => (rows, dimensions.1.unwrap_or(dimensions.0)),
                Kind::Rest { rows } => (rows, dimensions.0),
                Kind::Group { .. } | Kind::Part => (0, dimensions.0),
            };
            let (one, many) = usage_words::dimensions(dimension);
            format!("Other: {}", format::plural(rows, one, many))
        })
    };
    view! {
        <span class="value">{words}</span>
        {move || around.address.with(Address::with_more_rows).map(|address| view! {
            " "
            <a href=address.href() prop:replace=true data-noscroll>"Show more"</a>
        })}
    }
}

/// Only the requests of the row: here, and in the log.
fn closer(line: &Shown, around: Around) -> impl IntoView + use<> {
    let only = match line.kind {
        Kind::Group { .. } | Kind::Part => around.address.with(|address| only(address, line)),
        Kind::PartRest { .. } | Kind::Rest { .. } => None,
    };
    let log = around.range.get().and_then(|range| match line.kind {
        Kind::Group { .. } | Kind::Part => around
            .address
            .with(|address| address.log(range, &line.marks)),
        Kind::PartRest { .. } | Kind::Rest { .. } => None,
    });
    let name = line
        .marks
        .iter()
        .map(|(by, value)| usage_words::value(*by, value));
    let name = name.collect::<Vec<_>>().join(", ");
    view! {
        {only.map(|only| view! { <a href=only.href() data-noscroll aria-label=format!("Only {name}")>"Only"</a> })}
        {log.map(|log| view! { <a href=log aria-label=format!("Requests of {name}")>"Requests"</a> })}
    }
}

/// The page narrowed to a row. An hour cannot be filtered by.
fn only(address: &Address, line: &Shown) -> Option<Address> {
    let mut address = address.clone();
    for (dimension, value) in &line.marks {
        address = match dimension {
            Dimension::Hour => return None,
            Dimension::Day => {
                let day = value.name.clone()?;
                address.with_span(Span::Custom {
                    from: day.clone(),
                    until: day,
                })
            }
            dimension => address.only(*dimension, value.id.as_deref()),
        };
    }
    Some(address)
}

/// The cells of the sums over everything.
pub(crate) fn cell(
    column: SortBy,
    measures: &Measures,
    share: Option<&Share>,
    previous: Option<&Measures>,
    zone: Signal<String>,
) -> AnyView {
    match column {
        SortBy::Name => ().into_any(),
        SortBy::LastUsed => match measures.last_used_at {
            Some(at) => view! { <td class="when"><Time at zone/></td> }.into_any(),
            None => view! { <td class="when muted">"never"</td> }.into_any(),
        },
        SortBy::Measure(measure) => {
            let part = share.and_then(|share| part(measure, share));
            let before = previous
                .map(|previous| format!("{} in the period before", figure(measure, previous)));
            let is_bad = measure == Measure::Errors && measures.errors > 0;
            view! {
                <td
                    class="number"
                    class:is-zero=is_zero(measure, measures)
                    class:is-bad=is_bad
                    title=before
                >
                    {figure(measure, measures)}
                    {part.map(bar)}
                </td>
            }
            .into_any()
        }
    }
}

fn part(measure: Measure, share: &Share) -> Option<f64> {
    match measure {
        Measure::Requests => Some(share.requests),
        Measure::Total => Some(share.tokens),
        Measure::Cost => Some(share.cost),
        _ => None,
    }
}

/// A part of the whole table, in words and as a bar.
fn bar(part: f64) -> impl IntoView {
    let width = format!("{:.1}", (part * 100.0).clamp(0.0, 100.0));
    view! {
        <span class="share">
            <svg class="share-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                <rect class="share-all" width="100" height="4"/>
                <rect class="share-part" width=width height="4"/>
            </svg>
            <span class="share-words">{format::share(part)}</span>
        </span>
    }
}
