//! What models cost: the catalogue's prices, and those that were set over them.

mod editor;
mod money;
mod recompute;
mod table;

use api::error::ApiError;
use api::ids::ProviderId;
use api::price::{PriceList, PriceRow};
use leptos::prelude::*;

use crate::components::error::ErrorNote;
use crate::components::icon::{Drawing, Icon};
use crate::components::search_box::{SearchBox, has_words, searched};
use crate::components::skeleton::Skeleton;
use crate::functions::pricing::price_list;
use crate::pages::pricing::editor::NewPrice;
use crate::pages::pricing::recompute::Recompute;
use crate::pages::pricing::table::PriceTable;

/// What the parts of the page share.
#[derive(Clone, Copy)]
pub(crate) struct Desk {
    fetched: Resource<Result<PriceList, ApiError>>,
    /// The model whose price is being edited.
    editing: RwSignal<Option<(ProviderId, String)>>,
    /// A price is being added for a model that is not in the list.
    adding: RwSignal<bool>,
}

impl Desk {
    fn refetch(self) {
        self.editing.set(None);
        self.adding.set(false);
        self.fetched.refetch();
    }

    /// As last known: a refetch, or one that fails, does not empty the page.
    fn list(self) -> Memo<PriceList> {
        Memo::new(
            move |previous: Option<&PriceList>| match self.fetched.get() {
                Some(Ok(list)) => list,
                Some(Err(_)) | None => previous.cloned().unwrap_or_default(),
            },
        )
    }
}

#[component]
pub(crate) fn PricingPage() -> impl IntoView {
    let desk = Desk {
        fetched: Resource::new(|| (), |()| price_list()),
        editing: RwSignal::new(None),
        adding: RwSignal::new(false),
    };
    view! {
        <Transition fallback=|| view! { <Skeleton lines=10 what="the prices"/> }>
            <Lists desk/>
        </Transition>
    }
}

#[component]
fn Lists(desk: Desk) -> impl IntoView {
    let list = desk.list();
    let error = Memo::new(move |_| desk.fetched.get().and_then(Result::err));
    let search = searched();
    let rows = Memo::new(move |_| {
        let wanted = search.get();
        list.with(|list| {
            let rows = list.rows.iter().filter(|row| fits(row, &wanted));
            rows.cloned().collect::<Vec<_>>()
        })
    });
    let may_change = Memo::new(move |_| list.with(|list| list.may_change));
    let is_empty = move || rows.with(Vec::is_empty);
    view! {
        <ErrorNote error retry=move |()| desk.fetched.refetch()/>
        <section class="card" aria-labelledby="prices-title">
            <div class="card-head">
                <h2 id="prices-title">"Prices"</h2>
                {move || may_change.get().then(|| view! {
                    <button type="button" class="button" on:click=move |_| desk.adding.set(true)>
                        <Drawing icon=Icon::Plus/>
                        "Add a price"
                    </button>
                })}
            </div>
            <p>
                "In dollars per million tokens. What the catalogue says holds unless a price is set here. A request is charged by the price of its moment, and a later price changes nothing that was charged before."
            </p>
            <SearchBox path="/dashboard/pricing" label="Search" placeholder="Provider or model"/>
            {move || (desk.adding.get() && may_change.get()).then(|| view! { <NewPrice desk list/> })}
            {move || if is_empty() {
                view! { <p class="empty muted">"No model fits."</p> }.into_any()
            } else {
                view! { <PriceTable rows desk may_change/> }.into_any()
            }}
        </section>
        {move || if may_change.get() {
            view! { <Recompute/> }.into_any()
        } else {
            view! { <p class="muted">"Only an administrator can change prices."</p> }.into_any()
        }}
    }
}

fn fits(row: &PriceRow, wanted: &str) -> bool {
    let name = format!(
        "{} {} {}/{}",
        row.provider_name, row.provider, row.prefix, row.model
    );
    has_words(&name, wanted)
}
