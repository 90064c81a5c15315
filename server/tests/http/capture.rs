//! Whole requests, kept while somebody asks for it: the four stages, and no secret in any of them.

use std::time::Duration;

use reqwest::Method;
use sea_orm_migration::sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use testkit::Reply;

use crate::support::{ACCOUNT_KEY, Routed, User, answer};

/// A request's detail, once its payload is there.
async fn kept(routed: &Routed, admin: &User<'_>, id: &str) -> Value {
    routed.app.rows(1).await;
    for _ in 0..100 {
        let (_, detail) =
            answer(admin.get(&format!("/api/usage/request-details/{id}")).await).await;
        if detail["capture"].is_object() {
            return detail;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nothing was kept of {id}");
}

fn stages(detail: &Value) -> Vec<&Value> {
    let stages = detail["capture"]["stages"].as_array();
    stages.expect("stages").iter().collect()
}

fn id(response: &reqwest::Response) -> String {
    let id = response.headers()["x-9router-request-id"].to_str();
    id.expect("text").to_owned()
}

#[tokio::test]
async fn no_secret_survives_in_any_stage() {
    let routed = Routed::with(&[("ENABLE_REQUEST_LOGS", "true")]).await;
    let admin = routed.app.signed_in().await;
    let key = routed.key.clone();
    let foreign = "sk-proj-0123456789abcdefghij";
    // The client tells its key in its prompt, and the upstream repeats everything it was sent.
    let prompt = format!("my key is {key}, another is {foreign}");
    let body = json!({ "model": "chat/m", "max_tokens": 5, "messages": [{ "role": "user", "content": prompt }] });
    let said = format!("{ACCOUNT_KEY} and {key} and https://x.example/a?key={ACCOUNT_KEY}&b=1");
    for (path, status) in [
        ("/v1/chat/completions", 200),
        ("/v1/messages", 200),
        ("/v1/chat/completions", 400),
    ] {
        let reply = if status == 200 {
            json!({ "id": "c", "object": "chat.completion", "created": 1, "model": "m",
                "choices": [{ "index": 0, "message": { "role": "assistant", "content": said }, "finish_reason": "stop" }],
                "usage": { "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2 } })
        } else {
            json!({ "error": { "message": said } })
        };
        let reply = Reply::json(status, reply)
            .header("set-cookie", "session=upstream-cookie-canary")
            .header("x-echo", ACCOUNT_KEY);
        routed.upstream.reply(reply);
        let response = routed
            .call(path, body.to_string())
            .header("x-api-key", &key)
            .header("cookie", "id=client-cookie-canary")
            .header("x-goog-api-key", "goog-canary")
            .send()
            .await
            .expect("an answer");
        let id = id(&response);
        response.bytes().await.expect("a body");
        let detail = kept(&routed, &admin, &id).await;
        let names: Vec<_> = stages(&detail)
            .iter()
            .map(|stage| stage["stage"].as_str().expect("a stage"))
            .collect();
        assert_eq!(
            names,
            [
                "client_request",
                "upstream_request",
                "upstream_response",
                "client_response"
            ],
            "{path} {status}"
        );
        for stage in stages(&detail) {
            assert!(!stage["body"].as_str().expect("text").is_empty());
        }
        let text = detail.to_string();
        for secret in [
            key.as_str(),
            foreign,
            ACCOUNT_KEY,
            "client-cookie-canary",
            "upstream-cookie-canary",
            "goog-canary",
        ] {
            assert!(!text.contains(secret), "{path} {status} holds {secret}");
        }
        assert!(text.contains("my key is [masked], another is [masked]"));
        // What was kept tells the truth about everything else.
        let sent = stages(&detail)[1]["line"].as_str().expect("a line");
        assert!(sent.starts_with("POST ") && sent.ends_with("/v1/chat/completions"));
        let list = answer(admin.get("/api/usage/request-details").await)
            .await
            .1;
        assert!(!list.to_string().contains(ACCOUNT_KEY));
        assert!(list["details"][0]["request"]["messages"].is_array());
        // One row at a time, so that the next waits for its own.
        let database = routed.app.store.database();
        let deleted = database.execute_unprepared("DELETE FROM usage").await;
        deleted.expect("a deletion");
    }
    for entry in std::fs::read_dir(routed.app.data_dir()).expect("a directory") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a file");
        assert!(!String::from_utf8_lossy(&bytes).contains(ACCOUNT_KEY));
    }
}

#[tokio::test]
async fn each_attempt_of_a_stream_is_kept_and_a_long_one_is_cut() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let on = json!({ "enableObservability": true, "observabilityMaxJsonSize": 1 });
    let settings = admin.json(Method::PATCH, "/api/settings", &on).await;
    assert_eq!(settings["observabilityMaxJsonSize"], 1);
    let nodes = admin.get("/api/provider-nodes").await;
    let (_, nodes) = answer(nodes).await;
    let node = nodes["nodes"].as_array().expect("nodes").iter();
    let node = node.clone().find(|node| node["prefix"] == "chat");
    let account = json!({ "provider": node.expect("a node")["id"], "apiKey": "sk-the-second-account", "name": "second" });
    admin.json(Method::POST, "/api/providers", &account).await;

    let long = "x".repeat(5_000);
    let limited = json!({ "error": { "message": "slow down" } });
    routed.upstream.reply(Reply::json(429, limited));
    let chunk = json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{ "index": 0, "delta": { "role": "assistant", "content": long } }] });
    let end = json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    let stream = Reply::status(200)
        .header("content-type", "text/event-stream")
        .chunk(format!("data: {chunk}\n\n"))
        .chunk(format!("data: {end}\n\n"))
        .chunk(testkit::DONE);
    routed.upstream.reply(stream);
    let response = routed
        .call(
            "/v1/chat/completions",
            r#"{"model":"chat/m","stream":true}"#,
        )
        .send()
        .await
        .expect("an answer");
    let id = id(&response);
    let whole = response.bytes().await.expect("a body");
    let detail = kept(&routed, &admin, &id).await;
    let seen: Vec<_> = stages(&detail)
        .iter()
        .map(|stage| {
            (
                stage["stage"].as_str().expect("a stage"),
                stage["attempt"].as_u64().expect("a number"),
                stage["line"]
                    .as_str()
                    .expect("a line")
                    .starts_with("HTTP 429"),
                stage["is_truncated"].as_bool().expect("a truth"),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("client_request", 0, false, false),
            ("upstream_request", 1, false, false),
            ("upstream_response", 1, true, false),
            ("upstream_request", 2, false, false),
            ("upstream_response", 2, false, true),
            ("client_response", 0, false, true),
        ]
    );
    let told = stages(&detail)[5];
    assert_eq!(told["size"].as_u64(), Some(whole.len() as u64));
    assert_eq!(told["body"].as_str().expect("text").len(), 1_024);

    // One button forgets it.
    let path = format!("/api/usage/request-details/{id}/payload");
    assert_eq!(admin.delete(&path).await.status(), 200);
    assert_eq!(admin.delete(&path).await.status(), 404);
    let detail = admin.get(&format!("/api/usage/request-details/{id}")).await;
    assert_eq!(answer(detail).await.1["capture"], Value::Null);
}

#[tokio::test]
async fn nothing_is_kept_while_nobody_asks_for_it() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let refused = Reply::json(400, json!({ "error": { "message": "no" } }));
    routed.chat("chat/m", refused.clone()).await;
    let on = json!({ "enableObservability": true });
    admin.json(Method::PATCH, "/api/settings", &on).await;
    routed.chat("chat/m", refused.clone()).await;
    let off = json!({ "enableObservability": false });
    admin.json(Method::PATCH, "/api/settings", &off).await;
    routed.chat("chat/m", refused).await;
    let rows = routed.app.rows(3).await;
    let captures = routed.app.store.captures();
    let mut kept = Vec::new();
    for row in &rows {
        kept.push(captures.get(&row.id).await.expect("an answer").is_some());
    }
    assert_eq!(kept, [false, true, false]);
    let (status, cleared) = answer(admin.delete("/api/usage/request-payloads").await).await;
    assert_eq!((status, &cleared["requests"]), (200, &json!(1)));
    for wrong in [
        json!({ "observabilityMaxJsonSize": 0 }),
        json!({ "observabilityMaxTotalSize": 1_000_000 }),
        json!({ "observabilityMaxHours": 0 }),
    ] {
        let response = admin.send(Method::PATCH, "/api/settings", &wrong).await;
        assert_eq!(response.status(), 400, "{wrong}");
    }
}
