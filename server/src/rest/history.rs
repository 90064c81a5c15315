//! The original's statistics object and its chart, from rows that are counted once.

use admin::usage::{HistoryLine, UsageHistory};
use api::usage::Totals;
use api::usage::query::Step;
use api::usage::table::UsageSeries;
use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use crate::openapi::shape::{Shape, any, map};

/// What stands where a request had no endpoint, as in the original.
const UNKNOWN: &str = "Unknown";
const NO_KEY: &str = "local-no-key";

pub(super) fn stats(history: &UsageHistory) -> Map<String, Value> {
    let mut providers = Table::default();
    let mut models = Table::default();
    let mut accounts = Table::default();
    let mut keys = Table::default();
    let mut endpoints = Table::default();
    for line in &history.lines {
        let model = line.model.as_deref().unwrap_or("unknown");
        let provider = line.provider.as_ref().map_or("unknown", |id| id.as_str());
        let named = json!({ "rawModel": model, "provider": provider });
        providers.add(provider.to_owned(), json!({}), &line.totals);
        models.add(format!("{model} ({provider})"), named.clone(), &line.totals);
        if let Some(id) = &line.connection_id {
            let name = account_name(line, id.as_str());
            let fields = json!({ "rawModel": model, "provider": provider, "connectionId": id, "accountName": name });
            // By id, since two accounts may share a name.
            accounts.add(format!("{model} ({provider} - {id})"), fields, &line.totals);
        }
        let (key, key_name) = match &line.key_id {
            Some(id) => (
                id.as_str(),
                line.key_name
                    .clone()
                    .unwrap_or_else(|| format!("deleted key {id}")),
            ),
            None => (NO_KEY, "Local (No API Key)".to_owned()),
        };
        let fields = json!({ "rawModel": model, "provider": provider, "keyId": line.key_id, "keyName": key_name });
        keys.add(format!("{key}|{model}|{provider}"), fields, &line.totals);
        let endpoint = line.endpoint.as_deref().unwrap_or(UNKNOWN);
        let fields = json!({ "endpoint": endpoint, "rawModel": model, "provider": provider });
        endpoints.add(
            format!("{endpoint}|{model}|{provider}"),
            fields,
            &line.totals,
        );
    }
    let fields = [
        ("totalRequests", json!(history.totals.requests)),
        ("totalPromptTokens", json!(prompt(&history.totals))),
        ("totalCompletionTokens", json!(history.totals.tokens.output)),
        ("totalCost", json!(dollars(history.totals.cost_micros))),
        ("byProvider", providers.0.into()),
        ("byModel", models.0.into()),
        ("byAccount", accounts.0.into()),
        ("byApiKey", keys.0.into()),
        ("byEndpoint", endpoints.0.into()),
    ];
    let fields = fields.into_iter();
    fields
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// A list of sums, oldest first.
pub(super) fn minutes(minutes: &[Totals]) -> Value {
    let minutes = minutes.iter().map(|totals| {
        json!({
            "requests": totals.requests,
            "promptTokens": prompt(totals),
            "completionTokens": totals.tokens.output,
            "cost": dollars(totals.cost_micros),
        })
    });
    minutes.collect()
}

/// A bar for each step: `Mar 29` for a day, `14:00` for an hour.
pub(super) fn bars(series: &UsageSeries) -> Value {
    let places = series.starts.iter().zip(&series.labels);
    let bars = places.zip(&series.steps).map(|((start, label), measures)| {
        json!({
            "label": short(label, series.step),
            "tokens": measures.total_tokens,
            "cost": dollars(measures.cost.total),
            "requests": measures.requests,
            "start": start,
        })
    });
    bars.collect()
}

/// Without what every bar has.
fn short(label: &str, step: Step) -> String {
    match step {
        Step::Day => match NaiveDate::parse_from_str(label, "%Y-%m-%d") {
            Ok(date) => date.format("%b %-d").to_string(),
            Err(_) => label.to_owned(),
        },
        Step::Auto | Step::QuarterHour | Step::Hour => {
            let time = label.split_once(' ').map(|(_, time)| time);
            time.unwrap_or(label).to_owned()
        }
    }
}

/// The lines of one of the tables, by name; which names a line repeats differs from table to table.
pub(super) fn described() -> Shape {
    map(any())
}

fn account_name(line: &HistoryLine, id: &str) -> String {
    line.connection_name
        .clone()
        .unwrap_or_else(|| format!("deleted account {id}"))
}

/// Rows under their names; the same name twice is added up.
#[derive(Default)]
struct Table(Map<String, Value>);

impl Table {
    fn add(&mut self, name: String, fields: Value, totals: &Totals) {
        let row = self.0.entry(name).or_insert(fields);
        for (field, more) in [
            ("requests", totals.requests),
            ("promptTokens", prompt(totals)),
            ("completionTokens", totals.tokens.output),
            ("cachedTokens", totals.tokens.cache_read),
            ("cacheCreationTokens", totals.tokens.cache_write),
            ("reasoningTokens", totals.tokens.reasoning),
        ] {
            let sum = row.get(field).and_then(Value::as_u64).unwrap_or_default() + more;
            set(row, field, json!(sum));
        }
        let micros = row
            .get("costMicros")
            .and_then(Value::as_i64)
            .unwrap_or_default()
            + totals.cost_micros;
        set(row, "costMicros", json!(micros));
        set(row, "cost", json!(dollars(micros)));
        let last = totals.last_used_at.map(|at| json!(at)).unwrap_or_default();
        if row.get("lastUsed").and_then(Value::as_str) < last.as_str() {
            set(row, "lastUsed", last);
        }
    }
}

fn set(row: &mut Value, field: &str, value: Value) {
    if let Value::Object(fields) = row {
        fields.insert(field.to_owned(), value);
    }
}

/// All input, cached or not, as the original's prompt tokens are meant.
fn prompt(totals: &Totals) -> u64 {
    totals.tokens.input + totals.tokens.cache_read + totals.tokens.cache_write
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a dollar amount for display; the exact one stands beside it"
)]
fn dollars(micros: i64) -> f64 {
    micros as f64 / 1_000_000.0
}
