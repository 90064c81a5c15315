//! Where clients point, and the keys they show.

mod address;
mod budgets;
mod keys;
mod snippets;

use leptos::prelude::*;

use crate::components::budget::own::BudgetDesk;
use crate::components::error::ErrorNote;
use crate::components::skeleton::Skeleton;
use crate::functions;
use crate::pages::endpoint::address::{Address, Models};
use crate::pages::endpoint::budgets::BudgetsCard;
use crate::pages::endpoint::keys::KeysCard;
use crate::pages::endpoint::snippets::Snippets;

#[component]
pub(crate) fn EndpointPage() -> impl IntoView {
    let endpoint = Resource::new(|| (), |()| functions::endpoint::endpoint());
    let keys = Resource::new(|| (), |()| functions::keys::keys());
    let budgets = Resource::new(|| (), |()| functions::budgets::caller_budgets());
    let desk = BudgetDesk::new();
    view! {
        <Suspense fallback=|| view! { <Skeleton lines=2 what="the endpoint"/> }>
            {move || endpoint.get().map(|endpoint_now| match endpoint_now {
                Ok(view) => view! { <Address view/> }.into_any(),
                Err(error) => view! {
                    <ErrorNote error=Some(error) retry=move |()| endpoint.refetch()/>
                }
                .into_any(),
            })}
        </Suspense>
        <Transition fallback=|| view! { <Skeleton lines=4 what="the keys"/> }>
            <KeysCard keys/>
        </Transition>
        <Transition fallback=|| view! { <Skeleton lines=3 what="the budgets"/> }>
            <BudgetsCard budgets desk/>
        </Transition>
        <Suspense fallback=|| view! { <Skeleton lines=6 what="the examples"/> }>
            {move || endpoint.get().and_then(Result::ok).map(|view| view! {
                <Snippets url=view.url.clone() model=view.models.first().cloned()/>
                <Models models=view.models/>
            })}
        </Suspense>
    }
}
