//! Quotas: asked by the router, shown to people, and respected by requests.

use api::quota::{Amount, Forecast};
use chrono::{DateTime, Duration, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use store::records::AccountFacts;
use testkit::vendor::{Issuer, Vendor};

use crate::support::{ACCOUNT_KEY, answer};
use crate::vendors::{ACCESS, Logins};

fn in_hours(hours: i64) -> DateTime<Utc> {
    Utc::now() + Duration::hours(hours)
}

async fn claude(used: f64) -> Logins {
    let logins = Logins::new().await;
    say(&logins.vendor, used);
    logins
        .account("claude", Issuer::Claude, AccountFacts::default())
        .await;
    logins
}

fn say(vendor: &Vendor, used: f64) {
    let answer = json!({
        "five_hour": { "utilization": used, "resets_at": in_hours(3) },
        "seven_day": { "utilization": 5, "resets_at": in_hours(90) },
    });
    vendor.set_quota("claude", answer);
}

fn asked(logins: &Logins) -> usize {
    let requests = logins.vendor.upstream().requests();
    let of_quota = |path: &str| path == "/api.anthropic.com/api/oauth/usage";
    requests
        .iter()
        .filter(|request| of_quota(request.path()))
        .count()
}

/// What the REST route says once the router has asked.
async fn known(logins: &Logins, id: &str) -> Value {
    let admin = logins.app.signed_in().await;
    for _ in 0..100 {
        let (status, said) = answer(admin.get(&format!("/api/usage/{id}")).await).await;
        assert_eq!(status, 200, "{said}");
        if !said["quotas"]
            .as_object()
            .is_some_and(serde_json::Map::is_empty)
        {
            return said;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the router has asked nobody");
}

#[tokio::test]
async fn the_router_asks_by_itself_and_looking_asks_nobody() {
    let logins = claude(12.5).await;
    let said = known(&logins, "claude-main").await;
    let window = &said["quotas"]["5 hours"];
    assert_eq!(window["used"], 12.5);
    assert_eq!(window["total"], 100.0);
    assert_eq!(window["remainingPercentage"], 87.5);
    assert_eq!(window["unlimited"], false);
    assert_eq!(window["source"], "reported");
    assert_eq!(said["limitReached"], false);
    assert!(said["resetDate"].is_string());
    assert!(!said.to_string().contains(ACCESS));
    let admin = logins.app.signed_in().await;
    for _ in 0..5 {
        admin.get("/api/usage/claude-main").await;
    }
    assert_eq!(asked(&logins), 1);
    let requests = logins.vendor.upstream().requests();
    let request = requests
        .iter()
        .find(|request| request.path().ends_with("/oauth/usage"))
        .expect("a question");
    let agent = request.header("user-agent").expect("a name");
    assert!(agent.starts_with("ninerouter/"), "{agent}");
}

#[tokio::test]
async fn impatience_is_bounded() {
    let logins = claude(50.0).await;
    known(&logins, "claude-main").await;
    let admin = logins.app.signed_in().await;
    say(&logins.vendor, 60.0);
    for _ in 0..3 {
        let path = "/api/usage/claude-main/refresh";
        let said = admin.json(Method::POST, path, &json!({})).await;
        assert_eq!(
            said["quotas"]["5 hours"]["used"], 50.0,
            "asked a moment ago"
        );
    }
    assert_eq!(asked(&logins), 1);
}

#[tokio::test]
async fn a_used_up_account_is_left_alone_until_its_reset() {
    let logins = claude(100.0).await;
    let said = known(&logins, "claude-main").await;
    assert_eq!(said["limitReached"], true);
    let admin = logins.app.signed_in().await;
    let combo = json!({ "name": "dry", "models": ["cc/claude-sonnet-4-6"] });
    admin.json(Method::POST, "/api/combos", &combo).await;
    let dry = admin.json(Method::POST, "/fn/dry_combos", &json!({})).await;
    assert_eq!(dry[0]["combo"], "dry", "{dry}");
    let views = admin.json(Method::POST, "/fn/quotas", &json!({})).await;
    let windows = &views[0]["windows"];
    assert_eq!(windows[0]["forecast"]["kind"], "empty", "{views}");
    let known = logins.app.gateway.quota(&"claude-main".into());
    assert_eq!(known.len(), 2);
    assert!(known.iter().any(|window| window.used >= 1.0));
}

#[tokio::test]
async fn a_vendor_that_says_no_is_asked_with_a_new_token() {
    let logins = Logins::new().await;
    say(&logins.vendor, 1.0);
    let credential = store::records::LoginCredential {
        access_token: "long-forgotten".into(),
        refresh_token: Some("refresh-1".into()),
        expires_at: Some(in_hours(700)),
        session: None,
        client: None,
        facts: AccountFacts::default(),
    };
    logins.vendor.issue(Issuer::Claude, "unused", "refresh-1");
    logins.store("claude", "main", credential).await;
    known(&logins, "claude-main").await;
    assert_eq!(logins.vendor.refreshes(Issuer::Claude), 1);
    assert_eq!(asked(&logins), 2);
}

#[tokio::test]
async fn what_fails_is_told_and_what_was_known_stays() {
    let logins = Logins::new().await;
    let facts = AccountFacts::default();
    // Nothing is set: the vendor answers 404.
    logins.account("github", Issuer::GitHub, facts).await;
    let admin = logins.app.signed_in().await;
    let path = "/api/usage/github-main/refresh";
    let said = admin.json(Method::POST, path, &json!({})).await;
    let words = said["message"].as_str().expect("words");
    assert!(words.contains("404"), "{words}");
    assert_eq!(said["quotas"], json!({}));
}

#[tokio::test]
async fn what_cannot_be_asked_is_counted() {
    let logins = Logins::new().await;
    let facts = AccountFacts::default();
    logins.account("qwen", Issuer::Qwen, facts).await;
    let said = known(&logins, "qwen-main").await;
    let window = &said["quotas"]["Requests in 24 hours"];
    assert_eq!(window["source"], "counted");
    assert_eq!(
        (&window["used"], &window["total"]),
        (&json!(0.0), &json!(2000.0))
    );
}

#[tokio::test]
async fn other_accounts_say_why_nothing_is_known() {
    let logins = Logins::new().await;
    logins
        .account("iflow", Issuer::Iflow, AccountFacts::default())
        .await;
    let admin = logins.app.signed_in().await;
    let (_, said) = answer(admin.get("/api/usage/iflow-main").await).await;
    assert!(said["message"].is_string(), "{said}");
    let node = admin
        .node("openai-compatible", "chat", "n", "https://127.0.0.1:1/v1")
        .await;
    let (status, said) = answer(admin.get(&format!("/api/usage/{node}")).await).await;
    assert_eq!(status, 200);
    let message = "Usage not available for API key connections";
    assert_eq!(said["message"], message);
    let (status, _) = answer(admin.get("/api/usage/nobody").await).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn keys_ask_where_their_vendor_documents_it() {
    let glm = json!({ "code": 200, "success": true, "data": { "level": "pro", "limits": [
        { "type": "TOKENS_LIMIT", "unit": 3, "number": 5, "percentage": 22, "nextResetTime": 4_000_000_000_000_i64 } ] } });
    let minimax = json!({ "base_resp": { "status_code": 0, "status_msg": "success" }, "model_remains": [
        { "model_name": "MiniMax-M2", "start_time": 3_999_982_000_000_i64, "end_time": 4_000_000_000_000_i64,
          "current_interval_total_count": 1500, "current_interval_usage_count": 1459 } ] });
    let openrouter = json!({ "data": { "label": "sk-or-v1-au7...890", "limit": 100, "limit_remaining": 74.5,
        "limit_reset": null, "usage": 25.5, "is_free_tier": false } });
    let vendors = [
        ("glm", glm, "5 hours", 22.0, 100.0),
        ("minimax", minimax, "5 hours", 41.0, 1500.0),
        (
            "openrouter",
            openrouter,
            "Limit of this key, $",
            25.5,
            100.0,
        ),
    ];
    let logins = Logins::new().await;
    let admin = logins.app.signed_in().await;
    logins.vendor.accept(ACCOUNT_KEY);
    for (provider, said, name, used, total) in vendors {
        logins.vendor.set_quota(provider, said);
        let account = json!({ "provider": provider, "apiKey": ACCOUNT_KEY, "name": "main" });
        let created = admin.json(Method::POST, "/api/providers", &account).await;
        let id = created["connection"]["id"].as_str().expect("an id");
        let path = format!("/api/usage/{id}/refresh");
        let shown = admin.json(Method::POST, &path, &json!({})).await;
        let window = &shown["quotas"][name];
        let counted = (&window["used"], &window["total"]);
        assert_eq!(
            counted,
            (&json!(used), &json!(total)),
            "{provider}: {shown}"
        );
        assert!(!shown.to_string().contains(ACCOUNT_KEY));
    }
}

#[tokio::test]
async fn a_key_that_is_no_plans_says_so() {
    let logins = Logins::new().await;
    let admin = logins.app.signed_in().await;
    logins.vendor.accept(ACCOUNT_KEY);
    let refusals = [
        (
            "glm",
            json!({ "code": 1001, "success": false, "msg": "no plan" }),
        ),
        (
            "minimax",
            json!({ "base_resp": { "status_code": 1004, "status_msg": "no plan" } }),
        ),
    ];
    for (provider, said) in refusals {
        logins.vendor.set_quota(provider, said);
        let account = json!({ "provider": provider, "apiKey": ACCOUNT_KEY, "name": "main" });
        let created = admin.json(Method::POST, "/api/providers", &account).await;
        let id = created["connection"]["id"].as_str().expect("an id");
        let path = format!("/api/usage/{id}/refresh");
        let shown = admin.json(Method::POST, &path, &json!({})).await;
        let words = shown["message"].as_str().expect("words");
        assert!(words.contains("no plan"), "{provider}: {words}");
    }
}

#[tokio::test]
async fn what_was_known_outlives_the_program() {
    let logins = claude(25.0).await;
    known(&logins, "claude-main").await;
    let Logins { vendor, app, .. } = logins;
    let dir = app.stop().await;
    let url = vendor.url();
    let app = crate::support::TestApp::in_dir(dir, &[("VENDORS_URL", &url)]).await;
    let windows = app.gateway.quota(&"claude-main".into());
    assert_eq!(windows.len(), 2, "before anybody was asked");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let requests = vendor.upstream().requests();
    let of_quota = |path: &str| path.ends_with("/oauth/usage");
    let asked = requests.iter().filter(|request| of_quota(request.path()));
    assert_eq!(asked.count(), 1, "it was asked a moment ago");
    let stored = app.store.quotas().list().await.expect("quotas");
    let share = Amount::Share { used: 0.25 };
    assert_eq!(stored[0].windows[0].amount, share);
    let history = app.store.quotas();
    let history = history.history(&"claude-main".into(), in_hours(-1)).await;
    assert_eq!(history.expect("points").len(), 2);
    let known = gateway::quota::forecast::forecast(&[], None, Utc::now());
    assert_eq!(known, Forecast::Unknown);
}
