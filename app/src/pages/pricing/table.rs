//! A line per model, with its editor right below it.

use api::price::{Charge, PriceRow, PriceSource};
use leptos::prelude::*;

use crate::components::each::Each;
use crate::components::error::sentence;
use crate::components::toast::use_toasts;
use crate::functions::pricing::ResetPrice;
use crate::pages::pricing::Desk;
use crate::pages::pricing::editor::EditPrice;
use crate::pages::pricing::money;

#[component]
pub(super) fn PriceTable(
    rows: Memo<Vec<PriceRow>>,
    desk: Desk,
    may_change: Memo<bool>,
) -> impl IntoView {
    view! {
        <div class="table-box" role="region" aria-label="The prices, a table" tabindex="0">
            <table class="table price-table">
                <thead>
                    <tr>
                        <th scope="col">"Model"</th>
                        <th scope="col">"Provider"</th>
                        {Charge::ALL.map(|charge| view! { <th scope="col" class="number">{charge.name()}</th> })}
                        <th scope="col">"Price from"</th>
                        <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <Each
                    items=rows
                    key=|row: &PriceRow| (row.provider.clone(), row.model.clone())
                    let:row
                >
                    <Row row desk may_change/>
                </Each>
            </table>
        </div>
    }
}

#[component]
fn Row(row: Signal<PriceRow>, desk: Desk, may_change: Memo<bool>) -> impl IntoView {
    let (provider, model) = row.with_untracked(|row| (row.provider.clone(), row.model.clone()));
    let place = StoredValue::new((provider, model.clone()));
    let is_edited = Memo::new(move |_| {
        desk.editing
            .with(|editing| place.with_value(|place| editing.as_ref() == Some(place)))
    });
    let source = Memo::new(move |_| row.with(|row| row.applied.map(|applied| applied.source)));
    let rate = move |charge: Charge| {
        row.with(|row| {
            row.applied.map_or_else(
                || "–".to_owned(),
                |applied| money::dollars(applied.rates.rate(charge)),
            )
        })
    };
    view! {
        <tbody>
            <tr class:is-edited=move || is_edited.get()>
                <th scope="row"><code class="breakable">{model.clone()}</code></th>
                <td>{move || row.with(|row| row.provider_name.clone())}</td>
                {Charge::ALL.map(|charge| view! { <td class="number">{move || rate(charge)}</td> })}
                <td>{move || match source.get() {
                    Some(PriceSource::Override) => view! { <span class="badge badge-good">"Set here"</span> }.into_any(),
                    Some(PriceSource::Catalogue) => view! { <span class="muted">"Catalogue"</span> }.into_any(),
                    None => view! { <span class="badge badge-warn">"No price"</span> }.into_any(),
                }}</td>
                <td>{move || may_change.get().then(|| view! { <Actions row source desk/> })}</td>
            </tr>
            {move || is_edited.get().then(|| view! {
                <tr class="price-editor">
                    <td colspan="9"><EditPrice row desk/></td>
                </tr>
            })}
        </tbody>
    }
}

#[component]
fn Actions(row: Signal<PriceRow>, source: Memo<Option<PriceSource>>, desk: Desk) -> impl IntoView {
    let toasts = use_toasts();
    let reset = ServerAction::<ResetPrice>::new();
    Effect::new(move |_| match reset.value().get() {
        Some(Ok(())) => {
            toasts.say("The catalogue's price holds again, from now on.");
            desk.refetch();
        }
        Some(Err(error)) => toasts.say(sentence(&error.message)),
        None => {}
    });
    let model = row.with_untracked(|row| row.model.clone());
    let (edit, back) = (
        format!("Edit the price of {model}"),
        format!("Reset {model} to the catalogue"),
    );
    let ask = move |_| {
        let (provider, model) = row.with_untracked(|row| (row.provider.clone(), row.model.clone()));
        reset.dispatch(ResetPrice { provider, model });
    };
    view! {
        <div class="row-actions">
            <button
                type="button"
                class="button button-quiet"
                aria-label=edit
                on:click=move |_| {
                    let place = row.with_untracked(|row| (row.provider.clone(), row.model.clone()));
                    desk.editing.set(Some(place));
                }
            >
                "Edit"
            </button>
            {move || {
                let back = back.clone();
                (source.get() == Some(PriceSource::Override)).then(|| view! {
                    <button
                        type="button"
                        class="button button-quiet button-warn"
                        aria-label=back
                        disabled=move || reset.pending().get()
                        on:click=ask
                    >
                        "Reset"
                    </button>
                })
            }}
        </div>
    }
}
