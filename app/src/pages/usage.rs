//! What was used: cards, chart, the table by endpoint, the newest requests. All its state is in its URL.

pub(crate) mod address;

mod toolbar;

use std::collections::BTreeMap;

use api::error::ApiError;
use api::ids::ProviderId;
use api::usage::UsageOverview;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::components::chart::UsageChart;
use crate::components::error::ErrorNote;
use crate::components::recent_requests::RecentRequests;
use crate::components::skeleton::Skeleton;
use crate::components::usage_cards::UsageCards;
use crate::components::usage_table::UsageTable;
use crate::functions::usage::usage_overview;
use crate::live;
use crate::pages::usage::address::Address;
use crate::pages::usage::toolbar::Toolbar;

type Overview = Resource<Result<UsageOverview, ApiError>>;

#[component]
pub(crate) fn UsagePage() -> impl IntoView {
    let query = use_query_map();
    let address = Memo::new(move |_| query.with(|query| Address::read(|name| query.get(name))));
    let asked = Memo::new(move |_| address.with(|address| address.query));
    let overview = Resource::new(move || asked.get(), usage_overview);
    let in_flight = RwSignal::new(None::<u32>);
    Effect::new(move |_| live::follow(in_flight, move || overview.refetch()));
    view! {
        <Toolbar address in_flight/>
        <Transition fallback=|| view! {
            <Skeleton lines=2 what="the sums"/>
            <Skeleton lines=6 what="the chart"/>
            <Skeleton lines=8 what="the table"/>
        }>
            <Shown overview address/>
        </Transition>
    }
}

#[component]
fn Shown(overview: Overview, address: Memo<Address>) -> impl IntoView {
    // The last answer stays while the next is under way, and when it fails.
    let known = Memo::new(
        move |previous: Option<&Option<UsageOverview>>| match overview.get() {
            Some(Ok(overview)) => Some(overview),
            Some(Err(_)) | None => previous.cloned().flatten(),
        },
    );
    let error = Memo::new(move |_| overview.get().and_then(Result::err));
    let is_known = Memo::new(move |_| known.with(Option::is_some));
    view! {
        <ErrorNote error retry=move |()| overview.refetch()/>
        {move || is_known.get().then(|| view! { <Body known address/> })}
    }
}

#[component]
fn Body(known: Memo<Option<UsageOverview>>, address: Memo<Address>) -> impl IntoView {
    let period = Signal::derive(move || address.with(|address| address.query.period));
    let view = Signal::derive(move || address.with(|address| address.view));
    let totals = part(known, |overview| overview.totals);
    let points = part(known, |overview| overview.points.clone());
    let bucket_seconds = part(known, |overview| overview.bucket_seconds);
    let groups = part(known, |overview| overview.groups.clone());
    let recent = part(known, |overview| overview.recent.clone());
    let names = part(known, names);
    view! {
        <UsageCards totals/>
        <UsageChart points bucket_seconds view period/>
        <UsageTable groups totals address/>
        <RecentRequests rows=recent names/>
    }
}

/// One part of the answer: what shows it moves only when it changes.
fn part<T>(known: Memo<Option<UsageOverview>>, read: fn(&UsageOverview) -> T) -> Memo<T>
where
    T: Clone + Default + PartialEq + Send + Sync + 'static,
{
    Memo::new(move |_| known.with(|known| known.as_ref().map(read).unwrap_or_default()))
}

/// What the providers are called, as far as the table knows them.
fn names(overview: &UsageOverview) -> BTreeMap<ProviderId, String> {
    let lines = overview.groups.iter().flat_map(|group| &group.lines);
    lines
        .filter_map(|line| Some((line.provider.clone()?, line.provider_name.clone()?)))
        .collect()
}
