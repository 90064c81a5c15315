//! What only a browser can do, in few words. To be called from effects and event handlers alone.

use api::error::{ApiError, ErrorKind};
use chrono::{DateTime, Utc};
use leptos::prelude::request_animation_frame;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// A value this browser keeps for us, where it keeps any.
pub(crate) fn stored(name: &str) -> Option<String> {
    web_sys::window()?
        .local_storage()
        .ok()??
        .get_item(name)
        .ok()?
}

/// Keeps a value. A browser that refuses loses it at the end of the visit, and that is all.
pub(crate) fn store(name: &str, value: &str) {
    if let Some(Ok(Some(storage))) = web_sys::window().map(|window| window.local_storage()) {
        let _refused = storage.set_item(name, value);
    }
}

/// The document's root element, which carries the theme.
pub(crate) fn root() -> Option<web_sys::Element> {
    web_sys::window()?.document()?.document_element()
}

pub(crate) fn is_hidden() -> bool {
    web_sys::window()
        .and_then(|window| window.document())
        .is_some_and(|document| document.hidden())
}

/// Whether the reader has left the top of the page.
pub(crate) fn is_scrolled() -> bool {
    web_sys::window()
        .and_then(|window| window.scroll_y().ok())
        .is_some_and(|y| y > 8.0)
}

/// Gives an element the focus once what is under way has been drawn.
pub(crate) fn focus_soon(id: String) {
    request_animation_frame(move || {
        if let Some(element) = by_id(&id) {
            let _refused = element.focus();
        }
    });
}

/// Scrolls as little as it takes to see an element, once what is under way has been drawn.
pub(crate) fn reveal_soon(id: String) {
    request_animation_frame(move || {
        if let Some(element) = by_id(&id) {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            element.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
}

fn by_id(id: &str) -> Option<web_sys::HtmlElement> {
    let document = web_sys::window()?.document()?;
    document.get_element_by_id(id)?.dyn_into().ok()
}

/// The moment on this browser's clock: `2026-01-31 10:05`.
pub(crate) fn local_time(at: DateTime<Utc>) -> String {
    let date = local(at);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}",
        date.get_full_year(),
        date.get_month() + 1,
        date.get_date(),
        date.get_hours(),
        date.get_minutes()
    )
}

/// The time on this browser's clock: `10:05`, with its date where that is not today's.
pub(crate) fn local_clock(at: DateTime<Utc>) -> String {
    let (date, today) = (local(at), local(now()));
    let is_today = date.to_date_string() == today.to_date_string();
    if is_today {
        format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
    } else {
        local_time(at)
    }
}

/// The time on this browser's clock to the second: `10:05:09`, with its date where that is not today's.
pub(crate) fn local_seconds(at: DateTime<Utc>) -> String {
    format!("{}:{:02}", local_clock(at), local(at).get_seconds())
}

pub(crate) fn now() -> DateTime<Utc> {
    #[expect(clippy::cast_possible_truncation, reason = "a date of this era fits")]
    let millis = js_sys::Date::now() as i64;
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}

/// The IANA name of this browser's time zone.
pub(crate) fn zone() -> Option<String> {
    let format = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new());
    let zone = js_sys::Reflect::get(&format.resolved_options(), &"timeZone".into()).ok()?;
    // This is what browsers say that do not know either.
    zone.as_string()
        .filter(|zone| !zone.is_empty() && zone != "Etc/Unknown")
}

/// The moment on the clock of a zone: `2026-01-31 10:05`. None where the browser does not know the zone.
pub(crate) fn time_in(at: DateTime<Utc>, zone: &str) -> Option<String> {
    let options = js_sys::Object::new();
    for (name, value) in [
        ("timeZone", zone),
        ("dateStyle", "short"),
        ("timeStyle", "short"),
    ] {
        js_sys::Reflect::set(&options, &name.into(), &value.into()).ok()?;
    }
    // Swedish dates are ISO 8601, with a space in the middle.
    let text = js_sys::Reflect::get(&local(at), &"toLocaleString".into()).ok()?;
    let text = text.dyn_into::<js_sys::Function>().ok()?;
    text.call2(&local(at), &"sv-SE".into(), &options)
        .ok()?
        .as_string()
}

/// Opens the browser's dialog for printing.
pub(crate) fn print() {
    if let Some(window) = web_sys::window() {
        let _refused = window.print();
    }
}

/// What an arrow does in a table of rows that open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowStep {
    Previous,
    Next,
    Open,
    Close,
}

/// From the row that has the focus. False where there is nothing to do.
pub(crate) fn step_row(step: RowStep) -> bool {
    try_step_row(step).is_some()
}

fn try_step_row(step: RowStep) -> Option<()> {
    let focused = web_sys::window()?.document()?.active_element()?;
    let disclosed = focused.get_attribute("aria-expanded");
    let toggle = |wanted: &str| {
        let element: web_sys::HtmlElement = focused.clone().dyn_into().ok()?;
        (disclosed.as_deref() == Some(wanted)).then(|| element.click())
    };
    let row = focused.closest("tr").ok()??;
    let goal = match step {
        RowStep::Open => return toggle("false"),
        RowStep::Close => return toggle("true"),
        RowStep::Next => row.next_element_sibling()?,
        RowStep::Previous => row.previous_element_sibling()?,
    };
    let target = goal.query_selector("a").ok()??;
    target.dyn_into::<web_sys::HtmlElement>().ok()?.focus().ok()
}

fn local(at: DateTime<Utc>) -> js_sys::Date {
    #[expect(clippy::cast_precision_loss, reason = "a date of this era fits")]
    js_sys::Date::new(&JsValue::from_f64(at.timestamp_millis() as f64))
}

/// Puts a text on the clipboard. Away from https and localhost there is no clipboard for a page: then
/// by way of a field beside `near`, so that an open dialog lets it have the focus.
pub(crate) async fn copy(text: &str, near: Option<web_sys::Element>) -> Result<(), ApiError> {
    let window = web_sys::window().ok_or_else(refused)?;
    if window.is_secure_context() {
        let written = JsFuture::from(window.navigator().clipboard().write_text(text)).await;
        return written.map(drop).map_err(|_| refused());
    }
    copy_by_selection(&window, text, near).ok_or_else(refused)
}

fn copy_by_selection(
    window: &web_sys::Window,
    text: &str,
    near: Option<web_sys::Element>,
) -> Option<()> {
    let document = window
        .document()?
        .dyn_into::<web_sys::HtmlDocument>()
        .ok()?;
    let field = document.create_element("textarea").ok()?;
    let field = field.dyn_into::<web_sys::HtmlTextAreaElement>().ok()?;
    field.set_value(text);
    field.set_class_name("visually-hidden");
    let parent = near
        .and_then(|near| near.parent_element())
        .or_else(|| Some(document.body()?.into()))?;
    parent.append_child(&field).ok()?;
    field.select();
    let is_copied = document.exec_command("copy").unwrap_or(false);
    field.remove();
    is_copied.then_some(())
}

fn refused() -> ApiError {
    ApiError::new(
        ErrorKind::Internal,
        "the browser would not copy; select the text and copy it by hand",
    )
}

/// An empty window for another site's page, which shall know nothing of this one. `None` where the browser opens none.
pub(crate) fn open_window() -> Option<web_sys::Window> {
    let window = web_sys::window()?
        .open_with_url_and_target_and_features("", "connect", "popup,width=620,height=780")
        .ok()??;
    let _kept = window.set_opener(&JsValue::NULL);
    Some(window)
}

/// Shows a page in a window that was opened.
pub(crate) fn lead(window: &web_sys::Window, url: &str) {
    let _closed = window.location().replace(url);
}

/// Takes the query out of the address and the history.
pub(crate) fn forget_query() {
    let Some(window) = web_sys::window() else {
        return;
    };
    let (Ok(path), Ok(history)) = (window.location().pathname(), window.history()) else {
        return;
    };
    let _kept = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
}

/// Closes this window, once it was seen what became of it. A browser closes only what a script has opened.
pub(crate) fn close_soon() {
    leptos::prelude::set_timeout(
        || {
            if let Some(window) = web_sys::window() {
                let _stays = window.close();
            }
        },
        std::time::Duration::from_millis(1500),
    );
}
