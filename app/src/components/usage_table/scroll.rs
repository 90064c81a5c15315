//! Browser only: the window of a long table goes where its box is scrolled to.

use leptos::html::{Div, Tbody};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use crate::components::usage_table::window::{PAGE, Window};

/// Follows the scrolling of the box, as long as the owner lives.
pub(super) fn follow(
    place: NodeRef<Div>,
    body: NodeRef<Tbody>,
    count: Memo<usize>,
    window: RwSignal<Window>,
) {
    let look = move || {
        if count.get_untracked() <= PAGE {
            return;
        }
        let (Some(place), Some(body)) = (place.get_untracked(), body.get_untracked()) else {
            return;
        };
        let known = window.get_untracked();
        let height = if known.is_measured() {
            known.height
        } else {
            row_height(&body)
        };
        if height <= 0.0 {
            return;
        }
        let next = Window::in_sight(
            f64::from(place.scroll_top()),
            f64::from(place.client_height()),
            height,
        );
        if next != known {
            window.set(next);
        }
    };
    Effect::new(move |_| {
        let is_long = count.get() > PAGE;
        let Some(element) = place.get() else {
            return;
        };
        if !is_long {
            return;
        }
        let first = window.with_untracked(|window| (!window.is_measured()).then_some(window.start));
        look();
        if let Some(first) = first.filter(|first| *first > 0) {
            // The URL begins further down.
            let height = window.with_untracked(|window| window.height);
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                reason = "pixels"
            )]
            let top = (first as f64 * height) as i32;
            request_animation_frame(move || {
                element.set_scroll_top(top);
                look();
            });
        }
    });
    Effect::new(move |_| {
        let Some(place) = place.get() else {
            return;
        };
        let heard = Closure::<dyn FnMut()>::new(look);
        let _heard =
            place.add_event_listener_with_callback("scroll", heard.as_ref().unchecked_ref());
        let listener = StoredValue::new_local((place, heard));
        on_cleanup(move || {
            listener.try_with_value(|(place, heard)| {
                place.remove_event_listener_with_callback("scroll", heard.as_ref().unchecked_ref())
            });
        });
    });
}

fn row_height(body: &web_sys::HtmlElement) -> f64 {
    let rows = f64::from(body.child_element_count());
    if rows == 0.0 {
        return 0.0;
    }
    body.get_bounding_client_rect().height() / rows
}
