//! What translation could not carry, one loss a line.

use api::usage::NoteView;
use leptos::prelude::*;

#[component]
pub(crate) fn NoteList(notes: Vec<NoteView>) -> impl IntoView {
    view! {
        <ul class="note-list">
            {notes
                .into_iter()
                .map(|note| view! { <li><code>{note.path}</code>{note.message}</li> })
                .collect_view()}
        </ul>
    }
}
