//! The month once more, by one dimension.

use api::usage::query::Measure;
use api::usage::report::{BudgetLine, ReportSection};
use api::usage::table::{Measures, Share};
use leptos::prelude::*;

use crate::components::figure::figure;
use crate::components::usage_words;
use crate::format;
use crate::pages::usage::report::budgets::in_a_row;

const COLUMNS: [Measure; 6] = [
    Measure::Requests,
    Measure::Input,
    Measure::CacheRead,
    Measure::Output,
    Measure::Cost,
    Measure::Paid,
];

#[component]
pub(super) fn Section(
    section: ReportSection,
    totals: Measures,
    /// By the id of the row they belong to.
    budgets: Vec<(String, BudgetLine)>,
    is_under_way: bool,
) -> impl IntoView {
    let by = section.by;
    let title = usage_words::dimension(by);
    let id = format!("by-{}", by.as_str());
    let (one, many) = usage_words::dimensions(by);
    let has_budgets = !budgets.is_empty();
    let rows = section.rows.into_iter().map(|row| {
        let of_row = budgets
            .iter()
            .filter(|(id, _)| row.value.id.as_ref() == Some(id));
        let of_row = of_row.map(|(_, budget)| in_a_row(budget, is_under_way));
        let cell = has_budgets.then(|| view! { <td>{of_row.collect_view()}</td> });
        line(
            usage_words::value(by, &row.value),
            &row.measures,
            &row.share,
            cell,
        )
    });
    let rows = rows.collect_view();
    let none = move || has_budgets.then(|| view! { <td></td> });
    let other = section.other.map(|rest| {
        line(
            format!("Other: {}", format::plural(rest.rows, one, many)),
            &rest.measures,
            &rest.share,
            none(),
        )
    });
    let is_empty = totals.requests == 0;
    view! {
        <section class="card" aria-labelledby=id.clone()>
            <h2 id=id.clone()>{format!("By {}", if title.starts_with("API") { title.to_owned() } else { title.to_lowercase() })}</h2>
            {if is_empty {
                view! { <p class="muted">"Nothing was used in this month."</p> }.into_any()
            } else {
                view! {
                    <div class="table-box" role="region" aria-label=format!("{title}, a table") tabindex="0">
                        <table class="table usage-table">
                            <thead>
                                <tr>
                                    <th scope="col">{title}</th>
                                    {COLUMNS.map(|measure| view! { <th scope="col" class="number">{usage_words::measure(measure)}</th> })}
                                    <th scope="col" class="number">"Share of the cost"</th>
                                    {has_budgets.then(|| view! { <th scope="col">"Budget"</th> })}
                                </tr>
                            </thead>
                            <tbody>{rows}{other}</tbody>
                            <tfoot>{line("Total".to_owned(), &totals, &whole(&totals), none())}</tfoot>
                        </table>
                    </div>
                }
                .into_any()
            }}
        </section>
    }
}

fn whole(totals: &Measures) -> Share {
    Share {
        cost: if totals.cost.total > 0 { 1.0 } else { 0.0 },
        ..Share::default()
    }
}

fn line<Cell: IntoView>(
    name: String,
    measures: &Measures,
    share: &Share,
    budget: Option<Cell>,
) -> impl IntoView + use<Cell> {
    let cells =
        COLUMNS.map(|measure| view! { <td class="number">{figure(measure, measures)}</td> });
    let share = format::share(share.cost);
    view! {
        <tr>
            <th scope="row"><span class="value">{name}</span></th>
            {cells}
            <td class="number">{share}</td>
            {budget}
        </tr>
    }
}
