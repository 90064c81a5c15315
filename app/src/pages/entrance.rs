//! What the two pages before the dashboard share: a card in the middle, shown to those it is for.

use api::auth::Welcome;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;

use crate::components::error::ErrorNote;
use crate::components::icon::Logo;
use crate::functions::auth::welcome;

#[component]
pub(crate) fn Entrance(
    title: &'static str,
    /// Where a visitor belongs who is not to be here.
    elsewhere: fn(&Welcome) -> Option<&'static str>,
    children: impl Fn(Welcome) -> AnyView + Send + Sync + 'static,
) -> impl IntoView {
    let visit = Resource::new(|| (), |()| welcome());
    view! {
        <Title text=title/>
        <main class="alone">
            <div class="alone-card card">
                <Logo/>
                <h1>{title}</h1>
                <Suspense>
                    {move || visit.get().map(|answer| match answer {
                        Ok(visit) => match elsewhere(&visit) {
                            Some(path) => view! { <Redirect path/> }.into_any(),
                            None => children(visit),
                        },
                        Err(error) => view! {
                            <ErrorNote error=Some(error) retry=move |()| visit.refetch()/>
                        }
                        .into_any(),
                    })}
                </Suspense>
            </div>
        </main>
    }
}
