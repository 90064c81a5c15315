//! Whether whole requests and answers are kept, how much of them, and for how long.

use api::error::ApiError;
use api::log::{CaptureSettings, CaptureStatus};
use leptos::prelude::*;

use crate::components::button::Submit;
use crate::components::error::{ErrorNote, sentence};
use crate::components::field::{Field, outside};
use crate::components::modal::Confirm;
use crate::components::skeleton::Skeleton;
use crate::components::switch::Switch;
use crate::components::toast::use_toasts;
use crate::format;
use crate::functions::log::{ClearCaptures, SetCapture, capture_status};

const TITLE: &str = "Keep whole requests and answers";
const FIELDS: &[&str] = &["stage_kib", "total_mib", "hours"];

#[component]
pub(crate) fn Keeping() -> impl IntoView {
    let status = Resource::new(|| (), |()| capture_status());
    view! {
        <Suspense fallback=|| view! { <Skeleton lines=3 what="the setting"/> }>
            {move || status.get().map(|answer| match answer {
                Ok(status) => view! { <Card status/> }.into_any(),
                Err(error) => view! {
                    <ErrorNote error=Some(error) retry=move |()| status.refetch()/>
                }
                .into_any(),
            })}
        </Suspense>
    }
}

#[component]
fn Card(status: CaptureStatus) -> impl IntoView {
    let toasts = use_toasts();
    let known = RwSignal::new(status);
    let change = ServerAction::<SetCapture>::new();
    Effect::new(move |_| {
        if let Some(Ok(status)) = change.value().get() {
            known.set(status);
            toasts.say(if status.settings.is_on || status.is_forced {
                "Requests are kept from now on, with their secrets masked."
            } else {
                "Requests are not kept any more. What was kept stays until it is forgotten."
            });
        }
    });
    let error = Signal::derive(move || change.value().get().and_then(Result::err));
    let is_on =
        Signal::derive(move || known.with(|status| status.settings.is_on || status.is_forced));
    let is_busy = Signal::derive(move || {
        change.pending().get() || known.with(|status| status.is_forced || !status.may_change)
    });
    let set = move |is_on| {
        let settings = CaptureSettings {
            is_on,
            ..known.get_untracked().settings
        };
        change.dispatch(SetCapture { settings });
    };
    view! {
        <section class="card" aria-labelledby="keeping-title">
            <div class="card-head">
                <h2 id="keeping-title">{TITLE}</h2>
                <Switch label=TITLE is_on is_busy set/>
            </div>
            <p>
                "For debugging: of each request four sides are kept, as the client and the provider saw them. Keys and other credentials are masked, but prompts and answers are kept as they are."
            </p>
            {status.is_forced.then(|| view! {
                <p class="muted">"The environment variable "<code>"ENABLE_REQUEST_LOGS"</code>" keeps this on."</p>
            })}
            {if status.may_change {
                view! { <Limits known change error/> }.into_any()
            } else {
                view! { <p class="muted">"Only an administrator can change this."</p> }.into_any()
            }}
        </section>
    }
}

#[component]
fn Limits(
    known: RwSignal<CaptureStatus>,
    change: ServerAction<SetCapture>,
    error: Signal<Option<ApiError>>,
) -> impl IntoView {
    let settings = known.get_untracked().settings;
    let stage_kib = RwSignal::new(settings.stage_kib.to_string());
    let total_mib = RwSignal::new(settings.total_mib.to_string());
    let hours = RwSignal::new(settings.hours.to_string());
    let number = |field: RwSignal<String>| field.get_untracked().trim().parse().unwrap_or(0);
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let settings = CaptureSettings {
            is_on: known.get_untracked().settings.is_on,
            stage_kib: number(stage_kib),
            total_mib: number(total_mib),
            hours: number(hours),
        };
        change.dispatch(SetCapture { settings });
    };
    view! {
        <form class="filters" on:submit=save>
            <Field id="keep-stage" label="KiB of each side" field="stage_kib" value=stage_kib error/>
            <Field id="keep-total" label="MiB altogether" field="total_mib" value=total_mib error/>
            <Field id="keep-hours" label="Hours" field="hours" value=hours error/>
            <div class="actions">
                <Submit label="Save" busy="Saving…" is_busy=change.pending() class="button"/>
                <Forget known/>
            </div>
        </form>
        <ErrorNote error=outside(error, FIELDS)/>
        <p class="muted">{move || known.with(kept)}</p>
    }
}

fn kept(status: &CaptureStatus) -> String {
    let requests = format::plural(status.requests, "request is", "requests are");
    format!(
        "{requests} kept now, {} in the database.",
        format::bytes(status.bytes)
    )
}

/// Forgets everything, after a question.
#[component]
fn Forget(known: RwSignal<CaptureStatus>) -> impl IntoView {
    let toasts = use_toasts();
    let asking = RwSignal::new(None::<()>);
    let clear = ServerAction::<ClearCaptures>::new();
    Effect::new(move |_| match clear.value().get() {
        Some(Ok(requests)) => {
            known.update(|status| (status.requests, status.bytes) = (0, 0));
            asking.set(None);
            toasts.say(format!(
                "Forgot {}.",
                format::plural(requests, "request", "requests")
            ));
        }
        Some(Err(error)) => toasts.say(sentence(&error.message)),
        None => {}
    });
    let error = Signal::derive(move || clear.value().get().and_then(Result::err));
    view! {
        <button type="button" class="button button-quiet button-warn" on:click=move |_| asking.set(Some(()))>
            "Forget all"
        </button>
        <Confirm
            id="forget-title"
            title="Forget everything that was kept?"
            open=asking
            explain=|_| "The payloads of all requests are deleted. The requests themselves stay in the log.".to_owned()
            label="Forget all"
            is_busy=clear.pending()
            error
            confirm=move |()| { clear.dispatch(ClearCaptures {}); }
        />
    }
}
