//! A budget: how much of it is used, and the form that sets or changes one. Whoever shows what has one may embed both.

pub(crate) mod own;

use api::budget::{
    Allowance, BudgetChoice, BudgetCreate, BudgetPeriod, BudgetSubject, BudgetUnit, BudgetView,
    dollars, micros,
};
use api::error::{ApiError, ErrorKind};
use leptos::prelude::*;

use crate::components::button::Submit;
use crate::components::choice::Choice;
use crate::components::error::ErrorNote;
use crate::components::field::{Field, outside};
use crate::components::toast::use_toasts;
use crate::format;
use crate::functions::budgets::{CreateBudget, UpdateBudget};

/// What the form is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BudgetTarget {
    /// A new one, for one of these; where there is one only, nobody is asked which.
    OneOf(Vec<BudgetChoice>),
    Existing(BudgetView),
}

/// How much is used of how much.
#[component]
pub(crate) fn BudgetMeter(#[prop(into)] budget: Signal<BudgetView>) -> impl IntoView {
    let words = move || {
        budget.with(|budget| {
            let used = match budget.allowance.unit {
                BudgetUnit::Money => format::money(i64::try_from(budget.used).unwrap_or(i64::MAX)),
                BudgetUnit::Tokens => format::count(budget.used),
            };
            format!("{used} of {}", shown(budget.allowance))
        })
    };
    view! {
        <div class="budget-meter">
            <progress
                max=move || budget.with(|budget| budget.allowance.amount).to_string()
                value=move || budget.with(|budget| budget.used.min(budget.allowance.amount)).to_string()
                aria-label=words
            ></progress>
            <span>{words}</span>
        </div>
    }
}

/// For people: `$5 per day`, `1,000 tokens per week`.
pub(crate) fn shown(allowance: Allowance) -> String {
    match allowance.unit {
        BudgetUnit::Money => allowance.words(),
        BudgetUnit::Tokens => {
            let tokens = format::plural(allowance.amount, "token", "tokens");
            format!("{tokens} per {}", allowance.period.as_str())
        }
    }
}

/// Sets a budget, or changes one.
#[component]
pub(crate) fn BudgetForm(
    target: BudgetTarget,
    #[prop(into)] done: Callback<()>,
    #[prop(into)] cancel: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let create = ServerAction::<CreateBudget>::new();
    let update = ServerAction::<UpdateBudget>::new();
    let (choices, existing) = match target {
        BudgetTarget::OneOf(choices) => (choices, None),
        BudgetTarget::Existing(budget) => (Vec::new(), Some(budget)),
    };
    let allowance = existing.as_ref().map(|budget| budget.allowance);
    let unit = RwSignal::new(
        allowance
            .map(|allowance| allowance.unit)
            .unwrap_or_default(),
    );
    let period = RwSignal::new(
        allowance
            .map(|allowance| allowance.period)
            .unwrap_or_default(),
    );
    let amount = RwSignal::new(match allowance {
        Some(Allowance {
            amount,
            unit: BudgetUnit::Money,
            ..
        }) => dollars(amount),
        Some(Allowance {
            amount,
            unit: BudgetUnit::Tokens,
            ..
        }) => amount.to_string(),
        None => String::new(),
    });
    let is_choice = choices.len() > 1;
    let chosen = RwSignal::new(0_usize);
    let subjects: Vec<BudgetSubject> = choices.iter().map(|one| one.subject.clone()).collect();
    let subjects = StoredValue::new(subjects);
    let wrong = RwSignal::new(None::<ApiError>);
    let answer = Memo::new(move |_| create.value().get().or_else(|| update.value().get()));
    let error: Signal<Option<ApiError>> =
        Signal::derive(move || wrong.get().or_else(|| answer.get().and_then(Result::err)));
    let is_busy = Signal::derive(move || create.pending().get() || update.pending().get());
    Effect::new(move |_| {
        if let Some(Ok(_)) = answer.get() {
            toasts.say("The budget is saved.");
            done.run(());
        }
    });
    let id = existing.map(|budget| budget.id);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let unit = unit.get_untracked();
        let allowance = match read(&amount.get_untracked(), unit) {
            Ok(amount) => Allowance {
                amount,
                unit,
                period: period.get_untracked(),
            },
            Err(error) => return wrong.set(Some(error)),
        };
        wrong.set(None);
        if let Some(id) = id.clone() {
            update.dispatch(UpdateBudget { id, allowance });
            return;
        }
        let place = chosen.get_untracked();
        if let Some(subject) = subjects.with_value(|subjects| subjects.get(place).cloned()) {
            let params = BudgetCreate { subject, allowance };
            create.dispatch(CreateBudget { params });
        }
    };
    let hint = Signal::derive(move || match unit.get() {
        BudgetUnit::Money => "In dollars, such as 5 or 0.50.".to_owned(),
        BudgetUnit::Tokens => "Tokens of prompts and answers together.".to_owned(),
    });
    view! {
        <form class="form" on:submit=submit>
            <ErrorNote error=outside(error, &["amount"])/>
            {is_choice.then(|| view! { <SubjectChoice choices chosen/> })}
            <Choice
                id="budget-unit"
                label="What is counted"
                options=vec![("money", "Money"), ("tokens", "Tokens")]
                value=Signal::derive(move || unit.get().as_str())
                choose=move |text: String| unit.set(BudgetUnit::parse(&text).unwrap_or_default())
            />
            <Field
                id="budget-amount"
                label="How much"
                field="amount"
                hint
                required=true
                value=amount
                error
            />
            <Choice
                id="budget-period"
                label="In how long"
                options=vec![("day", "Per day"), ("week", "Per week"), ("month", "Per month")]
                value=Signal::derive(move || period.get().as_str())
                choose=move |text: String| period.set(BudgetPeriod::parse(&text).unwrap_or_default())
            />
            <div class="actions">
                <button type="button" class="button" on:click=move |_| cancel.run(())>"Cancel"</button>
                <Submit label="Save" busy="Saving…" is_busy/>
            </div>
        </form>
    }
}

#[component]
fn SubjectChoice(choices: Vec<BudgetChoice>, chosen: RwSignal<usize>) -> impl IntoView {
    let group = |label: &'static str, takes: fn(&BudgetSubject) -> bool| {
        let options: Vec<_> = choices
            .iter()
            .enumerate()
            .filter(|(_, choice)| takes(&choice.subject))
            .map(|(place, choice)| (place, choice.name.clone()))
            .collect();
        (!options.is_empty()).then(|| {
            let options = options.into_iter().map(|(place, name)| {
                view! { <option value=place.to_string() selected=place == 0>{name}</option> }
            });
            view! { <optgroup label=label>{options.collect_view()}</optgroup> }
        })
    };
    view! {
        <div class="field">
            <label for="budget-subject">"Budget of"</label>
            <select
                id="budget-subject"
                on:change:target=move |event| {
                    chosen.set(event.target().value().parse().unwrap_or_default());
                }
            >
                {group("Accounts", |subject| matches!(subject, BudgetSubject::Account { .. }))}
                {group("Providers", |subject| matches!(subject, BudgetSubject::Provider { .. }))}
                {group("Steps of combos", |subject| matches!(subject, BudgetSubject::Step { .. }))}
                {group("Keys", |subject| matches!(subject, BudgetSubject::Key { .. }))}
                {group("Users, all keys of each together", |subject| matches!(subject, BudgetSubject::User { .. }))}
            </select>
        </div>
    }
}

fn read(text: &str, unit: BudgetUnit) -> Result<u64, ApiError> {
    let (amount, wanted) = match unit {
        BudgetUnit::Money => (micros(text), "dollars, such as 5 or 0.50"),
        BudgetUnit::Tokens => (text.trim().parse().ok(), "a whole number of tokens"),
    };
    amount.ok_or_else(|| ApiError {
        field: Some("amount".to_owned()),
        ..ApiError::new(
            ErrorKind::Invalid,
            format!("expected {wanted}, found `{text}`"),
        )
    })
}
