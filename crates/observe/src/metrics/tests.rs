//! What the page says after some requests.

use std::collections::BTreeMap;
use std::time::Duration;

use api::ids::{ConnectionId, ProviderId, RequestId};
use api::usage::Tokens;
use chrono::DateTime;
use gateway::gauges::{AccountGauges, QuotaGauge, RecorderGauges};

use super::*;

pub(crate) fn attempt(provider: &str, failure: Option<&str>) -> AttemptRecord {
    AttemptRecord {
        provider: ProviderId(provider.to_owned()),
        connection_id: ConnectionId::from("account"),
        model: "m".to_owned(),
        started_ms: 0,
        duration_ms: 200,
        headers_ms: None,
        ttft_ms: None,
        status: Some(if failure.is_some() { 429 } else { 200 }),
        outcome: if failure.is_some() {
            Outcome::UpstreamError
        } else {
            Outcome::Ok
        },
        error: None,
        failure: failure.map(str::to_owned),
        rest_until: None,
    }
}

pub(crate) fn record(model: &str, outcome: Outcome) -> UsageRecord {
    UsageRecord {
        id: RequestId("r".to_owned()),
        at: DateTime::from_timestamp(1_700_000_000, 0).expect("a time"),
        endpoint: Some("/v1/messages".to_owned()),
        client_format: None,
        upstream_format: None,
        is_stream: true,
        provider: Some(ProviderId("openai".to_owned())),
        connection_id: Some(ConnectionId::from("account")),
        key_id: None,
        user_id: None,
        combo: None,
        model_requested: Some(format!("openai/{model}")),
        model_served: Some(model.to_owned()),
        tokens: Tokens::default(),
        usage_source: UsageSource::None,
        cost_micros: None,
        is_flat_rate: false,
        ttft_ms: None,
        duration_ms: 2_500,
        status: 200,
        outcome,
        error: None,
        user_agent: None,
        tag: None,
        notes: Vec::new(),
        price: None,
        attempts: Vec::new(),
        skipped: Vec::new(),
    }
}

fn page(records: Vec<UsageRecord>) -> String {
    let metrics = Metrics::default();
    for record in records {
        let parent = None;
        metrics.settled(&Settled { record, parent });
    }
    let ready = AccountGauges {
        ready: 2,
        resting: 1,
        paused: 0,
    };
    let gauges = Gauges {
        in_flight: 3,
        recorder: RecorderGauges {
            waiting: 4,
            lag: Duration::from_millis(250),
            failures: 0,
        },
        accounts: BTreeMap::from([(ProviderId("openai".to_owned()), ready)]),
        quotas: vec![QuotaGauge {
            provider: ProviderId("openai".to_owned()),
            account: ConnectionId::from("account"),
            window: "weekly".to_owned(),
            used: 0.25,
        }],
    };
    metrics.page(&gauges, Exported::default())
}

#[track_caller]
fn check(page: &str, lines: &[&str]) {
    for line in lines {
        assert!(
            page.lines().any(|found| found == *line),
            "no `{line}` in\n{page}"
        );
    }
}

#[test]
fn a_request_is_counted_under_who_answered_and_its_tries_under_whom_they_were() {
    let mut answered = record("gpt-5-mini", Outcome::Ok);
    answered.tokens = Tokens {
        input: 10,
        cache_read: 20,
        output: 5,
        reasoning: 2,
        ..Tokens::default()
    };
    answered.usage_source = UsageSource::Reported;
    answered.cost_micros = Some(1_234);
    answered.ttft_ms = Some(250);
    answered.attempts = vec![attempt("glm", Some("rate_limit")), attempt("openai", None)];
    check(
        &page(vec![answered]),
        &[
            "# TYPE ninerouter_requests_total counter",
            r#"ninerouter_requests_total{endpoint="/v1/messages",provider="openai",model="gpt-5-mini",outcome="ok"} 1"#,
            r#"ninerouter_tokens_total{provider="openai",model="gpt-5-mini",kind="cache_read"} 20"#,
            r#"ninerouter_tokens_total{provider="openai",model="gpt-5-mini",kind="reasoning"} 2"#,
            r#"ninerouter_cost_microdollars_total{provider="openai",model="gpt-5-mini",billing="metered"} 1234"#,
            r#"ninerouter_attempts_total{provider="glm",result="rate_limit"} 1"#,
            r#"ninerouter_attempts_total{provider="openai",result="ok"} 1"#,
            r#"ninerouter_fallbacks_total{provider="glm",reason="rate_limit"} 1"#,
            "# TYPE ninerouter_time_to_first_token_seconds histogram",
            r#"ninerouter_time_to_first_token_seconds_bucket{endpoint="/v1/messages",provider="openai",le="0.1"} 0"#,
            r#"ninerouter_time_to_first_token_seconds_bucket{endpoint="/v1/messages",provider="openai",le="0.25"} 1"#,
            r#"ninerouter_time_to_first_token_seconds_bucket{endpoint="/v1/messages",provider="openai",le="+Inf"} 1"#,
            r#"ninerouter_request_duration_seconds_sum{endpoint="/v1/messages",provider="openai"} 2.5"#,
            r#"ninerouter_request_duration_seconds_count{endpoint="/v1/messages",provider="openai"} 1"#,
            "ninerouter_requests_in_flight 3",
            r#"ninerouter_accounts{provider="openai",state="resting"} 1"#,
            r#"ninerouter_quota_used_ratio{provider="openai",account="account",window="weekly"} 0.25"#,
            "ninerouter_recorder_waiting_rows 4",
            "ninerouter_recorder_lag_seconds 0.25",
        ],
    );
}

#[test]
fn an_error_is_named_after_the_last_failure_or_else_the_outcome() {
    let mut lost = record("m", Outcome::UpstreamError);
    lost.attempts = vec![attempt("openai", Some("quota"))];
    let mut stranger = record("m", Outcome::Refused);
    stranger.provider = None;
    stranger.model_served = None;
    check(
        &page(vec![lost, stranger]),
        &[
            r#"ninerouter_errors_total{endpoint="/v1/messages",provider="openai",kind="quota"} 1"#,
            r#"ninerouter_errors_total{endpoint="/v1/messages",provider="none",kind="refused"} 1"#,
            r#"ninerouter_requests_total{endpoint="/v1/messages",provider="none",model="none",outcome="refused"} 1"#,
        ],
    );
}

#[test]
fn what_clients_write_as_a_model_makes_no_series_until_it_answers() {
    let text = "please \"summarise\" this\nletter";
    let refused = page(vec![record(text, Outcome::UpstreamError)]);
    assert!(!refused.contains("summarise"), "{refused}");
    check(
        &refused,
        &[
            r#"ninerouter_requests_total{endpoint="/v1/messages",provider="openai",model="other",outcome="upstream_error"} 1"#,
        ],
    );
    // A node may have such a model all the same; then it is escaped.
    check(
        &page(vec![record(text, Outcome::Ok)]),
        &[
            r#"ninerouter_requests_total{endpoint="/v1/messages",provider="openai",model="please \"summarise\" this\nletter",outcome="ok"} 1"#,
        ],
    );
}

#[test]
fn models_beyond_the_limit_share_one_label() {
    let records = (0..MOST_MODELS + 50).map(|number| record(&format!("m{number}"), Outcome::Ok));
    let page = page(records.collect());
    let series = |prefix: &str| page.lines().filter(|line| line.starts_with(prefix)).count();
    assert_eq!(series("ninerouter_requests_total{"), MOST_MODELS + 1);
    check(
        &page,
        &[
            r#"ninerouter_requests_total{endpoint="/v1/messages",provider="openai",model="other",outcome="ok"} 50"#,
        ],
    );
}

#[test]
fn tokens_without_a_price_are_counted_apart() {
    let mut unpriced = record("m", Outcome::Ok);
    unpriced.usage_source = UsageSource::Estimated;
    let page = page(vec![unpriced, record("m", Outcome::Ok)]);
    check(
        &page,
        &[r#"ninerouter_unpriced_requests_total{provider="openai",model="m"} 1"#],
    );
    assert!(!page.contains("ninerouter_cost_microdollars_total{"));
}
