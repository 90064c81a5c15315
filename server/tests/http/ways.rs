//! An account's own proxy is its only way out: for its tokens, its quota, its models, and for logging in again.
//! What every login does through it is in `every_login`.

use chrono::{Duration, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use store::records::{AccountFacts, Credential, LoginCredential};
use testkit::vendor::Issuer;
use testkit::{Proxy, unused_url};

use crate::support::{ACCOUNT_KEY, User, answer};
use crate::vendors::{Logins, NOWHERE};

/// A login whose token has ended.
fn ended(facts: AccountFacts) -> LoginCredential {
    LoginCredential {
        access_token: "ended".into(),
        refresh_token: Some("refresh-1".into()),
        expires_at: Some(Utc::now() - Duration::minutes(1)),
        session: None,
        client: None,
        facts,
    }
}

fn openrouter() -> Value {
    json!({ "data": { "label": "sk-or-v1-au7...890", "limit": 100, "limit_remaining": 74.5, "limit_reset": null,
        "usage": 25.5, "is_free_tier": false } })
}

async fn quota(admin: &User<'_>, id: &str) -> Value {
    let path = format!("/api/usage/{id}/refresh");
    admin.json(Method::POST, &path, &json!({})).await
}

/// The proxy of an account that has just logged in, as people see it.
async fn shown(admin: &User<'_>, done: &Value) -> Value {
    let id = done["connection"]["id"].as_str().expect("an id");
    let account = admin.get(&format!("/api/providers/{id}")).await;
    answer(account).await.1["connection"]["proxy"].clone()
}

#[tokio::test]
async fn a_missing_project_is_asked_for_through_the_proxy() {
    let mut logins = Logins::unreachable().await;
    let proxy = logins.go_through_a_proxy().await;
    logins.vendor.issue(Issuer::Google, "unused", "refresh-1");
    let id = logins
        .store("gemini-cli", "main", ended(AccountFacts::default()))
        .await;
    let admin = logins.app.signed_in().await;
    let path = format!("/api/providers/{id}/test");
    admin.json(Method::POST, &path, &json!({})).await;
    let record = logins.app.store.connections().find(&id).await;
    let record = record.expect("an answer").expect("an account");
    let Credential::Login(login) = &record.credential else {
        panic!("a login");
    };
    let project = login.facts.project_id.as_deref();
    assert_eq!(project, Some("project-of-the-account"));
    assert!(proxy.targets().iter().all(|target| target == NOWHERE));
}

#[tokio::test]
async fn the_quota_and_the_models_of_a_key_are_asked_for_through_its_proxy() {
    let mut logins = Logins::unreachable().await;
    let proxy = logins.go_through_a_proxy().await;
    let admin = logins.app.signed_in().await;
    logins.vendor.accept(ACCOUNT_KEY);
    logins.vendor.set_quota("openrouter", openrouter());
    let through = format!("http://me:hidden@{}", proxy.host());
    let account = json!({ "provider": "openrouter", "apiKey": ACCOUNT_KEY, "name": "main", "proxy": through });
    let created = admin.json(Method::POST, "/api/providers", &account).await;
    let id = created["connection"]["id"].as_str().expect("an id");
    let shown = quota(&admin, id).await;
    assert_eq!(
        shown["quotas"]["Limit of this key, $"]["used"], 25.5,
        "{shown}"
    );
    assert!(!shown.to_string().contains("hidden"));
    assert!(proxy.targets().iter().all(|target| target == NOWHERE));

    let without = json!({ "provider": "openrouter", "apiKey": ACCOUNT_KEY, "name": "other" });
    let created = admin.json(Method::POST, "/api/providers", &without).await;
    let id = created["connection"]["id"].as_str().expect("an id");
    let words = quota(&admin, id).await;
    let words = words["message"].as_str().expect("words");
    assert!(words.contains("could not be reached"), "{words}");
}

#[tokio::test]
async fn logging_in_again_goes_through_the_accounts_proxy() {
    let mut logins = Logins::unreachable().await;
    let proxy = logins.go_through_a_proxy().await;
    let admin = logins.app.signed_in().await;
    let facts = |method: &str| AccountFacts {
        method: Some(method.to_owned()),
        ..AccountFacts::default()
    };
    // In the browser.
    let id = logins
        .store("claude", "main", ended(facts("browser")))
        .await;
    let path = format!("/api/oauth/claude/authorize?connectionId={id}");
    let (status, begun) = answer(admin.get(&path).await).await;
    assert_eq!(status, 200, "{begun}");
    let page = begun["authUrl"].as_str().expect("an address");
    let page = page.replace(&format!("http://{NOWHERE}"), &logins.vendor.url());
    let client = reqwest::Client::builder().no_proxy().build();
    let page = client.expect("a client").get(page).send().await;
    let page = page.expect("a page");
    let page = page.text().await.expect("text");
    let link = page.split("id=allow href=\"").nth(1).expect("a link");
    let link = link.split('"').next().expect("its end");
    let body = json!({ "code": link.replace("&amp;", "&"), "state": begun["state"] });
    let path = "/api/oauth/claude/exchange";
    let (status, done) = answer(admin.send(Method::POST, path, &body).await).await;
    assert_eq!(status, 200, "{done}");
    assert_eq!(done["connection"]["id"], id.0.as_str());

    // With a device.
    let id = logins.store("qwen", "main", ended(facts("device"))).await;
    let path = format!("/api/oauth/qwen/device-code?connectionId={id}");
    let (status, begun) = answer(admin.get(&path).await).await;
    assert_eq!(status, 200, "{begun}");
    logins
        .vendor
        .allow(begun["user_code"].as_str().expect("a code"));
    let body = json!({ "deviceCode": begun["device_code"] });
    let mut done = Value::Null;
    for _ in 0..100 {
        let path = "/api/oauth/qwen/poll";
        done = admin.json(Method::POST, path, &body).await;
        if done["success"] == true {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(done["connection"]["id"], id.0.as_str(), "{done}");
    assert!(proxy.targets().iter().all(|target| target == NOWHERE));

    // A new account has no proxy, unless its person says so.
    let (status, said) = answer(admin.get("/api/oauth/qwen/device-code").await).await;
    assert_ne!(status, 200, "{said}");
}

#[tokio::test]
async fn a_new_account_takes_its_proxy_from_its_first_login_on() {
    let mut logins = Logins::unreachable().await;
    let proxy = logins.go_through_a_proxy().await;
    let admin = logins.app.signed_in().await;
    let through = format!("http://me:hidden@{}", proxy.host());
    let params = json!({ "params": { "provider": "qwen", "proxy": through } });
    let begun = admin.json(Method::POST, "/fn/begin_login", &params).await;
    let code = begun["step"]["user_code"].as_str().expect("a code");
    logins.vendor.allow(code);
    let body = json!({ "deviceCode": begun["id"] });
    let mut done = Value::Null;
    for _ in 0..100 {
        let path = "/api/oauth/qwen/poll";
        done = admin.json(Method::POST, path, &body).await;
        if done["success"] == true {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(shown(&admin, &done).await, proxy.host());
    assert!(proxy.targets().iter().all(|target| target == NOWHERE));

    let body = json!({ "refreshToken": "aorAAAAAG-of-another-program", "proxy": through });
    let path = "/api/oauth/kiro/import";
    let imported = admin.json(Method::POST, path, &body).await;
    assert_eq!(shown(&admin, &imported).await, proxy.host());

    let params = json!({ "params": { "provider": "qwen", "proxy": "ftp://me:hidden@x" } });
    let refused = admin.send(Method::POST, "/fn/begin_login", &params).await;
    let (status, said) = answer(refused).await;
    assert_eq!(status, 422, "{said}");
    assert!(!said.to_string().contains("hidden"), "{said}");
}

#[tokio::test]
async fn a_proxy_that_is_gone_is_named_on_the_account_without_its_password() {
    let mut logins = Logins::new().await;
    let gone = unused_url().await.replace("http://", "");
    let wary = Proxy::http_wanting("Basic bm9ib2R5").await;
    for (name, host) in [("gone", gone), ("wary", wary.host())] {
        logins.proxy = Some(format!("http://me:hidden@{host}").into());
        logins.vendor.issue(Issuer::Claude, "unused", "refresh-1");
        let credential = ended(AccountFacts::default());
        let id = logins.store("claude", name, credential).await;
        let admin = logins.app.signed_in().await;
        let path = format!("/api/providers/{id}/test");
        let tested = admin.json(Method::POST, &path, &json!({})).await;
        assert_eq!(tested["valid"], false, "{tested}");
        let told = quota(&admin, &id.0).await;
        let account = admin.get(&format!("/api/providers/{id}")).await;
        let (_, account) = answer(account).await;
        for words in [
            &tested["error"],
            &told["message"],
            &account["connection"]["lastError"],
        ] {
            let words = words.as_str().expect("words");
            let is_named = words.contains(&format!("the proxy `{host}`"));
            assert!(is_named && !words.contains("hidden"), "{words}");
        }
    }
    assert!(logins.vendor.upstream().requests().is_empty());
}
