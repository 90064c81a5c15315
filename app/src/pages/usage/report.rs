//! A month for the books: what it came to, by whom and what, and where it is heading. It prints on paper.

mod budgets;
mod section;

use api::error::ApiError;
use api::usage::query::Measure;
use api::usage::report::{Forecast, ReportQuery, UsageReport};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Form;
use leptos_router::hooks::use_location;

use crate::browser;
use crate::components::error::ErrorNote;
use crate::components::figure::{change, figure};
use crate::components::skeleton::Skeleton;
use crate::format;
use crate::functions::usage::usage_report;
use crate::pages::usage::report::budgets::Budgets;
use crate::pages::usage::report::section::Section;
use crate::query_string;

const PATH: &str = "/dashboard/usage/report";

#[component]
pub(crate) fn UsageReportPage() -> impl IntoView {
    let location = use_location();
    // On the way to another page what this one showed holds.
    let said = Memo::new(move |previous: Option<&ReportQuery>| {
        let is_here = location
            .pathname
            .with(|path| path.trim_end_matches('/') == PATH);
        match previous.filter(|_| !is_here) {
            Some(previous) => previous.clone(),
            None => location.search.with(|search| read(search)),
        }
    });
    // The server knows no zone of the viewer's.
    let home = RwSignal::new("UTC".to_owned());
    Effect::new(move |_| {
        if let Some(zone) = browser::zone() {
            home.set(zone);
        }
    });
    let query = Memo::new(move |_| {
        let mut query = said.get();
        if query.zone.is_empty() {
            query.zone = home.get();
        }
        query
    });
    let report = Resource::new(move || query.get(), usage_report);
    view! {
        <Title text="Monthly report"/>
        <p class="no-print"><a href="/dashboard/usage">"All usage"</a></p>
        <Transition fallback=|| view! { <Skeleton lines=10 what="the report"/> }>
            <Shown report said/>
        </Transition>
    }
}

#[component]
fn Shown(
    report: Resource<Result<UsageReport, ApiError>>,
    said: Memo<ReportQuery>,
) -> impl IntoView {
    // The last answer stays while the next is under way, and when it fails.
    let known = Memo::new(
        move |previous: Option<&Option<UsageReport>>| match report.get() {
            Some(Ok(report)) => Some(report),
            Some(Err(_)) | None => previous.cloned().flatten(),
        },
    );
    let error = Memo::new(move |_| report.get().and_then(Result::err));
    view! {
        <ErrorNote error retry=move |()| report.refetch()/>
        {move || known.get().map(|report| view! { <Report report said/> })}
    }
}

/// What the URL says; an empty zone is the viewer's own.
fn read(search: &str) -> ReportQuery {
    let mut query = ReportQuery {
        zone: String::new(),
        ..ReportQuery::default()
    };
    for (name, value) in query_string::parse(search) {
        match name.as_str() {
            "month" => query.month = value,
            "zone" => query.zone = value,
            _ => {}
        }
    }
    query
}

fn link(path: &str, query: &ReportQuery, form: Option<&str>) -> String {
    let mut pairs = Vec::new();
    let mut add = |name: &'static str, value: &str| {
        if !value.is_empty() {
            pairs.push((name, value.to_owned()));
        }
    };
    add("format", form.unwrap_or_default());
    add("month", &query.month);
    add("zone", &query.zone);
    query_string::link(path, &pairs)
}

#[component]
fn Report(report: UsageReport, said: Memo<ReportQuery>) -> impl IntoView {
    let said = said.get_untracked();
    let month = |month: &str| {
        let query = ReportQuery {
            month: month.to_owned(),
            zone: said.zone.clone(),
        };
        link(PATH, &query, None)
    };
    let file = |form: &str| link("/api/usage/report", &report.query, Some(form));
    let (totals, previous) = (report.totals, report.previous_totals);
    let heading = format!("Usage in {}", report.query.month);
    let about = format!(
        "From {} to {}, {}.",
        report.local.from, report.local.until, report.query.zone
    );
    let compared = move |measure: Measure| {
        change(measure, &totals, &previous).map(|change| {
            format!(
                "{change} on the month before, {}",
                figure(measure, &previous)
            )
        })
    };
    let figures = [
        Measure::Requests,
        Measure::Total,
        Measure::Cost,
        Measure::Paid,
    ]
    .map(|measure| {
        view! {
            <div class="card figure-card">
                <dt>{crate::components::usage_words::measure(measure)}</dt>
                <dd>
                    <strong>{figure(measure, &totals)}</strong>
                    <span class="muted">{compared(measure)}</span>
                </dd>
            </div>
        }
    });
    let zone = said.zone.clone();
    let name = report.query.month.clone();
    let is_under_way = report.forecast.is_some();
    let sections = report.sections.into_iter().map(|section| {
        let budgets = budgets::of(&report.budgets, section.by);
        view! { <Section section totals budgets is_under_way/> }
    });
    let sections = sections.collect_view();
    view! {
        <article class="stack report">
            <div class="section-head">
                <h2>{heading}</h2>
                <div class="actions no-print">
                    <a class="button button-quiet" href=month(&report.previous_month)>"Month before"</a>
                    <a class="button button-quiet" href=month(&report.following_month)>"Month after"</a>
                    <a class="button" href=file("csv") download rel="external">"CSV"</a>
                    <a class="button" href=file("json") download rel="external">"JSON"</a>
                    <button type="button" class="button" on:click=|_| browser::print()>"Print"</button>
                </div>
            </div>
            <div class="no-print">
                <Form method="GET" action=PATH replace=true>
                    <div class="filter-bar">
                        <div class="field">
                            <label for="report-month">"Month"</label>
                            <input id="report-month" type="month" name="month" value=name pattern="[0-9]{4}-[0-9]{2}"/>
                        </div>
                        <div class="field">
                            <label for="report-zone">"Time zone"</label>
                            <input id="report-zone" name="zone" value=zone autocomplete="off" placeholder=report.query.zone.clone()/>
                        </div>
                        <button type="submit" class="button">"Show"</button>
                    </div>
                </Form>
            </div>
            <p class="muted">{about}</p>
            <dl class="figure-cards" aria-label="Sums of the month">{figures}</dl>
            {report.forecast.map(|forecast| view! { <p class="forecast">{said_of(forecast)}</p> })}
            {(totals.unpriced > 0).then(|| view! {
                <p class="muted">{format!(
                    "{} without a known price are not in the cost.",
                    format::plural(totals.unpriced, "request", "requests"),
                )}</p>
            })}
            {(!report.budgets.is_empty()).then(|| view! {
                <Budgets budgets=report.budgets is_under_way/>
            })}
            {sections}
        </article>
    }
}

/// The forecast with how it was made.
fn said_of(forecast: Forecast) -> String {
    format!(
        "If the month goes on like this it will cost {}, of which {} is paid. That is what was used until now, divided by the {} of the month that is over.",
        format::money(forecast.cost_micros),
        format::money(forecast.paid_micros),
        format::share(forecast.elapsed),
    )
}

#[cfg(test)]
mod tests {
    use super::{PATH, link, read};

    #[test]
    fn a_month_and_a_zone_stand_in_the_url() {
        let query = read("?month=2026-03&zone=Europe/Berlin");
        assert_eq!(
            link(PATH, &query, None),
            "/dashboard/usage/report?month=2026-03&zone=Europe/Berlin"
        );
        assert_eq!(link(PATH, &read(""), None), PATH);
        assert_eq!(
            link("/api/usage/report", &query, Some("csv")),
            "/api/usage/report?format=csv&month=2026-03&zone=Europe/Berlin"
        );
    }
}
