//! The month once more, by one dimension.

use api::usage::query::Measure;
use api::usage::report::ReportSection;
use api::usage::table::{Measures, Share};
use leptos::prelude::*;

use crate::components::figure::figure;
use crate::components::usage_words;
use crate::format;

const COLUMNS: [Measure; 6] = [
    Measure::Requests,
    Measure::Input,
    Measure::CacheRead,
    Measure::Output,
    Measure::Cost,
    Measure::Paid,
];

#[component]
pub(super) fn Section(section: ReportSection, totals: Measures) -> impl IntoView {
    let by = section.by;
    let title = usage_words::dimension(by);
    let id = format!("by-{}", by.as_str());
    let (one, many) = usage_words::dimensions(by);
    let rows = section.rows.into_iter().map(|row| {
        line(
            usage_words::value(by, &row.value),
            &row.measures,
            &row.share,
        )
    });
    let other = section.other.map(|rest| {
        line(
            format!("Other: {}", format::plural(rest.rows, one, many)),
            &rest.measures,
            &rest.share,
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
                                </tr>
                            </thead>
                            <tbody>{rows.collect_view()}{other}</tbody>
                            <tfoot>{line("Total".to_owned(), &totals, &whole(&totals))}</tfoot>
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

fn line(name: String, measures: &Measures, share: &Share) -> impl IntoView + use<> {
    let cells =
        COLUMNS.map(|measure| view! { <td class="number">{figure(measure, measures)}</td> });
    let share = format::share(share.cost);
    view! {
        <tr>
            <th scope="row"><span class="value">{name}</span></th>
            {cells}
            <td class="number">{share}</td>
        </tr>
    }
}
