//! Short news of what was done. Screen readers hear it; it leaves by itself.

use std::time::Duration;

use leptos::prelude::*;

use crate::components::icon::{Drawing, Icon};

const SHOWN_FOR: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Toast {
    id: u32,
    text: String,
}

/// The toasts of the page, a context.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

impl Toasts {
    pub(crate) fn say(self, text: impl Into<String>) {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        let toast = Toast {
            id,
            text: text.into(),
        };
        self.shown.update(|shown| shown.push(toast));
        let leave = move || {
            self.shown
                .update(|shown| shown.retain(|toast| toast.id != id));
        };
        set_timeout(leave, SHOWN_FOR);
    }
}

/// Gives the pages below somewhere to say it.
pub(crate) fn provide() {
    provide_context(Toasts {
        shown: RwSignal::new(Vec::new()),
        next: StoredValue::new(0),
    });
}

pub(crate) fn use_toasts() -> Toasts {
    expect_context()
}

#[component]
pub(crate) fn ToastList() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.shown.get() key=|toast| toast.id let:toast>
                <p class="toast"><Drawing icon=Icon::Check/>{toast.text}</p>
            </For>
        </div>
    }
}
