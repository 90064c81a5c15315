//! One format in, another out: what the upstream gets, what the client gets, and what is written down.

use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};
use testkit::Reply;

use crate::support::Routed;

fn completion(content: &str) -> Value {
    json!({
        "id": "c1", "object": "chat.completion", "created": 1, "model": "up",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": content }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15 },
    })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "callers write `json!({…})` here"
)]
fn chunk(delta: Value, finish: Option<&str>) -> Value {
    json!({
        "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "up",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
    })
}

fn ask(model: &str, stream: bool) -> String {
    json!({
        "model": model, "max_tokens": 64, "stream": stream,
        "messages": [{ "role": "user", "content": "hi" }],
    })
    .to_string()
}

async fn body(response: Response) -> Value {
    let text = response.text().await.expect("a body");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[tokio::test]
async fn a_claude_client_is_served_by_a_chat_server() {
    let routed = Routed::new().await;
    routed.upstream.reply(Reply::json(200, completion("hello")));
    let response = routed
        .call("/v1/messages", ask("chat/m", false))
        .header("anthropic-beta", "context-1m-2025-08-07")
        .header("x-stainless-lang", "js")
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-9router-model"], "chat/m");
    let message = body(response).await;
    assert_eq!(message["type"], "message");
    assert_eq!(
        message["content"],
        json!([{ "type": "text", "text": "hello" }])
    );
    assert_eq!(message["usage"]["input_tokens"], 12);

    let sent = &routed.upstream.requests()[0];
    assert_eq!(sent.path(), "/v1/chat/completions");
    assert_eq!(sent.json()["model"], "m");
    assert_eq!(sent.json()["messages"][0]["content"], "hi");
    for absent in ["anthropic-beta", "x-stainless-lang", "anthropic-version"] {
        assert_eq!(sent.header(absent), None, "{absent} names another vendor");
    }
    let rows = routed.app.rows(1).await;
    assert_eq!((rows[0].tokens.input, rows[0].tokens.output), (12, 3));
    assert!(!rows[0].is_estimate);
}

#[tokio::test]
async fn what_is_lost_is_noted_and_refused_in_strict_mode() {
    let routed = Routed::new().await;
    routed.upstream.reply(Reply::json(
        200,
        json!({ "id": "msg_1", "type": "message", "role": "assistant", "model": "up", "content": [{ "type": "text", "text": "hello" }],
            "stop_reason": "end_turn", "stop_sequence": null, "usage": { "input_tokens": 5, "output_tokens": 2 } }),
    ));
    let seeded = json!({ "model": "anthropic/m", "seed": 7, "messages": [{ "role": "user", "content": "hi" }] }).to_string();
    let response = routed
        .call("/v1/chat/completions", seeded.clone())
        .send()
        .await
        .expect("an answer");
    let noted = response.headers()["x-9router-notes"]
        .to_str()
        .expect("text");
    assert!(noted.starts_with("1; seed: "), "{noted}");
    assert_eq!(
        body(response).await["choices"][0]["message"]["content"],
        "hello"
    );

    let response = routed
        .call("/v1/chat/completions", seeded)
        .header("x-9router-strict", "true")
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status(), 422);
    let refused = body(response).await;
    assert_eq!(refused["error"]["code"], "lossy_translation");
    assert!(
        refused["error"]["message"]
            .as_str()
            .expect("words")
            .contains("seed")
    );
    assert_eq!(
        routed.upstream.requests().len(),
        1,
        "the second went nowhere"
    );

    let rows = routed.app.rows(2).await;
    assert_eq!(rows[0].notes[0].path, "seed");
    assert_eq!(rows[1].status, 422);
}

#[tokio::test]
async fn a_stream_that_fails_before_it_says_anything_is_an_error_with_a_status() {
    let routed = Routed::new().await;
    let failure = json!({ "error": { "message": "overloaded, come back", "type": "server_error", "code": 503 } });
    routed.upstream.reply(Reply::chat([failure]));
    let response = routed
        .call("/v1/messages", ask("chat/m", true))
        .send()
        .await
        .expect("an answer");
    assert!(response.status().is_server_error(), "{}", response.status());
    let refused = body(response).await;
    assert_eq!(refused["type"], "error");
    assert!(
        refused["error"]["message"]
            .as_str()
            .expect("words")
            .contains("come back")
    );
    assert_eq!(
        routed.app.rows(1).await[0].outcome.as_str(),
        "upstream_error"
    );
}

#[tokio::test]
async fn a_stream_that_breaks_ends_in_an_error_of_the_clients_format() {
    let routed = Routed::new().await;
    let begun = testkit::data(&chunk(
        json!({ "role": "assistant", "content": "hel" }),
        None,
    ));
    // Translated from chat, and passed through as chat.
    for (path, model, error) in [
        ("/v1/messages", "chat/m", "event: error\ndata: "),
        ("/v1/chat/completions", "chat/m", "data: {\"error\""),
    ] {
        for reply in [
            Reply::sse([begun.clone()]),
            Reply::sse([begun.clone()]).cut(),
        ] {
            routed.upstream.reply(reply);
            let response = routed
                .call(path, ask(model, true))
                .send()
                .await
                .expect("an answer");
            let text = response.text().await.expect("an orderly end");
            assert!(
                text.contains("hel") && text.contains(error),
                "{path}: {text}"
            );
            for good in ["message_stop", "[DONE]"] {
                assert!(
                    !text.contains(good),
                    "{path} must not look complete: {text}"
                );
            }
        }
    }
    for row in routed.app.rows(4).await {
        assert_eq!(row.outcome.as_str(), "upstream_error");
    }
}

#[tokio::test]
async fn usage_that_nobody_reports_is_estimated_and_marked() {
    let routed = Routed::new().await;
    let text = "twelve bytes".repeat(10);
    let chunks = || {
        [
            chunk(json!({ "role": "assistant", "content": text }), None),
            chunk(json!({}), Some("stop")),
        ]
    };
    for path in ["/v1/messages", "/v1/chat/completions"] {
        routed.upstream.reply(Reply::chat(chunks()));
        let response = routed.call(path, ask("chat/m", true)).send().await;
        response.expect("an answer").text().await.expect("a body");
    }
    let rows = routed.app.rows(2).await;
    for row in &rows {
        assert!(
            row.is_estimate && row.tokens.output > 0 && row.tokens.input > 0,
            "{row:?}"
        );
    }
    assert_eq!(rows[0].tokens.output, 30);
}

#[tokio::test]
async fn a_gemini_client_names_model_and_action_in_the_path() {
    let routed = Routed::new().await;
    let contents = json!({ "contents": [{ "parts": [{ "text": "hi" }] }] }).to_string();
    routed.upstream.reply(Reply::json(200, completion("hello")));
    let whole = routed
        .call("/v1beta/models/chat/m:generateContent", contents.clone())
        .send()
        .await
        .expect("an answer");
    let whole = body(whole).await;
    assert_eq!(
        whole["candidates"][0]["content"]["parts"][0]["text"],
        "hello"
    );

    let chunks = || {
        [
            chunk(json!({ "role": "assistant", "content": "hello" }), None),
            chunk(json!({}), Some("stop")),
        ]
    };
    routed.upstream.reply(Reply::chat(chunks()));
    let stream = routed
        .call(
            "/v1beta/models/chat/m:streamGenerateContent?alt=sse",
            contents.clone(),
        )
        .send()
        .await
        .expect("an answer");
    let stream = stream.text().await.expect("a body");
    assert!(
        stream.starts_with("data: {") && stream.ends_with("\n\n"),
        "{stream}"
    );

    routed.upstream.reply(Reply::chat(chunks()));
    let array = routed
        .call(
            "/v1beta/models/chat/m:streamGenerateContent",
            contents.clone(),
        )
        .send()
        .await
        .expect("an answer");
    assert_eq!(array.headers()["content-type"], "application/json");
    assert!(
        body(array)
            .await
            .as_array()
            .is_some_and(|array| !array.is_empty())
    );
    assert_eq!(routed.upstream.requests()[2].json()["stream"], true);

    // The same format passes as it is, and the model goes into the path.
    let answer = json!({ "candidates": [{ "content": { "parts": [{ "text": "x" }] }, "finishReason": "STOP" }], "odd": 1 });
    routed.upstream.reply(Reply::json(200, answer.clone()));
    let same = routed
        .call(
            "/v1beta/models/gemini/gemini-2.5-pro:generateContent",
            contents.clone(),
        )
        .send()
        .await
        .expect("an answer");
    assert_eq!(body(same).await, answer);
    let sent = routed.upstream.requests().pop().expect("a request");
    assert_eq!(sent.path(), "/v1/models/gemini-2.5-pro:generateContent");
    assert_eq!(sent.text(), contents);
    assert!(sent.header("x-goog-api-key").is_some() && sent.header("authorization").is_none());

    for model in ["gemini/..", "gemini/a%2Fb", "gemini/a%3Fb"] {
        let path = format!("/v1beta/models/{model}:generateContent");
        let refused = routed
            .call(&path, contents.clone())
            .send()
            .await
            .expect("an answer");
        assert!(refused.status().is_client_error(), "{model}");
    }
}

#[tokio::test]
async fn an_ollama_client_streams_unless_it_says_otherwise() {
    let routed = Routed::new().await;
    routed.upstream.reply(Reply::chat([
        chunk(json!({ "role": "assistant", "content": "hello" }), None),
        chunk(json!({}), Some("stop")),
    ]));
    let ask = json!({ "model": "chat/m", "messages": [{ "role": "user", "content": "hi" }] });
    let response = routed
        .call("/api/chat", ask.to_string())
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let text = response.text().await.expect("a body");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON in every line"))
        .collect();
    assert_eq!(lines[0]["message"]["content"], "hello");
    assert_eq!(lines.last().expect("a line")["done"], true);
}

#[tokio::test]
async fn tokens_are_counted_by_the_provider_or_estimated() {
    let routed = Routed::new().await;
    routed
        .upstream
        .reply(Reply::json(200, json!({ "input_tokens": 99 })));
    let native = routed.call("/v1/messages/count_tokens", ask("anthropic/m", false));
    assert_eq!(
        body(native.send().await.expect("an answer")).await["input_tokens"],
        99
    );
    assert_eq!(
        routed.upstream.requests()[0].path(),
        "/v1/messages/count_tokens"
    );

    let estimated = routed.call("/v1/messages/count_tokens", ask("chat/m", false));
    let count = body(estimated.send().await.expect("an answer")).await;
    assert!(
        count["input_tokens"]
            .as_u64()
            .is_some_and(|count| count > 0),
        "{count}"
    );
    let contents =
        json!({ "generateContentRequest": { "contents": [{ "parts": [{ "text": "hi" }] }] } });
    let counted = routed.call("/v1beta/models/chat/m:countTokens", contents.to_string());
    let count = body(counted.send().await.expect("an answer")).await;
    assert!(
        count["totalTokens"].as_u64().is_some_and(|count| count > 0),
        "{count}"
    );
    assert_eq!(routed.upstream.requests().len(), 1);
}

#[tokio::test]
async fn embeddings_are_routed_as_they_are() {
    let routed = Routed::new().await;
    let answer =
        json!({ "object": "list", "data": [], "usage": { "prompt_tokens": 4, "total_tokens": 4 } });
    routed.upstream.reply(Reply::json(200, answer.clone()));
    let ask = json!({ "model": "chat/embed", "input": "hi" }).to_string();
    let response = routed
        .call("/v1/embeddings", ask)
        .send()
        .await
        .expect("an answer");
    assert_eq!(body(response).await, answer);
    assert_eq!(routed.upstream.requests()[0].path(), "/v1/embeddings");
    let ask = json!({ "model": "anthropic/embed", "input": "hi" }).to_string();
    let refused = routed
        .call("/v1/embeddings", ask)
        .send()
        .await
        .expect("an answer");
    assert_eq!(refused.status(), 400);
    assert_eq!(routed.app.rows(2).await[0].tokens.input, 4);
}

#[tokio::test]
async fn a_client_of_a_silent_upstream_is_shown_that_we_live() {
    let routed = Routed::with(&[("STREAM_KEEP_ALIVE_SECONDS", "1")]).await;
    let reply = || {
        Reply::sse([": thinking\n\n"])
            .wait(Duration::from_millis(2_500))
            .chunk(testkit::data(&chunk(
                json!({ "role": "assistant", "content": "hello" }),
                None,
            )))
            .chunk(testkit::data(&chunk(json!({}), Some("stop"))))
            .chunk("data: [DONE]\n\n")
    };
    for (path, sign) in [
        ("/v1/messages", "event: ping"),
        ("/v1/responses", ": keep-alive"),
    ] {
        routed.upstream.reply(reply());
        let ask = json!({ "model": "chat/m", "stream": true, "max_tokens": 9, "input": "hi",
            "messages": [{ "role": "user", "content": "hi" }] });
        let response = routed
            .call(path, ask.to_string())
            .send()
            .await
            .expect("an answer");
        let text = response.text().await.expect("a body");
        let (sign, content) = (text.find(sign), text.find("hello"));
        assert!(sign.is_some() && sign < content, "{path}: {text}");
    }
}
