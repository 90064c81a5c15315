//! What requests say of their accounts, and that conversations with tools work over them.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use store::records::AccountFacts;
use testkit::vendor::Issuer;
use testkit::{Received, Reply};

use crate::vendors::{ACCESS, Logins, SESSION};

fn chat_answer() -> Reply {
    Reply::json(
        200,
        json!({
            "id": "c1", "object": "chat.completion", "created": 1, "model": "up",
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": "hello" }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15 },
        }),
    )
}

impl Logins {
    /// The vendor's endpoint of inference answers so.
    fn answers(&self, path: &str, reply: Reply) {
        self.vendor.upstream().on(path, move |_| reply.clone());
    }

    async fn call(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Response {
        let request = self.app.request(Method::POST, path);
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        request
            .bearer_auth(&self.key)
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .expect("an answer")
    }

    /// The requests for this path.
    fn sent_all(&self, path: &str) -> Vec<Received> {
        let mut requests = self.vendor.upstream().requests();
        requests.retain(|request| request.path() == path);
        requests
    }

    /// The only one.
    fn sent(&self, path: &str) -> Received {
        let mut requests = self.sent_all(path);
        assert_eq!(requests.len(), 1, "{path}");
        requests.remove(0)
    }
}

fn facts(fill: impl FnOnce(&mut AccountFacts)) -> AccountFacts {
    let mut facts = AccountFacts::default();
    fill(&mut facts);
    facts
}

const HELLO: fn(&str) -> Value = |model| json!({ "model": model, "max_tokens": 9, "messages": [{ "role": "user", "content": "hi" }] });

#[tokio::test]
async fn a_claude_client_passes_unchanged_and_its_betas_are_joined() {
    let logins = Logins::new().await;
    logins
        .account("claude", Issuer::Claude, AccountFacts::default())
        .await;
    let path = "/api.anthropic.com/v1/messages";
    let answer = json!({ "id": "m", "type": "message", "role": "assistant", "model": "claude-sonnet-4-6",
        "content": [{ "type": "text", "text": "hello" }], "stop_reason": "end_turn", "stop_sequence": null,
        "usage": { "input_tokens": 3, "output_tokens": 1 } });
    logins.answers(path, Reply::json(200, answer));
    let headers = [
        ("anthropic-beta", "context-1m"),
        ("user-agent", "a-client/1"),
    ];
    let body = HELLO("cc/claude-sonnet-4-6");
    let response = logins.call("/v1/messages", &body, &headers).await;
    assert_eq!(response.status(), 200);
    let sent = logins.sent(path);
    assert_eq!(
        sent.header("anthropic-beta"),
        Some("oauth-2025-04-20,context-1m")
    );
    assert_eq!(
        sent.header("authorization"),
        Some(&*format!("Bearer {ACCESS}"))
    );
    assert_eq!(sent.header("x-api-key"), None);
    assert_eq!(sent.header("user-agent"), Some("a-client/1"));
    assert_eq!(sent.json(), HELLO("claude-sonnet-4-6"), "no word of ours");
}

#[tokio::test]
async fn nobody_is_impersonated_by_a_translated_request() {
    let logins = Logins::new().await;
    logins
        .account("claude", Issuer::Claude, AccountFacts::default())
        .await;
    let path = "/api.anthropic.com/v1/messages";
    let body = json!({ "type": "error", "error": { "type": "permission_error", "message": "only our own programs may use this" } });
    logins.answers(path, Reply::json(403, body));
    let body = HELLO("cc/claude-sonnet-4-6");
    let response = logins.call("/v1/chat/completions", &body, &[]).await;
    let text = response.text().await.expect("a body");
    assert!(text.contains("only our own programs"), "{text}");
    // A new token would change nothing about that.
    let sent = logins.sent(path);
    assert_eq!(logins.vendor.refreshes(Issuer::Claude), 0);
    assert_eq!(sent.json()["system"], Value::Null);
    let agent = sent.header("user-agent").expect("a name");
    assert!(agent.starts_with("ninerouter/"), "{agent}");
    assert_eq!(sent.header("anthropic-beta"), Some("oauth-2025-04-20"));
}

#[tokio::test]
async fn codex_is_told_the_account_and_nothing_is_stored() {
    let logins = Logins::new().await;
    let known = facts(|facts| facts.account_id = Some("account-1".to_owned()));
    logins.account("codex", Issuer::Codex, known).await;
    let path = "/chatgpt.com/backend-api/codex/responses";
    logins.answers(path, tool_call());
    let headers = [("chatgpt-account-id", "the client's own")];
    let body = json!({ "model": "cx/gpt-5.4", "input": "hi", "stream": true });
    let response = logins.call("/v1/responses", &body, &headers).await;
    assert_eq!(response.status(), 200);
    let sent = logins.sent(path);
    assert_eq!(sent.header("chatgpt-account-id"), Some("account-1"));
    assert!(sent.header("session_id").is_some_and(|id| id.len() >= 32));
    assert_eq!(sent.header("originator"), None);
    assert_eq!(sent.json()["store"], false);
    assert_eq!(sent.json()["model"], "gpt-5.4");
}

/// A stream of Responses that calls a tool.
fn tool_call() -> Reply {
    let item = |arguments: &str, status: &str| {
        json!({ "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather",
            "arguments": arguments, "status": status })
    };
    let response = |status: &str, output: Value| {
        json!({ "id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-5.4", "status": status,
            "output": output, "usage": { "input_tokens": 20, "output_tokens": 5, "total_tokens": 25 } })
    };
    let whole = r#"{"city":"Oslo"}"#;
    let events = [
        json!({ "type": "response.created", "sequence_number": 0, "response": response("in_progress", json!([])) }),
        json!({ "type": "response.output_item.added", "sequence_number": 1, "output_index": 0, "item": item("", "in_progress") }),
        json!({ "type": "response.function_call_arguments.delta", "sequence_number": 2, "output_index": 0, "item_id": "fc_1", "delta": "{\"city\":" }),
        json!({ "type": "response.function_call_arguments.delta", "sequence_number": 3, "output_index": 0, "item_id": "fc_1", "delta": "\"Oslo\"}" }),
        json!({ "type": "response.function_call_arguments.done", "sequence_number": 4, "output_index": 0, "item_id": "fc_1", "arguments": whole }),
        json!({ "type": "response.output_item.done", "sequence_number": 5, "output_index": 0, "item": item(whole, "completed") }),
        json!({ "type": "response.completed", "sequence_number": 6, "response": response("completed", json!([item(whole, "completed")])) }),
    ];
    Reply::events(events)
}

#[tokio::test]
async fn clients_of_anthropic_and_openai_use_tools_over_a_codex_account() {
    let logins = Logins::new().await;
    let known = facts(|facts| facts.account_id = Some("account-1".to_owned()));
    logins.account("codex", Issuer::Codex, known).await;
    logins.answers("/chatgpt.com/backend-api/codex/responses", tool_call());
    let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] });
    let messages = json!([
        { "role": "user", "content": [{ "type": "text", "text": "weather in Bergen, then Oslo" }] },
        { "role": "assistant", "content": [{ "type": "tool_use", "id": "call_0", "name": "weather", "input": { "city": "Bergen" } }] },
        { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "call_0", "content": "rain" }] },
    ]);
    let body = json!({ "model": "cx/gpt-5.4", "max_tokens": 500, "stream": true, "messages": messages,
        "tools": [{ "name": "weather", "input_schema": schema }] });
    let response = logins.call("/v1/messages", &body, &[]).await;
    assert_eq!(response.status(), 200);
    let text = response.text().await.expect("a stream");
    assert!(text.contains(r#""type":"tool_use""#), "{text}");
    assert!(
        text.contains("Oslo") && text.contains(r#""stop_reason":"tool_use""#),
        "{text}"
    );
    assert!(
        text.trim_end().ends_with(r#"{"type":"message_stop"}"#),
        "{text}"
    );

    let messages = json!([
        { "role": "user", "content": "weather in Bergen, then Oslo" },
        { "role": "assistant", "content": null, "tool_calls": [{ "id": "call_0", "type": "function",
            "function": { "name": "weather", "arguments": "{\"city\":\"Bergen\"}" } }] },
        { "role": "tool", "tool_call_id": "call_0", "content": "rain" },
    ]);
    let body = json!({ "model": "cx/gpt-5.4", "stream": true, "messages": messages,
        "tools": [{ "type": "function", "function": { "name": "weather", "parameters": schema } }] });
    let response = logins.call("/v1/chat/completions", &body, &[]).await;
    let text = response.text().await.expect("a stream");
    assert!(text.contains(r#""finish_reason":"tool_calls""#), "{text}");
    assert!(
        text.contains("Oslo") && text.trim_end().ends_with("[DONE]"),
        "{text}"
    );

    for sent in logins.vendor.upstream().requests() {
        if !sent.path().ends_with("/responses") {
            continue;
        }
        let input = sent.json()["input"].clone();
        let kinds: Vec<&str> = input
            .as_array()
            .expect("items")
            .iter()
            .filter_map(|item| item["type"].as_str())
            .collect();
        assert!(
            kinds.ends_with(&["function_call", "function_call_output"]),
            "{input}"
        );
    }
}

#[tokio::test]
async fn copilot_is_told_of_images() {
    let logins = Logins::new().await;
    logins
        .account("github", Issuer::GitHub, AccountFacts::default())
        .await;
    let path = "/api.githubcopilot.com/chat/completions";
    logins.answers(path, chat_answer());
    let image =
        json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAA" } });
    let body =
        json!({ "model": "gh/gpt-4o", "messages": [{ "role": "user", "content": [image] }] });
    logins.call("/v1/chat/completions", &body, &[]).await;
    let sent = logins.sent(path);
    assert_eq!(sent.header("copilot-vision-request"), Some("true"));
    assert_eq!(
        sent.header("authorization"),
        Some(&*format!("Bearer {SESSION}"))
    );
    for name in [
        "editor-version",
        "editor-plugin-version",
        "copilot-integration-id",
    ] {
        assert_eq!(sent.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn qwen_is_asked_at_the_accounts_own_host() {
    let logins = Logins::new().await;
    let known = facts(|facts| facts.resource_host = Some("eu.portal.qwen.ai".to_owned()));
    logins.account("qwen", Issuer::Qwen, known).await;
    let path = "/eu.portal.qwen.ai/v1/chat/completions";
    logins.answers(path, chat_answer());
    let response = logins
        .call("/v1/chat/completions", &HELLO("qw/coder-model"), &[])
        .await;
    assert_eq!(response.status(), 200);
    assert_eq!(
        logins.sent(path).header("x-dashscope-authtype"),
        Some("qwen-oauth")
    );
}

#[tokio::test]
async fn a_token_goes_to_no_foreign_host() {
    let logins = Logins::new().await;
    let known = facts(|facts| facts.resource_host = Some("qwen.example.com".to_owned()));
    logins.account("qwen", Issuer::Qwen, known).await;
    let response = logins
        .call("/v1/chat/completions", &HELLO("qw/coder-model"), &[])
        .await;
    assert!(!response.status().is_success());
    let text = response.text().await.expect("a body");
    assert!(text.contains("qwen.example.com"), "{text}");
    let requests = logins.vendor.upstream().requests();
    assert!(
        requests
            .iter()
            .all(|request| !request.path().contains("example.com"))
    );
}

#[tokio::test]
async fn iflows_requests_are_signed_with_our_own_name() {
    let logins = Logins::new().await;
    logins
        .account("iflow", Issuer::Iflow, AccountFacts::default())
        .await;
    let path = "/apis.iflow.cn/v1/chat/completions";
    logins.answers(path, chat_answer());
    logins
        .call("/v1/chat/completions", &HELLO("if/qwen3-coder-plus"), &[])
        .await;
    let sent = logins.sent(path);
    assert!(
        sent.header("session-id")
            .is_some_and(|id| id.starts_with("session-"))
    );
    assert!(
        sent.header("x-iflow-signature")
            .is_some_and(|hex| hex.len() == 64)
    );
    let agent = sent.header("user-agent").expect("a name");
    assert!(agent.starts_with("ninerouter/"), "{agent}");
}

#[tokio::test]
async fn googles_accounts_name_their_project_or_say_that_they_have_none() {
    let path = "/cloudcode-pa.googleapis.com/v1internal:generateContent";
    let answer = json!({ "response": { "candidates": [{ "content": { "role": "model", "parts": [{ "text": "hello" }] }, "finishReason": "STOP" }],
        "usageMetadata": { "promptTokenCount": 3, "candidatesTokenCount": 1, "totalTokenCount": 4 } } });
    for project in [Some("project-1"), None] {
        let logins = Logins::new().await;
        logins.answers(path, Reply::json(200, answer.clone()));
        let known = facts(|facts| facts.project_id = project.map(str::to_owned));
        logins.account("gemini-cli", Issuer::Google, known).await;
        let response = logins
            .call("/v1/chat/completions", &HELLO("gc/gemini-2.5-pro"), &[])
            .await;
        let status = response.status();
        let text = response.text().await.expect("a body");
        if project.is_some() {
            assert_eq!(status, 200, "{text}");
            assert_eq!(logins.sent(path).json()["project"], "project-1");
        } else {
            assert!(!status.is_success());
            assert!(text.contains("project"), "{text}");
        }
    }
}

#[tokio::test]
async fn an_administrator_may_have_requests_call_themselves_otherwise() {
    let logins = Logins::new().await;
    let known = facts(|facts| facts.account_id = Some("account-1".to_owned()));
    logins.account("codex", Issuer::Codex, known).await;
    let admin = logins.app.signed_in().await;
    let path = "/api/identification/codex";
    let headers =
        json!({ "User-Agent": "a-team/1", "x-client": "a team", "chatgpt-account-id": "another" });
    let said = admin
        .json(Method::PUT, path, &json!({ "headers": headers }))
        .await;
    assert_eq!(said["headers"]["user-agent"], "a-team/1", "{said}");
    assert_eq!(said["mayChange"], true);
    let arrives = "/chatgpt.com/backend-api/codex/responses";
    let body = HELLO("cx/gpt-5.4");
    let client = [("user-agent", "a-client/1")];
    let response = logins.call("/v1/messages", &body, &client).await;
    assert_eq!(response.status(), 200);
    let sent = logins.sent(arrives);
    assert_eq!(sent.header("user-agent"), Some("a-team/1"));
    assert_eq!(sent.header("x-client"), Some("a team"));
    // Whose account it is, and by what right, is for nobody to say.
    assert_eq!(sent.header("chatgpt-account-id"), Some("account-1"));
    let bearer = format!("Bearer {ACCESS}");
    assert_eq!(sent.header("authorization"), Some(&*bearer));

    for (name, value) in [
        ("Authorization", "Bearer x"),
        ("Host", "example.com"),
        ("Content-Length", "1"),
        ("Cookie", "a=b"),
        ("x-api-key", "x"),
        ("a b", "x"),
        ("user-agent", "a\r\nhost: b"),
        ("user-agent", ""),
    ] {
        let body = json!({ "headers": { name: value } });
        let refused = admin.send(Method::PUT, path, &body).await;
        assert_eq!(refused.status(), 400, "{name}: {value}");
    }
    let kept = admin.json(Method::GET, path, &json!({})).await;
    assert_eq!(kept["headers"], said["headers"], "as it was");
    let none = json!({ "headers": {} });
    let said = admin.json(Method::PUT, path, &none).await;
    assert_eq!(said["headers"], json!({}));
    logins.call("/v1/messages", &body, &client).await;
    let last = logins.sent_all(arrives).pop().expect("a request");
    let agent = last.header("user-agent").expect("a name");
    assert!(agent.starts_with("ninerouter/"), "{agent}");
    let nobody = "/api/identification/nobody";
    let refused = admin.send(Method::PUT, nobody, &none).await;
    assert_eq!(refused.status(), 404);
}
