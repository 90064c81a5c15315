//! Days and hours where clocks are changed: tables, charts and reports put every request where its zone's clock was.

use api::ids::RequestId;
use api::usage::{Outcome, Tokens};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use store::records::{UsageRecord, UsageSource};

use crate::support::{TestApp, User, answer};

/// Three days in a row; a request in each quarter of an hour of them.
struct Days {
    zone: &'static str,
    /// Where the first begins, by hand.
    start: &'static str,
    days: [&'static str; 3],
    /// Quarters of an hour of the day in the middle, and its hours.
    quarters: u64,
    hours: usize,
}

const ORDINARY: u64 = 96;

const DAYS: [Days; 7] = [
    Days {
        zone: "Europe/Berlin",
        start: "2022-03-25T23:00:00Z",
        days: ["2022-03-26", "2022-03-27", "2022-03-28"],
        quarters: 92,
        hours: 23,
    },
    Days {
        zone: "Europe/Berlin",
        start: "2022-10-28T22:00:00Z",
        days: ["2022-10-29", "2022-10-30", "2022-10-31"],
        quarters: 100,
        hours: 25,
    },
    Days {
        zone: "America/New_York",
        start: "2025-03-08T05:00:00Z",
        days: ["2025-03-08", "2025-03-09", "2025-03-10"],
        quarters: 92,
        hours: 23,
    },
    // The first of a month.
    Days {
        zone: "America/New_York",
        start: "2020-10-31T04:00:00Z",
        days: ["2020-10-31", "2020-11-01", "2020-11-02"],
        quarters: 100,
        hours: 25,
    },
    // Half an hour is skipped, and half an hour is shown twice: an hour is shorter or longer.
    Days {
        zone: "Australia/Lord_Howe",
        start: "2024-10-04T13:30:00Z",
        days: ["2024-10-05", "2024-10-06", "2024-10-07"],
        quarters: 94,
        hours: 24,
    },
    Days {
        zone: "Australia/Lord_Howe",
        start: "2024-04-05T13:00:00Z",
        days: ["2024-04-06", "2024-04-07", "2024-04-08"],
        quarters: 98,
        hours: 24,
    },
    // No clock is changed, but no hour begins with one of UTC.
    Days {
        zone: "Asia/Kathmandu",
        start: "2023-05-30T18:15:00Z",
        days: ["2023-05-31", "2023-06-01", "2023-06-02"],
        quarters: ORDINARY,
        hours: 24,
    },
];

impl Days {
    /// Requests of each day.
    fn requests(&self) -> [u64; 3] {
        [ORDINARY, self.quarters, ORDINARY]
    }

    fn records(&self) -> Vec<UsageRecord> {
        let start: DateTime<Utc> = self.start.parse().expect("a moment");
        let count: u64 = self.requests().iter().sum();
        let count = i64::try_from(count).expect("few");
        let moment = |quarter: i64| start + TimeDelta::minutes(15 * quarter + 7);
        (0..count).map(|quarter| record(moment(quarter))).collect()
    }
}

fn record(at: DateTime<Utc>) -> UsageRecord {
    UsageRecord {
        id: RequestId(format!("r-{}", at.timestamp_millis())),
        at,
        endpoint: None,
        client_format: None,
        upstream_format: None,
        is_stream: false,
        provider: None,
        connection_id: None,
        key_id: None,
        user_id: None,
        combo: None,
        model_requested: None,
        model_served: None,
        tokens: Tokens {
            input: 1,
            ..Tokens::default()
        },
        usage_source: UsageSource::Reported,
        cost_micros: Some(1),
        is_flat_rate: false,
        ttft_ms: None,
        duration_ms: 1,
        status: 200,
        outcome: Outcome::Ok,
        error: None,
        user_agent: None,
        tag: None,
        notes: Vec::new(),
        price: None,
        attempts: Vec::new(),
        skipped: Vec::new(),
    }
}

async fn get(admin: &User<'_>, path: &str) -> Value {
    let (status, body) = answer(admin.get(path).await).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

/// Requests of each group, oldest first.
async fn groups(admin: &User<'_>, by: &str, zone: &str, from: &str, until: &str) -> Vec<u64> {
    let path = format!(
        "/api/usage/query?by={by}&zone={zone}&from={from}&until={until}&sort=name&direction=ascending&compare=false"
    );
    let table = get(admin, &path).await;
    let groups = table["groups"].as_array().expect("groups");
    groups
        .iter()
        .map(|group| group["measures"]["requests"].as_u64().expect("a number"))
        .collect()
}

/// Requests of each step.
async fn steps(admin: &User<'_>, step: &str, zone: &str, from: &str, until: &str) -> Vec<u64> {
    let path = format!("/api/usage/series?step={step}&zone={zone}&from={from}&until={until}");
    let series = get(admin, &path).await;
    let steps = series["steps"].as_array().expect("steps");
    let labels = series["labels"].as_array().expect("labels");
    let mut unique: Vec<_> = labels.iter().map(Value::to_string).collect();
    unique.dedup();
    assert_eq!(unique.len(), steps.len(), "{path}: two steps have one name");
    steps
        .iter()
        .map(|step| step["requests"].as_u64().expect("a number"))
        .collect()
}

#[tokio::test]
async fn every_request_is_in_the_day_and_hour_of_its_zone() {
    let app = TestApp::new().await;
    for days in &DAYS {
        let appended = app.store.usage().append(&days.records()).await;
        appended.expect("rows");
    }
    let admin = app.signed_in().await;
    for days in &DAYS {
        let zone = days.zone;
        let [first, middle, last] = days.days;
        let name = format!("{zone} {middle}");
        let requests = days.requests();
        assert_eq!(
            groups(&admin, "day", zone, first, last).await,
            requests,
            "{name}"
        );
        assert_eq!(
            steps(&admin, "day", zone, first, last).await,
            requests,
            "{name}"
        );
        let hours = groups(&admin, "hour", zone, middle, middle).await;
        assert_eq!(
            hours,
            steps(&admin, "hour", zone, middle, middle).await,
            "{name}"
        );
        assert_eq!(hours.len(), days.hours, "{name}");
        assert_eq!(hours.iter().sum::<u64>(), days.quarters, "{name}");
        let odd: Vec<u64> = hours.into_iter().filter(|count| *count != 4).collect();
        let expected: &[u64] = match days.quarters {
            94 => &[2],
            98 => &[6],
            _ => &[],
        };
        assert_eq!(odd, expected, "{name}");

        for month in [&first[..7], &last[..7]] {
            let report = format!("/api/usage/report?format=json&zone={zone}&month={month}");
            let report = get(&admin, &report).await;
            let total = report["rows"].as_array().expect("rows").last();
            let of_month = days.days.iter().zip(requests);
            let wanted: u64 = of_month
                .filter(|(day, _)| day.starts_with(month))
                .map(|(_, requests)| requests)
                .sum();
            assert_eq!(
                total.expect("a total")["requests"],
                wanted,
                "{name} {month}"
            );
        }
    }
}
