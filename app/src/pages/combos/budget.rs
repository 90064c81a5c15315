//! What the steps of combos may use up, and how much of it is used: an administrator's business.

use api::budget::{BudgetChoice, BudgetSubject, BudgetView};
use api::ids::ComboId;
use leptos::prelude::*;

use crate::components::budget::{BudgetForm, BudgetMeter, BudgetTarget};
use crate::components::delete::DeleteDialog;
use crate::components::modal::Modal;
use crate::components::time::Time;
use crate::functions::budgets::DeleteBudget;
use crate::pages::combos::desk::Desk;

/// What the dialog is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    New(BudgetChoice),
    Existing(BudgetView),
}

impl Subject {
    fn name(&self) -> String {
        match self {
            Self::New(choice) => choice.name.clone(),
            Self::Existing(budget) => name(budget),
        }
    }
}

/// The budgets of a step, and the button that sets one.
#[component]
pub(crate) fn StepBudgets(
    combo: ComboId,
    combo_name: String,
    model: String,
    budgets: Memo<Vec<BudgetView>>,
    desk: Desk,
) -> impl IntoView {
    let subject = BudgetSubject::Step {
        combo,
        model: model.clone(),
    };
    let choice = BudgetChoice {
        name: format!("{combo_name}, step {model}"),
        subject: subject.clone(),
    };
    let own = Memo::new(move |_| {
        budgets.with(|budgets| {
            let own = budgets.iter().filter(|budget| budget.subject == subject);
            own.cloned().collect::<Vec<_>>()
        })
    });
    view! {
        <div class="step-budgets">
            {move || own.get().into_iter().map(|budget| view! { <StepBudget budget desk/> }).collect_view()}
            <button
                type="button"
                class="button button-quiet"
                aria-label=format!("Set a budget for {}", choice.name)
                on:click=move |_| desk.budget.set(Some(Subject::New(choice.clone())))
            >
                "Set a budget"
            </button>
        </div>
    }
}

#[component]
fn StepBudget(budget: BudgetView, desk: Desk) -> impl IntoView {
    let title = name(&budget);
    let (changed, doomed) = (budget.clone(), budget.clone());
    view! {
        <div class="step-budget">
            <BudgetMeter budget=budget.clone()/>
            {budget.is_used_up().then(|| view! {
                <span class="badge badge-warn">"Used up until " <Time at=budget.resets_at/></span>
            })}
            <span class="row-actions">
                <button
                    type="button"
                    class="button button-quiet"
                    aria-label=format!("Change the budget of {title}")
                    on:click=move |_| desk.budget.set(Some(Subject::Existing(changed.clone())))
                >
                    "Change"
                </button>
                <button
                    type="button"
                    class="button button-quiet button-warn"
                    aria-label=format!("Take away the budget of {title}")
                    on:click=move |_| desk.deleting_budget.set(Some(doomed.clone()))
                >
                    "Take away"
                </button>
            </span>
        </div>
    }
}

#[component]
pub(crate) fn BudgetDialogs(desk: Desk) -> impl IntoView {
    let title = Signal::derive(move || {
        desk.budget.with(|subject| match subject {
            Some(subject @ Subject::Existing(_)) => {
                format!("Change the budget of {}", subject.name())
            }
            Some(subject @ Subject::New(_)) => format!("Set a budget for {}", subject.name()),
            None => "Set a budget".to_owned(),
        })
    });
    view! {
        <Modal id="step-budget-title" title open=desk.budget children=move |subject: Subject| {
            let target = match subject {
                Subject::New(choice) => BudgetTarget::OneOf(vec![choice]),
                Subject::Existing(budget) => BudgetTarget::Existing(budget),
            };
            view! {
                <BudgetForm
                    target
                    done=move |()| {
                        desk.refetch();
                        desk.budget.set(None);
                    }
                    cancel=move |()| desk.budget.set(None)
                />
            }
            .into_any()
        }/>
        <DeleteDialog
            id="delete-step-budget-title"
            title="Take the budget away?"
            open=desk.deleting_budget
            explain=|budget: &BudgetView| {
                format!("{} may use up as much as is asked of it.", name(budget))
            }
            label="Take it away"
            delete={*ServerAction::<DeleteBudget>::new()}
            request=|budget: BudgetView| DeleteBudget { id: budget.id }
            done="The budget is taken away."
            after=move |()| desk.refetch()
        />
    }
}

fn name(budget: &BudgetView) -> String {
    let gone = || "a step that is gone".to_owned();
    budget.name.clone().unwrap_or_else(gone)
}
