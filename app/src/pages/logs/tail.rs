//! The live end of the log. It stands still while somebody reads: with the pointer or the focus in the table, or
//! scrolled down. What came meanwhile is counted on a button.

use std::time::Duration;

use api::usage::UsageRow;
use leptos::prelude::*;

use crate::browser;
use crate::format;
use crate::pages::logs::address::Address;

/// New rows are shown at most this often.
const EVERY: Duration = Duration::from_millis(700);

#[derive(Clone, Copy)]
pub(crate) struct Tail {
    pub(crate) pointer: RwSignal<bool>,
    pub(crate) focus: RwSignal<bool>,
    /// Requests that fit the filters and are not shown yet.
    waiting: RwSignal<u32>,
    is_due: StoredValue<bool>,
    address: Memo<Address>,
    refetch: Callback<()>,
}

impl Tail {
    pub(crate) fn new(address: Memo<Address>, refetch: impl Fn() + Send + Sync + 'static) -> Self {
        let tail = Self {
            pointer: RwSignal::new(false),
            focus: RwSignal::new(false),
            waiting: RwSignal::new(0),
            is_due: StoredValue::new(false),
            address,
            refetch: Callback::new(move |()| refetch()),
        };
        // Another question: whatever waited belongs to the one before.
        Effect::new(move |_| {
            address.track();
            tail.waiting.set(0);
        });
        tail
    }

    /// A request has ended.
    pub(crate) fn heard(self, row: &UsageRow) {
        let fits = self
            .address
            .with_untracked(|address| address.filter.takes(row));
        if fits {
            self.waiting
                .update(|waiting| *waiting = waiting.saturating_add(1));
            self.soon();
        }
    }

    pub(crate) fn leave_pointer(self) {
        self.pointer.set(false);
        self.soon();
    }

    pub(crate) fn leave_focus(self) {
        self.focus.set(false);
        self.soon();
    }

    /// Shows what has waited.
    pub(crate) fn show(self) {
        self.waiting.set(0);
        self.refetch.run(());
    }

    fn soon(self) {
        if self.waiting.get_untracked() == 0 || self.is_due.try_get_value() != Some(false) {
            return;
        }
        self.is_due.set_value(true);
        set_timeout(
            move || {
                // Gone with its page in the meantime?
                if self
                    .is_due
                    .try_update_value(|is_due| *is_due = false)
                    .is_none()
                {
                    return;
                }
                if self.may_move() {
                    self.show();
                }
            },
            EVERY,
        );
    }

    fn may_move(self) -> bool {
        let is_newest = self.address.with_untracked(Address::is_newest);
        let is_read = self.pointer.get_untracked() || self.focus.get_untracked();
        is_newest && !is_read && !browser::is_scrolled() && !browser::is_hidden()
    }
}

/// Whether the page is live, and what waits to be shown.
#[component]
pub(crate) fn News(tail: Tail, in_flight: RwSignal<Option<u32>>) -> impl IntoView {
    let words = move || match tail.waiting.get() {
        0 => None,
        waiting => Some(format::plural(
            waiting.into(),
            "new request",
            "new requests",
        )),
    };
    let is_newest = move || tail.address.with(Address::is_newest);
    view! {
        <p class="live log-news" class:is-live=move || in_flight.get().is_some()>
            <span class="live-dot" aria-hidden="true"></span>
            {move || match in_flight.get() {
                None => "Not live".to_owned(),
                Some(0) => "Live".to_owned(),
                Some(requests) => format!("{} in flight", format::count(requests.into())),
            }}
            {move || words().map(|words| {
                if is_newest() {
                    view! {
                        <button type="button" class="button" on:click=move |_| tail.show()>{words}</button>
                    }
                    .into_any()
                } else {
                    view! { <span>{words}</span> }.into_any()
                }
            })}
        </p>
    }
}
