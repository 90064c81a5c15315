//! The request log: what was decided and why, what is searched and exported, who may see it.

use api::usage::Outcome;
use reqwest::Method;
use sea_orm_migration::sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use store::usage::UsageScope;
use testkit::Reply;

use crate::support::{Routed, User, answer};

fn good() -> Reply {
    Reply::json(
        200,
        json!({
            "id": "c1", "object": "chat.completion", "created": 1, "model": "up",
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": "hello" }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10 }
        }),
    )
}

async fn get(admin: &User<'_>, path: &str) -> Value {
    let (status, body) = answer(admin.get(path).await).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

async fn node(routed: &Routed, admin: &User<'_>) -> Value {
    let nodes = get(admin, "/api/provider-nodes").await;
    let found = nodes["nodes"].as_array().expect("nodes").clone();
    let id = found.iter().find(|node| node["prefix"] == "chat");
    let _keeps = routed;
    id.expect("the node")["id"].clone()
}

#[tokio::test]
async fn a_request_tells_who_was_asked_who_was_passed_over_and_why() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let provider = node(&routed, &admin).await;
    let account =
        json!({ "provider": provider, "apiKey": "sk-second-account-key", "name": "second" });
    admin.json(Method::POST, "/api/providers", &account).await;
    let account =
        json!({ "provider": provider, "apiKey": "sk-third-account-key", "name": "third" });
    let third = admin.json(Method::POST, "/api/providers", &account).await;
    let third = third["connection"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let paused = json!({ "isActive": false });
    admin
        .json(Method::PUT, &format!("/api/providers/{third}"), &paused)
        .await;
    let combo = json!({ "name": "both", "models": ["openai/gpt-x", "chat/m"] });
    admin.json(Method::POST, "/api/combos", &combo).await;

    // The first account names its reset, so that it is out for the second request.
    let limited = json!({ "error": { "message": "slow down" } });
    routed
        .upstream
        .reply(Reply::json(429, limited).header("retry-after", "60"));
    routed.chat("both", good()).await;
    routed.chat("both", good()).await;
    let rows = routed.app.rows(2).await;

    let path = |id: &str| format!("/api/usage/request-details/{id}");
    let first = get(&admin, &path(rows[0].id.as_str())).await;
    let summary = |detail: &Value| -> Vec<String> {
        let candidates = detail["candidates"].as_array().expect("candidates");
        candidates
            .iter()
            .map(|candidate| {
                let fate = &candidate["fate"];
                let what = match fate["type"].as_str() {
                    Some("skipped") => format!("skipped {} {}", fate["reason"], fate["failure"]),
                    _ => format!("asked {} {}", fate["status"], fate["has_served"]),
                };
                format!("{}: {what}", candidate["connection_name"]).replace('"', "")
            })
            .collect()
    };
    assert_eq!(
        summary(&first),
        [
            "null: skipped no_account null",
            "third: skipped paused null",
            "main: asked 429 false",
            "second: asked 200 true",
        ]
    );
    let second = get(&admin, &path(rows[1].id.as_str())).await;
    assert_eq!(
        summary(&second),
        [
            "null: skipped no_account null",
            "third: skipped paused null",
            "main: skipped resting rate_limit",
            "second: asked 200 true",
        ]
    );
    assert!(second["candidates"][2]["fate"]["until"].is_string());

    let asked = &first["candidates"][3];
    let fate = &asked["fate"];
    let number = |value: &Value| {
        value
            .as_u64()
            .unwrap_or_else(|| panic!("a number: {value}"))
    };
    let earlier = &first["candidates"][2];
    assert!(
        number(&earlier["started_ms"]) + number(&earlier["fate"]["duration_ms"])
            <= number(&asked["started_ms"]) + 1
    );
    assert!(number(&fate["headers_ms"]) <= number(&fate["ttft_ms"]));
    assert!(number(&fate["ttft_ms"]) <= number(&fate["duration_ms"]));
    assert_eq!(earlier["fate"]["failure"], "rate_limit");
    assert!(earlier["fate"]["rest_until"].is_string());
    assert_eq!(first["row"]["combo"], "both");
    let curl = first["curl"].as_str().expect("a command");
    assert!(curl.contains("/v1/chat/completions") && curl.contains("$NINEROUTER_KEY"));
    assert!(!curl.contains(&routed.key));
}

#[tokio::test]
async fn the_answers_headers_say_it_in_short() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let combo = json!({ "name": "both", "models": ["openai/gpt-x", "chat/m"] });
    admin.json(Method::POST, "/api/combos", &combo).await;
    routed.upstream.reply(good());
    let response = routed
        .call("/v1/chat/completions", r#"{"model":"both"}"#)
        .send()
        .await
        .expect("an answer");
    let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("x-9router-model"), "chat/m");
    assert_eq!(
        header("x-9router-fallback"),
        "openai/gpt-x: no account that could be asked"
    );
    let id = header("x-9router-request-id");
    routed.app.rows(1).await;
    let detail = get(&admin, &format!("/api/usage/request-details/{id}")).await;
    assert_eq!(detail["row"]["id"], id);
}

#[tokio::test]
async fn the_originals_log_is_a_line_each() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    routed.chat("chat/m", good()).await;
    routed
        .chat(
            "chat/m",
            Reply::json(500, json!({ "error": { "message": "no" } })),
        )
        .await;
    routed.app.rows(2).await;
    for path in ["/api/usage/logs", "/api/usage/request-logs"] {
        let lines = get(&admin, path).await;
        let lines: Vec<&str> = lines
            .as_array()
            .expect("lines")
            .iter()
            .map(|line| line.as_str().expect("text"))
            .collect();
        assert_eq!(lines.len(), 2);
        let columns: Vec<&str> = lines[1].split(" | ").collect();
        assert_eq!((columns[1], columns[3]), ("m", "main"));
        assert_eq!(columns[4..], ["7", "3", "200 OK"]);
        assert!(lines[0].ends_with(" | - | - | FAILED 500"), "{}", lines[0]);
    }
}

#[tokio::test]
async fn the_originals_details_come_in_pages() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    for model in ["chat/a", "chat/b", "chat/a"] {
        routed.chat(model, good()).await;
    }
    routed.app.rows(3).await;
    let page = get(&admin, "/api/usage/request-details?pageSize=2&page=1").await;
    assert_eq!(
        page["pagination"],
        json!({ "page": 1, "pageSize": 2, "totalItems": 3, "totalPages": 2, "hasNext": true, "hasPrev": false })
    );
    assert_eq!(page["details"].as_array().expect("a list").len(), 2);
    assert_eq!(page["details"][0]["tokens"]["prompt_tokens"], 7);
    assert_eq!(page["details"][0]["status"], "success");
    let only = get(&admin, "/api/usage/request-details?model=b").await;
    assert_eq!(only["pagination"]["totalItems"], 1);
    let none = get(
        &admin,
        "/api/usage/request-details?startDate=2999-01-01T00:00",
    )
    .await;
    assert_eq!(none["details"], json!([]));
    for wrong in [
        "page=0",
        "pageSize=101",
        "pageSize=x",
        "startDate=soon",
        "status=odd",
    ] {
        let path = format!("/api/usage/request-details?{wrong}");
        assert_eq!(admin.get(&path).await.status(), 400, "{wrong}");
    }
}

#[tokio::test]
async fn whatever_failed_is_found_as_an_error_and_a_day_is_meant_as_a_whole() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    routed.chat("chat/a", good()).await;
    let no = json!({ "error": { "message": "no" } });
    routed.chat("chat/a", Reply::json(500, no)).await;
    for body in [r#"{"model":"nobody/knows"}"#, "no JSON"] {
        let refused = routed.call("/v1/chat/completions", body).send().await;
        assert!(refused.expect("an answer").status().is_client_error());
    }
    let rows = routed.app.rows(4).await;
    let failed = rows.iter().filter(|row| row.outcome != Outcome::Ok);
    let mut failed: Vec<_> = failed.map(|row| json!(row.id)).collect();
    failed.reverse();
    assert_eq!(failed.len(), 3);
    let found = async |query: &str| {
        let page = get(&admin, &format!("/api/usage/request-details?{query}")).await;
        let details = page["details"].as_array().expect("a list").clone();
        assert_eq!(page["pagination"]["totalItems"], details.len(), "{query}");
        details
    };
    let errors = found("status=error").await;
    assert!(errors.iter().all(|error| error["status"] == "error"));
    let ids: Vec<_> = errors.iter().map(|error| error["id"].clone()).collect();
    assert_eq!(ids, failed);
    assert_eq!(found("status=success").await.len(), 1);
    assert_eq!(found("status=refused").await.len(), 2);
    assert_eq!(found("status=upstream_error").await.len(), 1);
    let export = "/api/usage/logs/export?format=json&period=all&outcome=failed";
    assert_eq!(get(&admin, export).await.as_array().map(Vec::len), Some(3));

    let (first, last) = (rows[0].at.date_naive(), rows[3].at.date_naive());
    let days = format!("startDate={first}&endDate={last}");
    assert_eq!(found(&days).await.len(), 4);
    let before = first - chrono::Days::new(1);
    assert_eq!(found(&format!("endDate={before}")).await.len(), 0);
    let moment = rows[0].at.format("%Y-%m-%dT00:00");
    assert_eq!(found(&format!("endDate={moment}")).await.len(), 0);
}

#[tokio::test]
async fn an_export_holds_exactly_the_rows_that_are_asked_for() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    // More than a page of the export, written by hand: three models in turn.
    let insert = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1699) \
        INSERT INTO usage (id, at, endpoint, is_stream, model_requested, model_served, input, cache_read, cache_write, \
        output, reasoning, usage_source, duration_ms, status, outcome, error) \
        SELECT 'r' || substr('0000' || i, -4), 1795363456789 + i / 3, '/v1/messages', 0, 'x/' || (i % 3), 'm' || (i % 3), \
        1, 0, 0, 2, 0, 'reported', 5, 200, 'ok', '=say, \"hi\"' FROM n";
    let database = routed.app.store.database();
    database.execute_unprepared(insert).await.expect("rows");

    let filter = "period=all&model=m1";
    let response = admin
        .get(&format!("/api/usage/logs/export?format=csv&{filter}"))
        .await;
    assert_eq!(
        response.headers()["content-type"],
        "text/csv; charset=utf-8"
    );
    let disposition = response.headers()["content-disposition"].to_str();
    assert!(disposition.expect("text").contains(".csv"));
    let text = response.text().await.expect("a body");
    let lines: Vec<&str> = text.split("\r\n").collect();
    let mut expected: Vec<String> = (0..1_700)
        .filter(|i| i % 3 == 1)
        .map(|i| format!("r{i:04}"))
        .collect();
    expected.reverse();
    let ids: Vec<&str> = lines[1..lines.len() - 1]
        .iter()
        .map(|line| line.split(',').next().expect("a cell"))
        .collect();
    assert_eq!(ids, expected);
    assert!(lines[0].starts_with("id,time,endpoint,"));
    assert!(lines[1].ends_with(r#","'=say, ""hi""""#), "{}", lines[1]);

    let json = get(
        &admin,
        &format!("/api/usage/logs/export?format=json&{filter}"),
    )
    .await;
    let ids: Vec<&str> = json
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| row["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids, expected);
    let none = get(&admin, "/api/usage/logs/export?format=json&model=none").await;
    assert_eq!(none, json!([]));
    let odd = admin.get("/api/usage/logs/export?format=xml").await;
    assert_eq!(odd.status(), 400);
}

#[tokio::test]
async fn a_member_sees_only_their_own_requests() {
    let routed = Routed::new().await;
    let member = routed.app.signed_in().await;
    routed.chat("chat/m", good()).await;
    let row = routed.app.rows(1).await.remove(0);
    let path = format!("/api/usage/request-details/{}", row.id);
    assert_eq!(member.get(&path).await.status(), 200);
    let database = routed.app.store.database();
    for statement in [
        "UPDATE users SET role = 'member'",
        "UPDATE usage SET user_id = 'somebody else'",
    ] {
        database
            .execute_unprepared(statement)
            .await
            .expect("an update");
    }
    assert_eq!(member.get(&path).await.status(), 404);
    let payload = format!("{path}/payload");
    assert_eq!(member.delete(&payload).await.status(), 404);
    assert_eq!(get(&member, "/api/usage/logs").await, json!([]));
    let details = get(&member, "/api/usage/request-details").await;
    assert_eq!(details["pagination"]["totalItems"], 0);
    let export = get(&member, "/api/usage/logs/export?format=json&period=all").await;
    assert_eq!(export, json!([]));
    let stats = get(&member, "/api/usage/stats?period=24h").await;
    assert_eq!(stats["recentRequests"], json!([]));
    let minutes = stats["last10Minutes"].as_array().expect("minutes");
    assert!(minutes.iter().all(|minute| minute["requests"] == 0));
    let everyone = routed
        .app
        .store
        .usage()
        .recent(&UsageScope::Everyone, 9, None)
        .await;
    assert_eq!(everyone.expect("rows").len(), 1);
}
