//! Same format in and out: only the model changes, and the answer comes back as it was.

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Reply;

use crate::support::{ACCOUNT_KEY, Routed, answer};

const ODD: &str = "{ \"temperature\" : 1.0,\n\t\"seed\":12345678901234567890123, \"model\":\"chat/some\\u002dmodel\" ,\"messages\":[{\"role\":\"user\",\"content\":\"gr\\u00fc\\u00df dich \\ud83d\\ude00 {\\\"model\\\":\\\"x\\\"}\"}], \"zz_unknown\":{\"model\":\"untouched\",\"deep\":[1.10,-0]}  }\n";

const STREAM: &str = concat!(
    ": hello\n\n",
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"model\":\"some-model\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n",
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"model\":\"some-model\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"gr\u{fc}\u{df} dich \u{1f600}\"},\"finish_reason\":null}]}\r\n\r\n",
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"model\":\"some-model\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"model\":\"some-model\",\"choices\":[],\"usage\":{\"prompt_tokens\":120,\"completion_tokens\":30,\"total_tokens\":150,\"prompt_tokens_details\":{\"cached_tokens\":100},\"completion_tokens_details\":{\"reasoning_tokens\":12}}}\n\n",
    "data: [DONE]\n\n",
);

#[tokio::test]
async fn every_byte_of_a_request_but_the_model_reaches_the_upstream() {
    let routed = Routed::new().await;
    let body = json!({ "id": "x", "object": "chat.completion", "choices": [] });
    routed.upstream.reply(
        Reply::json(200, body.clone())
            .header("x-request-id", "req-1")
            .header("set-cookie", "a=b"),
    );
    let call = routed
        .call("/v1/chat/completions?trace=1", ODD)
        .header("openai-beta", "assistants=v2")
        .header("user-agent", "some-tool/1.2")
        .header("x-forwarded-for", "192.0.2.1")
        .header("cookie", "session=1");
    let response = call.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-request-id"], "req-1");
    assert_eq!(response.headers()["x-9router-model"], "chat/some-model");
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert!(response.headers().contains_key("x-9router-request-id"));
    assert!(!response.headers().contains_key("set-cookie"));
    assert_eq!(response.text().await.expect("a body"), body.to_string());

    let sent = &routed.upstream.requests()[0];
    assert_eq!(
        sent.text(),
        ODD.replace("chat/some\\u002dmodel", "some-model")
    );
    assert_eq!(sent.path(), "/v1/chat/completions");
    assert_eq!(
        sent.header("authorization"),
        Some(format!("Bearer {ACCOUNT_KEY}").as_str())
    );
    assert_eq!(
        (sent.header("openai-beta"), sent.header("user-agent")),
        (Some("assistants=v2"), Some("some-tool/1.2"))
    );
    assert_eq!(
        sent.header("content-length"),
        Some(sent.body.len().to_string().as_str())
    );
    for absent in ["cookie", "x-forwarded-for", "x-api-key"] {
        assert_eq!(sent.header(absent), None, "{absent}");
    }
    assert!(
        !format!("{:?}", sent.headers).contains(&routed.key),
        "the client's key ends here"
    );
}

#[tokio::test]
async fn a_stream_comes_back_byte_for_byte_however_it_is_cut() {
    let routed = Routed::new().await;
    let bytes = Bytes::from_static(STREAM.as_bytes());
    let mut runner = TestRunner::deterministic();
    let cuts = proptest::collection::vec(1..STREAM.len(), 0..12);
    for _ in 0..24 {
        let mut cuts = cuts.new_tree(&mut runner).expect("cuts").current();
        cuts.extend([0, STREAM.len()]);
        cuts.sort_unstable();
        let chunks = cuts
            .windows(2)
            .map(|pair| bytes.slice(pair[0]..pair[1]))
            .filter(|chunk| !chunk.is_empty());
        routed
            .upstream
            .reply(Reply::sse(chunks.collect::<Vec<_>>()));
        let response = routed
            .call(
                "/v1/chat/completions",
                r#"{"model":"chat/m","stream":true}"#,
            )
            .send()
            .await;
        let received = response.expect("an answer").bytes().await.expect("a body");
        assert_eq!(received, bytes, "cut at {cuts:?}");
    }
    for row in routed.app.rows(24).await {
        let tokens = (
            row.tokens.input,
            row.tokens.cache_read,
            row.tokens.output,
            row.tokens.reasoning,
        );
        assert_eq!((tokens, row.outcome.as_str()), ((20, 100, 30, 12), "ok"));
    }
}

#[tokio::test]
async fn events_are_passed_on_as_they_come() {
    let routed = Routed::new().await;
    let first = "data: {\"choices\":[]}\n\n";
    routed.upstream.reply(
        Reply::sse([first])
            .wait(Duration::from_secs(3))
            .chunk("data: [DONE]\n\n"),
    );
    let started = std::time::Instant::now();
    let mut body = routed.stream().await;
    assert_eq!(body.next().await.expect("a chunk").expect("bytes"), first);
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "held back for {:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn each_surface_reaches_its_own_path_with_its_own_key() {
    let routed = Routed::new().await;
    for (path, model, expected_path, key_header) in [
        (
            "/v1/chat/completions",
            "chat/m",
            "/v1/chat/completions",
            "authorization",
        ),
        (
            "/v1/v1/chat/completions",
            "chat/m",
            "/v1/chat/completions",
            "authorization",
        ),
        (
            "/chat/completions",
            "chat/m",
            "/v1/chat/completions",
            "authorization",
        ),
        (
            "/v1/responses",
            "responses/m",
            "/v1/responses",
            "authorization",
        ),
        (
            "/responses",
            "responses/m",
            "/v1/responses",
            "authorization",
        ),
        (
            "/codex/responses",
            "responses/m",
            "/v1/responses",
            "authorization",
        ),
        ("/v1/messages", "anthropic/m", "/v1/messages", "x-api-key"),
    ] {
        routed
            .upstream
            .reply(Reply::json(200, json!({ "ok": true })));
        let response = routed
            .call(path, json!({ "model": model }).to_string())
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 200, "{path}");
        let sent = routed.upstream.requests().pop().expect("a request");
        assert_eq!(
            (sent.path(), sent.json()),
            (expected_path, json!({ "model": "m" })),
            "{path}"
        );
        assert!(
            sent.header(key_header)
                .expect("a key")
                .ends_with(ACCOUNT_KEY),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_upstreams_refusal_keeps_its_words_status_and_headers() {
    let routed = Routed::new().await;
    let body = json!({ "type": "error", "error": { "type": "rate_limit_error", "message": "slow down, friend" } });
    routed.upstream.reply(
        Reply::json(429, body.clone())
            .header("retry-after", "7")
            .header("anthropic-ratelimit-tokens-reset", "soon"),
    );
    let response = routed
        .call("/v1/messages", r#"{"model":"anthropic/m"}"#)
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(
        response.headers()["anthropic-ratelimit-tokens-reset"],
        "soon"
    );
    assert_eq!(answer(response).await, (429, body));
}

#[tokio::test]
async fn an_accounts_refused_key_is_not_the_clients_fault() {
    let routed = Routed::new().await;
    routed.upstream.reply(Reply::json(
        401,
        json!({ "error": { "message": "Incorrect API key provided" } }),
    ));
    let response = routed
        .call("/v1/chat/completions", r#"{"model":"chat/m"}"#)
        .send()
        .await
        .expect("an answer");
    let (status, body) = answer(response).await;
    assert_eq!(status, 502);
    let message = body["error"]["message"].as_str().expect("words");
    assert!(
        message.contains("Incorrect API key provided") && !message.contains(ACCOUNT_KEY),
        "{message}"
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_takes_no_key_along() {
    let routed = Routed::new().await;
    routed.upstream.reply(
        Reply::text(307, "text/plain", "")
            .header("location", &format!("{}/elsewhere", routed.upstream.url())),
    );
    let response = routed
        .call("/v1/chat/completions", r#"{"model":"chat/m"}"#)
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status(), 502);
    assert!(!response.headers().contains_key("location"));
    assert_eq!(routed.upstream.requests().len(), 1);
}

/// The message of an error in the client's own format.
fn message(path: &str, body: &Value) -> String {
    let error = &body["error"];
    assert!(error["type"].is_string(), "{path}: {body}");
    assert_eq!(
        body["type"] == "error",
        path == "/v1/messages",
        "{path}: {body}"
    );
    error["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_clients_mistake_is_said_in_its_own_format() {
    let routed = Routed::new().await;
    for (path, own) in [
        ("/v1/chat/completions", "chat"),
        ("/v1/messages", "anthropic"),
        ("/v1/responses", "responses"),
    ] {
        let other = if own == "chat" { "anthropic" } else { "chat" };
        for (body, status, words) in [
            ("{".to_owned(), 400, "JSON"),
            ("[]".to_owned(), 400, "object"),
            ("{}".to_owned(), 400, "model"),
            (json!({ "model": 7 }).to_string(), 400, "model"),
            (
                format!(r#"{{"model":"{own}/a","model":"{own}/b"}}"#),
                400,
                "model",
            ),
            (
                json!({ "model": format!("{own}/m"), "stream": "yes" }).to_string(),
                400,
                "stream",
            ),
            (json!({ "model": "nobody/m" }).to_string(), 404, "nobody/m"),
            (json!({ "model": "bare" }).to_string(), 404, "bare"),
            (
                json!({ "model": "openai/gpt-5" }).to_string(),
                404,
                "OpenAI",
            ),
            (
                json!({ "model": format!("{other}/m") }).to_string(),
                400,
                "expected",
            ),
        ] {
            let response = routed
                .call(path, body.clone())
                .send()
                .await
                .expect("an answer");
            let (got, answer) = answer(response).await;
            let message = message(path, &answer);
            assert_eq!(got, status, "{path} {body}: {message}");
            assert!(message.contains(words), "{path} {body}: {message}");
        }
    }
    assert!(routed.upstream.requests().is_empty());
}

#[tokio::test]
async fn a_body_beyond_the_limit_or_compressed_is_refused() {
    let routed = Routed::new().await;
    let huge = format!(
        r#"{{"model":"chat/m","x":"{}"}}"#,
        "a".repeat(33 * 1024 * 1024)
    );
    let (status, body) = answer(
        routed
            .call("/v1/chat/completions", huge)
            .send()
            .await
            .expect("an answer"),
    )
    .await;
    assert_eq!(
        (status, message("/v1/chat/completions", &body)),
        (413, "expected a body of at most 32 MiB".to_owned())
    );
    let squeezed = routed
        .call("/v1/messages", "x")
        .header("content-encoding", "gzip")
        .send()
        .await
        .expect("an answer");
    assert_eq!(squeezed.status(), 415);
}

#[tokio::test]
async fn a_web_page_may_ask_first() {
    let routed = Routed::new().await;
    let preflight = routed
        .app
        .request(Method::OPTIONS, "/v1/messages")
        .header("origin", "https://editor.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "x-api-key,content-type")
        .send()
        .await
        .expect("an answer");
    assert_eq!(preflight.status(), 200);
    assert_eq!(preflight.headers()["access-control-allow-origin"], "*");
    let refused = routed
        .app
        .request(Method::POST, "/v1/messages")
        .header("origin", "https://editor.example")
        .send()
        .await;
    let refused = refused.expect("an answer");
    assert_eq!(
        (
            refused.status().as_u16(),
            refused.headers()["access-control-allow-origin"].as_bytes()
        ),
        (401, &b"*"[..])
    );
}

#[tokio::test]
async fn models_are_listed_in_the_clients_shape() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let account = json!({ "provider": "anthropic", "apiKey": ACCOUNT_KEY, "name": "main" });
    admin.json(Method::POST, "/api/providers", &account).await;
    let list = || {
        routed
            .app
            .request(Method::GET, "/v1/models")
            .bearer_auth(&routed.key)
    };
    let openai = answer(list().send().await.expect("an answer")).await.1;
    assert_eq!(
        (&openai["object"], &openai["data"][0]["object"]),
        (&json!("list"), &json!("model"))
    );
    assert_eq!(openai["data"][0]["owned_by"], "anthropic");
    let anthropic = answer(
        list()
            .header("anthropic-version", "2023-06-01")
            .send()
            .await
            .expect("an answer"),
    )
    .await
    .1;
    assert_eq!(
        (&anthropic["data"][0]["type"], &anthropic["has_more"]),
        (&json!("model"), &json!(false))
    );
    assert_eq!(anthropic["first_id"], openai["data"][0]["id"]);
}
