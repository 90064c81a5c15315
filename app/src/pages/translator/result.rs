//! What came of it: the neutral form, what the other side gets, and what is lost.

use api::error::ApiError;
use api::translator::{Tier, Translation, TranslationError};
use api::usage::NoteView;
use leptos::prelude::*;

use crate::components::copy::CopyButton;
use crate::components::error::{ErrorNote, sentence};
use crate::components::icon::{Drawing, Icon};
use crate::components::note_list::NoteList;
use crate::format;

#[component]
pub(crate) fn Outcome(answer: Signal<Option<Result<Translation, ApiError>>>) -> impl IntoView {
    let error = Signal::derive(move || answer.get().and_then(Result::err));
    let shown = Memo::new(move |_| answer.get().and_then(Result::ok));
    let problem = Memo::new(move |_| shown.get().and_then(|shown| shown.error));
    view! {
        <ErrorNote error/>
        <div role="alert">
            {move || problem.get().map(|problem| view! { <Problem problem/> })}
        </div>
        {move || shown.get().map(|shown| view! { <Panels shown/> })}
    }
}

/// Heard instead of the panels, which nobody wants read out whole.
#[component]
pub(crate) fn Summary(answer: Signal<Option<Result<Translation, ApiError>>>) -> impl IntoView {
    view! {
        <p class="muted" role="status">
            {move || answer.with(|answer| match answer {
                Some(Ok(shown)) => summary(shown),
                Some(Err(_)) | None => String::new(),
            })}
        </p>
    }
}

#[component]
fn Problem(problem: TranslationError) -> impl IntoView {
    view! {
        <div class="note note-error">
            <Drawing icon=Icon::Warning/>
            <div>
                {problem.path.map(|path| view! { <p><code>{path}</code></p> })}
                <p>{sentence(&problem.message)}</p>
            </div>
        </div>
    }
}

#[component]
fn Panels(shown: Translation) -> impl IntoView {
    let Translation {
        tier,
        neutral,
        target,
        path,
        notes,
        error,
    } = shown;
    let failed = error.is_some();
    view! {
        <div class="panels">
            <NeutralPanel tier neutral/>
            <TargetPanel target path/>
            <NotesPanel notes failed/>
        </div>
    }
}

#[component]
fn NeutralPanel(tier: Tier, neutral: Option<String>) -> impl IntoView {
    let absent = match tier {
        Tier::Same => "Passes unchanged: both sides speak the same format.",
        Tier::Envelope => {
            "Edited in place, without a neutral form: what is not edited stays as it is."
        }
        Tier::Translated => "It did not come so far.",
    };
    view! {
        <section class="card panel" aria-labelledby="neutral-title">
            <div class="panel-head"><h2 id="neutral-title">"Neutral form"</h2></div>
            {match neutral {
                Some(text) => view! { <Code text label="The neutral form"/> }.into_any(),
                None => view! { <p class="muted">{absent}</p> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn TargetPanel(target: Option<String>, path: Option<String>) -> impl IntoView {
    let copied = target.clone();
    view! {
        <section class="card panel" aria-labelledby="target-title">
            <div class="panel-head">
                <h2 id="target-title">"Target"</h2>
                {copied.map(|text| view! { <div><CopyButton text what="the target"/></div> })}
            </div>
            {path.map(|path| view! { <p class="breakable"><span class="muted">"POST "</span><code>{path}</code></p> })}
            {match target {
                Some(text) => view! { <Code text label="The target"/> }.into_any(),
                None => view! { <p class="muted">"Nothing is written."</p> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn NotesPanel(
    notes: Vec<NoteView>,
    /// It went no further, so nobody knows what else would be lost.
    failed: bool,
) -> impl IntoView {
    let is_empty = notes.is_empty();
    view! {
        <section class="card panel" aria-labelledby="notes-title">
            <div class="panel-head"><h2 id="notes-title">"Notes"</h2></div>
            {match (is_empty, failed) {
                (false, _) => view! { <NoteList notes/> }.into_any(),
                (true, false) => view! { <p>"Nothing is lost."</p> }.into_any(),
                (true, true) => view! { <p class="muted">"None so far."</p> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Code(text: String, label: &'static str) -> impl IntoView {
    view! {
        <div class="panel-code" role="region" aria-label=label tabindex="0">
            <pre><code>{text}</code></pre>
        </div>
    }
}

fn summary(shown: &Translation) -> String {
    if shown.error.is_some() {
        return "Not translated.".to_owned();
    }
    let how = match shown.tier {
        Tier::Same => "Passes unchanged",
        Tier::Envelope => "Put into the provider's envelope",
        Tier::Translated => "Translated",
    };
    match shown.notes.len() as u64 {
        0 => format!("{how}. Nothing is lost."),
        count => format!("{how}, with {}.", format::plural(count, "note", "notes")),
    }
}
