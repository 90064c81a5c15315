//! The newest requests, one line each: what was asked, who served it, how it ended.

use std::collections::BTreeMap;

use api::ids::ProviderId;
use api::usage::{NoteView, Outcome, UsageRow};
use leptos::prelude::*;

use crate::components::each::Each;
use crate::components::note_list::NoteList;
use crate::components::time::Time;
use crate::format;

#[component]
pub(crate) fn RecentRequests(
    rows: Memo<Vec<UsageRow>>,
    /// What the providers are called.
    names: Memo<BTreeMap<ProviderId, String>>,
) -> impl IntoView {
    let is_empty = Memo::new(move |_| rows.with(Vec::is_empty));
    view! {
        <section class="card" aria-labelledby="recent-title">
            <h2 id="recent-title">"Newest requests"</h2>
            {move || if is_empty.get() {
                view! { <p class="empty muted">"The first request will appear here by itself."</p> }.into_any()
            } else {
                view! { <RequestTable rows names label="The newest requests, a table"/> }.into_any()
            }}
        </section>
    }
}

/// A line per request, each with the way to its detail.
#[component]
pub(crate) fn RequestTable(
    rows: Memo<Vec<UsageRow>>,
    /// What the providers are called.
    names: Memo<BTreeMap<ProviderId, String>>,
    label: &'static str,
    /// It scrolls by itself.
    #[prop(default = true)]
    is_tall: bool,
) -> impl IntoView {
    view! {
        <div class="table-box" class:table-box-tall=is_tall role="region" aria-label=label tabindex="0">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Time"</th>
                        <th scope="col">"Outcome"</th>
                        <th scope="col">"Endpoint"</th>
                        <th scope="col">"Model"</th>
                        <th scope="col">"Provider"</th>
                        <th scope="col">"Account"</th>
                        <th scope="col">"Key"</th>
                        <th scope="col" class="number">"Input"</th>
                        <th scope="col" class="number">"Output"</th>
                        <th scope="col" class="number">"Cost"</th>
                        <th scope="col" class="number">"First token"</th>
                        <th scope="col" class="number">"Duration"</th>
                    </tr>
                </thead>
                <tbody>
                    <Each items=rows key=|row: &UsageRow| row.id.clone() let:row>
                        <Row row names/>
                    </Each>
                </tbody>
            </table>
        </div>
    }
}

/// A row is written once: what has been recorded does not change.
#[component]
fn Row(row: Signal<UsageRow>, names: Memo<BTreeMap<ProviderId, String>>) -> impl IntoView {
    let row = row.get_untracked();
    let provider = row.provider.clone();
    let total_input = row.tokens.input + row.tokens.cache_read + row.tokens.cache_write;
    let cached = (row.tokens.cache_read > 0).then(|| {
        format!(
            "{} of it read from a cache",
            format::count(row.tokens.cache_read)
        )
    });
    let reasoning = (row.tokens.reasoning > 0)
        .then(|| format!("{} of it reasoning", format::count(row.tokens.reasoning)));
    view! {
        <tr>
            <th scope="row"><a href=format!("/dashboard/logs/{}", row.id)><Time at=row.at is_close=true/></a></th>
            <td>
                <span class=badge(row.outcome)>{outcome_name(row.outcome)}" · "{row.status}</span>
                {(row.attempts > 1).then(|| view! { <span class="muted">{format!(" {} attempts", row.attempts)}</span> })}
                {row.error.map(|error| view! { <p class="row-error">{error}</p> })}
                {(!row.notes.is_empty()).then(|| view! { <Notes notes=row.notes/> })}
            </td>
            <td><code>{row.endpoint.unwrap_or_else(|| "unknown".to_owned())}</code></td>
            <td class="model">{model(row.model_requested, row.model_served)}</td>
            <td>{move || match &provider {
                Some(id) => names.with(|names| names.get(id).cloned()).unwrap_or_else(|| id.to_string()),
                None => none(),
            }}</td>
            <td>{row.connection_name.unwrap_or_else(none)}</td>
            <td>{row.key_name.unwrap_or_else(none)}</td>
            <td class="number" title=cached>{format::count(total_input)}</td>
            <td class="number" title=reasoning>
                {format::count(row.tokens.output)}
                {row.is_estimate.then(|| view! {
                    <abbr class="estimate" title="The provider reported no usage: these figures are an estimate.">"est."</abbr>
                })}
            </td>
            <td class="number">{row.cost_micros.map_or_else(|| "no price".to_owned(), format::money)}</td>
            <td class="number">{row.ttft_ms.map_or_else(none, |ms| format::duration(ms.into()))}</td>
            <td class="number">{format::duration(row.duration_ms.into())}</td>
        </tr>
    }
}

/// What translation could not carry, on demand.
#[component]
fn Notes(notes: Vec<NoteView>) -> impl IntoView {
    view! {
        <details class="row-notes">
            <summary>{format::plural(notes.len() as u64, "note", "notes")}</summary>
            <NoteList notes/>
        </details>
    }
}

fn none() -> String {
    "–".to_owned()
}

/// The model asked for, and the one that answered where it is another.
fn model(requested: Option<String>, served: Option<String>) -> String {
    match (requested, served) {
        (None, None) => none(),
        (Some(only), None) | (None, Some(only)) => only,
        (Some(requested), Some(served)) => {
            let is_same = requested == served || requested.ends_with(&format!("/{served}"));
            if is_same {
                requested
            } else {
                format!("{requested} → {served}")
            }
        }
    }
}

/// How a request ended, for people.
pub(crate) fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "Answered",
        Outcome::Refused => "Refused",
        Outcome::OverBudget => "Over budget",
        Outcome::UpstreamError => "Provider failed",
        Outcome::ClientGone => "Client left",
        Outcome::Internal => "Our fault",
    }
}

pub(crate) fn badge(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "badge badge-good",
        Outcome::ClientGone => "badge badge-quiet",
        Outcome::Refused | Outcome::OverBudget => "badge badge-warn",
        Outcome::UpstreamError | Outcome::Internal => "badge badge-bad",
    }
}
