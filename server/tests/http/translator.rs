//! The bench for translations, and the setting that forbids every loss.

use std::fs;
use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Reply;

use crate::support::{Routed, TestApp, User, answer};

/// Where the page keeps what it offers to begin with.
const SAMPLES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../app/src/pages/translator/samples"
);
const CLIENTS: [&str; 5] = [
    "openai-chat",
    "openai-responses",
    "anthropic",
    "gemini",
    "ollama",
];
/// What providers speak, and the sample of their answer.
const DIALECTS: [(&str, &str); 9] = [
    ("openai-chat", "openai-chat"),
    ("openai-responses", "openai-responses"),
    ("anthropic", "anthropic"),
    ("gemini", "gemini"),
    ("ollama", "ollama"),
    ("codex", "openai-responses"),
    ("gemini-cli", "code-assist"),
    ("antigravity", "code-assist"),
    ("kiro", "kiro"),
];

fn sample(path: &str) -> String {
    fs::read_to_string(Path::new(SAMPLES).join(path)).expect("a sample")
}

async fn translate(user: &User<'_>, function: &str, sample: Value) -> Value {
    let path = format!("/fn/translate_{function}");
    user.json(Method::POST, &path, &json!({ "sample": sample }))
        .await
}

#[tokio::test]
async fn every_sample_request_can_be_written_for_every_provider() {
    let app = TestApp::new().await;
    let user = app.signed_in().await;
    for from in CLIENTS {
        let body = sample(&format!("requests/{from}.json"));
        for (to, _) in DIALECTS {
            let asked = json!({ "from": from, "to": to, "model": "some-model", "is_stream": true, "body": body });
            let shown = translate(&user, "request", asked).await;
            let name = format!("{from} to {to}: {shown}");
            assert_eq!(shown["error"], Value::Null, "{name}");
            assert!(shown["path"].is_string(), "{name}");
            let target = shown["target"].as_str().expect("a target");
            let target: Value = serde_json::from_str(target).expect("JSON");
            assert!(target.to_string().contains("get_weather"), "{name}");
            assert_eq!(
                shown["neutral"].is_string(),
                shown["tier"] == "translated",
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn every_sample_answer_can_be_written_for_every_client() {
    let app = TestApp::new().await;
    let user = app.signed_in().await;
    for (from, file) in DIALECTS {
        let body = sample(&format!("answers/{file}.txt"));
        for to in CLIENTS {
            for is_stream in [true, false] {
                let asked = json!({ "from": from, "to": to, "model": "some-model", "is_stream": is_stream, "body": body });
                let shown = translate(&user, "answer", asked).await;
                let name = format!("{from} to {to}, {is_stream}: {shown}");
                assert_eq!(shown["error"], Value::Null, "{name}");
                let target = shown["target"].as_str().expect("a target");
                assert!(
                    target.contains("get_weather") && target.contains("Oslo"),
                    "{name}"
                );
                let neutral = shown["neutral"].as_str();
                assert_eq!(neutral.is_some(), shown["tier"] != "same", "{name}");
                assert!(
                    neutral.is_none_or(|steps| steps.contains("Finish {")
                        && !steps.contains("Error(")
                        && steps.contains(r#"Delta(Text("look."))"#)),
                    "{name}"
                );
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_shown_and_what_is_too_long_is_refused() {
    let app = TestApp::new().await;
    let user = app.signed_in().await;
    let asked = |body: &str| json!({ "from": "openai-chat", "to": "anthropic", "model": "m", "is_stream": false, "body": body });
    let shown = translate(&user, "request", asked(r#"{"model":"m","messages":7}"#)).await;
    assert_eq!(shown["error"]["path"], "messages", "{shown}");

    let most = "\"".repeat(api::translator::MOST_SAMPLE_BYTES);
    let shown = translate(&user, "request", asked(&most)).await;
    assert!(shown["error"]["message"].is_string(), "{shown}");

    let long = json!({ "sample": asked(&"x".repeat(api::translator::MOST_SAMPLE_BYTES + 1)) });
    let (status, error) = answer(
        user.send(Method::POST, "/fn/translate_request", &long)
            .await,
    )
    .await;
    assert_eq!(status, 422, "{error}");
    assert!(error.to_string().contains("2097152"), "{error}");
}

#[tokio::test]
async fn the_strict_setting_is_stored_and_obeyed() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let settings = "/api/settings";
    let is_strict = |value: bool| json!({ "strictTranslation": value });
    let (status, body) = answer(admin.get(settings).await).await;
    assert_eq!((status, &body["strictTranslation"]), (200, &json!(false)));

    let changed = admin.json(Method::PATCH, settings, &is_strict(true)).await;
    assert_eq!(changed["strictTranslation"], true);
    let seeded = json!({ "model": "anthropic/m", "seed": 7, "messages": [{ "role": "user", "content": "hi" }] });
    let ask = || async {
        routed.upstream.reply(Reply::json(
            200,
            json!({ "id": "msg_1", "type": "message", "role": "assistant", "model": "up", "content": [{ "type": "text", "text": "hello" }],
                "stop_reason": "end_turn", "stop_sequence": null, "usage": { "input_tokens": 5, "output_tokens": 2 } }),
        ));
        let call = routed.call("/v1/chat/completions", seeded.to_string());
        call.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(ask().await, 422);
    let unchanged = admin.json(Method::PATCH, settings, &json!({})).await;
    assert_eq!(unchanged["strictTranslation"], true);
    admin.json(Method::PATCH, settings, &is_strict(false)).await;
    assert_eq!(ask().await, 200);

    for wrong in [
        json!({ "requireLogin": false }),
        json!({ "strictTranslation": true, "outboundProxyUrl": "http://x" }),
        json!({ "strictTranslation": "yes" }),
    ] {
        let refused = admin.send(Method::PATCH, settings, &wrong).await;
        assert_eq!(refused.status(), 400, "{wrong}");
    }
    let (status, body) = answer(admin.get(settings).await).await;
    assert_eq!((status, &body["strictTranslation"]), (200, &json!(false)));
}
