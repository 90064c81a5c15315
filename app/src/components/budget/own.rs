//! Budgets where they are shown, the buttons that set, change and take one away, and their dialogs.

use api::budget::{BudgetChoice, BudgetView};
use leptos::prelude::*;

use crate::components::budget::{BudgetForm, BudgetMeter, BudgetTarget};
use crate::components::delete::DeleteDialog;
use crate::components::each::Each;
use crate::components::modal::Modal;
use crate::components::time::Time;
use crate::functions::budgets::DeleteBudget;

/// Which dialog is open, and about what.
#[derive(Clone, Copy)]
pub(crate) struct BudgetDesk {
    editing: RwSignal<Option<BudgetTarget>>,
    deleting: RwSignal<Option<BudgetView>>,
}

impl BudgetDesk {
    pub(crate) fn new() -> Self {
        Self {
            editing: RwSignal::new(None),
            deleting: RwSignal::new(None),
        }
    }

    /// Asks for a new one, of one of these.
    pub(crate) fn set_one_of(self, choices: Vec<BudgetChoice>) {
        self.editing.set(Some(BudgetTarget::OneOf(choices)));
    }
}

/// Budgets of several things, by the names of these.
#[component]
pub(crate) fn BudgetList(
    #[prop(into)] budgets: Signal<Vec<BudgetView>>,
    #[prop(into)] may_set: Signal<bool>,
    desk: BudgetDesk,
) -> impl IntoView {
    view! {
        <ul class="budgets">
            <Each items=budgets key=|budget: &BudgetView| budget.id.clone() let:budget>
                <BudgetRow budget may_set desk/>
            </Each>
        </ul>
    }
}

#[component]
fn BudgetRow(budget: Signal<BudgetView>, may_set: Signal<bool>, desk: BudgetDesk) -> impl IntoView {
    let resets_at = Signal::derive(move || budget.with(|budget| budget.resets_at));
    view! {
        <li class="budget">
            <div class="budget-head">
                <strong class="breakable">{move || budget.with(name)}</strong>
                {move || budget.with(BudgetView::is_used_up).then(|| view! {
                    <span class="badge badge-warn">"Used up"</span>
                })}
                {move || may_set.get().then(|| view! { <Buttons budget desk/> })}
            </div>
            <BudgetMeter budget/>
            <p class="hint">"Begins anew " <Time at=resets_at/></p>
        </li>
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
                    on:click=move |_| desk.set_one_of(vec![choice.get_untracked()])
                >
                    "Set a budget"
                </button>
            })}
        </div>
    }
}

#[component]
fn OwnBudget(budget: BudgetView, may_set: Signal<bool>, desk: BudgetDesk) -> impl IntoView {
    let ends = if budget.is_used_up() {
        view! { <span class="badge badge-warn">"Used up until " <Time at=budget.resets_at/></span> }
            .into_any()
    } else {
        view! { <span class="hint">"Begins anew " <Time at=budget.resets_at/></span> }.into_any()
    };
    let budget = Signal::stored(budget);
    view! {
        <div class="own-budget">
            <BudgetMeter budget/>
            {ends}
            {move || may_set.get().then(|| view! { <Buttons budget desk/> })}
        </div>
    }
}

#[component]
fn Buttons(budget: Signal<BudgetView>, desk: BudgetDesk) -> impl IntoView {
    let change = move || {
        let existing = BudgetTarget::Existing(budget.get_untracked());
        desk.editing.set(Some(existing));
    };
    view! {
        <div class="row-actions">
            <button
                type="button"
                class="button button-quiet"
                aria-label=move || format!("Change the budget of {}", budget.with(name))
                on:click=move |_| change()
            >
                "Change"
            </button>
            <button
                type="button"
                class="button button-quiet button-warn"
                aria-label=move || format!("Take away the budget of {}", budget.with(name))
                on:click=move |_| desk.deleting.set(Some(budget.get_untracked()))
            >
                "Take away"
            </button>
        </div>
    }
}

/// `after`: one was set, changed or taken away.
#[component]
pub(crate) fn BudgetDialogs(desk: BudgetDesk, #[prop(into)] after: Callback<()>) -> impl IntoView {
    let title = Signal::derive(move || {
        desk.editing.with(|target| match target {
            Some(BudgetTarget::Existing(budget)) => {
                format!("Change the budget of {}", name(budget))
            }
            Some(BudgetTarget::OneOf(choices)) => match choices.as_slice() {
                [only] => format!("Set a budget for {}", only.name),
                _ => "Set a budget".to_owned(),
            },
            None => "Set a budget".to_owned(),
        })
    });
    view! {
        <Modal id="budget-title" title open=desk.editing children=move |target: BudgetTarget| {
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
