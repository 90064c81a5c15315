//! What each key, and each user with all keys together, may use up.

use api::budget::BudgetsView;
use api::error::ApiError;
use leptos::prelude::*;

use crate::components::budget::own::{BudgetDesk, BudgetDialogs, BudgetList};
use crate::components::error::ErrorNote;
use crate::components::icon::{Drawing, Icon};

/// There for whoever sets budgets, and for whoever has one.
#[component]
pub(crate) fn BudgetsCard(
    budgets: Resource<Result<BudgetsView, ApiError>>,
    desk: BudgetDesk,
) -> impl IntoView {
    // As last known.
    let known = Memo::new(move |previous: Option<&BudgetsView>| match budgets.get() {
        Some(Ok(budgets)) => budgets,
        Some(Err(_)) | None => previous.cloned().unwrap_or_default(),
    });
    let error = Memo::new(move |_| budgets.get().and_then(Result::err));
    let is_empty = Memo::new(move |_| known.with(|known| known.budgets.is_empty()));
    let may_set = Memo::new(move |_| known.with(|known| !known.choices.is_empty()));
    let is_there = move || may_set.get() || !is_empty.get() || error.with(Option::is_some);
    view! {
        {move || is_there().then(|| view! {
            <section class="card" aria-labelledby="key-budgets-title">
                <div class="card-head">
                    <h2 id="key-budgets-title">"Budgets of keys"</h2>
                    {move || may_set.get().then(|| view! {
                        <button
                            type="button"
                            class="button"
                            on:click=move |_| desk.set_one_of(known.with_untracked(|known| known.choices.clone()))
                        >
                            <Drawing icon=Icon::Plus/>
                            "Set a budget"
                        </button>
                    })}
                </div>
                <p>"Whoever shows a key whose budget is used up, or its owner's for all their keys together, is refused until the next day, week or month begins. What is under way then is finished."</p>
                <ErrorNote error retry=move |()| budgets.refetch()/>
                {move || is_empty.get().then(|| view! {
                    <div class="empty"><p>"No budget yet: every key may use up as much as is asked for."</p></div>
                })}
                <BudgetList budgets=Signal::derive(move || known.with(|known| known.budgets.clone())) may_set desk/>
            </section>
        })}
        <BudgetDialogs desk after=move |()| budgets.refetch()/>
    }
}
