//! Metrics and traces, as a scraper and a collector get them.

use std::collections::{BTreeMap, BTreeSet};

use observe::metrics::family::FAMILIES;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use reqwest::Method;
use serde_json::json;
use testkit::{Reply, Upstream};

use crate::support::{ACCOUNT_KEY, PASSWORD, Routed, TestApp};

const TOKEN: &str = "the token of the metrics";
const PROMPT: &str = "the secret of the prompt";

/// One combo whose first step is refused for want of quota, and whose second answers.
async fn one_fallback(variables: &[(&str, &str)], traceparent: Option<&str>) -> Routed {
    let routed = Routed::with(variables).await;
    let combo = json!({ "name": "both", "models": ["chat/first", "responses/second"] });
    let admin = routed.app.signed_in().await;
    admin.json(Method::POST, "/api/combos", &combo).await;
    routed.upstream.reply(
        Reply::json(429, json!({ "error": { "message": format!("slow down: {PROMPT}"), "code": "rate_limit_exceeded" } }))
            .header("retry-after", "600"),
    );
    routed.upstream.reply(Reply::json(
        200,
        json!({
            "id": "r1", "object": "response", "created_at": 1, "status": "completed", "model": "second",
            "output": [{ "type": "message", "id": "m1", "role": "assistant", "status": "completed",
                "content": [{ "type": "output_text", "text": "hello", "annotations": [] }] }],
            "usage": { "input_tokens": 11, "output_tokens": 7, "total_tokens": 18,
                "input_tokens_details": { "cached_tokens": 5 },
                "output_tokens_details": { "reasoning_tokens": 2 } },
        }),
    ));
    let body = json!({ "model": "both", "messages": [{ "role": "user", "content": PROMPT }] });
    let mut request = routed.call("/v1/chat/completions", body.to_string());
    if let Some(traceparent) = traceparent {
        request = request.header("traceparent", traceparent);
    }
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    response.bytes().await.expect("a body");
    routed
}

async fn page(app: &TestApp) -> String {
    let request = app.request(Method::GET, "/metrics").bearer_auth(TOKEN);
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let kind = response.headers()["content-type"].to_str().expect("text");
    assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
    response.text().await.expect("a body")
}

/// The labels of every metric that has samples on the page.
fn samples(page: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut samples: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').expect("a value");
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let labels = labels.trim_end_matches('}').split(',');
        let labels = labels.filter_map(|pair| pair.split_once('='));
        samples
            .entry(name.to_owned())
            .or_default()
            .extend(labels.map(|(label, _)| label.to_owned()));
    }
    samples
}

#[tokio::test]
async fn metrics_say_what_happened_and_how_things_stand() {
    let variables = [("METRICS", "true"), ("METRICS_TOKEN", TOKEN)];
    let routed = one_fallback(&variables, None).await;
    routed
        .call("/v1/messages", "{")
        .send()
        .await
        .expect("an answer");
    let rows = routed.app.rows(2).await;
    let provider = rows[0].provider.clone().expect("a provider");
    let page = page(&routed.app).await;

    let line = |beginning: &str| {
        let found = page.lines().find(|line| line.starts_with(beginning));
        found
            .unwrap_or_else(|| panic!("no {beginning} in\n{page}"))
            .to_owned()
    };
    let answered = format!(
        "ninerouter_requests_total{{endpoint=\"/v1/chat/completions\",provider=\"{provider}\",model=\"second\",outcome=\"ok\"}} 1"
    );
    assert_eq!(
        line("ninerouter_requests_total{endpoint=\"/v1/chat"),
        answered
    );
    let cached = "ninerouter_tokens_total{provider=\"".to_owned()
        + provider.as_str()
        + "\",model=\"second\",kind=\"cache_read\"}";
    assert_eq!(line(&cached), format!("{cached} 5"));
    assert!(line("ninerouter_fallbacks_total{").ends_with("reason=\"rate_limit\"} 1"));
    assert!(line("ninerouter_errors_total{").contains("endpoint=\"/v1/messages\""));
    assert_eq!(
        line("ninerouter_requests_in_flight"),
        "ninerouter_requests_in_flight 0"
    );
    assert_eq!(
        line("ninerouter_recorder_waiting_rows"),
        "ninerouter_recorder_waiting_rows 0"
    );
    let resting: Vec<_> = page
        .lines()
        .filter(|line| line.contains("state=\"resting\"} 1"))
        .collect();
    assert_eq!(resting.len(), 1, "{page}");

    // Only what is declared, with the labels that are declared.
    for (name, labels) in samples(&page) {
        let family = FAMILIES.iter().find(|family| {
            let rest = name.strip_prefix(family.name);
            rest.is_some_and(|rest| ["", "_bucket", "_sum", "_count"].contains(&rest))
        });
        let family = family.unwrap_or_else(|| panic!("{name} is not declared"));
        let mut declared: BTreeSet<_> = family
            .labels
            .iter()
            .map(|&label| label.to_owned())
            .collect();
        if name.ends_with("_bucket") {
            declared.insert("le".to_owned());
        }
        assert_eq!(labels, declared, "{name}");
    }
    for family in FAMILIES {
        assert!(page.contains(&format!(
            "# TYPE {} {}\n",
            family.name,
            family.kind.as_str()
        )));
    }
    for secret in [PROMPT, ACCOUNT_KEY, &routed.key] {
        assert!(!page.contains(secret));
    }
}

#[tokio::test]
async fn metrics_are_off_unless_asked_for() {
    let app = TestApp::new().await;
    assert_eq!(app.get("/metrics").await.status(), 404);
}

#[tokio::test]
async fn a_token_is_needed_where_there_is_one_and_a_local_program_where_there_is_none() {
    let guarded = TestApp::with(&[("METRICS", "true"), ("METRICS_TOKEN", TOKEN)]).await;
    assert_eq!(guarded.get("/metrics").await.status(), 401);
    let wrong = guarded
        .request(Method::GET, "/metrics")
        .bearer_auth("another one");
    assert_eq!(wrong.send().await.expect("an answer").status(), 401);
    page(&guarded).await;

    let open = TestApp::with(&[("METRICS", "true")]).await;
    assert_eq!(open.get("/metrics").await.status(), 200);
    for (name, value) in [
        ("x-forwarded-for", "192.0.2.1"),
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "same-origin"),
    ] {
        let request = open.request(Method::GET, "/metrics").header(name, value);
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 403, "{name}");
    }
}

/// A request as the collector got it, and its spans.
async fn collected(collector: &Upstream) -> (testkit::Received, ExportTraceServiceRequest) {
    for _ in 0..100 {
        if let Some(received) = collector.requests().into_iter().next() {
            let message = ExportTraceServiceRequest::decode(received.body.clone());
            return (received, message.expect("a message of OTLP"));
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the collector got nothing");
}

fn attributes(span: &Span) -> BTreeMap<&str, String> {
    let text = |value: &Any| match value {
        Any::StringValue(text) => text.clone(),
        Any::IntValue(number) => number.to_string(),
        Any::BoolValue(value) => value.to_string(),
        Any::DoubleValue(_) => "a number".to_owned(),
        other => panic!("{other:?}"),
    };
    span.attributes
        .iter()
        .map(|pair| {
            let value = pair.value.as_ref().and_then(|any| any.value.as_ref());
            (pair.key.as_str(), text(value.expect("a value")))
        })
        .collect()
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

#[tokio::test]
async fn a_request_becomes_a_span_with_a_child_per_try_in_its_clients_trace() {
    let collector = Upstream::start().await;
    collector.reply(Reply::text(200, "application/x-protobuf", ""));
    let url = collector.url();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=a%20team"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "deployment.environment.name=test",
        ),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
    ];
    let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
    let routed = one_fallback(&variables, Some(&parent)).await;
    let (received, message) = collected(&collector).await;
    assert_eq!(received.target, "/v1/traces");
    assert_eq!(
        received.header("content-type"),
        Some("application/x-protobuf")
    );
    assert_eq!(received.header("x-tenant"), Some("a team"));
    let [group] = message.resource_spans.as_slice() else {
        panic!("{message:?}")
    };
    let resource = group.resource.as_ref().expect("a resource");
    let names: Vec<_> = resource
        .attributes
        .iter()
        .map(|pair| pair.key.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "deployment.environment.name",
            "service.name",
            "service.version"
        ]
    );
    let spans = &group.scope_spans[0].spans;
    let [request, lost, answered] = spans.as_slice() else {
        panic!("{spans:?}")
    };
    assert!(
        spans.iter().all(
            |span| span.trace_id == u128::from_str_radix(TRACE, 16).expect("hex").to_be_bytes()
        )
    );
    assert_eq!(
        request.parent_span_id,
        0xb7ad_6b71_6920_3331_u64.to_be_bytes()
    );
    assert_eq!(
        (request.kind(), request.name.as_str()),
        (SpanKind::Server, "chat both")
    );
    assert!(request.end_time_unix_nano >= request.start_time_unix_nano);
    for child in [lost, answered] {
        assert_eq!(child.parent_span_id, request.span_id);
        assert_eq!(child.kind(), SpanKind::Client);
    }
    let rows = routed.app.rows(1).await;
    let said = attributes(request);
    for (key, value) in [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.request.model", "both"),
        ("gen_ai.response.model", "second"),
        ("gen_ai.usage.input_tokens", "11"),
        ("gen_ai.usage.cache_read.input_tokens", "5"),
        ("gen_ai.usage.output_tokens", "7"),
        ("gen_ai.usage.reasoning.output_tokens", "2"),
        ("http.route", "/v1/chat/completions"),
        ("http.response.status_code", "200"),
        ("ninerouter.attempts", "2"),
        ("ninerouter.fallback", "true"),
        ("ninerouter.request.id", rows[0].id.as_str()),
    ] {
        assert_eq!(said.get(key).map(String::as_str), Some(value), "{key}");
    }
    assert_eq!(lost.name, "chat first");
    let said = attributes(lost);
    assert_eq!(
        said.get("error.type").map(String::as_str),
        Some("rate_limit")
    );
    assert_eq!(
        said.get("http.response.status_code").map(String::as_str),
        Some("429")
    );
    assert_eq!(attributes(answered).get("error.type"), None);

    let bytes = String::from_utf8_lossy(&received.body).into_owned();
    for secret in [PROMPT, ACCOUNT_KEY, &routed.key, "hello"] {
        assert!(!bytes.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn what_the_client_does_not_sample_is_not_sent_and_the_rest_is_at_the_end() {
    let collector = Upstream::start().await;
    collector.reply(Reply::text(200, "application/x-protobuf", ""));
    let url = format!("{}/somewhere/else", collector.url());
    // Nothing goes before the end.
    let variables = [
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", url.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "600000"),
    ];
    let parent = format!("00-{TRACE}-b7ad6b7169203331-00");
    let routed = one_fallback(&variables, Some(&parent)).await;
    routed
        .chat("chat/another", Reply::json(200, json!({})))
        .await;
    routed.app.stop().await;
    let (received, message) = collected(&collector).await;
    assert_eq!(received.target, "/somewhere/else");
    let spans = &message.resource_spans[0].scope_spans[0].spans;
    assert_eq!(collector.requests().len(), 1);
    assert!(
        spans.iter().all(
            |span| span.trace_id != u128::from_str_radix(TRACE, 16).expect("hex").to_be_bytes()
        )
    );
    assert_eq!(spans[0].parent_span_id, Vec::<u8>::new());
}

#[tokio::test]
async fn a_collector_that_is_not_there_delays_nobody_and_is_counted() {
    let url = testkit::unused_url().await;
    let variables = [
        ("METRICS", "true"),
        ("METRICS_TOKEN", TOKEN),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "1"),
        ("INITIAL_PASSWORD", PASSWORD),
    ];
    let routed = one_fallback(&variables, None).await;
    routed.app.rows(1).await;
    let began = std::time::Instant::now();
    assert!(
        page(&routed.app)
            .await
            .contains("ninerouter_spans_total{result=\"sent\"} 0")
    );
    routed.app.stop().await;
    assert!(began.elapsed() < std::time::Duration::from_secs(8));
}

#[tokio::test]
async fn a_batch_that_is_refused_for_now_is_sent_again() {
    let collector = Upstream::start().await;
    collector
        .reply(Reply::status(503).header("retry-after", "0"))
        .reply(Reply::text(200, "application/x-protobuf", ""));
    let url = collector.url();
    let variables = [
        ("METRICS", "true"),
        ("METRICS_TOKEN", TOKEN),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "1"),
    ];
    let routed = one_fallback(&variables, None).await;
    for _ in 0..100 {
        if page(&routed.app)
            .await
            .contains("ninerouter_spans_total{result=\"sent\"} 3")
        {
            let bodies: Vec<_> = collector
                .requests()
                .into_iter()
                .map(|request| request.body)
                .collect();
            assert_eq!(bodies.len(), 2);
            assert_eq!(bodies[0], bodies[1]);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the spans were not sent");
}
