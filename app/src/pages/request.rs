//! One request in full: how it was decided, how long everything took, what it cost, and what was kept of it.

mod bill;
mod payload;
mod waterfall;
mod words;

use api::error::{ApiError, ErrorKind};
use api::ids::RequestId;
use api::log::RequestDetail;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::components::copy::CopyButton;
use crate::components::error::{ErrorNote, sentence};
use crate::components::note_list::NoteList;
use crate::components::recent_requests::{badge, outcome_name};
use crate::components::skeleton::Skeleton;
use crate::components::time::Time;
use crate::format;
use crate::functions::log::request_detail;
use crate::pages::request::bill::Bill;
use crate::pages::request::payload::Payload;
use crate::pages::request::waterfall::Waterfall;

type Fetched = Resource<Result<RequestDetail, ApiError>>;

#[component]
pub(crate) fn RequestPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let fetched: Fetched = Resource::new(move || id.get(), |id| request_detail(RequestId(id)));
    view! {
        <Title text="One request"/>
        <p><a href="/dashboard/logs">"All requests"</a></p>
        <Suspense fallback=|| view! {
            <Skeleton lines=4 what="the request"/>
            <Skeleton lines=4 what="the decision"/>
        }>
            {move || fetched.get().map(|answer| match answer {
                Ok(detail) => view! { <Parts detail fetched/> }.into_any(),
                Err(error) if error.kind == ErrorKind::NotFound => view! {
                    <div class="card empty"><p>"There is no such request, or it is somebody else's."</p></div>
                }
                .into_any(),
                Err(error) => view! {
                    <ErrorNote error=Some(error) retry=move |()| fetched.refetch()/>
                }
                .into_any(),
            })}
        </Suspense>
    }
}

#[component]
fn Parts(detail: RequestDetail, fetched: Fetched) -> impl IntoView {
    let RequestDetail {
        row,
        candidates,
        price,
        capture,
        ..
    } = detail.clone();
    let has_body = capture
        .as_ref()
        .is_some_and(|capture| !capture.stages.is_empty());
    view! {
        <div class="stack">
            <Facts detail=detail.clone()/>
            <Waterfall candidates whole_ms=row.duration_ms/>
            <Bill tokens=row.tokens price cost_micros=row.cost_micros is_estimate=row.is_estimate/>
            {(!row.notes.is_empty()).then(|| view! {
                <section class="card" aria-labelledby="notes-title">
                    <h2 id="notes-title">"What translation could not carry"</h2>
                    <NoteList notes=row.notes.clone()/>
                </section>
            })}
            <Curl command=detail.curl has_body/>
            <Payload id=row.id capture fetched/>
        </div>
    }
}

#[component]
fn Facts(detail: RequestDetail) -> impl IntoView {
    let row = detail.row;
    let fact = |name: &'static str, value: Option<String>| {
        value.map(|value| {
            view! { <div><dt>{name}</dt><dd class="breakable">{value}</dd></div> }
        })
    };
    let stream = if detail.is_stream {
        "streamed"
    } else {
        "whole"
    };
    let client = row
        .client_format
        .map(|format| format!("{format}, {stream}"));
    let duration = format::duration(row.duration_ms.into());
    let speed = words::speed(row.tokens.output, row.ttft_ms, row.duration_ms);
    view! {
        <section class="card" aria-labelledby="request-title">
            <div class="card-head">
                <h2 id="request-title" class="request-id breakable"><code>{row.id.to_string()}</code></h2>
                <span class=badge(row.outcome)>{outcome_name(row.outcome)}" · "{row.status}</span>
            </div>
            {row.error.map(|error| view! { <p class="problem">{sentence(&error)}</p> })}
            <dl class="facts">
                <div><dt>"Time"</dt><dd><Time at=row.at/></dd></div>
                {fact("Endpoint", row.endpoint)}
                {fact("Model asked for", row.model_requested)}
                {fact("Combo", row.combo)}
                {fact("Model that served", row.model_served)}
                {fact("Provider", detail.provider_name)}
                {fact("Account", row.connection_name)}
                {fact("Key", row.key_name)}
                {fact("Client's format", client)}
                {fact("Provider's format", detail.upstream_format)}
                {fact("Client", detail.user_agent)}
                {fact("First byte after", row.ttft_ms.map(|ms| format::duration(ms.into())))}
                {fact("Took", Some(duration))}
                {fact("Speed", speed)}
            </dl>
        </section>
    }
}

#[component]
fn Curl(command: String, has_body: bool) -> impl IntoView {
    let text = command.clone();
    view! {
        <section class="card" aria-labelledby="curl-title">
            <div class="card-head">
                <h2 id="curl-title">"Send it again"</h2>
                <CopyButton text=Signal::stored(command) what="the command"/>
            </div>
            <p class="muted">
                {if has_body {
                    "With the body that was kept. Put one of your keys into NINEROUTER_KEY first."
                } else {
                    "The body was not kept, so a short one stands in for it. Put one of your keys into NINEROUTER_KEY first."
                }}
            </p>
            <pre class="code-view" tabindex="0"><code>{text}</code></pre>
        </section>
    }
}
