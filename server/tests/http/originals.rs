//! The statistics in the original's shapes: sums that agree with each other, and what is under way.

use std::time::Duration;

use futures::StreamExt as _;
use serde_json::{Value, json};
use testkit::Reply;

use crate::support::{Routed, User, answer};

async fn get(admin: &User<'_>, path: &str) -> Value {
    let (status, body) = answer(admin.get(path).await).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

fn good() -> Reply {
    let usage = json!({ "prompt_tokens": 50, "completion_tokens": 9, "prompt_tokens_details": { "cached_tokens": 20 } });
    Reply::json(200, json!({ "choices": [], "usage": usage }))
}

/// Three answers, one of another model, and a refusal that went to no provider.
async fn some_requests() -> Routed {
    let routed = Routed::new().await;
    for model in ["chat/a", "chat/a", "chat/b"] {
        routed.chat(model, good()).await;
    }
    let refused = routed.call("/v1/messages", "{}").send().await;
    assert_eq!(refused.expect("an answer").status(), 400);
    routed.app.rows(4).await;
    routed
}

#[tokio::test]
async fn statistics_charts_and_minutes_of_any_period_agree() {
    let routed = some_requests().await;
    let admin = routed.app.signed_in().await;
    let history = get(&admin, "/api/usage/history").await;
    for (period, bars) in [("24h", 24), ("7d", 7), ("30d", 30), ("60d", 60), ("all", 1)] {
        let query = format!("period={period}&zone=Australia/Lord_Howe");
        let stats = get(&admin, &format!("/api/usage/stats?{query}")).await;
        for field in [
            "totalRequests",
            "totalPromptTokens",
            "totalCompletionTokens",
            "totalCost",
            "byModel",
            "byEndpoint",
            "byApiKey",
            "byAccount",
            "byProvider",
        ] {
            assert_eq!(stats[field], history[field], "{period}: {field}");
        }
        let chart = get(&admin, &format!("/api/usage/chart?{query}")).await;
        let chart = chart.as_array().expect("bars");
        // A request may have come just before midnight.
        let is_all = period == "all" && chart.len() == 2;
        assert!(chart.len() == bars || is_all, "{period}: {}", chart.len());
        let sum = |field: &str| -> u64 { chart.iter().filter_map(|bar| bar[field].as_u64()).sum() };
        assert_eq!((sum("requests"), sum("tokens")), (4, 177), "{period}");
        let label = chart[0]["label"].as_str().expect("a label");
        let is_time = label.contains(':');
        assert_eq!(is_time, period == "24h", "{period}: {label}");
    }
    let minutes = history["last10Minutes"].as_array().expect("minutes");
    assert_eq!(minutes.len(), 10);
    let sum = |field: &str| -> u64 {
        minutes
            .iter()
            .filter_map(|minute| minute[field].as_u64())
            .sum()
    };
    assert_eq!(
        (
            sum("requests"),
            sum("promptTokens"),
            sum("completionTokens")
        ),
        (4, 150, 27)
    );
    assert_eq!(
        history["recentRequests"].as_array().expect("a list").len(),
        4
    );
    assert_eq!(history["errorProvider"], "");
    for wrong in [
        "stats?period=1y",
        "chart?period=",
        "stats?zone=Middle/Earth",
    ] {
        let (status, body) = answer(admin.get(&format!("/api/usage/{wrong}")).await).await;
        assert_eq!(status, 400, "{wrong}: {body}");
    }
}

#[tokio::test]
async fn only_providers_with_requests_are_listed() {
    let routed = some_requests().await;
    let admin = routed.app.signed_in().await;
    let listed = get(&admin, "/api/usage/providers").await;
    let listed = listed["providers"].as_array().expect("a list");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["name"], "chat");
    let id = listed[0]["id"].as_str().expect("an id");
    let path = format!("/api/usage/request-details?provider={id}");
    let details = get(&admin, &path).await;
    assert_eq!(details["pagination"]["totalItems"], 3);
}

#[tokio::test]
async fn who_is_at_work_and_who_failed_is_told_at_once() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let mut events = admin.get("/api/usage/stream").await.bytes_stream();
    let mut heard = String::new();
    let mut until = async |wanted: &dyn Fn(&Value) -> bool| -> Value {
        let search = async {
            loop {
                while let Some((event, rest)) = heard.split_once("\n\n") {
                    let data = event.strip_prefix("data: ").unwrap_or("null");
                    let event: Value = serde_json::from_str(data).unwrap_or_default();
                    heard = rest.to_owned();
                    if wanted(&event) {
                        return event;
                    }
                }
                let chunk = events.next().await.expect("a chunk").expect("bytes");
                heard.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        tokio::time::timeout(Duration::from_secs(5), search)
            .await
            .expect("in time")
    };

    routed.upstream.reply(Reply::silence());
    let call = routed
        .call("/v1/chat/completions", r#"{"model":"chat/slow"}"#)
        .timeout(Duration::from_millis(600));
    let waits = async { call.send().await.expect_err("no answer") };
    let watches = async {
        let event = until(&|event| event["activeRequests"] != json!([])).await;
        let active = &event["activeRequests"][0];
        assert_eq!(
            (&active["model"], &active["account"], &active["count"]),
            (&json!("slow"), &json!("main"), &json!(1))
        );
        let provider = active["provider"].as_str().expect("an id");
        assert_eq!(
            event["pending"]["byModel"],
            json!({ format!("slow ({provider})"): 1 })
        );
        let stats = get(&admin, "/api/usage/stats").await;
        assert_eq!(stats["activeRequests"], event["activeRequests"]);
        assert_eq!(stats["pending"], event["pending"]);
    };
    tokio::join!(waits, watches);
    let left = until(&|event| event["type"] == "recorded").await;
    assert_eq!(left["activeRequests"], json!([]));
    assert_eq!(left["pending"], json!({ "byModel": {}, "byAccount": {} }));
    assert_eq!(left["errorProvider"], "");

    let broken = Reply::json(500, json!({ "error": { "message": "no" } }));
    routed.chat("chat/m", broken).await;
    let failed = until(&|event| event["type"] == "recorded").await;
    let recent = failed["recentRequests"].as_array().expect("a list");
    assert_eq!(
        (recent.len(), &recent[0]["status"], &recent[1]["status"]),
        (2, &json!("upstream_error"), &json!("client_gone"))
    );
    assert_eq!(failed["errorProvider"], recent[0]["provider"]);
}
