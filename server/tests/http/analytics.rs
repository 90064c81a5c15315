//! The usage table and its charts, as a client of the management API asks for them.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Reply;

use crate::support::{Routed, User, answer};

const GROUPINGS: [&str; 13] = [
    "endpoint",
    "client_format",
    "provider",
    "model_requested",
    "model_served",
    "account",
    "key",
    "user",
    "combo",
    "outcome",
    "tag",
    "day",
    "hour",
];

async fn get(admin: &User<'_>, path: &str) -> Value {
    let (status, body) = answer(admin.get(path).await).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

/// Two answers, one of another model, and one refusal.
async fn some_requests() -> Routed {
    let routed = Routed::new().await;
    for model in ["chat/a", "chat/a", "chat/b"] {
        let usage = json!({ "prompt_tokens": 50, "completion_tokens": 9, "prompt_tokens_details": { "cached_tokens": 20 } });
        let reply = Reply::json(200, json!({ "choices": [], "usage": usage }));
        routed.chat(model, reply).await;
    }
    let refused = routed.call("/v1/messages", "{}").send().await;
    assert_eq!(refused.expect("an answer").status(), 400);
    routed.app.rows(4).await;
    routed
}

#[tokio::test]
async fn every_grouping_has_the_same_totals() {
    let routed = some_requests().await;
    let admin = routed.app.signed_in().await;
    for by in GROUPINGS {
        for then_by in GROUPINGS.into_iter().filter(|then_by| *then_by != by) {
            let path = format!("/api/usage/query?by={by},{then_by}&zone=Asia/Kathmandu&limit=1");
            let table = get(&admin, &path).await;
            let totals = &table["totals"];
            assert_eq!(totals["requests"], 4, "{path}");
            assert_eq!(totals["errors"], 1);
            assert_eq!(totals["tokens"]["input"], 90);
            assert_eq!(totals["tokens"]["cache_read"], 60);
            assert_eq!(totals["tokens"]["output"], 27);
            assert_eq!(totals["total_tokens"], 177);
            let sum = |of: &Value, rows: &str| -> u64 {
                let rows = of[rows].as_array().expect("rows");
                let rows = rows
                    .iter()
                    .chain(of.get("other").filter(|rest| !rest.is_null()));
                rows.map(|row| row["measures"]["requests"].as_u64().expect("a number"))
                    .sum()
            };
            assert_eq!(sum(&table, "groups"), 4, "{path}: {table}");
            for group in table["groups"].as_array().expect("groups") {
                let requests = group["measures"]["requests"].as_u64().expect("a number");
                assert_eq!(sum(group, "rows"), requests, "{path}: {group}");
            }
        }
    }
}

#[tokio::test]
async fn a_table_is_filtered_searched_sorted_and_cut() {
    let routed = some_requests().await;
    let admin = routed.app.signed_in().await;
    let shape = |table: &Value| -> Vec<(Value, Value)> {
        let groups = table["groups"].as_array().expect("groups");
        groups
            .iter()
            .map(|group| {
                (
                    group["value"]["id"].clone(),
                    group["measures"]["requests"].clone(),
                )
            })
            .collect()
    };
    let by_model = get(
        &admin,
        "/api/usage/query?by=model_served&sort=name&direction=ascending",
    )
    .await;
    assert_eq!(
        shape(&by_model),
        [
            (json!("a"), json!(2)),
            (json!("b"), json!(1)),
            (Value::Null, json!(1))
        ]
    );
    let none = get(&admin, "/api/usage/query?by=model_served&model_served=").await;
    assert_eq!(shape(&none), [(Value::Null, json!(1))]);
    let two = get(
        &admin,
        "/api/usage/query?by=outcome&model_served=a&model_served=b",
    )
    .await;
    assert_eq!(shape(&two), [(json!("ok"), json!(3))]);
    // The account is called so; nothing else is.
    let named = get(&admin, "/api/usage/query?by=model_served&text=MAIN&limit=1").await;
    assert_eq!(shape(&named), [(json!("a"), json!(2))]);
    assert_eq!(named["other"]["rows"], 1);
    assert_eq!(named["other"]["measures"]["requests"], 1);
    assert_eq!(named["totals"]["requests"], 3);

    let accounts = get(&admin, "/api/usage/query?by=account&outcome=ok").await;
    assert_eq!(accounts["groups"][0]["value"]["name"], "main");
    assert_eq!(accounts["groups"][0]["share"]["requests"], 1.0);

    let body = json!({ "by": "key", "then_by": "day", "selection": { "period": "24h", "zone": "America/St_Johns",
        "filters": [{ "dimension": "outcome", "values": ["ok"] }] } });
    let posted = admin.json(Method::POST, "/api/usage/query", &body).await;
    assert_eq!(posted["totals"]["requests"], 3);
    assert_eq!(posted["query"]["selection"]["zone"], "America/St_Johns");
    assert_eq!(posted["previous_totals"]["requests"], 0);
}

#[tokio::test]
async fn a_chart_has_a_point_for_each_step() {
    let routed = some_requests().await;
    let admin = routed.app.signed_in().await;
    let chart = get(
        &admin,
        "/api/usage/series?period=24h&measure=total&by=model_served&limit=1&outcome=ok",
    )
    .await;
    let steps = chart["starts"].as_array().expect("steps").len();
    assert!((24..=26).contains(&steps), "{steps}");
    assert_eq!(chart["step"], "hour");
    let sum = |line: &Value| -> f64 {
        let points = line["points"].as_array().expect("points");
        assert_eq!(points.len(), steps);
        points.iter().filter_map(Value::as_f64).sum()
    };
    assert_eq!(chart["lines"][0]["value"]["id"], "a");
    assert_eq!(
        (sum(&chart["lines"][0]), sum(&chart["other"])),
        (118.0, 59.0)
    );
    let slow = get(&admin, "/api/usage/series?period=1h&measure=duration_p95").await;
    let points = slow["lines"][0]["points"].as_array().expect("points");
    assert!(points.first().is_some_and(Value::is_null), "{slow}");
}

#[tokio::test]
async fn a_request_is_tagged_by_its_client_alone() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let usage = json!({ "input_tokens": 100, "cache_read_input_tokens": 1_000, "cache_creation_input_tokens": 200, "output_tokens": 50 });
    routed.upstream.reply(Reply::json(200, json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-6", "content": [],
        "stop_reason": "end_turn", "usage": usage
    })));
    let call = routed
        .call("/v1/messages", r#"{"model":"anthropic/claude-sonnet-4-6"}"#)
        .header("x-9router-tag", " nightly ");
    call.send()
        .await
        .expect("an answer")
        .bytes()
        .await
        .expect("a body");
    routed.app.rows(1).await;
    let sent = routed.upstream.requests().remove(0);
    assert_eq!(sent.header("x-9router-tag"), None);
    let table = get(&admin, "/api/usage/query?by=tag").await;
    assert_eq!(table["groups"][0]["value"]["id"], "nightly");
    // What the node's model costs is not known, and is not called nothing.
    assert_eq!(table["totals"]["cost"]["total"], 0);
    assert_eq!(table["totals"]["unpriced"], 1);
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_with_its_field() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    for query in [
        "query?by=colour",
        "query?by=endpoint,endpoint",
        "query?limit=0",
        "query?limit=1001",
        "query?zone=Middle/Earth",
        "query?from=2026-03-02&until=2026-03-01",
        "query?day=2026-03-01",
        "series?by=day",
        "series?step=15m&from=2020-01-01&until=2026-01-01",
    ] {
        let (status, body) = answer(admin.get(&format!("/api/usage/{query}")).await).await;
        assert_eq!(status, 400, "{query}: {body}");
        assert!(body["error"].is_string());
    }
    let wrong = json!({ "by": "key", "colour": "red" });
    let wrong = admin.send(Method::POST, "/api/usage/query", &wrong).await;
    assert_eq!(wrong.status(), 400);
}
