//! The request log: live, searched and exported. All its state is in its URL, so that it reads without scripts.

pub(crate) mod address;

mod filters;
mod keeping;
mod tail;

use api::error::ApiError;
use api::log::LogPage;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::components::error::ErrorNote;
use crate::components::recent_requests::RequestTable;
use crate::components::skeleton::Skeleton;
use crate::functions::log::log_page;
use crate::live;
use crate::pages::logs::address::Address;
use crate::pages::logs::filters::Filters;
use crate::pages::logs::keeping::Keeping;
use crate::pages::logs::tail::{News, Tail};

type Page = Resource<Result<LogPage, ApiError>>;

#[component]
pub(crate) fn LogsPage() -> impl IntoView {
    let query = use_query_map();
    let address = Memo::new(move |_| query.with(|query| Address::read(|name| query.get(name))));
    let page = Resource::new(
        move || address.get(),
        |Address { filter, cursor }| log_page(filter, cursor),
    );
    let tail = Tail::new(address, move || page.refetch());
    let in_flight = RwSignal::new(None::<u32>);
    Effect::new(move |_| live::listen(in_flight, move |row| tail.heard(row)));
    view! {
        <Transition fallback=|| view! {
            <Skeleton lines=2 what="the filters"/>
            <Skeleton lines=10 what="the requests"/>
        }>
            <Shown page address tail in_flight/>
        </Transition>
        <Keeping/>
    }
}

#[component]
fn Shown(
    page: Page,
    address: Memo<Address>,
    tail: Tail,
    in_flight: RwSignal<Option<u32>>,
) -> impl IntoView {
    // The last answer stays while the next is under way, and when it fails.
    let known = Memo::new(move |previous: Option<&Option<LogPage>>| match page.get() {
        Some(Ok(page)) => Some(page),
        Some(Err(_)) | None => previous.cloned().flatten(),
    });
    let error = Memo::new(move |_| page.get().and_then(Result::err));
    let is_known = Memo::new(move |_| known.with(Option::is_some));
    view! {
        <ErrorNote error retry=move |()| page.refetch()/>
        {move || is_known.get().then(|| view! { <Body known address tail in_flight/> })}
    }
}

#[component]
fn Body(
    known: Memo<Option<LogPage>>,
    address: Memo<Address>,
    tail: Tail,
    in_flight: RwSignal<Option<u32>>,
) -> impl IntoView {
    let rows = part(known, |page| page.rows.clone());
    let choices = part(known, |page| page.choices.clone());
    let names =
        Memo::new(move |_| choices.with(|choices| choices.providers.iter().cloned().collect()));
    let is_empty = Memo::new(move |_| rows.with(Vec::is_empty));
    let is_narrowed = move || address.with(|address| address.filter.is_narrowed());
    view! {
        <Filters address choices/>
        <section class="card" aria-labelledby="requests-title">
            <div class="card-head">
                <h2 id="requests-title">"Requests"</h2>
                <News tail in_flight/>
                <Exports address/>
            </div>
            {move || if is_empty.get() {
                let words = if is_narrowed() {
                    "No request fits these filters."
                } else {
                    "No request in this period. The next one will appear here by itself."
                };
                view! { <p class="empty muted">{words}</p> }.into_any()
            } else {
                view! {
                    <div
                        on:pointerenter=move |_| tail.pointer.set(true)
                        on:pointerleave=move |_| tail.leave_pointer()
                        on:focusin=move |_| tail.focus.set(true)
                        on:focusout=move |_| tail.leave_focus()
                    >
                        <RequestTable rows names label="The requests, a table" is_tall=false/>
                    </div>
                }
                .into_any()
            }}
            <Pager known address/>
        </section>
    }
}

/// Exactly the requests that the filters leave, on all pages.
#[component]
fn Exports(address: Memo<Address>) -> impl IntoView {
    let link = move |form: &'static str, name: &'static str| {
        view! {
            // Not a page of ours: the browser itself must fetch it.
            <a
                class="button button-quiet"
                rel="external"
                download=""
                href=move || address.with(|address| address.export(form))
            >
                {name}
            </a>
        }
    };
    view! {
        <div class="actions">
            {link("csv", "Export as CSV")}
            {link("json", "Export as JSON")}
        </div>
    }
}

#[component]
fn Pager(known: Memo<Option<LogPage>>, address: Memo<Address>) -> impl IntoView {
    let older = move || {
        known.with(|page| {
            let page = page.as_ref().filter(|page| page.has_older)?;
            Some(address.get().before(page.rows.last()?).href())
        })
    };
    let newer = move || {
        known.with(|page| {
            let page = page.as_ref().filter(|page| page.has_newer)?;
            Some(address.get().after(page.rows.first()?).href())
        })
    };
    let is_newest = move || address.with(Address::is_newest);
    view! {
        <nav class="pager" aria-label="Pages of the log">
            {move || (!is_newest()).then(|| view! {
                <a class="button" href=move || address.get().newest().href()>"Newest"</a>
            })}
            {move || newer().map(|href| view! { <a class="button" href=href>"Newer"</a> })}
            {move || older().map(|href| view! { <a class="button" href=href>"Older"</a> })}
        </nav>
    }
}

/// One part of the answer: what shows it moves only when it changes.
fn part<T>(known: Memo<Option<LogPage>>, read: fn(&LogPage) -> T) -> Memo<T>
where
    T: Clone + Default + PartialEq + Send + Sync + 'static,
{
    Memo::new(move |_| known.with(|known| known.as_ref().map(read).unwrap_or_default()))
}
