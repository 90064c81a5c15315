//! What the log is narrowed by: a plain form, which the scripts only make quicker.

use api::log::{Ended, LogChoices};
use api::usage::{Outcome, Period};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::components::recent_requests::outcome_name;
use crate::pages::logs::address::Address;

#[component]
pub(crate) fn Filters(address: Memo<Address>, choices: Memo<LogChoices>) -> impl IntoView {
    let navigate = use_navigate();
    let go = Callback::new(move |(name, value): (&'static str, String)| {
        let href = address.with_untracked(|address| address.with(name, &value).href());
        let options = NavigateOptions {
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&href, options);
    });
    let search = RwSignal::new(String::new());
    Effect::new(move |_| {
        search.set(address.with(|address| address.filter.search.clone().unwrap_or_default()));
    });
    let first = address.with_untracked(|address| address.filter.search.clone());
    let value = move |name: &'static str| {
        address.with(|address| {
            let pairs = address.filter.pairs();
            let pair = pairs.into_iter().find(|(known, _)| *known == name);
            pair.map(|(_, value)| value).unwrap_or_default()
        })
    };
    let select =
        move |name: &'static str, label: &'static str, options: Signal<Vec<(String, String)>>| {
            let value = Signal::derive(move || value(name));
            view! { <Select name label options value go/> }
        };
    let fixed = |options: Vec<(&'static str, &'static str)>| {
        let options = options
            .into_iter()
            .map(|(key, name)| (key.to_owned(), name.to_owned()));
        Signal::stored(options.collect::<Vec<_>>())
    };
    let listed = move |read: fn(&LogChoices) -> Vec<(String, String)>| {
        Signal::derive(move || {
            let mut options = vec![(String::new(), "All".to_owned())];
            options.extend(choices.with(read));
            options
        })
    };
    let mut outcomes = vec![("", "All"), (Ended::Failed.as_str(), "All failures")];
    outcomes.extend(Outcome::ALL.map(|outcome| (outcome.as_str(), outcome_name(outcome))));
    let periods = [
        (Period::Day, "24 hours"),
        (Period::Week, "7 days"),
        (Period::Month, "30 days"),
        (Period::All, "All"),
    ];
    let periods = periods.map(|(period, name)| match period {
        Period::Week => ("", name),
        period => (period.as_str(), name),
    });
    let others = move || {
        address.with(|address| {
            let kept = ["account", "combo", "since", "until"];
            let pairs = address.filter.pairs().into_iter();
            pairs
                .filter(|(name, _)| kept.contains(name))
                .collect::<Vec<_>>()
        })
    };
    let is_narrowed = move || address.with(|address| address.filter.is_narrowed());
    view! {
        <form
            class="filters"
            method="get"
            action="/dashboard/logs"
            role="search"
            on:submit=move |event| {
                event.prevent_default();
                go.run(("q", search.get_untracked()));
            }
        >
            <div class="field filter-search">
                <label for="log-search">"Search"</label>
                <input
                    id="log-search"
                    name="q"
                    type="search"
                    maxlength="200"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="Model, error, account, key or request id"
                    value=first
                    prop:value=move || search.get()
                    on:input:target=move |event| search.set(event.target().value())
                />
            </div>
            {select("outcome", "Outcome", fixed(outcomes))}
            {select("provider", "Provider", listed(|choices| {
                choices.providers.iter().map(|(id, name)| (id.to_string(), name.clone())).collect()
            }))}
            {select("model", "Model", listed(|choices| {
                choices.models.iter().map(|name| (name.clone(), name.clone())).collect()
            }))}
            {select("endpoint", "Endpoint", listed(|choices| {
                choices.endpoints.iter().map(|name| (name.clone(), name.clone())).collect()
            }))}
            {select("key", "Key", listed(|choices| {
                choices.keys.iter().map(|(id, name)| (id.to_string(), name.clone())).collect()
            }))}
            {select("period", "Period", fixed(periods.to_vec()))}
            // What has no field here stays all the same.
            {move || others().into_iter().map(|(name, value)| view! {
                <input type="hidden" name=name value=value/>
            }).collect_view()}
            <div class="actions">
                <button type="submit" class="button">"Search"</button>
                {move || is_narrowed().then(|| view! {
                    <a class="button button-quiet" href="/dashboard/logs">"Clear the filters"</a>
                })}
            </div>
        </form>
    }
}

/// One of what there is. A value that is not among it, as an old link may hold, is shown as it is.
#[component]
fn Select(
    name: &'static str,
    label: &'static str,
    options: Signal<Vec<(String, String)>>,
    value: Signal<String>,
    go: Callback<(&'static str, String)>,
) -> impl IntoView {
    let id = format!("log-{name}");
    let for_id = id.clone();
    let all = Memo::new(move |_| {
        let mut all = options.get();
        let value = value.get();
        if !all.iter().any(|(key, _)| *key == value) {
            all.push((value.clone(), value));
        }
        all
    });
    view! {
        <div class="field">
            <label for=for_id>{label}</label>
            <select id=id name=name on:change:target=move |event| go.run((name, event.target().value()))>
                {move || all.get().into_iter().map(|(key, shown)| {
                    let is_it = value.get() == key;
                    view! { <option value=key selected=is_it prop:selected=is_it>{shown}</option> }
                }).collect_view()}
            </select>
        </div>
    }
}
