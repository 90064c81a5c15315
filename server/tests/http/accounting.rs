//! Exactly one row per request, whatever its end.

use std::time::Duration;

use futures::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Reply, unused_url};

use crate::support::{Routed, answer};

fn chat_usage() -> Value {
    json!({ "prompt_tokens": 50, "completion_tokens": 9, "total_tokens": 59, "prompt_tokens_details": { "cached_tokens": 20 } })
}

#[tokio::test]
async fn a_good_answer_leaves_one_complete_row() {
    let routed = Routed::new().await;
    routed.upstream.reply(Reply::json(200, json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [], "stop_reason": "end_turn",
        "usage": { "input_tokens": 10, "cache_read_input_tokens": 200, "cache_creation_input_tokens": 30, "output_tokens": 7 }
    })));
    routed
        .call("/v1/messages", r#"{"model":"anthropic/claude"}"#)
        .send()
        .await
        .expect("an answer")
        .bytes()
        .await
        .expect("a body");
    let row = routed.app.rows(1).await.remove(0);
    assert_eq!(row.endpoint.as_deref(), Some("/v1/messages"));
    assert_eq!(row.client_format.as_deref(), Some("anthropic"));
    assert_eq!(
        (row.model_requested.as_deref(), row.model_served.as_deref()),
        (Some("anthropic/claude"), Some("claude"))
    );
    assert_eq!(
        (row.connection_name.as_deref(), row.key_name.as_deref()),
        (Some("main"), Some("a tool"))
    );
    assert_eq!(
        (
            row.tokens.input,
            row.tokens.cache_read,
            row.tokens.cache_write,
            row.tokens.output
        ),
        (10, 200, 30, 7)
    );
    assert_eq!(
        (
            row.status,
            row.outcome.as_str(),
            row.attempts,
            row.is_estimate
        ),
        (200, "ok", 1, false)
    );
    assert!(row.ttft_ms.is_some() && row.error.is_none() && row.cost_micros.is_none());
}

#[tokio::test]
async fn every_kind_of_end_leaves_one_row() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    admin
        .node("openai-compatible", "chat", "gone", &unused_url().await)
        .await;
    let chat = "/v1/chat/completions";
    let body = |model: &str| json!({ "model": model }).to_string();
    let done = async |request: reqwest::RequestBuilder| {
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        // A broken body is one of the ends.
        let _ = response.bytes().await;
        status
    };

    let mut expected = Vec::new();
    assert_eq!(
        done(routed.app.request(Method::POST, chat).body(body("chat/m"))).await,
        401
    );
    expected.push((401, "refused"));
    assert_eq!(done(routed.call(chat, "{")).await, 400);
    expected.push((400, "refused"));
    assert_eq!(done(routed.call(chat, body("nobody/m"))).await, 404);
    expected.push((404, "refused"));
    assert_eq!(done(routed.call(chat, body("anthropic/m"))).await, 400);
    expected.push((400, "refused"));
    assert_eq!(done(routed.call(chat, body("gone/m"))).await, 502);
    expected.push((502, "upstream_error"));
    routed.upstream.reply(Reply::json(
        400,
        json!({ "error": { "message": "no such field" } }),
    ));
    assert_eq!(done(routed.call(chat, body("chat/m"))).await, 400);
    expected.push((400, "refused"));
    for status in [401, 403, 429, 500, 529] {
        routed
            .upstream
            .reply(Reply::json(status, json!({ "error": { "message": "no" } })));
        let told = if status == 401 { 502 } else { status };
        assert_eq!(done(routed.call(chat, body("chat/m"))).await, told);
        expected.push((told, "upstream_error"));
    }
    routed.upstream.reply(Reply::hang_up());
    assert_eq!(done(routed.call(chat, body("chat/m"))).await, 502);
    expected.push((502, "upstream_error"));
    // A stream that breaks, one that stops without its end, and one that says it failed.
    routed.upstream.reply(
        Reply::sse(["data: {\"choices\":[]}\n\n"])
            .wait(Duration::from_millis(50))
            .cut(),
    );
    assert_eq!(done(routed.call(chat, body("chat/m"))).await, 200);
    expected.push((200, "upstream_error"));
    routed
        .upstream
        .reply(Reply::sse(["data: {\"choices\":[]}\n\n"]));
    assert_eq!(done(routed.call(chat, body("chat/m"))).await, 200);
    expected.push((200, "upstream_error"));
    routed.upstream.reply(Reply::sse([
        "data: {\"error\":{\"message\":\"overloaded\"}}\n\n",
    ]));
    assert_eq!(done(routed.call(chat, body("chat/m"))).await, 200);
    expected.push((200, "upstream_error"));
    routed.upstream.reply(Reply::json(
        200,
        json!({ "choices": [], "usage": chat_usage() }),
    ));
    assert_eq!(done(routed.call(chat, body("chat/m"))).await, 200);
    expected.push((200, "ok"));

    let rows = routed.app.rows(expected.len()).await;
    let ends: Vec<_> = rows
        .iter()
        .map(|row| (row.status, row.outcome.as_str()))
        .collect();
    assert_eq!(ends, expected);
    for row in &rows {
        assert_eq!(
            row.error.is_some(),
            row.outcome.as_str() != "ok",
            "{row:#?}"
        );
        assert_eq!(row.endpoint.as_deref(), Some(chat));
    }
}

#[tokio::test]
async fn a_client_that_leaves_cancels_the_upstream_and_leaves_a_row() {
    let routed = Routed::new().await;
    let usage = json!({ "choices": [], "usage": chat_usage() });
    // It leaves while the upstream streams …
    routed
        .upstream
        .reply(Reply::sse([testkit::data(&usage)]).hang());
    let mut stream = routed.stream().await;
    stream.next().await.expect("a chunk").expect("bytes");
    drop(stream);
    routed.upstream.cancelled().await;
    // … and while the upstream thinks.
    routed.upstream.reply(Reply::silence());
    let call = routed
        .call("/v1/chat/completions", r#"{"model":"chat/m"}"#)
        .timeout(Duration::from_millis(300));
    assert!(call.send().await.expect_err("no answer").is_timeout());
    routed.upstream.cancelled_times(2).await;

    let rows = routed.app.rows(2).await;
    for row in &rows {
        assert_eq!((row.status, row.outcome.as_str()), (499, "client_gone"));
    }
    assert_eq!(
        (
            rows[0].tokens.input,
            rows[0].tokens.cache_read,
            rows[0].tokens.output
        ),
        (30, 20, 9)
    );
}

#[tokio::test]
async fn a_client_that_stops_reading_after_the_last_event_was_served() {
    let routed = Routed::new().await;
    routed.upstream.reply(Reply::sse(["data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"]).hang());
    let mut stream = routed.stream().await;
    stream.next().await.expect("a chunk").expect("bytes");
    drop(stream);
    assert_eq!(routed.app.rows(1).await[0].outcome.as_str(), "ok");
}

#[tokio::test]
async fn a_model_without_a_price_is_not_called_free() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    // A node may call its model as the catalogue does: its price is still not known.
    routed
        .chat(
            "chat/gpt-5",
            Reply::json(200, json!({ "choices": [], "usage": chat_usage() })),
        )
        .await;
    assert_eq!(routed.app.rows(1).await[0].cost_micros, None);
    let history = answer(admin.get("/api/usage/history").await).await.1;
    assert_eq!(history["totalCost"], 0.0);
}

#[tokio::test]
async fn a_guesser_is_stopped_before_the_books_are_filled() {
    let routed = Routed::new().await;
    let mut statuses = Vec::new();
    for _ in 0..70 {
        let guess = routed
            .app
            .request(Method::POST, "/v1/messages")
            .header("x-api-key", "sk-guess")
            .body("{}");
        statuses.push(guess.send().await.expect("an answer").status().as_u16());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 60);
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 10);
    assert_eq!(routed.app.rows(60).await.len(), 60);
    // Whoever shares the address and has a key goes on working.
    let good = routed
        .call("/v1/messages", r#"{"model":"nobody/m"}"#)
        .send()
        .await
        .expect("an answer");
    assert_eq!(good.status(), 404);
}

#[tokio::test]
async fn history_adds_up_in_every_direction() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    for model in ["chat/a", "chat/a", "chat/b"] {
        routed
            .chat(
                model,
                Reply::json(200, json!({ "choices": [], "usage": chat_usage() })),
            )
            .await;
    }
    routed
        .call("/v1/messages", "{}")
        .send()
        .await
        .expect("an answer");
    routed.app.rows(4).await;
    let history = answer(admin.get("/api/usage/history").await).await.1;
    assert_eq!(
        (
            &history["totalRequests"],
            &history["totalPromptTokens"],
            &history["totalCompletionTokens"]
        ),
        (&json!(4), &json!(150), &json!(27))
    );
    for table in ["byProvider", "byModel", "byApiKey", "byEndpoint"] {
        let rows = history[table].as_object().expect("a table");
        let sum = |field: &str| {
            rows.values()
                .map(|row| row[field].as_u64().expect("a number"))
                .sum::<u64>()
        };
        assert_eq!(
            (
                sum("requests"),
                sum("promptTokens"),
                sum("completionTokens")
            ),
            (4, 150, 27),
            "{table}"
        );
    }
    let endpoints: Vec<_> = history["byEndpoint"]
        .as_object()
        .expect("a table")
        .keys()
        .map(|key| key.split('|').next().expect("an endpoint"))
        .collect();
    assert_eq!(
        endpoints,
        [
            "/v1/chat/completions",
            "/v1/chat/completions",
            "/v1/messages"
        ]
    );
    assert!(!history.to_string().contains(&routed.key));
}

#[tokio::test]
async fn watchers_are_told_as_it_happens() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let mut events = admin.get("/api/usage/stream").await.bytes_stream();
    let mut seen = String::new();
    routed
        .chat(
            "chat/m",
            Reply::json(200, json!({ "choices": [], "usage": chat_usage() })),
        )
        .await;
    while !seen.contains("\"recorded\"") {
        let chunk = tokio::time::timeout(Duration::from_secs(5), events.next())
            .await
            .expect("in time")
            .expect("a chunk")
            .expect("bytes");
        seen.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(
        seen.contains("\"type\":\"active\"") && seen.contains("\"requests\":1"),
        "{seen}"
    );
    assert!(
        seen.contains("\"recentRequests\"") && seen.contains("\"promptTokens\":50"),
        "{seen}"
    );
}
