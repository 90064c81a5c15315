//! The budgets of one thing where it is shown, the buttons that set, change and take one away, and their dialogs.

use api::budget::{BudgetChoice, BudgetView};
use leptos::prelude::*;

use crate::components::budget::{BudgetForm, BudgetMeter, BudgetTarget};
use crate::components::delete::DeleteDialog;
use crate::components::modal::Modal;
use crate::components::time::Time;
use crate::functions::budgets::DeleteBudget;

/// Which dialog is open, and about what.
#[derive(Clone, Copy)]
pub(crate) struct BudgetDesk {
    editing: RwSignal<Option<Subject>>,
    deleting: RwSignal<Option<BudgetView>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    New(BudgetChoice),
    Existing(BudgetView),
}

impl BudgetDesk {
    pub(crate) fn new() -> Self {
        Self {
            editing: RwSignal::new(None),
            deleting: RwSignal::new(None),
        }
    }
}

/// Those of `choice` among `budgets`.
#[component]
pub(crate) fn OwnBudgets(
    #[prop(into)] choice: Signal<BudgetChoice>,
    budgets: Memo<Vec<BudgetView>>,
    #[prop(into)] may_set: Signal<bool>,
    desk: BudgetDesk,
) -> impl IntoView {
    let own = Memo::new(move |_| {
        choice.with(|choice| {
            budgets.with(|budgets| {
                let own = budgets
                    .iter()
                    .filter(|budget| budget.subject == choice.subject);
                own.cloned().collect::<Vec<_>>()
            })
        })
    });
    view! {
        <div class="own-budgets">
            {move || own.get().into_iter().map(|budget| view! { <OwnBudget budget may_set desk/> }).collect_view()}
            {move || may_set.get().then(|| view! {
                <button
                    type="button"
                    class="button button-quiet"
                    aria-label=move || choice.with(|choice| format!("Set a budget for {}", choice.name))
                    on:click=move |_| desk.editing.set(Some(Subject::New(choice.get_untracked())))
                >
                    "Set a budget"
                </button>
            })}
        </div>
    }
}

#[component]
fn OwnBudget(budget: BudgetView, may_set: Signal<bool>, desk: BudgetDesk) -> impl IntoView {
    let title = name(&budget);
    let ends = if budget.is_used_up() {
        view! { <span class="badge badge-warn">"Used up until " <Time at=budget.resets_at/></span> }
            .into_any()
    } else {
        view! { <span class="hint">"Begins anew " <Time at=budget.resets_at/></span> }.into_any()
    };
    let known = StoredValue::new(budget.clone());
    view! {
        <div class="own-budget">
            <BudgetMeter budget/>
            {ends}
            {move || may_set.get().then(|| view! {
                <span class="row-actions">
                    <button
                        type="button"
                        class="button button-quiet"
                        aria-label=format!("Change the budget of {title}")
                        on:click=move |_| desk.editing.set(Some(Subject::Existing(known.get_value())))
                    >
                        "Change"
                    </button>
                    <button
                        type="button"
                        class="button button-quiet button-warn"
                        aria-label=format!("Take away the budget of {title}")
                        on:click=move |_| desk.deleting.set(Some(known.get_value()))
                    >
                        "Take away"
                    </button>
                </span>
            })}
        </div>
    }
}

/// `after`: one was set, changed or taken away.
#[component]
pub(crate) fn BudgetDialogs(desk: BudgetDesk, #[prop(into)] after: Callback<()>) -> impl IntoView {
    let title = Signal::derive(move || {
        desk.editing.with(|subject| match subject {
            Some(Subject::Existing(budget)) => format!("Change the budget of {}", name(budget)),
            Some(Subject::New(choice)) => format!("Set a budget for {}", choice.name),
            None => "Set a budget".to_owned(),
        })
    });
    view! {
        <Modal id="budget-title" title open=desk.editing children=move |subject: Subject| {
            let target = match subject {
                Subject::New(choice) => BudgetTarget::OneOf(vec![choice]),
                Subject::Existing(budget) => BudgetTarget::Existing(budget),
            };
            view! {
                <BudgetForm
                    target
                    done=move |()| {
                        after.run(());
                        desk.editing.set(None);
                    }
                    cancel=move |()| desk.editing.set(None)
                />
            }
            .into_any()
        }/>
        <DeleteDialog
            id="delete-budget-title"
            title="Take the budget away?"
            open=desk.deleting
            explain=|budget: &BudgetView| {
                format!("{} may use up as much as is asked of it.", name(budget))
            }
            label="Take it away"
            delete={*ServerAction::<DeleteBudget>::new()}
            request=|budget: BudgetView| DeleteBudget { id: budget.id }
            done="The budget is taken away."
            after
        />
    }
}

fn name(budget: &BudgetView) -> String {
    let gone = || "something that is gone".to_owned();
    budget.name.clone().unwrap_or_else(gone)
}
