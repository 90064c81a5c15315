//! Whether the router may lose anything at all.

use api::settings::TranslationSettings;
use leptos::prelude::*;

use crate::components::error::{ErrorNote, sentence};
use crate::components::skeleton::Skeleton;
use crate::components::switch::Switch;
use crate::components::toast::use_toasts;
use crate::functions::settings::{SetStrictTranslation, translation_settings};

const TITLE: &str = "Refuse instead of losing anything";

#[component]
pub(crate) fn Strict() -> impl IntoView {
    let settings = Resource::new(|| (), |()| translation_settings());
    view! {
        <Suspense fallback=|| view! { <Skeleton lines=2 what="the setting"/> }>
            {move || settings.get().map(|answer| match answer {
                Ok(settings) => view! { <StrictCard settings/> }.into_any(),
                Err(error) => view! {
                    <ErrorNote error=Some(error) retry=move |()| settings.refetch()/>
                }
                .into_any(),
            })}
        </Suspense>
    }
}

#[component]
pub(crate) fn StrictCard(settings: TranslationSettings) -> impl IntoView {
    let toasts = use_toasts();
    let is_strict = RwSignal::new(settings.is_strict);
    let change = ServerAction::<SetStrictTranslation>::new();
    Effect::new(move |_| match change.value().get() {
        Some(Ok(settings)) => {
            is_strict.set(settings.is_strict);
            toasts.say(if settings.is_strict {
                "Requests that would lose something are refused from now on."
            } else {
                "Requests may lose what a provider cannot take; notes say what."
            });
        }
        Some(Err(error)) => toasts.say(sentence(&error.message)),
        None => {}
    });
    let is_busy = Signal::derive(move || change.pending().get() || !settings.may_change);
    let set = move |is_strict| {
        change.dispatch(SetStrictTranslation { is_strict });
    };
    view! {
        <section class="card" aria-labelledby="strict-title">
            <div class="card-head">
                <h2 id="strict-title">{TITLE}</h2>
                <Switch label=TITLE is_on=is_strict is_busy set/>
            </div>
            <p>
                "When a provider's format cannot carry all of a request, the client is told what would be lost, with status 422, and nothing is sent. "
                "While this is off, such parts are left out or approximated, and noted with the request on the "
                <a href="/dashboard/usage">"usage page"</a>"."
            </p>
            <p class="muted">
                "A client asks for the same for one request with the header "<code>"x-9router-strict: true"</code>"."
            </p>
            {(!settings.may_change).then(|| view! { <p class="muted">"Only an administrator can change this."</p> })}
        </section>
    }
}
