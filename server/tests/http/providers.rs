//! Nodes and accounts: made, checked, tested, changed, deleted.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Reply, Upstream, unused_url};

use crate::support::{ACCOUNT_KEY, TestApp, answer};

fn models() -> Reply {
    Reply::json(200, json!({ "object": "list", "data": [] }))
}

#[tokio::test]
async fn a_node_and_its_account_live_and_die_together() {
    let app = TestApp::new().await;
    let admin = app.signed_in().await;
    let node = json!({ "type": "openai-compatible", "apiType": "chat", "name": "Local", "prefix": "local", "baseUrl": "http://127.0.0.1:9/v1/chat/completions", "allowsPrivate": true });
    let created = admin.json(Method::POST, "/api/provider-nodes", &node).await;
    let id = created["node"]["id"].as_str().expect("an id");
    assert_eq!(created["node"]["baseUrl"], "http://127.0.0.1:9/v1");

    let account =
        json!({ "provider": id, "apiKey": ACCOUNT_KEY, "name": "main", "defaultModel": "llama" });
    let connection =
        admin.json(Method::POST, "/api/providers", &account).await["connection"].clone();
    assert_eq!(
        (
            &connection["authType"],
            &connection["testStatus"],
            &connection["priority"]
        ),
        (&json!("apikey"), &json!("unknown"), &json!(1))
    );
    assert_eq!(
        answer(admin.send(Method::POST, "/api/providers", &account).await)
            .await
            .0,
        409
    );

    let listed = answer(admin.get("/api/providers").await).await.1;
    assert_eq!(listed["connections"].as_array().map(Vec::len), Some(1));
    assert!(!listed.to_string().contains(ACCOUNT_KEY));

    let changed = admin
        .json(
            Method::PUT,
            &format!("/api/provider-nodes/{id}"),
            &json!({ "prefix": "near", "name": "Near" }),
        )
        .await;
    assert_eq!(
        (&changed["node"]["prefix"], &changed["node"]["apiType"]),
        (&json!("near"), &json!("chat"))
    );
    assert_eq!(
        admin
            .delete(&format!("/api/provider-nodes/{id}"))
            .await
            .status(),
        200
    );
    assert_eq!(
        answer(admin.get("/api/providers").await).await.1,
        json!({ "connections": [] })
    );
}

#[tokio::test]
async fn wrong_nodes_and_accounts_are_refused_in_words() {
    let app = TestApp::new().await;
    let admin = app.signed_in().await;
    let good = json!({ "type": "openai-compatible", "name": "N", "prefix": "n", "baseUrl": "http://127.0.0.1:9", "allowsPrivate": true });
    let with = |field: &str, value: Value| {
        let mut node = good.clone();
        node[field] = value;
        node
    };
    for (node, message) in [
        (with("name", json!("")), "Name is required"),
        (with("prefix", json!("")), "Prefix is required"),
        (
            with("prefix", json!("a/b")),
            "expected a prefix of at most 64 letters, digits, `-`, `_` and `.`",
        ),
        (with("type", json!("soap")), "Invalid provider node type"),
        (
            with("apiType", json!("grpc")),
            "Invalid OpenAI compatible API type",
        ),
        (
            with("baseUrl", json!("gopher://x")),
            "expected http or https, found `gopher`",
        ),
        (
            with("baseUrl", json!("http://me:secret@host")),
            "a base URL must not carry a user name or password",
        ),
    ] {
        let refused = answer(admin.send(Method::POST, "/api/provider-nodes", &node).await).await;
        assert_eq!(refused, (400, json!({ "error": message })));
    }
    assert_eq!(
        admin
            .send(Method::POST, "/api/provider-nodes", &good)
            .await
            .status(),
        201
    );
    let taken = answer(admin.send(Method::POST, "/api/provider-nodes", &good).await).await;
    assert_eq!(
        taken,
        (
            409,
            json!({ "error": "another provider node has this prefix already" })
        )
    );

    for (account, message) in [
        (
            json!({ "provider": "nobody", "apiKey": "k", "name": "n" }),
            "Invalid provider",
        ),
        (
            json!({ "provider": "codex", "apiKey": "k", "name": "n" }),
            "this provider takes a login and no API key",
        ),
        (
            json!({ "provider": "openai", "apiKey": " ", "name": "n" }),
            "API Key is required",
        ),
        (
            json!({ "provider": "openai", "apiKey": "k", "name": "" }),
            "Name is required",
        ),
        (
            json!({ "provider": "openai", "apiKey": "a\r\nb", "name": "n" }),
            "the key has characters that no header can carry",
        ),
    ] {
        let refused = answer(admin.send(Method::POST, "/api/providers", &account).await).await;
        assert_eq!(refused, (400, json!({ "error": message })));
    }
}

#[tokio::test]
async fn a_test_tells_and_remembers_whether_a_key_works() {
    let (app, upstream) = (TestApp::new().await, Upstream::start().await);
    let admin = app.signed_in().await;
    let id = admin
        .node(
            "anthropic-compatible",
            "",
            "ant",
            &format!("{}/v1", upstream.url()),
        )
        .await;
    let path = format!("/api/providers/{id}");
    let test = || async {
        admin
            .json(Method::POST, &format!("{path}/test"), &json!({}))
            .await
    };
    let state = || async {
        let connection = answer(admin.get(&path).await).await.1["connection"].clone();
        (
            connection["testStatus"].clone(),
            connection["errorCode"].clone(),
            connection["lastError"].clone(),
        )
    };

    upstream.reply(models());
    assert_eq!(
        test().await,
        json!({ "valid": true, "error": null, "refreshed": false })
    );
    assert_eq!(state().await, (json!("active"), Value::Null, Value::Null));
    let asked = &upstream.requests()[0];
    assert_eq!(
        (asked.path(), asked.header("x-api-key")),
        ("/v1/models", Some(ACCOUNT_KEY))
    );
    assert_eq!(asked.header("anthropic-version"), Some("2023-06-01"));

    upstream.reply(Reply::json(401, json!({ "type": "error", "error": { "type": "authentication_error", "message": "invalid x-api-key" } })));
    assert_eq!(test().await["error"], "401: invalid x-api-key");
    assert_eq!(
        state().await,
        (json!("error"), json!(401), json!("401: invalid x-api-key"))
    );

    // A provider without a list of models says what it thinks of the key before it minds the request.
    upstream
        .reply(Reply::text(404, "text/plain", "no"))
        .reply(Reply::json(
            400,
            json!({ "error": { "message": "messages: required" } }),
        ));
    assert_eq!(test().await["valid"], true);
    upstream
        .reply(Reply::text(404, "text/plain", "no"))
        .reply(Reply::json(
            401,
            json!({ "error": { "message": "bad key" } }),
        ));
    assert_eq!(test().await["error"], "401: bad key");
}

#[tokio::test]
async fn a_key_can_be_tried_before_it_is_stored() {
    let (app, upstream) = (TestApp::new().await, Upstream::start().await);
    let admin = app.signed_in().await;
    let check = |base_url: String| json!({ "type": "openai-compatible", "baseUrl": base_url, "apiKey": "sk-try", "allowsPrivate": true });
    upstream.reply(models());
    let good = admin
        .json(
            Method::POST,
            "/api/provider-nodes/validate",
            &check(format!("{}/v1", upstream.url())),
        )
        .await;
    assert_eq!(good, json!({ "valid": true, "error": null }));
    assert_eq!(
        upstream.requests()[0].header("authorization"),
        Some("Bearer sk-try")
    );

    let gone = admin
        .json(
            Method::POST,
            "/api/provider-nodes/validate",
            &check(unused_url().await),
        )
        .await;
    assert_eq!(gone["valid"], false);
    assert!(
        gone["error"]
            .as_str()
            .expect("words")
            .contains("could not be reached"),
        "{gone}"
    );
    assert!(
        !gone.to_string().contains("127.0.0.1"),
        "the address stays here: {gone}"
    );
}
