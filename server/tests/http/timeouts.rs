//! Upstreams that fall silent: before their answer, and in the middle of it.

use serde_json::{Value, json};
use testkit::Reply;

use crate::orders::{Accounts, good, hi};
use crate::support::Routed;

fn begun() -> Reply {
    let chunk = json!({ "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "up",
        "choices": [{ "index": 0, "delta": { "role": "assistant", "content": "hel" }, "finish_reason": null }] });
    Reply::sse([format!("data: {chunk}\n\n")])
}

async fn patience(routed: &Routed, timeouts: Value) {
    let admin = routed.app.signed_in().await;
    let settings = json!({ "timeouts": timeouts });
    admin
        .json(reqwest::Method::PATCH, "/api/settings", &settings)
        .await;
}

#[tokio::test]
async fn a_stream_that_stalls_ends_with_the_error_of_its_format() {
    for (path, event) in [
        ("/v1/chat/completions", r#"data: {"error":"#),
        ("/v1/messages", "event: error"),
    ] {
        let routed = Routed::new().await;
        patience(&routed, json!({ "idleMs": 200 })).await;
        routed.upstream.reply(begun().hang());
        let body = json!({ "model": "chat/m", "stream": true, "max_tokens": 9,
            "messages": [{ "role": "user", "content": "hi" }] });
        let response = routed.call(path, body.to_string()).send().await;
        let response = response.expect("an answer");
        assert_eq!(response.status(), 200, "{path}");
        let text = response.text().await.expect("a whole body");
        assert!(text.contains("hel"), "{path}: {text}");
        assert!(text.contains(event), "{path}: {text}");
        assert!(text.contains("it was silent for 0.2 s"), "{path}: {text}");
        let rows = routed.app.rows(1).await;
        let error = rows[0].error.as_deref().expect("an error");
        assert!(error.contains("silent"), "{error}");
    }
}

#[tokio::test]
async fn a_body_that_stalls_is_an_error_and_not_waited_for_forever() {
    for (path, is_translated) in [("/v1/chat/completions", false), ("/v1/messages", true)] {
        let routed = Routed::new().await;
        patience(&routed, json!({ "idleMs": 200 })).await;
        let half = Reply::status(200).header("content-type", "application/json");
        let half = half.chunk("{\"id\":").hang();
        routed.upstream.reply(half);
        let body = json!({ "model": "chat/m", "max_tokens": 9, "messages": [{ "role": "user", "content": "hi" }] });
        let response = routed.call(path, body.to_string()).send().await;
        let response = response.expect("an answer");
        if is_translated {
            assert!(response.status().is_server_error(), "{}", response.status());
        } else {
            response.text().await.expect_err("half a body");
        }
    }
}

#[tokio::test]
async fn silence_before_the_answer_is_a_failure() {
    let accounts = Accounts::new().await;
    accounts
        .set(json!({ "timeouts": { "firstByteMs": 150, "idleMs": 300 } }))
        .await;
    accounts.upstream.on("/v1/chat/completions", |request| {
        match request.header("authorization") {
            Some("Bearer a") => Reply::silence(),
            _ => good(),
        }
    });
    assert_eq!(accounts.asked([hi()]).await, "ab", "another one answers");

    accounts
        .upstream
        .on("/v1/chat/completions", |_| Reply::silence());
    let response = accounts.ask(&hi()).await;
    assert_eq!(response.status(), 504, "even the last one is given up");
}
