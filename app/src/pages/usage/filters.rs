//! Grouping, filters, an own period, the time zone and the columns: one form that works without scripts.

use api::usage::Outcome;
use api::usage::query::{Dimension, Measure, SortBy, Span};
use api::usage::table::UsageTable as Answer;
use leptos::prelude::*;
use leptos_router::components::Form;

use crate::components::icon::{Drawing, Icon};
use crate::components::usage_words;
use crate::pages::usage::address::{Address, PATH};

/// What the form has fields for; the rest of the page's state goes along unseen.
/// What is open, and where a long table was, is forgotten: it belongs to the old grouping.
const FIELDS: [&str; 10] = [
    "by", "text", "outcome", "from", "until", "zone", "columns", "open", "opened", "at",
];

#[component]
pub(crate) fn Filters(
    address: Memo<Address>,
    home: Signal<String>,
    zone: Memo<String>,
) -> impl IntoView {
    let unseen = Memo::new(move |_| address.with(unseen));
    view! {
        <Form method="GET" action=PATH replace=true noscroll=true>
            <For each=move || unseen.get().into_iter().enumerate() key=Clone::clone let((_, (name, value)))>
                <input type="hidden" name=name value=value/>
            </For>
            <Main address/>
            <div class="filter-more">
                <Period address home zone/>
                <Columns address/>
            </div>
        </Form>
    }
}

/// The page's state as far as the form has no field for it.
fn unseen(address: &Address) -> Vec<(String, String)> {
    let mut pairs = address.pairs();
    pairs.retain(|(name, _)| !FIELDS.contains(&name.as_str()));
    pairs
}

#[component]
fn Main(address: Memo<Address>) -> impl IntoView {
    let dimensions = || {
        Dimension::ALL
            .iter()
            .map(|known| (known.as_str(), usage_words::dimension(*known)))
    };
    let outcomes = Outcome::ALL.map(|known| (known.as_str(), usage_words::outcome(known)));
    let nothing = |words| std::iter::once(("", words));
    let by = Memo::new(move |_| address.with(|address| address.table.by.as_str().to_owned()));
    let then_by = Memo::new(move |_| {
        address.with(|address| {
            address
                .table
                .then_by
                .map(Dimension::as_str)
                .unwrap_or_default()
                .to_owned()
        })
    });
    let outcome = Memo::new(move |_| address.with(outcome_of));
    let text = Memo::new(move |_| address.with(|address| address.table.selection.text.clone()));
    view! {
        <div class="filter-bar">
            <Select id="group-by" label="Group by" name="by" options=dimensions().collect() chosen=by/>
            <Select
                id="group-then-by"
                label="Then by"
                name="then_by"
                options=nothing("Nothing").chain(dimensions()).collect()
                chosen=then_by
            />
            <Select
                id="filter-outcome"
                label="Outcome"
                name="result"
                options=nothing("Any").chain(outcomes).collect()
                chosen=outcome
            />
            <div class="field">
                <label for="filter-text">"With the text"</label>
                <input
                    id="filter-text"
                    type="search"
                    name="text"
                    value=text.get_untracked()
                    prop:value=move || text.get()
                    autocomplete="off"
                    placeholder="a model, a key, an account"
                />
            </div>
            <button type="submit" class="button">"Apply"</button>
        </div>
    }
}

/// The outcome that is filtered by, where it is one.
fn outcome_of(address: &Address) -> String {
    let mut filters = address.table.selection.filters.iter();
    let filter = filters.find(|filter| filter.dimension == Dimension::Outcome);
    let first = filter.and_then(|filter| filter.values.first().cloned());
    first.flatten().unwrap_or_default()
}

#[component]
fn Select(
    id: &'static str,
    label: &'static str,
    name: &'static str,
    options: Vec<(&'static str, &'static str)>,
    chosen: Memo<String>,
) -> impl IntoView {
    let options = options.into_iter().map(|(key, title)| {
        view! {
            <option
                value=key
                selected=chosen.with_untracked(|chosen| chosen == key)
                prop:selected=move || chosen.with(|chosen| chosen == key)
            >
                {title}
            </option>
        }
    });
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <select
                id=id
                name=name
                on:change:target=|event| {
                    if let Some(form) = event.target().form() {
                        let _refused = form.request_submit();
                    }
                }
            >
                {options.collect_view()}
            </select>
        </div>
    }
}

/// An own period, and whose clock it is read by.
#[component]
fn Period(address: Memo<Address>, home: Signal<String>, zone: Memo<String>) -> impl IntoView {
    let edges = Memo::new(move |_| {
        address.with(|address| match &address.table.selection.period {
            Span::Custom { from, until } => (from.clone(), until.clone()),
            Span::Preset(_) => (String::new(), String::new()),
        })
    });
    let own = Memo::new(move |_| address.with(|address| address.zone.clone().unwrap_or_default()));
    let is_own = Memo::new(move |_| own.with(|own| !own.is_empty()));
    let is_open = edges.with_untracked(|(from, _)| !from.is_empty()) || is_own.get_untracked();
    let is_compared = Memo::new(move |_| address.with(|address| address.table.compare));
    let link =
        move |to: fn(&Address) -> Address| move || address.with(|address| to(address).href());
    view! {
        <details class="disclosure" open=is_open>
            <summary>"Own period and time zone"<span class="muted">{move || format!("times in {}", zone.get())}</span></summary>
            <div class="filter-bar">
                <Edge id="filter-from" label="From" name="from" value=Signal::derive(move || edges.get().0)/>
                <Edge id="filter-until" label="Until, this day included" name="until" value=Signal::derive(move || edges.get().1)/>
                <div class="field">
                    <label for="filter-zone">"Time zone"</label>
                    <input
                        id="filter-zone"
                        name="zone"
                        value=own.get_untracked()
                        prop:value=move || own.get()
                        list="zones"
                        autocomplete="off"
                        placeholder=move || home.get()
                    />
                    <datalist id="zones">
                        {ZONES.map(|zone| view! { <option value=zone></option> })}
                    </datalist>
                </div>
                <button type="submit" class="button">"Apply"</button>
            </div>
            <p class="muted links">
                {move || if is_own.get() {
                    view! { <a href=link(|address| address.with_zone(None)) prop:replace=true data-noscroll>"Use your own zone"</a> }
                } else {
                    view! { <a href=link(|address| address.with_zone(Some("UTC"))) prop:replace=true data-noscroll>"Use UTC"</a> }
                }}
                <a
                    href=link(|address| address.compared(!address.table.compare))
                    prop:replace=true
                    data-noscroll
                >
                    {move || if is_compared.get() {
                        "Do not compare with the period before"
                    } else {
                        "Compare with the period before"
                    }}
                </a>
            </p>
        </details>
    }
}

/// A day, or a time where the URL has one.
#[component]
fn Edge(
    id: &'static str,
    label: &'static str,
    name: &'static str,
    value: Signal<String>,
) -> impl IntoView {
    // A browser's fields know no moments with a zone of their own.
    let kind = move || {
        value.with(|value| match value.len() {
            0 | 10 => "date",
            16 if value.contains('T') => "datetime-local",
            _ => "text",
        })
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input id=id type=kind name=name value=value.get_untracked() prop:value=move || value.get()/>
        </div>
    }
}

/// Some zones from west to east, one or two for each hour; any other can be written.
const ZONES: [&str; 30] = [
    "UTC",
    "Pacific/Honolulu",
    "America/Anchorage",
    "America/Los_Angeles",
    "America/Denver",
    "America/Phoenix",
    "America/Chicago",
    "America/Mexico_City",
    "America/New_York",
    "America/Toronto",
    "America/Bogota",
    "America/Halifax",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Argentina/Buenos_Aires",
    "Atlantic/Azores",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Paris",
    "Africa/Lagos",
    "Europe/Athens",
    "Africa/Cairo",
    "Europe/Istanbul",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
];

#[component]
fn Columns(address: Memo<Address>) -> impl IntoView {
    let chosen = Memo::new(move |_| address.with(|address| address.columns().to_vec()));
    let all = Measure::ALL
        .iter()
        .map(|measure| SortBy::Measure(*measure))
        .chain([SortBy::LastUsed]);
    let boxes = all.map(|column| {
        view! {
            <label class="choice">
                <input
                    type="checkbox"
                    name="column"
                    value=column.as_str()
                    checked=chosen.with_untracked(|chosen| chosen.contains(&column))
                    prop:checked=move || chosen.with(|chosen| chosen.contains(&column))
                />
                <span title=usage_words::about(column)>{usage_words::column(column)}</span>
            </label>
        }
    });
    view! {
        <details class="disclosure">
            <summary>"Columns"<span class="muted">{move || format!("{} shown", chosen.with(Vec::len))}</span></summary>
            <fieldset class="field">
                <legend class="visually-hidden">"Columns of the table"</legend>
                <div class="choices">{boxes.collect_view()}</div>
            </fieldset>
            <p><button type="submit" class="button">"Show these columns"</button></p>
        </details>
    }
}

/// What the numbers on the page are about: the period as the clock shows it, and each filter with a way out.
#[component]
pub(crate) fn Chips(address: Memo<Address>, answer: Memo<Option<Answer>>) -> impl IntoView {
    let about = move || {
        answer.with(|answer| {
            let answer = answer.as_ref()?;
            let before = answer
                .previous_range
                .map_or("", |_| ", compared with the period before");
            Some(format!(
                "From {} to {}, {}{before}.",
                answer.local.from, answer.local.until, answer.query.selection.zone
            ))
        })
    };
    let chips = move || {
        address.with(|address| {
            let selection = &address.table.selection;
            let mut chips = Vec::new();
            if !selection.text.is_empty() {
                chips.push((
                    format!("With the text: {}", selection.text),
                    address.without_text().href(),
                ));
            }
            for filter in &selection.filters {
                for id in &filter.values {
                    let name = answer
                        .with(|answer| named(answer.as_ref(), filter.dimension, id.as_deref()));
                    let words = name.map_or_else(
                        || usage_words::filtered(filter, id.as_deref()),
                        |name| format!("{}: {name}", usage_words::dimension(filter.dimension)),
                    );
                    chips.push((
                        words,
                        address.without(filter.dimension, id.as_deref()).href(),
                    ));
                }
            }
            chips
        })
    };
    view! {
        <div class="about-period">
            <p class="muted">{about}</p>
            <ul class="chips" aria-label="Filters">
                {move || chips().into_iter().map(|(words, href)| view! {
                    <li>
                        {words.clone()}
                        <a href=href class="chip-close" prop:replace=true data-noscroll aria-label=format!("Take away {words}")>
                            <Drawing icon=Icon::Close/>
                        </a>
                    </li>
                }).collect_view()}
            </ul>
        </div>
    }
}

/// The name of a filter's value, where the answer has it.
fn named(answer: Option<&Answer>, dimension: Dimension, id: Option<&str>) -> Option<String> {
    let answer = answer.filter(|answer| answer.query.by == dimension)?;
    let group = answer
        .groups
        .iter()
        .find(|group| group.row.value.id.as_deref() == id)?;
    group.row.value.name.clone()
}
