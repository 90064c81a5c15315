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
        "query?limit=10001",
        "query?zone=Middle/Earth",
        "query?from=2026-03-02&until=2026-03-01",
        "query?day=2026-03-01",
        "query?then_sort=luck",
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

#[tokio::test]
async fn a_second_column_decides_where_the_first_is_equal() {
    let routed = some_requests().await;
    let admin = routed.app.signed_in().await;
    let order = |table: &Value| -> Vec<Value> {
        let groups = table["groups"].as_array().expect("groups");
        groups
            .iter()
            .map(|group| group["value"]["id"].clone())
            .collect()
    };
    // One request each, of model b and of no model at all; two of model a.
    let path = "/api/usage/query?by=model_served&sort=requests&direction=ascending";
    let by_total = get(&admin, &format!("{path}&then_sort=total")).await;
    assert_eq!(order(&by_total), [json!("b"), Value::Null, json!("a")]);
    let by_errors = get(&admin, &format!("{path}&then_sort=errors,total:ascending")).await;
    assert_eq!(order(&by_errors), [Value::Null, json!("b"), json!("a")]);
}

#[tokio::test]
async fn only_the_groups_asked_for_have_rows_and_all_say_how_many() {
    let routed = some_requests().await;
    let admin = routed.app.signed_in().await;
    let path = "/api/usage/query?by=endpoint,model_served&rows_of=/v1/messages";
    let table = get(&admin, path).await;
    let [chat, messages] = table["groups"].as_array().expect("groups").as_slice() else {
        panic!("expected two groups: {table}");
    };
    assert_eq!((&chat["parts"], &chat["rows"]), (&json!(2), &json!([])));
    assert_eq!(messages["parts"], 1);
    assert_eq!(messages["rows"][0]["measures"], messages["measures"]);
}

#[tokio::test]
async fn a_chart_has_every_measure_of_every_step_under_its_local_name() {
    let routed = some_requests().await;
    let admin = routed.app.signed_in().await;
    let series = get(
        &admin,
        "/api/usage/series?by=model_served&zone=Asia/Kathmandu",
    )
    .await;
    let list = |name: &str| series[name].as_array().expect("a list").clone();
    assert_eq!(list("labels").len(), list("starts").len());
    assert!(
        list("labels")
            .iter()
            .all(|label| label.as_str().is_some_and(|label| label.len() == 10))
    );
    let sum: u64 = list("steps")
        .iter()
        .filter_map(|step| step["requests"].as_u64())
        .sum();
    assert_eq!(sum, 4);
}

#[tokio::test]
async fn an_export_is_what_the_query_shows() {
    let routed = some_requests().await;
    let admin = routed.app.signed_in().await;
    let query =
        "by=endpoint,model_served&rows_of=/v1/chat/completions&columns=requests,total,ttft_p50";
    let response = admin.get(&format!("/api/usage/export?{query}")).await;
    assert_eq!(response.status(), 200);
    let headers = response.headers();
    assert_eq!(headers["content-type"], "text/csv; charset=utf-8");
    let disposition = headers["content-disposition"].to_str().expect("text");
    assert!(
        disposition.starts_with("attachment; filename=\"usage-20"),
        "{disposition}"
    );
    let text = response.text().await.expect("a text");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "kind,endpoint,endpoint_id,model_served,model_served_id,requests,requests_share,total_tokens,total_share,ttft_p50_ms"
    );
    let starts =
        |line: usize, beginning: &str| assert!(lines[line].starts_with(beginning), "{text}");
    starts(
        1,
        "group,/v1/chat/completions,/v1/chat/completions,,,3,0.75,177,1,",
    );
    starts(
        2,
        "row,/v1/chat/completions,/v1/chat/completions,a,a,2,0.5,118,0.6667,",
    );
    starts(
        3,
        "row,/v1/chat/completions,/v1/chat/completions,b,b,1,0.25,59,0.3333,",
    );
    starts(4, "group,/v1/messages,/v1/messages,,,1,0.25,0,0,");
    starts(5, "total,,,,,4,1,177,1,");
    assert_eq!(lines.len(), 6);

    let document = get(&admin, &format!("/api/usage/export?format=json&{query}")).await;
    let rows = document["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[1]["model_served"], json!({ "id": "a", "name": null }));
    assert_eq!(rows[4]["requests"], 4);
    for nonsense in ["format=xml", "columns=name", "columns=luck", "by=luck"] {
        let answer = admin.get(&format!("/api/usage/export?{nonsense}")).await;
        assert_eq!(answer.status(), 400, "{nonsense}");
    }
}

#[tokio::test]
async fn every_section_of_a_months_report_has_its_totals() {
    let routed = some_requests().await;
    let admin = routed.app.signed_in().await;
    let document = get(&admin, "/api/usage/report?format=json&zone=Europe/Berlin").await;
    let rows = document["rows"].as_array().expect("rows");
    for section in ["user", "key", "provider", "model_served"] {
        let sum: u64 = rows
            .iter()
            .filter(|row| row["kind"] == section)
            .filter_map(|row| row["requests"].as_u64())
            .sum();
        assert_eq!(sum, 4, "{section}: {document}");
    }
    assert_eq!(rows.last().expect("a row")["kind"], "total");
    assert!(
        document["forecast"]["elapsed"]
            .as_f64()
            .is_some_and(|part| part > 0.0 && part < 1.0)
    );
    let long_ago = get(&admin, "/api/usage/report?format=json&month=2020-02").await;
    assert_eq!(long_ago["from"], "2020-02-01T00:00:00Z");
    assert_eq!(long_ago["until"], "2020-03-01T00:00:00Z");
    assert_eq!(long_ago["forecast"], Value::Null);
    let answer = admin.get("/api/usage/report?month=soon").await;
    assert_eq!(answer.status(), 400);
}
