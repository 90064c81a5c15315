//! What the steps of combos may use up, and how much of it is used: an administrator's business.

use api::budget::{BudgetChoice, BudgetSubject, BudgetView};
use api::ids::ComboId;
use leptos::prelude::*;

use crate::components::budget::own::OwnBudgets;
use crate::pages::combos::desk::Desk;

/// The budgets of a step, and the button that sets one.
#[component]
pub(crate) fn StepBudgets(
    combo: ComboId,
    combo_name: String,
    model: String,
    budgets: Memo<Vec<BudgetView>>,
    desk: Desk,
) -> impl IntoView {
    let choice = BudgetChoice {
        name: format!("{combo_name}, step {model}"),
        subject: BudgetSubject::Step { combo, model },
    };
    view! { <OwnBudgets choice budgets may_set=true desk=desk.budget/> }
}
