//! Models found, added and switched off; accounts tested together and put in order.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Reply, Upstream};

use crate::support::{Routed, TestApp, User, answer};

fn list() -> Reply {
    Reply::json(
        200,
        json!({ "object": "list", "data": [
            { "id": "large", "name": "The large one", "context_length": 200_000 },
            { "id": "small" },
        ] }),
    )
}

async fn names(router: &Routed) -> Vec<Value> {
    let request = router.app.request(Method::GET, "/v1/models");
    let response = request.bearer_auth(&router.key).send().await;
    let (_, listed) = answer(response.expect("an answer")).await;
    let listed = listed["data"].as_array().expect("models").clone();
    let of_chat = |model: &Value| {
        let id = model["id"].as_str().unwrap_or_default();
        id.starts_with("chat/")
    };
    listed.into_iter().filter(of_chat).collect()
}

/// The account of the prefix `chat`, and its provider.
async fn chat(admin: &User<'_>) -> (String, String) {
    let nodes = answer(admin.get("/api/provider-nodes").await).await.1;
    let nodes = nodes["nodes"].as_array().expect("nodes").clone();
    let node = nodes.iter().find(|node| node["prefix"] == "chat");
    let provider = node.expect("a node")["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let accounts = answer(admin.get("/api/providers").await).await.1;
    let accounts = accounts["connections"]
        .as_array()
        .expect("accounts")
        .clone();
    let account = accounts
        .iter()
        .find(|account| account["provider"] == provider.as_str());
    let account = account.expect("an account")["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    (account, provider)
}

#[tokio::test]
async fn what_a_provider_lists_is_listed_until_it_is_switched_off() {
    let router = Routed::new().await;
    let admin = router.app.signed_in().await;
    let (account, provider) = chat(&admin).await;
    router.upstream.reply(list());
    let found = admin
        .json(
            Method::GET,
            &format!("/api/providers/{account}/models"),
            &json!({}),
        )
        .await;
    assert_eq!(
        found,
        json!({ "provider": provider, "connectionId": account, "models": [
            { "id": "large", "name": "The large one", "contextLength": 200_000 },
            { "id": "small", "name": null, "contextLength": null },
        ] })
    );
    assert_eq!(
        names(&router).await,
        [
            json!({ "id": "chat/large", "object": "model", "created": 0, "owned_by": provider,
                "name": "The large one", "context_length": 200_000 }),
            json!({ "id": "chat/small", "object": "model", "created": 0, "owned_by": provider }),
        ]
    );
    let picked = answer(admin.get("/api/models").await).await.1.to_string();
    assert!(picked.contains("chat/large"));

    let off = json!({ "provider": provider, "models": ["large"], "isEnabled": false });
    admin.json(Method::PUT, "/api/models/enabled", &off).await;
    assert_eq!(names(&router).await.len(), 1);
    let response = router
        .call("/v1/chat/completions", r#"{"model":"chat/large"}"#)
        .send()
        .await
        .expect("an answer");
    let (status, said) = answer(response).await;
    assert!(
        status == 404 && said.to_string().contains("switched off"),
        "{status} {said}"
    );
    // It stays off when it is listed again.
    router.upstream.reply(list());
    admin
        .json(
            Method::POST,
            &format!("/api/providers/{account}/test"),
            &json!({}),
        )
        .await;
    assert_eq!(names(&router).await.len(), 1);
}

#[tokio::test]
async fn a_list_that_cannot_be_had_says_why() {
    let router = Routed::new().await;
    let admin = router.app.signed_in().await;
    let (account, _) = chat(&admin).await;
    let refusal = json!({ "error": { "message": "not for you" } });
    let endless = format!("{{\"data\":[\"{}", "x".repeat(9 * 1024 * 1024));
    for (reply, status, words) in [
        (Reply::json(403, refusal.clone()), 403, "not for you"),
        (Reply::json(401, refusal.clone()), 502, "not for you"),
        (Reply::json(500, refusal), 502, "not for you"),
        (
            Reply::json(200, json!({ "hello": 1 })),
            502,
            "list of models",
        ),
        (Reply::status(200).chunk(endless), 502, "list of models"),
        (Reply::hang_up(), 502, "could not be reached"),
    ] {
        router.upstream.reply(reply);
        let response = admin.get(&format!("/api/providers/{account}/models")).await;
        let (found, said) = answer(response).await;
        assert_eq!(found, status, "{said}");
        assert!(said.to_string().contains(words), "{said}");
    }
    assert!(names(&router).await.is_empty());
}

#[tokio::test]
async fn a_model_is_added_by_hand_and_taken_away() {
    let router = Routed::new().await;
    let admin = router.app.signed_in().await;
    let (_, provider) = chat(&admin).await;
    // With its prefix, as people copy it.
    let model = json!({ "provider": provider, "model": "chat/mine", "contextLength": 9000 });
    let added = admin.json(Method::POST, "/api/models/custom", &model).await;
    assert_eq!(added["model"]["fullModel"], "chat/mine");
    assert_eq!(names(&router).await[0]["context_length"], 9000);
    let again = admin.send(Method::POST, "/api/models/custom", &model).await;
    assert_eq!(again.status(), 409);
    for wrong in ["", "two words"] {
        let model = json!({ "provider": provider, "model": wrong });
        let refused = admin.send(Method::POST, "/api/models/custom", &model).await;
        assert_eq!(refused.status(), 400, "{wrong}");
    }
    let listed = answer(admin.get("/api/models/custom").await).await.1;
    assert_eq!(listed["models"][0]["id"], "mine");
    let path = format!("/api/models/custom?provider={provider}&model=mine");
    assert_eq!(admin.delete(&path).await.status(), 200);
    assert_eq!(admin.delete(&path).await.status(), 404);
    assert!(names(&router).await.is_empty());
}

#[tokio::test]
async fn several_accounts_are_tested_and_each_says_how_it_is() {
    let (app, upstream) = (TestApp::new().await, Upstream::start().await);
    let admin = app.signed_in().await;
    admin
        .node(
            "openai-compatible",
            "chat",
            "good",
            &format!("{}/good", upstream.url()),
        )
        .await;
    admin
        .node(
            "openai-compatible",
            "chat",
            "bad",
            &format!("{}/bad", upstream.url()),
        )
        .await;
    upstream.on("/good/models", |_| list());
    upstream.on("/bad/models", |_| {
        Reply::json(401, json!({ "error": { "message": "wrong key" } }))
    });
    for mode in ["all", "compatible"] {
        let tested = admin
            .json(
                Method::POST,
                "/api/providers/test-batch",
                &json!({ "mode": mode }),
            )
            .await;
        assert_eq!(
            tested["summary"],
            json!({ "total": 2, "passed": 1, "failed": 1 })
        );
        let results = tested["results"].as_array().expect("results");
        let bad = results.iter().find(|result| result["valid"] == false);
        let diagnosis = &bad.expect("a failure")["diagnosis"];
        assert_eq!(
            *diagnosis,
            json!({ "type": "credential", "message": "needs a new key", "status": 401 })
        );
    }
    for mode in ["oauth", "apikey", "free"] {
        let tested = admin
            .json(
                Method::POST,
                "/api/providers/test-batch",
                &json!({ "mode": mode }),
            )
            .await;
        assert_eq!(tested["summary"]["total"], 0, "{mode}");
    }
    for wrong in [json!({ "mode": "some" }), json!({ "mode": "provider" })] {
        let refused = admin
            .send(Method::POST, "/api/providers/test-batch", &wrong)
            .await;
        assert_eq!(refused.status(), 400);
    }
}

#[tokio::test]
async fn accounts_are_put_in_order_at_once_or_not_at_all() {
    let router = Routed::new().await;
    let admin = router.app.signed_in().await;
    let (first, provider) = chat(&admin).await;
    let account = json!({ "provider": provider, "apiKey": "sk-second", "name": "second" });
    let added = admin.json(Method::POST, "/api/providers", &account).await;
    let second = added["connection"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(added["connection"]["priority"], 2);

    let order = |before: [&str; 2], after: [&str; 2]| json!({ "provider": provider, "before": before, "after": after });
    let swap = order([&first, &second], [&second, &first]);
    admin
        .json(Method::POST, "/api/providers/reorder", &swap)
        .await;
    router
        .chat("chat/m", Reply::json(200, json!({ "choices": [] })))
        .await;
    let sent = router.upstream.requests().pop().expect("a request");
    assert_eq!(sent.header("authorization"), Some("Bearer sk-second"));
    for stale in [
        swap,
        order([&second, &first], [&second, &second]),
        json!({ "provider": provider, "before": [second], "after": [second] }),
    ] {
        let refused = admin
            .send(Method::POST, "/api/providers/reorder", &stale)
            .await;
        assert_eq!(refused.status(), 409, "{stale}");
    }

    let pause = json!({ "ids": [first, second], "isActive": false });
    admin
        .json(Method::PUT, "/api/providers/active", &pause)
        .await;
    let response = router
        .call("/v1/chat/completions", r#"{"model":"chat/m"}"#)
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status(), 404);
    let unknown = json!({ "ids": [first, "nobody"], "isActive": true });
    let refused = admin
        .send(Method::PUT, "/api/providers/active", &unknown)
        .await;
    assert_eq!(refused.status(), 404);
}

#[tokio::test]
async fn what_rests_is_shown_and_can_be_woken() {
    let router = Routed::new().await;
    let admin = router.app.signed_in().await;
    let (account, provider) = chat(&admin).await;
    let limited = Reply::json(429, json!({ "error": { "message": "slow down" } }));
    router
        .chat("chat/m", limited.header("retry-after", "600"))
        .await;
    let resting = answer(admin.get("/api/models/availability").await).await.1;
    assert_eq!(resting["unavailableCount"], 1);
    let found = &resting["models"][0];
    assert_eq!(
        (
            &found["model"],
            &found["status"],
            &found["reason"],
            &found["connectionId"]
        ),
        (
            &json!("m"),
            &json!("cooldown"),
            &json!("rate_limit"),
            &json!(account)
        )
    );
    let shown = answer(admin.get(&format!("/api/providers/{account}")).await)
        .await
        .1;
    assert_eq!(shown["connection"]["rests"][0]["isKnown"], true);
    let wake = json!({ "action": "clearCooldown", "provider": provider, "model": "m" });
    admin
        .json(Method::POST, "/api/models/availability", &wake)
        .await;
    let resting = answer(admin.get("/api/models/availability").await).await.1;
    assert_eq!(resting, json!({ "unavailableCount": 0, "models": [] }));
}
