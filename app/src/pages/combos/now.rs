//! A combo as it is now: what it was used for, and what would happen to a request that came this moment.

use api::explain::{
    AccountState, ComboReport, DryAccount, DryRun, DryTarget, StepHealth, StepReport,
};
use api::price::AppliedPrice;
use leptos::prelude::*;

use crate::components::error::{ErrorNote, sentence};
use crate::components::time::Time;
use crate::format;
use crate::functions::explain::AskDryRun;

/// How a step is, and what it costs.
#[component]
pub(crate) fn StepNow(report: StepReport) -> impl IntoView {
    let health = match report.health {
        StepHealth::Ready => view! { <span class="badge badge-good">"Ready"</span> }.into_any(),
        StepHealth::Resting { until } => view! {
            <span class="badge badge-warn">"Rests until "<Time at=until/></span>
        }
        .into_any(),
        // The step itself says so already.
        StepHealth::NoAccount | StepHealth::Nowhere => ().into_any(),
    };
    view! {
        <span class="step-now">
            {health}
            {report.price.map(|price| view! { <span class="muted">{prices(price)}</span> })}
        </span>
    }
}

fn prices(price: AppliedPrice) -> String {
    let money = |rate: u64| format::money(i64::try_from(rate).unwrap_or(i64::MAX));
    format!(
        "{} in, {} out per million tokens",
        money(price.rates.input),
        money(price.rates.output)
    )
}

/// What it was used for, and the button that asks what would happen.
#[component]
pub(crate) fn ComboNow(name: Signal<String>, report: Memo<Option<ComboReport>>) -> impl IntoView {
    let ask = ServerAction::<AskDryRun>::new();
    let error = Signal::derive(move || ask.value().get().and_then(Result::err));
    let used = move || report.with(|report| report.as_ref().map(used));
    view! {
        <div class="combo-now">
            <p class="muted">{used}</p>
            <button
                type="button"
                class="button button-quiet"
                aria-label=move || format!("What would happen now with {}?", name.get())
                disabled=move || ask.pending().get()
                on:click=move |_| { ask.dispatch(AskDryRun { model: name.get_untracked() }); }
            >
                "What would happen now?"
            </button>
            <ErrorNote error/>
            <div role="status">
                {move || ask.value().get().and_then(Result::ok).map(|run| view! { <Answer run/> })}
            </div>
        </div>
    }
}

fn used(report: &ComboReport) -> String {
    if report.requests == 0 {
        return "Not used in the last 7 days.".to_owned();
    }
    let mut words = format!(
        "In the last 7 days {}, {}, {}",
        format::plural(report.requests, "request", "requests"),
        format::plural(report.tokens, "token", "tokens"),
        format::money(report.cost_micros)
    );
    if report.unpriced > 0 {
        let without = format::plural(report.unpriced, "request", "requests");
        words.push_str(&format!(" and {without} without a price"));
    }
    words.push('.');
    words
}

#[component]
fn Answer(run: DryRun) -> impl IntoView {
    let summary = match run.first() {
        Some((target, account)) => format!(
            "A request would go to {} at {}, by the account {}.",
            target.model, target.provider_name, account.name
        ),
        None => match &run.refused {
            Some(refused) => sentence(refused),
            None => "A request would be refused: nobody can be asked.".to_owned(),
        },
    };
    view! {
        <p><strong>{summary}</strong></p>
        <ol class="dry-run">
            {run.targets.into_iter().map(|target| view! { <Target target/> }).collect_view()}
        </ol>
    }
}

#[component]
fn Target(target: DryTarget) -> impl IntoView {
    let is_empty = target.accounts.is_empty();
    view! {
        <li>
            <code class="breakable">{format!("{}/{}", target.prefix, target.model)}</code>
            <ul>
                {is_empty.then(|| view! { <li class="muted">"No account."</li> })}
                {target.accounts.into_iter().map(|account| view! { <Account account/> }).collect_view()}
            </ul>
        </li>
    }
}

#[component]
fn Account(account: DryAccount) -> impl IntoView {
    let place = match account.place {
        Some(1) => "Asked first.".to_owned(),
        Some(place) => format!("Asked as number {place}, if those before it fail."),
        None => "Passed over.".to_owned(),
    };
    let kind = |failure: &str| failure.replace('_', " ");
    let state = match account.state {
        AccountState::Ready => ().into_any(),
        AccountState::Troubled { failure, until } => view! {
            <span class="muted">"Failed lately ("{kind(&failure)}"), so it comes behind the others until "<Time at=until/>"."</span>
        }
        .into_any(),
        AccountState::Resting { failure, until } => view! {
            <span class="muted">"It rests ("{kind(&failure)}") until "<Time at=until/>"."</span>
        }
        .into_any(),
        AccountState::Skipped { reason } => {
            view! { <span class="muted">{sentence(reason.words())}</span> }.into_any()
        }
    };
    view! {
        <li><strong>{account.name}</strong>" "{place}" "{state}</li>
    }
}
