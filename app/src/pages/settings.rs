//! What the whole installation agrees on: how accounts are chosen, what may be lost, how long is waited, what may be spent.

mod budgets;
mod number;
mod order;
mod providers;
mod timeouts;
mod words;

use api::connection::ConnectionView;
use api::error::ApiError;
use api::provider::ProviderView;
use api::settings::SettingsView;
use leptos::prelude::*;

use crate::components::error::ErrorNote;
use crate::components::skeleton::Skeleton;
use crate::functions::providers::{connections, providers};
use crate::functions::settings::settings;
use crate::pages::settings::budgets::BudgetsSection;
use crate::pages::settings::order::OrderCard;
use crate::pages::settings::providers::ProvidersCard;
use crate::pages::settings::timeouts::TimeoutsCard;
use crate::pages::translator::strict::Strict;

type Fetched = (SettingsView, Vec<ProviderView>, Vec<ConnectionView>);

async fn fetch() -> Result<Fetched, ApiError> {
    Ok((settings().await?, providers().await?, connections().await?))
}

#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    let fetched = Resource::new(|| (), |()| fetch());
    view! {
        <Suspense fallback=|| view! { <Skeleton lines=6 what="the settings"/> }>
            {move || fetched.get().map(|answer| match answer {
                Ok((settings, providers, connections)) => {
                    view! { <Sections settings providers connections/> }.into_any()
                }
                Err(error) => view! {
                    <ErrorNote error=Some(error) retry=move |()| fetched.refetch()/>
                }
                .into_any(),
            })}
        </Suspense>
    }
}

#[component]
fn Sections(
    settings: SettingsView,
    providers: Vec<ProviderView>,
    connections: Vec<ConnectionView>,
) -> impl IntoView {
    let may_change = settings.may_change;
    let now = RwSignal::new(settings);
    view! {
        {(!may_change).then(|| view! {
            <p class="muted">"Only an administrator can change the settings."</p>
        })}
        <OrderCard now/>
        <ProvidersCard now providers connections/>
        {may_change.then(|| view! { <BudgetsSection now/> })}
        <TimeoutsCard now/>
        <Strict/>
    }
}
