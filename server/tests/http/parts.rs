//! Providers whose address has parts that belong to the account, and accounts that are kept to some models.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Reply, Upstream};

use crate::support::{ACCOUNT_KEY, PASSWORD, Routed, TestApp, User, answer};

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

/// A program whose vendors are all `upstream`: `https://host/path` is asked for at `/host/path`.
async fn played() -> (TestApp, Upstream) {
    let upstream = Upstream::start().await;
    let variables = [
        ("INITIAL_PASSWORD", PASSWORD),
        ("VENDORS_URL", &upstream.url()),
    ];
    (TestApp::with(&variables).await, upstream)
}

async fn create(admin: &User<'_>, account: Value) -> (u16, Value) {
    answer(admin.send(Method::POST, "/api/providers", &account).await).await
}

async fn chat(app: &TestApp, key: &str, model: &str) -> (u16, Value) {
    let body = json!({ "model": model, "messages": [{ "role": "user", "content": "hi" }] });
    let request = app
        .request(Method::POST, "/v1/chat/completions")
        .bearer_auth(key)
        .header("content-type", "application/json")
        .body(body.to_string());
    answer(request.send().await.expect("an answer")).await
}

#[tokio::test]
async fn each_account_of_azure_has_a_resource_of_its_own() {
    let (app, upstream) = played().await;
    let admin = app.signed_in().await;
    let key = admin.key().await;
    let account = |name: &str, data: Value| json!({ "provider": "azure", "apiKey": format!("key-of-{name}"), "name": name, "providerSpecificData": data });
    let (status, one) = create(
        &admin,
        account(
            "one",
            json!({ "azureEndpoint": "https://one.openai.azure.com/" }),
        ),
    )
    .await;
    assert_eq!(status, 201, "{one}");
    assert_eq!(
        one["connection"]["providerSpecificData"],
        json!({ "azureEndpoint": "https://one.openai.azure.com" })
    );
    let data = json!({ "azureEndpoint": "https://two.cognitiveservices.azure.com", "deployment": "d-2", "apiVersion": "2025-04-01-preview", "organization": "org-2" });
    let (status, two) = create(&admin, account("two", data)).await;
    assert_eq!(status, 201, "{two}");

    // The first one has used up what it may, and the second is asked at its own place.
    upstream.reply(
        Reply::json(429, json!({ "error": { "message": "slow down" } }))
            .header("retry-after", "60"),
    );
    upstream.reply(good());
    let (status, said) = chat(&app, &key, "azure/gpt-4o").await;
    assert_eq!(status, 200, "{said}");
    let asked: Vec<_> = upstream
        .requests()
        .iter()
        .map(|request| {
            let header = |name| request.header(name).map(str::to_owned);
            (
                request.target.clone(),
                header("api-key"),
                header("openai-organization"),
                header("authorization"),
            )
        })
        .collect();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        asked,
        [
            (
                "/one.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21".to_owned(),
                some("key-of-one"),
                None,
                None
            ),
            (
                "/two.cognitiveservices.azure.com/openai/deployments/d-2/chat/completions?api-version=2025-04-01-preview".to_owned(),
                some("key-of-two"),
                some("org-2"),
                None
            ),
        ]
    );

    // A model that is more than a segment of the path goes nowhere.
    let (status, said) = chat(&app, &key, "azure/../../x").await;
    assert_eq!(status, 400, "{said}");
    assert_eq!(upstream.requests().len(), 2);

    // A test asks the same resource, and what could be deployed there is not taken for its models.
    upstream.reply(Reply::json(200, json!({ "data": [{ "id": "curie" }] })));
    let path = format!(
        "/api/providers/{}/test",
        one["connection"]["id"].as_str().expect("an id")
    );
    let tested = admin.json(Method::POST, &path, &json!({})).await;
    assert_eq!(tested["valid"], true, "{tested}");
    let last = upstream.requests().pop().expect("a request");
    assert_eq!(
        last.target,
        "/one.openai.azure.com/openai/models?api-version=2024-10-21"
    );
    let listed = app
        .request(Method::GET, "/v1/models")
        .bearer_auth(&key)
        .send()
        .await
        .expect("an answer");
    let (_, listed) = answer(listed).await;
    assert!(!listed.to_string().contains("curie"), "{listed}");
}

#[tokio::test]
async fn what_an_account_gives_is_checked_before_it_is_stored() {
    let (app, upstream) = played().await;
    let admin = app.signed_in().await;
    for (provider, data, said) in [
        ("azure", json!({}), "Endpoint is required"),
        (
            "azure",
            json!({ "azureEndpoint": "https://evil.example" }),
            "openai.azure.com",
        ),
        (
            "azure",
            json!({ "azureEndpoint": "https://x.openai.azure.com.evil.example" }),
            "openai.azure.com",
        ),
        ("cloudflare-ai", json!({}), "Account ID is required"),
        (
            "cloudflare-ai",
            json!({ "accountId": "../x" }),
            "letters, digits",
        ),
        ("openai", json!({ "accountId": "x" }), "have no `accountId`"),
        ("ollama-local", json!({}), "private network"),
        (
            "ollama-local",
            json!({ "baseUrl": "http://169.254.169.254", "allowsPrivate": "true" }),
            "credentials",
        ),
    ] {
        let account = json!({ "provider": provider, "apiKey": ACCOUNT_KEY, "name": "a", "providerSpecificData": data });
        let (status, answered) = create(&admin, account).await;
        let words = answered["error"].as_str().unwrap_or_default();
        assert!(
            status == 400 && words.contains(said),
            "{provider} {data}: {status} {answered}"
        );
    }
    assert!(upstream.requests().is_empty());

    // A change is held to the same, and leaves what it does not name.
    let data = json!({ "azureEndpoint": "https://one.openai.azure.com", "deployment": "d" });
    let account = json!({ "provider": "azure", "apiKey": ACCOUNT_KEY, "name": "a", "providerSpecificData": data });
    let (_, made) = create(&admin, account).await;
    let path = format!(
        "/api/providers/{}",
        made["connection"]["id"].as_str().expect("an id")
    );
    let change = |data: Value| json!({ "providerSpecificData": data });
    let bad = change(json!({ "azureEndpoint": "https://evil.example" }));
    assert_eq!(admin.send(Method::PUT, &path, &bad).await.status(), 400);
    let good = change(json!({ "deployment": "", "apiVersion": "2025-01-01" }));
    let changed = admin.json(Method::PUT, &path, &good).await;
    assert_eq!(
        changed["connection"]["providerSpecificData"],
        json!({ "azureEndpoint": "https://one.openai.azure.com", "apiVersion": "2025-01-01" })
    );
}

#[tokio::test]
async fn an_ollama_of_ones_own_needs_a_word_and_no_key() {
    let (app, upstream) = (TestApp::new().await, Upstream::start().await);
    let admin = app.signed_in().await;
    let key = admin.key().await;
    let data = json!({ "baseUrl": upstream.url(), "allowsPrivate": "true" });
    let account =
        json!({ "provider": "ollama-local", "name": "mine", "providerSpecificData": data });
    upstream.reply(Reply::json(
        200,
        json!({ "models": [{ "name": "llama3:8b" }] }),
    ));
    let check = json!({ "provider": "ollama-local", "providerSpecificData": data });
    let checked = admin
        .json(Method::POST, "/api/providers/validate", &check)
        .await;
    assert_eq!(checked["valid"], true, "{checked}");
    let (status, made) = create(&admin, account).await;
    assert_eq!(status, 201, "{made}");

    upstream.reply(Reply::json(
        200,
        json!({ "model": "llama3:8b", "message": { "role": "assistant", "content": "hi" },
            "done": true, "done_reason": "stop", "prompt_eval_count": 4, "eval_count": 2 }),
    ));
    let (status, said) = chat(&app, &key, "ollama-local/llama3:8b").await;
    assert_eq!(status, 200, "{said}");
    let paths: Vec<_> = upstream
        .requests()
        .iter()
        .map(|request| {
            assert_eq!(request.header("authorization"), None);
            request.target.clone()
        })
        .collect();
    assert_eq!(paths, ["/api/tags", "/api/chat"]);
}

#[tokio::test]
async fn an_account_is_asked_for_the_models_it_is_kept_to() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let (_, all) = answer(admin.get("/api/providers").await).await;
    let chat_account = |connection: &&Value| connection["defaultModel"].is_null();
    let provider = routed.app.store.nodes().list().await.expect("nodes");
    let provider = provider
        .iter()
        .find(|node| node.prefix == "chat")
        .expect("a node");
    let first = all["connections"]
        .as_array()
        .expect("connections")
        .iter()
        .filter(chat_account)
        .find(|connection| connection["provider"] == provider.id.as_str())
        .expect("an account");
    let path = format!("/api/providers/{}", first["id"].as_str().expect("an id"));
    let keep = json!({ "providerSpecificData": { "enabledModels": ["small", " small ", ""] } });
    let kept = admin.json(Method::PUT, &path, &keep).await;
    assert_eq!(
        kept["connection"]["providerSpecificData"],
        json!({ "enabledModels": ["small"] })
    );
    let second =
        json!({ "provider": provider.id.as_str(), "apiKey": "sk-second", "name": "second" });
    let (status, _) = create(&admin, second).await;
    assert_eq!(status, 201);

    for (model, key) in [("small", ACCOUNT_KEY), ("large", "sk-second")] {
        routed.chat(&format!("chat/{model}"), good()).await;
        let last = routed.upstream.requests().pop().expect("a request");
        let bearer = format!("Bearer {key}");
        assert_eq!(
            last.header("authorization"),
            Some(bearer.as_str()),
            "{model}"
        );
    }
    let run = json!({ "model": "chat/large" });
    let run = admin.json(Method::POST, "/api/combos/dry-run", &run).await;
    let accounts = &run["targets"][0]["accounts"];
    assert_eq!(accounts[0]["name"], "second");
    assert_eq!(
        accounts[1]["state"],
        json!({ "type": "skipped", "reason": "other_models" })
    );

    // Nobody but the one that is kept to it is left: other models are not listed, and not asked for.
    let (_, all) = answer(admin.get("/api/providers").await).await;
    let second = all["connections"]
        .as_array()
        .expect("connections")
        .iter()
        .find(|connection| connection["name"] == "second")
        .expect("the second")
        .clone();
    let second = format!("/api/providers/{}", second["id"].as_str().expect("an id"));
    admin
        .json(
            Method::POST,
            "/api/models/custom",
            &json!({ "provider": provider.id.as_str(), "model": "large" }),
        )
        .await;
    assert!(names(&routed).await.contains(&"chat/large".to_owned()));
    assert_eq!(admin.delete(&second).await.status(), 200);
    let listed = names(&routed).await;
    assert!(listed.contains(&"chat/small".to_owned()), "{listed:?}");
    assert!(!listed.contains(&"chat/large".to_owned()), "{listed:?}");
    let before = routed.upstream.requests().len();
    let (status, said) = chat(&routed.app, &routed.key, "chat/large").await;
    assert!(status >= 400, "{said}");
    assert_eq!(routed.upstream.requests().len(), before);

    // With none, it is asked for all again.
    let all = json!({ "providerSpecificData": { "enabledModels": [] } });
    admin.json(Method::PUT, &path, &all).await;
    assert!(names(&routed).await.contains(&"chat/large".to_owned()));
}

async fn names(routed: &Routed) -> Vec<String> {
    let response = routed
        .app
        .request(Method::GET, "/v1/models")
        .bearer_auth(&routed.key)
        .send()
        .await
        .expect("an answer");
    let (_, listed) = answer(response).await;
    let models = listed["data"].as_array().expect("models").iter();
    models
        .map(|model| model["id"].as_str().expect("an id").to_owned())
        .collect()
}
