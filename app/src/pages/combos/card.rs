//! A combo: its name, its strategy, its steps, and what can be done with it.

use api::budget::BudgetView;
use api::explain::ComboReport;
use api::routing::{ComboView, RoutingView};
use leptos::prelude::*;

use crate::components::copy::CopyButton;
use crate::pages::combos::budget::StepBudgets;
use crate::pages::combos::desk::Desk;
use crate::pages::combos::now::{ComboNow, StepNow};
use crate::pages::combos::words::{self, Leads};

#[component]
pub(crate) fn ComboCard(
    combo: Signal<ComboView>,
    routing: Memo<RoutingView>,
    reports: Memo<Vec<ComboReport>>,
    budgets: Memo<Vec<BudgetView>>,
    desk: Desk,
) -> impl IntoView {
    let id = combo.with_untracked(|combo| combo.id.clone());
    let report = Memo::new(move |_| {
        reports.with(|reports| reports.iter().find(|report| report.id == id).cloned())
    });
    let step_now = move |place: usize, model: &str| {
        let step = report.with(|report| report.as_ref()?.steps.get(place).cloned());
        // A report may be older than an edit.
        step.filter(|step| step.model == model)
            .map(|report| view! { <StepNow report/> })
    };
    let name = Signal::derive(move || combo.with(|combo| combo.name.clone()));
    let strategy = move || combo.with(|combo| combo.strategy);
    let models = Memo::new(move |_| combo.with(|combo| combo.models.clone()));
    let users = Memo::new(move |_| {
        routing.with(|routing| words::listed(&words::users(routing, &name.get())))
    });
    let title_id = format!("combo-{}", combo.with_untracked(|combo| combo.id.clone()));
    let labelled_by = title_id.clone();
    let ask = move || desk.ask_to_delete_combo(combo.get_untracked());
    let step_budgets = move |model: &str| {
        let may_change = routing.with(|routing| routing.may_change);
        may_change.then(|| {
            let (combo, combo_name) =
                combo.with_untracked(|combo| (combo.id.clone(), combo.name.clone()));
            let model = model.to_owned();
            view! { <StepBudgets combo combo_name model budgets desk/> }
        })
    };
    view! {
        <article class="card" aria-labelledby=labelled_by>
            <div class="card-head">
                <div class="provider-title">
                    <h3 id=title_id class="combo-name breakable"><code>{name}</code></h3>
                    <CopyButton text=name what="the combo's name"/>
                    <p class="muted">{move || strategy().name()}</p>
                </div>
                {move || routing.with(|routing| routing.may_change).then(|| view! {
                    <div class="actions">
                        <button
                            type="button"
                            class="button button-quiet"
                            aria-label=move || format!("Edit {}", name.get())
                            on:click=move |_| desk.open_combo(Some(combo.get_untracked()))
                        >
                            "Edit"
                        </button>
                        <button
                            type="button"
                            class="button button-quiet button-warn"
                            aria-label=move || format!("Delete {}", name.get())
                            on:click=move |_| ask()
                        >
                            "Delete"
                        </button>
                    </div>
                })}
            </div>
            <ol class="steps">
                {move || models.get().into_iter().enumerate().map(|(place, model)| view! {
                    <li class="step">
                        <span class="step-name">
                            <code class="breakable">{model.clone()}</code>
                            {step_now(place, &model)}
                            <Destination routing name=model.clone()/>
                        </span>
                        {step_budgets(&model)}
                    </li>
                }).collect_view()}
            </ol>
            <ComboNow name report/>
            {move || {
                let users = users.get();
                (!users.is_empty()).then(|| view! { <p class="muted used-by">"Used by " {users} "."</p> })
            }}
        </article>
    }
}

/// Where a step or an alias leads to.
#[component]
pub(crate) fn Destination(
    #[prop(into)] routing: Signal<RoutingView>,
    name: String,
) -> impl IntoView {
    move || match routing.with(|routing| words::leads(routing, &name)) {
        Leads::To(text) => view! { <span class="muted">{text}</span> }.into_any(),
        Leads::Unready(provider) => view! {
            <span class="muted">{provider}</span>
            <span class="badge badge-warn">"No account in use"</span>
        }
        .into_any(),
        Leads::Nowhere => view! { <span class="badge badge-bad">"Leads nowhere"</span> }.into_any(),
    }
}
