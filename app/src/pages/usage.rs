//! What was used: cards, chart, the table, the newest requests. All its state is in its URL.

pub(crate) mod address;
pub(crate) mod report;

mod filters;
mod toolbar;

use api::error::ApiError;
use api::usage::RecentUsage;
use api::usage::table::{UsageSeries, UsageTable as Answer};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

use crate::browser;
use crate::components::chart::UsageChart;
use crate::components::error::ErrorNote;
use crate::components::recent_requests::RecentRequests;
use crate::components::skeleton::Skeleton;
use crate::components::usage_cards::UsageCards;
use crate::components::usage_table::UsageTable;
use crate::components::usage_table::steady::steady;
use crate::functions::usage::{usage_recent, usage_series, usage_table};
use crate::live;
use crate::pages::usage::address::{Address, PATH};
use crate::pages::usage::filters::{Chips, Filters};
use crate::pages::usage::toolbar::{TableHead, Toolbar};

type Asked<T> = Resource<Result<T, ApiError>>;

/// What the page shows, once it is there.
#[derive(Clone, Copy)]
struct Parts {
    table: Asked<Answer>,
    series: Asked<UsageSeries>,
    recent: Asked<RecentUsage>,
}

#[component]
pub(crate) fn UsagePage() -> impl IntoView {
    let location = use_location();
    // On the way to another page the last address of this one holds.
    let address = Memo::new(move |previous: Option<&Address>| {
        let is_here = location
            .pathname
            .with(|path| path.trim_end_matches('/') == PATH);
        match previous.filter(|_| !is_here) {
            Some(previous) => previous.clone(),
            None => location.search.with(|search| Address::read(search)),
        }
    });
    // The server knows no zone of the viewer's.
    let home = RwSignal::new("UTC".to_owned());
    Effect::new(move |_| {
        if let Some(zone) = browser::zone() {
            home.maybe_update(|home| {
                let is_other = *home != zone;
                *home = zone;
                is_other
            });
        }
    });
    // A form's words become those of a link, which are shorter.
    let navigate = use_navigate();
    Effect::new(move |_| {
        let is_of_form = location
            .search
            .with(|search| search.contains("column=") || search.contains("result="));
        if is_of_form {
            let href = address.with_untracked(Address::href);
            let options = NavigateOptions {
                replace: true,
                scroll: false,
                ..NavigateOptions::default()
            };
            navigate(&href, options);
        }
    });
    let zone = Memo::new(move |_| {
        address.with(|address| home.with(|home| address.zone_or(home).to_owned()))
    });
    let of_table =
        Memo::new(move |_| address.with(|address| home.with(|home| address.table_query(home))));
    let of_chart =
        Memo::new(move |_| address.with(|address| home.with(|home| address.series_query(home))));
    let parts = Parts {
        table: Resource::new(move || of_table.get(), usage_table),
        series: Resource::new(move || of_chart.get(), usage_series),
        recent: Resource::new(|| (), |()| usage_recent()),
    };
    let in_flight = RwSignal::new(None::<u32>);
    Effect::new(move |_| {
        live::follow(in_flight, move || {
            parts.table.refetch();
            parts.series.refetch();
            parts.recent.refetch();
        });
    });
    view! {
        <Toolbar address in_flight/>
        <Filters address home=home.into() zone/>
        <Transition fallback=|| view! {
            <Skeleton lines=2 what="the sums"/>
            <Skeleton lines=6 what="the chart"/>
            <Skeleton lines=8 what="the table"/>
        }>
            <Shown parts address home=home.into() zone/>
        </Transition>
    }
}

#[component]
fn Shown(
    parts: Parts,
    address: Memo<Address>,
    home: Signal<String>,
    zone: Memo<String>,
) -> impl IntoView {
    let is_held = RwSignal::new(false);
    let answer = Memo::new(move |previous: Option<&Option<Answer>>| {
        let previous = previous.and_then(Option::as_ref);
        let is_held = is_held.get();
        match (parts.table.get(), previous) {
            (Some(Ok(now)), Some(before)) if is_held => Some(steady(before, now)),
            (Some(Ok(now)), _) => Some(now),
            // The last answer stays while the next is under way, and when it fails.
            (Some(Err(_)) | None, previous) => previous.cloned(),
        }
    });
    let series = last(parts.series);
    let recent = last(parts.recent);
    let error = Memo::new(move |_| {
        let of_table = parts.table.get().and_then(Result::err);
        of_table.or_else(|| parts.series.get().and_then(Result::err))
    });
    let is_known = Memo::new(move |_| answer.with(Option::is_some));
    let totals = Memo::new(move |_| {
        answer.with(|answer| {
            answer
                .as_ref()
                .map(|answer| answer.totals)
                .unwrap_or_default()
        })
    });
    let previous = Memo::new(move |_| answer.with(|answer| answer.as_ref()?.previous_totals));
    let steps = Memo::new(move |_| {
        series.with(|series| {
            series
                .as_ref()
                .map(|series| series.steps.clone())
                .unwrap_or_default()
        })
    });
    let rows = Memo::new(move |_| {
        recent.with(|recent| {
            recent
                .as_ref()
                .map(|recent| recent.rows.clone())
                .unwrap_or_default()
        })
    });
    let names = Memo::new(move |_| {
        recent.with(|recent| {
            recent
                .as_ref()
                .map(|recent| recent.provider_names.clone())
                .unwrap_or_default()
        })
    });
    view! {
        <ErrorNote error retry=move |()| {
            parts.table.refetch();
            parts.series.refetch();
        }/>
        {move || is_known.get().then(|| view! {
            <Chips address answer/>
            <UsageCards totals previous steps/>
            <UsageChart series address/>
            <section class="card" aria-labelledby="table-title">
                <TableHead answer address home/>
                <UsageTable answer address zone=zone.into() is_held/>
            </section>
            <RecentRequests rows names/>
        })}
    }
}

/// The last answer stays while the next is under way, and when it fails.
fn last<T>(asked: Asked<T>) -> Memo<Option<T>>
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    Memo::new(move |previous: Option<&Option<T>>| match asked.get() {
        Some(Ok(answer)) => Some(answer),
        Some(Err(_)) | None => previous.cloned().flatten(),
    })
}
