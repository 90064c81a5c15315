//! What was kept of the bytes, a side at a time. Which one is shown stands in the URL.

use api::ids::RequestId;
use api::log::{CaptureView, Stage, StageView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::components::copy::CopyButton;
use crate::components::modal::Confirm;
use crate::components::toast::use_toasts;
use crate::format;
use crate::functions::log::DeleteCapture;
use crate::pages::request::Fetched;

#[component]
pub(crate) fn Payload(
    id: RequestId,
    capture: Option<CaptureView>,
    fetched: Fetched,
) -> impl IntoView {
    let Some(capture) = capture else {
        return view! {
            <section class="card" aria-labelledby="payload-title">
                <h2 id="payload-title">"Payload"</h2>
                <p class="muted">
                    "It was not kept. Whole requests are kept while that is turned on, on the page of "
                    <a href="/dashboard/logs">"all requests"</a>"."
                </p>
            </section>
        }
        .into_any();
    };
    let is_dropped = capture.is_dropped;
    view! {
        <section class="card" aria-labelledby="payload-title">
            <div class="card-head">
                <h2 id="payload-title">"Payload"</h2>
                <Forget id=id.clone() fetched/>
            </div>
            {is_dropped.then(|| view! {
                <p class="muted">"Too much was going on at that moment: the payload of this request was dropped."</p>
            })}
            <Stages id stages=capture.stages/>
        </section>
    }
    .into_any()
}

#[component]
fn Stages(id: RequestId, stages: Vec<StageView>) -> impl IntoView {
    if stages.is_empty() {
        return ().into_any();
    }
    let query = use_query_map();
    let count = stages.len();
    let chosen = Memo::new(move |_| {
        let wanted = query.with(|query| query.get("stage"));
        let wanted = wanted.and_then(|text| text.parse::<usize>().ok());
        wanted.filter(|wanted| *wanted < count).unwrap_or(0)
    });
    let many = stages.iter().any(|stage| stage.attempt > 1);
    let links: Vec<(String, String)> = (0..)
        .zip(&stages)
        .map(|(place, stage): (usize, _)| {
            (
                format!("/dashboard/logs/{id}?stage={place}"),
                name(stage, many),
            )
        })
        .collect();
    let stages = StoredValue::new(stages);
    view! {
        <nav class="segments" aria-label="Sides of the request">
            {(0..).zip(links).map(|(place, (href, name)): (usize, _)| view! {
                <a
                    href=href
                    prop:replace=true
                    data-noscroll
                    aria-current=move || (chosen.get() == place).then_some("true")
                >
                    {name}
                </a>
            }).collect_view()}
        </nav>
        {move || stages.with_value(|stages| stages.get(chosen.get()).cloned()).map(|stage| view! {
            <Side stage/>
        })}
    }
    .into_any()
}

fn name(stage: &StageView, many: bool) -> String {
    match stage.stage {
        Stage::UpstreamRequest | Stage::UpstreamResponse if many => {
            format!("{} {}", stage.stage.name(), stage.attempt)
        }
        side => side.name().to_owned(),
    }
}

#[component]
fn Side(stage: StageView) -> impl IntoView {
    let size = format::bytes(stage.size);
    let body = Signal::stored(stage.body.clone());
    view! {
        <div class="stack">
            <p><code class="breakable">{stage.line}</code></p>
            <dl class="headers">
                {stage.headers.into_iter().map(|(name, value)| view! {
                    <div><dt><code>{name}</code></dt><dd class="breakable"><code>{value}</code></dd></div>
                }).collect_view()}
            </dl>
            <div class="panel-head">
                <p class="muted">
                    {if stage.is_truncated {
                        format!("The beginning of a body of {size}.")
                    } else {
                        format!("A body of {size}.")
                    }}
                </p>
                <CopyButton text=body what="the body"/>
            </div>
            <pre class="code-view" tabindex="0"><code>{stage.body}</code></pre>
        </div>
    }
}

#[component]
fn Forget(id: RequestId, fetched: Fetched) -> impl IntoView {
    let toasts = use_toasts();
    let asking = RwSignal::new(None::<RequestId>);
    let delete = ServerAction::<DeleteCapture>::new();
    Effect::new(move |_| {
        if let Some(Ok(())) = delete.value().get() {
            toasts.say("The payload is deleted.");
            asking.set(None);
            fetched.refetch();
        }
    });
    let error = Signal::derive(move || delete.value().get().and_then(Result::err));
    view! {
        <button
            type="button"
            class="button button-quiet button-warn"
            on:click=move |_| asking.set(Some(id.clone()))
        >
            "Delete the payload"
        </button>
        <Confirm
            id="delete-payload-title"
            title="Delete the payload?"
            open=asking
            explain=|_| "What was kept of this request's bytes is deleted. The request stays in the log.".to_owned()
            label="Delete the payload"
            is_busy=delete.pending()
            error
            confirm=move |id| { delete.dispatch(DeleteCapture { id }); }
        />
    }
}
