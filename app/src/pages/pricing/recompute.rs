//! Prices what is stored anew, on demand alone.

use api::error::{ApiError, ErrorKind};
use api::price::Recomputed;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::components::error::ErrorNote;
use crate::components::modal::Confirm;
use crate::format;
use crate::functions::pricing::RecomputePrices;
use crate::pages::pricing::editor::moment;

#[component]
pub(super) fn Recompute() -> impl IntoView {
    let (from, to) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let asking = RwSignal::new(None::<(DateTime<Utc>, DateTime<Utc>)>);
    let wrong = RwSignal::new(None::<ApiError>);
    let done = RwSignal::new(None::<Recomputed>);
    let work = ServerAction::<RecomputePrices>::new();
    Effect::new(move |_| {
        if let Some(Ok(result)) = work.value().get() {
            done.set(Some(result));
            asking.set(None);
        }
    });
    let error = Signal::derive(move || work.value().get().and_then(Result::err));
    let ask = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let read = |field: RwSignal<String>| {
            moment(&field.get_untracked(), "period")?
                .ok_or_else(|| ApiError::new(ErrorKind::Invalid, "choose a beginning and an end"))
        };
        match read(from).and_then(|from| Ok((from, read(to)?))) {
            Ok(span) => {
                wrong.set(None);
                done.set(None);
                work.clear();
                asking.set(Some(span));
            }
            Err(error) => wrong.set(Some(error)),
        }
    };
    let field = |id: &'static str, label: &'static str, value: RwSignal<String>| {
        view! {
            <div class="field">
                <label for=id>{label}</label>
                <input
                    id=id
                    type="datetime-local"
                    required
                    prop:value=move || value.get()
                    on:input:target=move |event| value.set(event.target().value())
                />
            </div>
        }
    };
    view! {
        <section class="card" aria-labelledby="recompute-title">
            <h2 id="recompute-title">"Price stored requests anew"</h2>
            <p>
                "Every request of a period is charged again, by the price that holds for its own moment now. This changes costs that were shown before, in the log and in all sums."
            </p>
            <form class="filters" on:submit=ask>
                {field("recompute-from", "From, in UTC", from)}
                {field("recompute-to", "To, in UTC", to)}
                <div class="actions">
                    <button type="submit" class="button">"Recompute…"</button>
                </div>
            </form>
            <ErrorNote error=wrong/>
            <p role="status">{move || done.get().map(|result| words(&result))}</p>
            <Confirm
                id="recompute-ask"
                title="Recompute the costs?"
                open=asking
                explain=|(from, to)| format!(
                    "The costs of all requests from {} to {} are replaced.",
                    format::utc(*from),
                    format::utc(*to)
                )
                label="Recompute"
                is_busy=work.pending()
                error
                confirm=move |(from, to)| { work.dispatch(RecomputePrices { from, to }); }
            />
        </section>
    }
}

fn words(result: &Recomputed) -> String {
    let requests = format::plural(result.requests, "request", "requests");
    let changed = format::count(result.changed);
    let (before, after) = (
        format::money(result.before_micros),
        format::money(result.after_micros),
    );
    let mut words = format!(
        "{changed} of {requests} changed. Together they cost {after} now, and {before} before."
    );
    if result.unpriced_after > 0 {
        let without = format::plural(result.unpriced_after, "request has", "requests have");
        words.push_str(&format!(" {without} no price."));
    }
    words
}
