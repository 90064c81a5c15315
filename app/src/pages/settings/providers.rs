//! Providers whose accounts have an order of their own, and the weights of accounts.

use std::collections::BTreeMap;

use api::connection::ConnectionView;
use api::error::ApiError;
use api::ids::{ConnectionId, ProviderId};
use api::provider::ProviderView;
use api::settings::{AccountStrategy, ProviderOrder, SettingsPatch, SettingsView};
use leptos::prelude::*;

use crate::components::button::Submit;
use crate::components::error::ErrorNote;
use crate::components::toast::use_toasts;
use crate::functions::settings::PatchSettings;
use crate::pages::settings::number;

/// What stands in one provider's row.
#[derive(Clone)]
struct Row {
    provider: ProviderId,
    name: String,
    strategy: RwSignal<Option<AccountStrategy>>,
    sticky_limit: RwSignal<String>,
    /// Accounts with their names and weights.
    accounts: Vec<(ConnectionId, String, RwSignal<String>)>,
}

#[component]
pub(crate) fn ProvidersCard(
    now: RwSignal<SettingsView>,
    providers: Vec<ProviderView>,
    connections: Vec<ConnectionView>,
) -> impl IntoView {
    let toasts = use_toasts();
    let patch = ServerAction::<PatchSettings>::new();
    let may_change = now.with_untracked(|now| now.may_change);
    let rows = StoredValue::new(now.with_untracked(|now| rows(now, &providers, &connections)));
    let wrong = RwSignal::new(None::<ApiError>);
    let error = Signal::derive(move || {
        wrong
            .get()
            .or_else(|| patch.value().get().and_then(Result::err))
    });
    Effect::new(move |_| {
        if let Some(Ok(settings)) = patch.value().get() {
            now.set(settings);
            toasts.say("The orders of the providers are saved.");
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let before = now.get_untracked();
        match rows.with_value(|rows| wanted(&before, rows)) {
            Ok(wanted) => {
                wrong.set(None);
                patch.dispatch(PatchSettings { patch: wanted });
            }
            Err(error) => wrong.set(Some(error)),
        }
    };
    let is_empty = rows.with_value(Vec::is_empty);
    view! {
        <section class="card" aria-labelledby="providers-order-title">
            <div class="card-head"><h2 id="providers-order-title">"Providers with an order of their own"</h2></div>
            <p>"Where a provider's accounts should not be asked in the order above."</p>
            {if is_empty {
                view! {
                    <div class="empty"><p>"No provider has an account yet."</p></div>
                }.into_any()
            } else {
                view! {
                    <form class="form" on:submit=submit>
                        <ErrorNote error/>
                        <fieldset class="form fieldset" disabled=!may_change>
                            {rows.with_value(|rows| rows
                                .iter()
                                .cloned()
                                .map(|row| view! { <ProviderRow row now/> })
                                .collect_view())}
                            <div class="actions">
                                <Submit label="Save the providers" busy="Saving…" is_busy=patch.pending()/>
                            </div>
                        </fieldset>
                    </form>
                }.into_any()
            }}
        </section>
    }
}

#[component]
fn ProviderRow(row: Row, now: RwSignal<SettingsView>) -> impl IntoView {
    let Row {
        provider,
        name,
        strategy,
        sticky_limit,
        accounts,
    } = row;
    let everywhere = move || now.with(|now| now.accounts);
    let effective = Memo::new(move |_| strategy.get().unwrap_or_else(|| everywhere().strategy));
    let (select_id, limit_id) = (format!("order-{provider}"), format!("limit-{provider}"));
    let (for_select, for_limit) = (select_id.clone(), limit_id.clone());
    let option = move |option: Option<AccountStrategy>| {
        let value = option.map_or("", AccountStrategy::as_str);
        let text = move || match option {
            Some(option) => option.name().to_owned(),
            None => format!("As everywhere ({})", everywhere().strategy.name()),
        };
        view! {
            <option
                value=value
                selected=strategy.get_untracked() == option
                prop:selected=move || strategy.get() == option
            >
                {text}
            </option>
        }
    };
    let options = std::iter::once(None).chain(AccountStrategy::ALL.map(Some));
    view! {
        <div class="order-row">
            <div class="field">
                <label for=for_select>{name}</label>
                <select
                    id=select_id
                    on:change:target=move |event| {
                        strategy.set(AccountStrategy::parse(&event.target().value()));
                    }
                >
                    {options.map(option).collect_view()}
                </select>
            </div>
            {move || (effective.get() == AccountStrategy::RoundRobin).then(|| {
                let (id, for_limit) = (limit_id.clone(), for_limit.clone());
                view! {
                    <div class="field">
                        <label for=for_limit>"Requests in a row"</label>
                        <input
                            id=id
                            inputmode="numeric"
                            autocomplete="off"
                            placeholder=move || everywhere().sticky_limit.to_string()
                            bind:value=sticky_limit
                        />
                    </div>
                }
            })}
            {move || (effective.get() == AccountStrategy::Weighted).then(|| accounts
                .iter()
                .map(|(id, name, weight)| {
                    let id = format!("weight-{id}");
                    let (label, weight) = (format!("Weight of {name}"), *weight);
                    view! {
                        <div class="field">
                            <label for=id.clone()>{label}</label>
                            <input id=id inputmode="numeric" autocomplete="off" placeholder="1" bind:value=weight/>
                        </div>
                    }
                })
                .collect_view())}
        </div>
    }
}

/// The providers that have accounts, by name.
fn rows(
    now: &SettingsView,
    providers: &[ProviderView],
    connections: &[ConnectionView],
) -> Vec<Row> {
    let mut rows: Vec<Row> = providers
        .iter()
        .filter_map(|provider| {
            let accounts: Vec<_> = connections
                .iter()
                .filter(|connection| connection.provider == provider.id)
                .map(|connection| {
                    let weight = now.weights.get(&connection.id);
                    let weight = RwSignal::new(weight.map(u32::to_string).unwrap_or_default());
                    (connection.id.clone(), connection.name.clone(), weight)
                })
                .collect();
            let order = now.providers.get(&provider.id).copied();
            if accounts.is_empty() && order.is_none() {
                return None;
            }
            let order = order.unwrap_or_default();
            let sticky_limit = order.sticky_limit.as_ref();
            Some(Row {
                provider: provider.id.clone(),
                name: provider.name.clone(),
                strategy: RwSignal::new(order.strategy),
                sticky_limit: RwSignal::new(sticky_limit.map(u32::to_string).unwrap_or_default()),
                accounts,
            })
        })
        .collect();
    rows.sort_by_key(|row| row.name.to_lowercase());
    rows
}

/// What the rows say, beside what is set of what they do not show.
fn wanted(now: &SettingsView, rows: &[Row]) -> Result<SettingsPatch, ApiError> {
    let mut providers = now.providers.clone();
    let mut weights: BTreeMap<ConnectionId, u32> = now.weights.clone();
    for row in rows {
        let limit = number::whole(&row.sticky_limit.get_untracked(), "sticky_limit")?;
        let order = ProviderOrder {
            strategy: row.strategy.get_untracked(),
            sticky_limit: limit,
        };
        providers.insert(row.provider.clone(), order);
        for (account, _, weight) in &row.accounts {
            match number::whole(&weight.get_untracked(), "weights")? {
                Some(weight) => weights.insert(account.clone(), weight),
                None => weights.remove(account),
            };
        }
    }
    Ok(SettingsPatch {
        providers: Some(providers),
        weights: Some(weights),
        ..SettingsPatch::default()
    })
}
