//! Two programs that share a database: what is changed through one of them, the other heeds within moments.

use std::time::Duration;

use gateway::reload::LOOK;
use reqwest::Method;
use sea_orm_migration::sea_orm::ConnectionTrait as _;
use serde_json::json;
use store::Store;
use store::vault::Vault;
use tempfile::TempDir;
use testkit::{Reply, Upstream};

use crate::support::{PASSWORD, TestApp};

struct Pair {
    one: TestApp,
    other: TestApp,
}

impl Pair {
    async fn over(database: &str) -> Self {
        let key = "17".repeat(32);
        let variables = [
            ("INITIAL_PASSWORD", PASSWORD),
            ("DATABASE_URL", database),
            ("ENCRYPTION_KEY", key.as_str()),
        ];
        Self {
            one: TestApp::with(&variables).await,
            other: TestApp::with(&variables).await,
        }
    }

    async fn stop(self) {
        self.one.stop().await;
        self.other.stop().await;
    }
}

/// Asks until the answer is yes, for as long as a change may take.
async fn soon(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let until = tokio::time::Instant::now() + LOOK * 2;
    while !is_so().await {
        assert!(tokio::time::Instant::now() < until, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn they_heed_each_other_on_sqlite() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("shared.db");
    let pair = Pair::over(&format!("sqlite://{}?mode=rwc", path.display())).await;
    heed(&pair).await;
    pair.stop().await;
}

#[tokio::test]
async fn they_heed_each_other_on_postgres() {
    #[expect(clippy::disallowed_methods, reason = "how a test learns of its server")]
    let Some(url) = std::env::var("TEST_POSTGRES_URL")
        .ok()
        .filter(|url| !url.is_empty())
    else {
        return;
    };
    let server = Store::connect(&url, Vault::new(&[7; 32])).await;
    let server = server.expect("a server");
    let name = format!("ninerouter_test_{}", uuid::Uuid::now_v7().simple());
    let say = async |what: String| {
        let said = server.database().execute_unprepared(&what).await;
        said.expect("a database");
    };
    say(format!("CREATE DATABASE {name}")).await;
    let mut url = url::Url::parse(&url).expect("an address");
    url.set_path(&name);
    let pair = Pair::over(url.as_str()).await;
    heed(&pair).await;
    pair.stop().await;
    say(format!("DROP DATABASE {name}")).await;
}

async fn heed(pair: &Pair) {
    let Pair { one, other } = pair;
    let upstream = Upstream::start().await;
    let admin = one.signed_in().await;
    let base = format!("{}/v1", upstream.url());
    let first = admin.node("openai-compatible", "chat", "n", &base).await;
    let created = admin
        .json(Method::POST, "/api/keys", &json!({ "name": "a tool" }))
        .await;
    let key = created["key"].as_str().expect("a key");
    let ask = async || {
        upstream.reply(Reply::json(
            200,
            json!({ "choices": [{ "message": { "role": "assistant", "content": "hi" } }] }),
        ));
        let before = upstream.requests().len();
        let response = other
            .request(Method::POST, "/v1/chat/completions")
            .bearer_auth(key)
            .header("content-type", "application/json")
            .body(json!({ "model": "n/m" }).to_string())
            .send()
            .await
            .expect("an answer");
        let status = response.status().as_u16();
        response.bytes().await.expect("a body");
        (status, upstream.requests().get(before).cloned())
    };
    soon("a new key and a new node serve", async || {
        ask().await.0 == 200
    })
    .await;

    let node = provider_of(one, &first).await;
    let second = json!({ "provider": node, "apiKey": "the-second", "name": "second" });
    admin.json(Method::POST, "/api/providers", &second).await;
    let path = format!("/api/providers/{first}");
    admin
        .json(Method::PUT, &path, &json!({ "isActive": false }))
        .await;
    soon("a paused account is not asked", async || {
        let (_, arrived) = ask().await;
        arrived.is_some_and(|request| request.header("authorization") == Some("Bearer the-second"))
    })
    .await;

    let combo = json!({ "name": "both", "models": ["n/m"] });
    let there = other.signed_in().await;
    there.json(Method::POST, "/api/combos", &combo).await;
    soon("the other way round", async || {
        one.gateway.snapshot().combos.contains_key("both")
    })
    .await;

    let path = format!("/api/keys/{}", created["id"].as_str().expect("an id"));
    assert_eq!(admin.delete(&path).await.status(), 200);
    soon("a deleted key is refused", async || ask().await.0 == 401).await;

    // Sessions are looked up where they are stored.
    let signed_in = one
        .post("/api/auth/login", &json!({ "password": PASSWORD }))
        .await;
    let (here, there) = (one.user(&signed_in), other.user(&signed_in));
    assert_eq!(there.get("/api/keys").await.status(), 200);
    let out = here
        .send(Method::POST, "/api/auth/logout", &json!({}))
        .await;
    assert_eq!(out.status(), 200);
    assert_eq!(there.get("/api/keys").await.status(), 401);
}

/// The provider of an account.
async fn provider_of(app: &TestApp, account: &str) -> String {
    let record = app.store.connections().find(&account.into()).await;
    record.expect("an answer").expect("an account").provider.0
}
