//! Sets a price: of a model in the list, or of another one.

use api::error::{ApiError, ErrorKind};
use api::ids::ProviderId;
use api::price::{Charge, PriceEntry, PriceList, PriceRow, PriceSet};
use chrono::{DateTime, NaiveDateTime, Utc};
use leptos::prelude::*;

use crate::browser;
use crate::components::button::Submit;
use crate::components::error::{ErrorNote, sentence};
use crate::components::field::{Field, outside};
use crate::components::time::Time;
use crate::components::toast::use_toasts;
use crate::functions::pricing::{RemovePrice, SetPrice};
use crate::pages::pricing::Desk;
use crate::pages::pricing::money;

const FIELDS: &[&str] = &[
    "input",
    "output",
    "cache_read",
    "cache_write",
    "reasoning",
    "model",
    "valid_from",
];

#[component]
pub(super) fn EditPrice(row: Signal<PriceRow>, desk: Desk) -> impl IntoView {
    let first = row.get_untracked();
    let provider = first.provider.to_string();
    let model = first.model.clone();
    let rates = first.applied.map(|applied| applied.rates);
    let fields = Charge::ALL.map(|charge| {
        RwSignal::new(rates.map_or_else(String::new, |rates| money::dollars(rates.rate(charge))))
    });
    let target = Callback::new(move |()| (provider.clone(), model.clone()));
    let entries = Memo::new(move |_| row.with(|row| row.entries.clone()));
    let place = StoredValue::new((first.provider, first.model));
    view! {
        <Form fields target desk/>
        {move || (!entries.with(Vec::is_empty)).then(|| view! {
            <h3>"Set here so far"</h3>
            <ul class="price-entries">
                {entries.get().into_iter().map(|entry| {
                    let (provider, model) = place.get_value();
                    view! { <Entry entry provider model desk/> }
                }).collect_view()}
            </ul>
        })}
    }
}

/// A price of a model that is in no list.
#[component]
pub(super) fn NewPrice(desk: Desk, list: Memo<PriceList>) -> impl IntoView {
    let fields = Charge::ALL.map(|_| RwSignal::new(String::new()));
    let provider = RwSignal::new(list.with_untracked(|list| {
        list.providers
            .first()
            .map(|(prefix, _)| prefix.clone())
            .unwrap_or_default()
    }));
    let model = RwSignal::new(String::new());
    let target = Callback::new(move |()| (provider.get_untracked(), model.get_untracked()));
    view! {
        <div class="card price-new">
            <h3>"A price of another model"</h3>
            <div class="filters">
                <div class="field">
                    <label for="price-provider">"Provider"</label>
                    <select id="price-provider" on:change:target=move |event| provider.set(event.target().value())>
                        {list.with_untracked(|list| list.providers.clone()).into_iter().map(|(prefix, name)| view! {
                            <option value=prefix>{name}</option>
                        }).collect_view()}
                    </select>
                </div>
                <Field id="price-model" label="Model, as the provider calls it" field="model" value=model required=true/>
            </div>
            <Form fields target desk/>
        </div>
    }
}

#[component]
fn Form(
    fields: [RwSignal<String>; 5],
    target: Callback<(), (String, String)>,
    desk: Desk,
) -> impl IntoView {
    let toasts = use_toasts();
    let set = ServerAction::<SetPrice>::new();
    let wrong = RwSignal::new(None::<ApiError>);
    let from = RwSignal::new(String::new());
    let error = Signal::derive(move || {
        wrong
            .get()
            .or_else(|| set.value().get().and_then(Result::err))
    });
    Effect::new(move |_| {
        if let Some(Ok(())) = set.value().get() {
            toasts.say("The price is set.");
            desk.refetch();
        }
    });
    Effect::new(move |_| browser::focus_soon(IDS[0].to_owned()));
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        set.clear();
        let read = money::patch(&fields.map(|field| field.get_untracked()));
        let params = read.and_then(|rates| {
            let (provider, model) = target.run(());
            Ok(PriceSet {
                provider,
                model,
                rates,
                valid_from: moment(&from.get_untracked(), "valid_from")?,
            })
        });
        match params {
            Ok(params) => {
                wrong.set(None);
                set.dispatch(SetPrice { params });
            }
            Err(error) => wrong.set(Some(error)),
        }
    };
    let close = move |_| {
        desk.editing.set(None);
        desk.adding.set(false);
    };
    view! {
        <form class="filters" on:submit=save>
            {(0..).zip(Charge::ALL).map(|(place, charge): (usize, _)| {
                let id = IDS.get(place).copied().unwrap_or("price");
                let value = fields.get(place).copied().unwrap_or_default();
                view! { <Field id label=charge.name() field=money::field(charge) value error/> }
            }).collect_view()}
            <div class="field">
                <label for="price-from">"Holds from, in UTC; empty for now"</label>
                <input
                    id="price-from"
                    type="datetime-local"
                    prop:value=move || from.get()
                    on:input:target=move |event| from.set(event.target().value())
                />
            </div>
            <div class="actions">
                <Submit label="Save" busy="Saving…" is_busy=set.pending()/>
                <button type="button" class="button" on:click=close>"Cancel"</button>
            </div>
        </form>
        <p class="hint">"Without a price of its own, a cache is charged as input and reasoning as output."</p>
        <ErrorNote error=outside(error, FIELDS)/>
    }
}

const IDS: [&str; 5] = [
    "price-input",
    "price-cache-read",
    "price-cache-write",
    "price-output",
    "price-reasoning",
];

#[component]
fn Entry(entry: PriceEntry, provider: ProviderId, model: String, desk: Desk) -> impl IntoView {
    let toasts = use_toasts();
    let remove = ServerAction::<RemovePrice>::new();
    Effect::new(move |_| match remove.value().get() {
        Some(Ok(())) => {
            toasts.say("Taken back, as if it had never been set.");
            desk.refetch();
        }
        Some(Err(error)) => toasts.say(sentence(&error.message)),
        None => {}
    });
    let place = StoredValue::new((provider, model));
    let words = entry.rates.map_or_else(
        || "the catalogue's price".to_owned(),
        |rates| money::words(&rates),
    );
    let take_back = move |_| {
        let (provider, model) = place.get_value();
        remove.dispatch(RemovePrice {
            provider,
            model,
            valid_from: entry.valid_from,
        });
    };
    view! {
        <li>
            <span>"From "<Time at=entry.valid_from/>": "{words}</span>
            <button
                type="button"
                class="button button-quiet button-warn"
                disabled=move || remove.pending().get()
                on:click=take_back
            >
                "Take back"
            </button>
        </li>
    }
}

/// What a field of date and time holds, read as UTC; nothing for nothing.
pub(super) fn moment(text: &str, field: &str) -> Result<Option<DateTime<Utc>>, ApiError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let read = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let moment = read.ok_or_else(|| ApiError {
        field: Some(field.to_owned()),
        ..ApiError::new(
            ErrorKind::Invalid,
            format!("expected a date and a time, found `{text}`"),
        )
    })?;
    Ok(Some(moment.and_utc()))
}
