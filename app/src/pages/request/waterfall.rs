//! The candidates in the order in which they came up: a bar each over the time of the whole request.

use api::log::{Candidate, Fate};
use leptos::prelude::*;

use crate::components::error::sentence;
use crate::components::recent_requests::outcome_name;
use crate::components::time::Time;
use crate::pages::request::words;

/// Units of a bar's drawing.
const WIDTH: u64 = 1_000;

#[component]
pub(crate) fn Waterfall(candidates: Vec<Candidate>, whole_ms: u32) -> impl IntoView {
    let is_empty = candidates.is_empty();
    view! {
        <section class="card" aria-labelledby="decision-title">
            <h2 id="decision-title">"How it was decided"</h2>
            {is_empty.then(|| view! {
                <p class="muted">"Nobody was asked: the request ended before an account was chosen, or was answered here."</p>
            })}
            <ol class="waterfall">
                {candidates.into_iter().map(|candidate| view! { <Line candidate whole_ms/> }).collect_view()}
            </ol>
            {(!is_empty).then(|| view! {
                <p class="muted legend">
                    <span class="key-wait"></span>"until the headers"
                    <span class="key-think"></span>"until the first byte"
                    <span class="key-stream"></span>"the answer"
                </p>
            })}
        </section>
    }
}

#[component]
fn Line(candidate: Candidate, whole_ms: u32) -> impl IntoView {
    let (who, timing) = (words::who(&candidate), words::timing(&candidate));
    let bar = Bar::of(&candidate, whole_ms);
    let model = candidate.model.clone();
    view! {
        <li class="candidate">
            <div class="candidate-head">
                <strong>{who}</strong>
                <code class="breakable">{model}</code>
                <Verdict fate=candidate.fate.clone()/>
            </div>
            // The words below say the same.
            <svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <rect class="bar-ground" x="0" y="0" width="1000" height="10"></rect>
                {bar.parts.into_iter().map(|(class, from, to)| view! {
                    <rect class=class x=from.to_string() y="0" width=(to - from).to_string() height="10"></rect>
                }).collect_view()}
            </svg>
            <p class="muted">{timing}</p>
            <Reason fate=candidate.fate/>
        </li>
    }
}

/// Its parts in units of the drawing: a class, from, to.
struct Bar {
    parts: Vec<(&'static str, u64, u64)>,
}

impl Bar {
    fn of(candidate: &Candidate, whole_ms: u32) -> Self {
        let started = u64::from(candidate.started_ms);
        let whole = u64::from(whole_ms).max(1);
        let unit = |ms: u64| (ms * WIDTH / whole).min(WIDTH);
        let Fate::Asked {
            duration_ms,
            headers_ms,
            ttft_ms,
            ..
        } = &candidate.fate
        else {
            let at = unit(started).min(WIDTH - 4);
            return Self {
                parts: vec![("bar-skip", at, at + 4)],
            };
        };
        let end = started + u64::from(*duration_ms);
        let moment = |ms: &Option<u32>| ms.map_or(end, |ms| (started + u64::from(ms)).min(end));
        let headers = moment(headers_ms);
        let first = moment(ttft_ms).max(headers);
        // Whatever was asked is seen, however short it was.
        let last = unit(end).max((unit(started) + 3).min(WIDTH));
        let begin = unit(started).min(WIDTH - 3);
        Self {
            parts: vec![
                ("bar-wait", begin, unit(headers).max(begin)),
                (
                    "bar-think",
                    unit(headers).max(begin),
                    unit(first).max(begin),
                ),
                ("bar-stream", unit(first).max(begin).min(last), last),
            ],
        }
    }
}

#[component]
fn Verdict(fate: Fate) -> impl IntoView {
    match fate {
        Fate::Skipped { .. } => {
            view! { <span class="badge badge-quiet">"Passed over"</span> }.into_any()
        }
        Fate::Asked {
            has_served: true,
            status,
            ..
        } => view! {
            <span class="badge badge-good">"Served"{status.map(|status| format!(" · {status}"))}</span>
        }
        .into_any(),
        Fate::Asked {
            failure: Some(_),
            status,
            ..
        } => view! {
            <span class="badge badge-bad">"Failed"{status.map(|status| format!(" · {status}"))}</span>
        }
        .into_any(),
        Fate::Asked {
            outcome, status, ..
        } => view! {
            <span class="badge badge-warn">{outcome_name(outcome)}{status.map(|status| format!(" · {status}"))}</span>
        }
        .into_any(),
    }
}

#[component]
fn Reason(fate: Fate) -> impl IntoView {
    let (why, until, error) = match fate {
        Fate::Skipped {
            reason,
            failure,
            until,
            words: said,
        } => {
            let why = match failure {
                Some(kind) => format!("{}: {}", reason.words(), words::failure(&kind)),
                None => reason.words().to_owned(),
            };
            (Some(why), until, said)
        }
        Fate::Asked {
            failure,
            rest_until,
            error,
            ..
        } => (failure.map(|kind| words::failure(&kind)), rest_until, error),
    };
    view! {
        {why.map(|why| view! { <p>{sentence(&why)}</p> })}
        {until.map(|until| view! { <p class="muted">"It rests until "<Time at=until/>"."</p> })}
        {error.map(|error| view! { <p class="row-error">{error}</p> })}
    }
}
