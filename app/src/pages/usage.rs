//! What was used: cards, chart, the table, the newest requests. All its state is in its URL.

pub(crate) mod address;
pub(crate) mod report;

mod filters;
mod toolbar;

use api::error::ApiError;
use api::usage::table::{UsageSeries, UsageTable as Answer};
use api::usage::{RecentUsage, UsageRow};
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
    /// What has ended since they were asked for, newest first.
    newest: RwSignal<Vec<UsageRow>>,
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
        newest: RwSignal::default(),
    };
    let in_flight = RwSignal::new(None::<u32>);
    Effect::new(move |_| {
        live::follow(
            in_flight,
            move |row| {
                parts.newest.update(|rows| {
                    rows.insert(0, row);
                    rows.truncate(RecentUsage::ROWS);
                });
            },
            move || parts.recent.refetch(),
            move || {
                parts.table.refetch();
                parts.series.refetch();
            },
        );
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
    // A provider that is new here has a name that has to be asked for.
    Effect::new(move |_| {
        let is_unknown = parts.newest.with(|newest| {
            recent.with_untracked(|recent| {
                let names = recent.as_ref().map(|recent| &recent.provider_names);
                let mut providers = newest.iter().filter_map(|row| row.provider.as_ref());
                names.is_some_and(|names| providers.any(|id| !names.contains_key(id)))
            })
        });
        if is_unknown {
            parts.newest.update_untracked(Vec::clear);
            parts.recent.refetch();
        }
    });
    let rows = Memo::new(move |_| {
        parts.newest.with(|newest| {
            recent.with(|recent| {
                let stored = recent.as_ref().map(|recent| recent.rows.as_slice());
                together(newest, stored.unwrap_or_default())
            })
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

/// The newest requests once each, newest first.
fn together(newest: &[UsageRow], stored: &[UsageRow]) -> Vec<UsageRow> {
    let mut rows: Vec<UsageRow> = Vec::with_capacity(RecentUsage::ROWS);
    let mut all: Vec<&UsageRow> = newest.iter().chain(stored).collect();
    all.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
    for row in all {
        if rows.len() < RecentUsage::ROWS && rows.last().is_none_or(|last| last.id != row.id) {
            rows.push(row.clone());
        }
    }
    rows
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

#[cfg(test)]
mod tests {
    use api::usage::{Outcome, Tokens};
    use chrono::DateTime;

    use super::*;

    fn row(id: &str, second: i64) -> UsageRow {
        UsageRow {
            id: id.into(),
            at: DateTime::from_timestamp(second, 0).expect("a time"),
            endpoint: None,
            client_format: None,
            provider: None,
            model_requested: None,
            model_served: None,
            connection_id: None,
            connection_name: None,
            key_id: None,
            key_name: None,
            combo: None,
            tokens: Tokens::default(),
            is_estimate: false,
            cost_micros: None,
            ttft_ms: None,
            duration_ms: 0,
            status: 200,
            outcome: Outcome::Ok,
            error: None,
            attempts: 0,
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_request_that_was_heard_and_stored_is_there_once() {
        let stored = [row("c", 3), row("a", 1)];
        let newest = [row("d", 4), row("c", 3), row("b", 2)];
        let ids = |rows: Vec<UsageRow>| rows.into_iter().map(|row| row.id.0).collect::<String>();
        assert_eq!(ids(together(&newest, &stored)), "dcba");
        let many: Vec<_> = (0..60)
            .map(|second| row(&format!("{second:02}"), second))
            .collect();
        let rows = together(&many, &stored);
        assert_eq!(rows.len(), RecentUsage::ROWS);
        assert_eq!(rows[0].id.as_str(), "59");
    }
}
