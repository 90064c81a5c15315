//! Which account of several is asked: by turns, by weight, by quota, by where its conversation is at home.

use std::collections::BTreeMap;

use chrono::{TimeDelta, Utc};
use gateway::quota::QuotaWindow;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Reply, Upstream};

use crate::support::{TestApp, User};

/// Accounts `a`, `b`, `c` at one provider, called by their keys.
pub(crate) struct Accounts {
    pub(crate) app: TestApp,
    pub(crate) upstream: Upstream,
    pub(crate) key: String,
    pub(crate) ids: BTreeMap<String, String>,
    pub(crate) provider: String,
}

impl Accounts {
    pub(crate) async fn new() -> Self {
        let (app, upstream) = (TestApp::new().await, Upstream::start().await);
        let admin = app.signed_in().await;
        let node = json!({ "type": "openai-compatible", "apiType": "chat", "name": "many", "prefix": "many",
            "baseUrl": format!("{}/v1", upstream.url()), "allowsPrivate": true });
        let created = admin.json(Method::POST, "/api/provider-nodes", &node).await;
        let provider = text(&created["node"]["id"]);
        let mut ids = BTreeMap::new();
        for name in ["a", "b", "c"] {
            let account = json!({ "provider": provider, "apiKey": name, "name": name });
            let created = admin.json(Method::POST, "/api/providers", &account).await;
            ids.insert(name.to_owned(), text(&created["connection"]["id"]));
        }
        let key = admin.key().await;
        upstream.on("/v1/chat/completions", |_| good());
        Self {
            app,
            upstream,
            key,
            ids,
            provider,
        }
    }

    pub(crate) async fn set(&self, settings: Value) {
        let admin = self.app.signed_in().await;
        admin.json(Method::PATCH, "/api/settings", &settings).await;
    }

    pub(crate) async fn ask(&self, body: &Value) -> reqwest::Response {
        let call = self.app.request(Method::POST, "/v1/chat/completions");
        let call = call.bearer_auth(&self.key).json_body(body);
        call.send().await.expect("an answer")
    }

    /// Who is asked by so many requests, in order.
    pub(crate) async fn asked(&self, bodies: impl IntoIterator<Item = Value>) -> String {
        let before = self.upstream.requests().len();
        for body in bodies {
            assert_eq!(self.ask(&body).await.status(), 200);
        }
        self.upstream.requests()[before..]
            .iter()
            .filter_map(|request| request.header("authorization"))
            .map(|header| header.replace("Bearer ", ""))
            .collect()
    }
}

/// A request of its own conversation.
pub(crate) fn hi() -> Value {
    json!({ "model": "many/m", "messages": [{ "role": "user", "content": "hi" }] })
}

/// A request of a conversation that its client calls by this name.
fn of(conversation: &str) -> Value {
    let mut body = hi();
    body["prompt_cache_key"] = json!(conversation);
    body
}

pub(crate) fn good() -> Reply {
    let answer = json!({
        "id": "c1", "object": "chat.completion", "created": 1, "model": "up",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "hello" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15 },
    });
    Reply::json(200, answer)
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

trait JsonBody {
    fn json_body(self, body: &Value) -> Self;
}

impl JsonBody for reqwest::RequestBuilder {
    fn json_body(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(body.to_string())
    }
}

#[tokio::test]
async fn each_order_asks_in_its_own_way() {
    let accounts = Accounts::new().await;
    let ids = &accounts.ids;
    for (order, asked) in [
        (json!({ "fallbackStrategy": "fill-first" }), "aaaaaa"),
        (
            json!({ "fallbackStrategy": "round-robin", "stickyRoundRobinLimit": 1 }),
            "abcabc",
        ),
        (
            json!({ "fallbackStrategy": "least-recently-used" }),
            "abcabc",
        ),
    ] {
        accounts.set(order.clone()).await;
        assert_eq!(accounts.asked(vec![hi(); 6]).await, asked, "{order}");
    }
    let weights = json!({ ids["a"].clone(): 4 });
    accounts
        .set(json!({ "fallbackStrategy": "weighted", "accountWeights": weights }))
        .await;
    let asked = accounts.asked(vec![hi(); 12]).await;
    let count = |name| asked.matches(name).count();
    assert_eq!((count("a"), count("b"), count("c")), (8, 2, 2), "{asked}");
}

#[tokio::test]
async fn the_account_whose_quota_ends_first_is_asked_first_and_an_empty_one_not_at_all() {
    let accounts = Accounts::new().await;
    accounts
        .set(json!({ "fallbackStrategy": "quota-aware" }))
        .await;
    let now = Utc::now();
    let report = |name: &str, used, hours| {
        let window = QuotaWindow {
            name: "weekly".to_owned(),
            used,
            resets_at: Some(now + TimeDelta::hours(hours)),
            as_of: now,
        };
        let id = accounts.ids[name].as_str().into();
        accounts.app.gateway.set_quota(id, vec![window]);
    };
    report("a", 0.2, 90);
    report("b", 0.2, 30);
    assert_eq!(accounts.asked([hi()]).await, "b");
    report("b", 0.97, 30);
    assert_eq!(accounts.asked([hi()]).await, "a");
    report("a", 1.0, 90);
    report("b", 1.0, 30);
    accounts.upstream.on("/v1/chat/completions", |_| {
        Reply::json(500, json!({ "error": { "message": "broken" } }))
    });
    let response = accounts.ask(&hi()).await;
    let words = response.text().await.expect("words");
    assert!(words.contains("its quota `weekly` is used up"), "{words}");
    assert_eq!(accounts.upstream.requests().len(), 3, "`c` alone was asked");
}

#[tokio::test]
async fn a_provider_may_have_an_order_of_its_own() {
    let accounts = Accounts::new().await;
    let own = json!({ "fallbackStrategy": "round-robin", "stickyRoundRobinLimit": 2 });
    accounts
        .set(json!({ "providerStrategies": { accounts.provider.clone(): own } }))
        .await;
    assert_eq!(accounts.asked(vec![hi(); 6]).await, "aabbcc");
    accounts.set(json!({ "providerStrategies": {} })).await;
    assert_eq!(accounts.asked(vec![hi(); 3]).await, "aaa");
}

#[tokio::test]
async fn a_conversation_stays_where_it_is_while_its_account_is_sound() {
    let accounts = Accounts::new().await;
    accounts
        .set(json!({ "fallbackStrategy": "round-robin", "stickyRoundRobinLimit": 1 }))
        .await;
    let turns = [
        of("one"),
        of("two"),
        of("one"),
        hi(),
        of("two"),
        of("one"),
        hi(),
    ];
    assert_eq!(accounts.asked(turns.clone()).await, "abacbaa");

    // It moves when its account fails, and is at home where it was answered.
    accounts.upstream.on("/v1/chat/completions", |request| {
        match request.header("authorization") {
            Some("Bearer a") => Reply::json(429, json!({ "error": { "message": "slow down" } }))
                .header("retry-after", "300"),
            _ => good(),
        }
    });
    let moved = accounts.asked([of("one")]).await;
    assert!(moved.starts_with('a') && moved.len() == 2, "{moved}");
    let home = moved[1..].to_owned();
    assert_eq!(accounts.asked(vec![of("one"); 3]).await, home.repeat(3));

    accounts.set(json!({ "conversations": "roam" })).await;
    let asked = accounts.asked(vec![of("one"); 4]).await;
    assert_eq!(asked.matches(&home).count(), 2, "by turns again: {asked}");
    accounts.set(json!({ "conversations": "stay" })).await;
    let asked = accounts.asked(vec![hi(); 4]).await;
    assert_eq!(asked, asked[..1].repeat(4), "known by its first message");
}

#[tokio::test]
async fn one_request_tries_an_account_whose_rest_is_over() {
    let accounts = Accounts::new().await;
    accounts.upstream.on("/v1/chat/completions", |request| {
        match request.header("authorization") {
            Some("Bearer a") => Reply::json(429, json!({ "error": { "message": "slow down" } }))
                .header("retry-after-ms", "1"),
            _ => good(),
        }
    });
    assert_eq!(accounts.asked([hi()]).await, "ab");
    // It said that it may be asked again in a millisecond, and a crowd does.
    let before = accounts.upstream.requests().len();
    let body = hi();
    let asks = (0..40).map(|_| accounts.ask(&body));
    for response in futures::future::join_all(asks).await {
        assert_eq!(response.status(), 200);
    }
    let requests = accounts.upstream.requests();
    let tried = requests[before..]
        .iter()
        .filter(|request| request.header("authorization") == Some("Bearer a"));
    assert_eq!(tried.count(), 1);
}

async fn refused(admin: &User<'_>, settings: Value) -> String {
    let response = admin.send(Method::PATCH, "/api/settings", &settings).await;
    assert_eq!(response.status(), 400, "{settings}");
    response.text().await.expect("words")
}

/// Without what the request log keeps, which has tests of its own.
fn without_capture(settings: &Value) -> Value {
    let mut settings = settings.clone();
    if let Some(fields) = settings.as_object_mut() {
        fields.retain(|name, _| !name.contains("bservability"));
    }
    settings
}

#[tokio::test]
async fn settings_are_an_allow_list_and_change_all_or_nothing() {
    let accounts = Accounts::new().await;
    let admin = accounts.app.signed_in().await;
    let get = async || {
        let response = admin.get("/api/settings").await;
        serde_json::from_str::<Value>(&response.text().await.expect("a body")).expect("JSON")
    };
    let before = get().await;
    assert_eq!(
        without_capture(&before),
        json!({
            "strictTranslation": false, "fallbackStrategy": "fill-first", "stickyRoundRobinLimit": 3,
            "providerStrategies": {}, "accountWeights": {}, "conversations": "stay-if-named",
            "timeouts": { "connectMs": null, "firstByteMs": null, "idleMs": null }, "budgetZone": "UTC",
        })
    );
    for (settings, words) in [
        (json!({ "cloudEnabled": true }), "cloudEnabled"),
        (json!({ "password": "x" }), "password"),
        (json!({ "fallbackStrategy": "best" }), "fallbackStrategy"),
        (
            json!({ "fallbackStrategy": "round-robin", "stickyRoundRobinLimit": 0 }),
            "stickyRoundRobinLimit",
        ),
        (
            json!({ "strictTranslation": true, "timeouts": { "idleMs": 5 } }),
            "timeouts.idleMs",
        ),
        (json!({ "timeouts": { "idle": 5 } }), "idle"),
        (
            json!({ "accountWeights": { accounts.ids["a"].clone(): 0 } }),
            "accountWeights",
        ),
        (
            json!({ "providerStrategies": { "nobody": { "fallbackStrategy": "weighted" } } }),
            "providerStrategies",
        ),
        (
            json!({ "providerStrategies": { accounts.provider.clone(): { "proxyPoolId": "x" } } }),
            "proxyPoolId",
        ),
        (json!({ "budgetZone": "Middle/Earth" }), "budgetZone"),
        (
            json!({ "conversations": "roam", "observabilityMaxHours": 0 }),
            "observabilityMaxHours",
        ),
    ] {
        let said = refused(&admin, settings).await;
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(get().await, before, "nothing of a refused change is kept");

    let wanted = json!({
        "strictTranslation": true, "fallbackStrategy": "quota-aware", "stickyRoundRobinLimit": 7,
        "providerStrategies": { accounts.provider.clone(): { "stickyRoundRobinLimit": 2 } },
        "accountWeights": { accounts.ids["b"].clone(): 5 }, "conversations": "roam",
        "timeouts": { "connectMs": 2000, "firstByteMs": null, "idleMs": 60000 }, "budgetZone": "America/New_York",
    });
    let set = admin.json(Method::PATCH, "/api/settings", &wanted).await;
    assert_eq!(without_capture(&set), wanted);
    assert_eq!(get().await, set);
}
