//! What the month's budgets allow, what is used of them, and where that is heading: in one table, and in each section.

use api::budget::{BudgetSubject, BudgetUnit};
use api::usage::query::Dimension;
use api::usage::report::BudgetLine;
use leptos::prelude::*;

use crate::components::budget::shown;
use crate::format;

#[component]
pub(super) fn Budgets(budgets: Vec<BudgetLine>, is_under_way: bool) -> impl IntoView {
    let rows = budgets
        .into_iter()
        .map(|budget| line(&budget, is_under_way));
    view! {
        <section class="card" aria-labelledby="report-budgets">
            <h2 id="report-budgets">"Budgets"</h2>
            <p class="muted">"As they are set now. A budget of a day or a week allows the month as much as its days come to; money counts at the known prices."</p>
            <div class="table-box" role="region" aria-label="Budgets, a table" tabindex="0">
                <table class="table usage-table">
                    <thead>
                        <tr>
                            <th scope="col">"Budget of"</th>
                            <th scope="col">"Budget"</th>
                            <th scope="col" class="number">"Allowed in the month"</th>
                            <th scope="col" class="number">"Used"</th>
                            <th scope="col" class="number">"Part that is used"</th>
                            {is_under_way.then(|| view! { <th scope="col" class="number">"At the month's end"</th> })}
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
}

/// Those of a section's rows, each with the row's id.
pub(super) fn of(budgets: &[BudgetLine], by: Dimension) -> Vec<(String, BudgetLine)> {
    let row = |budget: &BudgetLine| {
        let (dimension, id) = match &budget.subject {
            BudgetSubject::Provider { provider } => (Dimension::Provider, provider.as_str()),
            BudgetSubject::Key { key } => (Dimension::Key, key.as_str()),
            BudgetSubject::User { user } => (Dimension::User, user.as_str()),
            BudgetSubject::Account { account } => (Dimension::Account, account.as_str()),
            // A part of a combo is no row of any section.
            BudgetSubject::Step { .. } => return None,
        };
        (dimension == by).then(|| (id.to_owned(), budget.clone()))
    };
    budgets.iter().filter_map(row).collect()
}

/// A budget in the row of whom it is for.
pub(super) fn in_a_row(budget: &BudgetLine, is_under_way: bool) -> impl IntoView + use<> {
    let unit = budget.allowance.unit;
    let used = format!(
        "{} of {} used",
        amount(budget.used, unit),
        amount(budget.allowed, unit)
    );
    let ahead = budget.forecast.filter(|_| is_under_way);
    let ahead = ahead.map(|ahead| format!(", {} at the month's end", amount(ahead, unit)));
    view! {
        <div class="row-budget">
            {shown(budget.allowance)}
            {badge(budget)}
            <div class="muted">{used}{ahead}</div>
        </div>
    }
}

fn badge(budget: &BudgetLine) -> Option<impl IntoView + use<>> {
    budget.is_exceeded().then(|| {
        let words = if budget.used > budget.allowed {
            "Exceeded"
        } else {
            "Will be exceeded"
        };
        view! { " "<span class="badge badge-warn">{words}</span> }
    })
}

fn line(budget: &BudgetLine, is_under_way: bool) -> impl IntoView + use<> {
    let unit = budget.allowance.unit;
    let name = budget
        .name
        .clone()
        .unwrap_or_else(|| "Something that is gone".to_owned());
    let badge = badge(budget);
    let forecast = budget.forecast.map(|forecast| amount(forecast, unit));
    view! {
        <tr>
            <th scope="row"><span class="value">{name}</span>{badge}</th>
            <td>{shown(budget.allowance)}</td>
            <td class="number">{amount(budget.allowed, unit)}</td>
            <td class="number">{amount(budget.used, unit)}</td>
            <td class="number">{format::percent(budget.used, budget.allowed)}</td>
            {is_under_way.then(|| view! { <td class="number">{forecast}</td> })}
        </tr>
    }
}

fn amount(amount: u64, unit: BudgetUnit) -> String {
    match unit {
        BudgetUnit::Money => format::money(i64::try_from(amount).unwrap_or(i64::MAX)),
        BudgetUnit::Tokens => format::plural(amount, "token", "tokens"),
    }
}
