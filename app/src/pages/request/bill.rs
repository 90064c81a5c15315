//! Tokens and price, line by line.

use api::price::{AppliedPrice, CostLine, PriceSource};
use api::usage::Tokens;
use leptos::prelude::*;

use crate::format;

#[component]
pub(crate) fn Bill(
    tokens: Tokens,
    price: Option<AppliedPrice>,
    cost_micros: Option<i64>,
    is_estimate: bool,
) -> impl IntoView {
    // Without a price the lines are the same, but for what they cost.
    let lines = price.unwrap_or(AppliedPrice {
        source: PriceSource::Catalogue,
        rates: api::price::Rates::default(),
    });
    let lines = lines.rates.lines(&tokens);
    let has_price = price.is_some();
    view! {
        <section class="card" aria-labelledby="bill-title">
            <h2 id="bill-title">"Tokens and price"</h2>
            <p class="muted">{source(price, cost_micros)}</p>
            {is_estimate.then(|| view! {
                <p class="muted">"The provider reported no usage: these figures are an estimate."</p>
            })}
            <div class="table-box" role="region" aria-label="Tokens and price, a table" tabindex="0">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"Tokens"</th>
                            <th scope="col" class="number">"Count"</th>
                            <th scope="col" class="number">"Price per million"</th>
                            <th scope="col" class="number">"Cost"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {lines.into_iter().map(|line| view! { <Line line has_price/> }).collect_view()}
                    </tbody>
                    <tfoot>
                        <tr>
                            <th scope="row">"Total"</th>
                            <td class="number">{format::count(tokens.total())}</td>
                            <td></td>
                            <td class="number">{cost_micros.map_or_else(|| "no price".to_owned(), format::money)}</td>
                        </tr>
                    </tfoot>
                </table>
            </div>
        </section>
    }
}

#[component]
fn Line(line: CostLine, has_price: bool) -> impl IntoView {
    let shown = |text: String| if has_price { text } else { "–".to_owned() };
    view! {
        <tr>
            <th scope="row">{line.charge.name()}</th>
            <td class="number" class:is-zero=line.tokens == 0>{format::count(line.tokens)}</td>
            <td class="number">{shown(format::money(i64::try_from(line.rate).unwrap_or(i64::MAX)))}</td>
            <td class="number" class:is-zero=line.picos == 0>{shown(format::picos(line.picos))}</td>
        </tr>
    }
}

/// Which price it is.
fn source(price: Option<AppliedPrice>, cost_micros: Option<i64>) -> &'static str {
    match (price.map(|price| price.source), cost_micros) {
        (Some(PriceSource::Catalogue), _) => {
            "Charged by the catalogue's price, as it was at the time of the request. Output is without reasoning here."
        }
        (Some(PriceSource::Override), _) => {
            "Charged by a price that was set here, as it was at the time of the request. Output is without reasoning here."
        }
        (None, Some(_)) => "The price of this request was not kept, only what it cost.",
        (None, None) => "No price is known for this model, or nothing was used.",
    }
}
