//! All budgets with how much of each is used, and by whose clock their days begin.

use api::budget::BudgetsView;
use api::settings::{SettingsPatch, SettingsView};
use leptos::prelude::*;

use crate::browser;
use crate::components::budget::own::{BudgetDesk, BudgetDialogs, BudgetList};
use crate::components::error::ErrorNote;
use crate::components::field::{Field, outside};
use crate::components::icon::{Drawing, Icon};
use crate::components::toast::use_toasts;
use crate::functions::budgets;
use crate::functions::settings::PatchSettings;

#[component]
pub(crate) fn BudgetsSection(now: RwSignal<SettingsView>, budgets: BudgetsView) -> impl IntoView {
    let known = RwSignal::new(budgets);
    let read = Action::new(|(): &()| budgets::budgets());
    let refresh = move || {
        read.dispatch(());
    };
    let error = Memo::new(move |_| read.value().get().and_then(Result::err));
    Effect::new(move |_| {
        if let Some(Ok(budgets)) = read.value().get() {
            known.set(budgets);
        }
    });
    let desk = BudgetDesk::new();
    view! {
        <section class="card" aria-labelledby="budgets-title">
            <div class="card-head">
                <h2 id="budgets-title">"Budgets"</h2>
                <button
                    type="button"
                    class="button"
                    on:click=move |_| desk.set_one_of(known.with_untracked(|known| known.choices.clone()))
                >
                    <Drawing icon=Icon::Plus/>
                    "Set a budget"
                </button>
            </div>
            <p>"An account, a provider or a combo's step whose budget is used up is not asked until the next day, week or month begins, so that a cheap one gives way to a free one. "
                "Whoever shows a key whose own budget, or whose owner's, is used up is refused until then. "
                "Money counts at the known prices, and models without a price count nothing; requests that run at once may go beyond a budget by what they cost."</p>
            <ErrorNote error retry=move |()| refresh()/>
            {move || known.with(|known| known.budgets.is_empty()).then(|| view! {
                <div class="empty"><p>"No budget yet."</p></div>
            })}
            <BudgetList budgets=Signal::derive(move || known.with(|known| known.budgets.clone())) may_set=true desk/>
            <DayStart now after=move |()| refresh()/>
        </section>
        <BudgetDialogs desk after=move |()| refresh()/>
    }
}

/// By whose clock the days of budgets begin.
#[component]
fn DayStart(now: RwSignal<SettingsView>, #[prop(into)] after: Callback<()>) -> impl IntoView {
    let toasts = use_toasts();
    let patch = ServerAction::<PatchSettings>::new();
    let zone = RwSignal::new(now.with_untracked(|now| now.budget_zone.clone()));
    // Only a browser knows where it is.
    let here = RwSignal::new(None::<String>);
    Effect::new(move |_| here.set(browser::zone()));
    let error = Signal::derive(move || patch.value().get().and_then(Result::err));
    Effect::new(move |_| {
        if let Some(Ok(settings)) = patch.value().get() {
            zone.set(settings.budget_zone.clone());
            toasts.say(format!(
                "Days of budgets begin at midnight in {} now.",
                settings.budget_zone
            ));
            now.set(settings);
            after.run(());
        }
    });
    let save = move || {
        let patch_of = SettingsPatch {
            budget_zone: Some(zone.get_untracked()),
            ..SettingsPatch::default()
        };
        patch.dispatch(PatchSettings { patch: patch_of });
    };
    let is_changed = move || now.with(|now| zone.with(|zone| now.budget_zone != *zone));
    view! {
        <form
            class="form budget-day"
            on:submit=move |event: web_sys::SubmitEvent| {
                event.prevent_default();
                save();
            }
        >
            <ErrorNote error=outside(error, &["budget_zone"])/>
            <Field
                id="budget-zone"
                label="The day begins at midnight in"
                field="budget_zone"
                hint="A time zone by its IANA name, such as Europe/Berlin; summer time is followed. A week begins on Monday."
                placeholder="Europe/Berlin"
                required=true
                value=zone
                error
            />
            <div class="actions">
                {move || here.get().filter(|here| zone.with(|zone| zone != here)).map(|here| {
                    let words = format!("Use {here}");
                    view! {
                        <button type="button" class="button button-quiet" on:click=move |_| zone.set(here.clone())>
                            {words}
                        </button>
                    }
                })}
                <button type="submit" class="button" disabled=move || patch.pending().get() || !is_changed()>
                    {move || if patch.pending().get() { "Saving…" } else { "Save" }}
                </button>
            </div>
        </form>
    }
}
