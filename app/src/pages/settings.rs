//! What the whole installation agrees on: how accounts are chosen, what may be lost, spent and waited for, what is kept.

mod budgets;
mod number;
mod order;
mod providers;
mod retention;
mod timeouts;
mod words;

use api::budget::BudgetsView;
use api::connection::ConnectionView;
use api::error::ApiError;
use api::provider::ProviderView;
use api::settings::{SettingsView, TranslationSettings, UsageRetention};
use leptos::prelude::*;

use crate::components::error::ErrorNote;
use crate::components::skeleton::Skeleton;
use crate::functions::budgets::budgets;
use crate::functions::providers::{connections, providers};
use crate::functions::settings::{settings, translation_settings, usage_retention};
use crate::pages::settings::budgets::BudgetsSection;
use crate::pages::settings::order::OrderCard;
use crate::pages::settings::providers::ProvidersCard;
use crate::pages::settings::retention::RetentionCard;
use crate::pages::settings::timeouts::TimeoutsCard;
use crate::pages::translator::strict::StrictCard;

/// All that the page shows, from one resource: one inside a section would get another number in the browser than on the
/// server, where the sections wait for this one.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Fetched {
    settings: SettingsView,
    providers: Vec<ProviderView>,
    connections: Vec<ConnectionView>,
    /// Nobody but an administrator sees them.
    budgets: Option<BudgetsView>,
    translation: TranslationSettings,
    retention: UsageRetention,
}

async fn fetch() -> Result<Fetched, ApiError> {
    let settings = settings().await?;
    Ok(Fetched {
        providers: providers().await?,
        connections: connections().await?,
        budgets: match settings.may_change {
            true => Some(budgets().await?),
            false => None,
        },
        translation: translation_settings().await?,
        retention: usage_retention().await?,
        settings,
    })
}

#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    let fetched = Resource::new(|| (), |()| fetch());
    view! {
        <Suspense fallback=|| view! { <Skeleton lines=6 what="the settings"/> }>
            {move || fetched.get().map(|answer| match answer {
                Ok(fetched) => view! { <Sections fetched/> }.into_any(),
                Err(error) => view! {
                    <ErrorNote error=Some(error) retry=move |()| fetched.refetch()/>
                }
                .into_any(),
            })}
        </Suspense>
    }
}

#[component]
fn Sections(fetched: Fetched) -> impl IntoView {
    let Fetched {
        settings,
        providers,
        connections,
        budgets,
        translation,
        retention,
    } = fetched;
    let may_change = settings.may_change;
    let now = RwSignal::new(settings);
    view! {
        {(!may_change).then(|| view! {
            <p class="muted">"Only an administrator can change the settings."</p>
        })}
        <OrderCard now/>
        <ProvidersCard now providers connections/>
        {budgets.map(|budgets| view! { <BudgetsSection now budgets/> })}
        <TimeoutsCard now/>
        <RetentionCard retention may_change/>
        <StrictCard settings=translation/>
    }
}
