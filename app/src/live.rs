//! The live stream, followed: how many requests are under way, each one that has ended, and a nudge when there were any.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use api::usage::{LiveEvent, UsageRow};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use crate::browser;

const STREAM: &str = "/api/usage/stream";

/// At most one nudge in this time, however much is recorded.
const NUDGE_EVERY: Duration = Duration::from_secs(1);

/// The browser reconnects by itself, but not after a refusal.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// Follows the stream until the owner, an effect, is cleaned up.
/// `in_flight` is none while there is no connection. `heard` is told of each request that has ended, `missed` that some
/// were not told.
pub(crate) fn follow(
    in_flight: RwSignal<Option<u32>>,
    heard: impl Fn(UsageRow) + Clone + 'static,
    missed: impl Fn() + Clone + 'static,
    nudge: impl Fn() + Clone + 'static,
) {
    let nudge = throttled(nudge);
    let hear = move |event: LiveEvent| match event {
        LiveEvent::Active { requests } => in_flight.set(Some(requests)),
        LiveEvent::Recorded { row } => {
            heard(*row);
            nudge();
        }
        LiveEvent::Missed => {
            missed();
            nudge();
        }
    };
    let stream = StoredValue::new_local(None::<Stream>);
    connect(stream, in_flight, hear);
    on_cleanup(move || {
        // Dropping it closes it.
        let _closed = stream.try_update_value(Option::take);
    });
}

/// Follows the stream until the owner, an effect, is cleaned up, and hears of every request that has ended.
pub(crate) fn listen(
    in_flight: RwSignal<Option<u32>>,
    heard: impl Fn(&UsageRow) + Clone + 'static,
) {
    let hear = move |event: LiveEvent| match event {
        LiveEvent::Active { requests } => in_flight.set(Some(requests)),
        LiveEvent::Recorded { row } => heard(&row),
        // The next one that is told makes the page ask for all of them.
        LiveEvent::Missed => {}
    };
    let stream = StoredValue::new_local(None::<Stream>);
    connect(stream, in_flight, hear);
    on_cleanup(move || {
        // Dropping it closes it.
        let _closed = stream.try_update_value(Option::take);
    });
}

/// An open stream and what listens to it.
struct Stream {
    source: web_sys::EventSource,
    _message: Closure<dyn FnMut(web_sys::MessageEvent)>,
    _open: Closure<dyn FnMut()>,
    _error: Closure<dyn FnMut()>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.set_onmessage(None);
        self.source.set_onopen(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}

type Held = StoredValue<Option<Stream>, LocalStorage>;

fn connect(
    held: Held,
    in_flight: RwSignal<Option<u32>>,
    hear: impl Fn(LiveEvent) + Clone + 'static,
) {
    let Ok(source) = web_sys::EventSource::new(STREAM) else {
        return;
    };
    let message = {
        let hear = hear.clone();
        Closure::<dyn FnMut(_)>::new(move |message: web_sys::MessageEvent| {
            let text = message.data().as_string().unwrap_or_default();
            if let Ok(event) = serde_json::from_str(&text) {
                hear(event);
            }
        })
    };
    let is_broken = Rc::new(Cell::new(false));
    let open = {
        let (hear, is_broken) = (hear.clone(), Rc::clone(&is_broken));
        Closure::<dyn FnMut()>::new(move || {
            in_flight.update(|requests| *requests = Some(requests.unwrap_or(0)));
            if is_broken.take() {
                hear(LiveEvent::Missed);
            }
        })
    };
    let error = {
        let source = source.clone();
        Closure::<dyn FnMut()>::new(move || {
            in_flight.set(None);
            is_broken.set(true);
            if source.ready_state() == web_sys::EventSource::CLOSED {
                let hear = hear.clone();
                set_timeout(
                    move || {
                        // Gone with its page in the meantime?
                        if held.try_with_value(Option::is_some) == Some(true) {
                            connect(held, in_flight, hear.clone());
                            hear(LiveEvent::Missed);
                        }
                    },
                    RETRY_AFTER,
                );
            }
        })
    };
    source.set_onmessage(Some(message.as_ref().unchecked_ref()));
    for name in ["active", "recorded"] {
        let _heard =
            source.add_event_listener_with_callback(name, message.as_ref().unchecked_ref());
    }
    source.set_onopen(Some(open.as_ref().unchecked_ref()));
    source.set_onerror(Some(error.as_ref().unchecked_ref()));
    held.set_value(Some(Stream {
        source,
        _message: message,
        _open: open,
        _error: error,
    }));
}

/// Gathers the calls of [`NUDGE_EVERY`] into one at its end, and calls never for a page nobody looks at: a hidden
/// one asks again until it is seen.
fn throttled(call: impl Fn() + Clone + 'static) -> impl Fn() + Clone + 'static {
    let is_due = StoredValue::new(false);
    move || {
        if is_due.try_get_value() != Some(false) {
            return;
        }
        is_due.set_value(true);
        wait(is_due, call.clone());
    }
}

fn wait(is_due: StoredValue<bool>, call: impl Fn() + 'static) {
    set_timeout(
        move || {
            if browser::is_hidden() {
                if is_due.try_get_value().is_some() {
                    wait(is_due, call);
                }
            } else if is_due.try_update_value(|is_due| *is_due = false).is_some() {
                call();
            }
        },
        NUDGE_EVERY,
    );
}
