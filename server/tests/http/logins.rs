//! Accounts that log in: every way, every end, and what an attacker may try.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Reply;
use testkit::vendor::{CLIENT_SECRET, EMAIL, Vendor};

use crate::support::{PASSWORD, TestApp, User, answer};

struct Stage {
    app: TestApp,
    vendor: Vendor,
}

impl Stage {
    async fn new() -> Self {
        let vendor = Vendor::start().await;
        let url = vendor.url();
        let app = TestApp::with(&[
            ("INITIAL_PASSWORD", PASSWORD),
            ("VENDORS_URL", &url),
            ("GEMINI_CLI_CLIENT_SECRET", CLIENT_SECRET),
            ("ANTIGRAVITY_CLIENT_SECRET", CLIENT_SECRET),
            ("IFLOW_CLIENT_SECRET", CLIENT_SECRET),
        ])
        .await;
        Self { app, vendor }
    }
}

/// What `GET /api/oauth/{provider}/authorize` says.
async fn authorize(user: &User<'_>, provider: &str, query: &str) -> Value {
    let path = format!("/api/oauth/{provider}/authorize?{query}");
    let (status, body) = answer(user.get(&path).await).await;
    assert_eq!(status, 200, "{provider}: {body}");
    body
}

/// The address behind a link of a vendor's page: `allow` or `deny`.
async fn follow(page: &Value, link: &str) -> String {
    let client = reqwest::Client::builder().no_proxy().build();
    let page = page["authUrl"].as_str().expect("an address");
    let response = client.expect("a client").get(page).send().await;
    let html = response.expect("a page").text().await.expect("text");
    let marker = format!("id={link} href=\"");
    let start = html
        .find(&marker)
        .unwrap_or_else(|| panic!("no {link} on {html}"))
        + marker.len();
    let end = start + html[start..].find('"').expect("its end");
    html[start..end].replace("&amp;", "&")
}

fn param(address: &str, name: &str) -> String {
    let url = url::Url::parse(address).expect("an address");
    let pairs = url.query_pairs().into_owned();
    pairs
        .into_iter()
        .find_map(|(known, value)| (known == name).then_some(value))
        .unwrap_or_default()
}

async fn exchange(user: &User<'_>, provider: &str, body: &Value) -> (u16, Value) {
    let path = format!("/api/oauth/{provider}/exchange");
    answer(user.send(Method::POST, &path, body).await).await
}

/// Through the browser, with what comes back in the fields that the original uses.
async fn connect(user: &User<'_>, provider: &str) -> Value {
    let begun = authorize(user, provider, "").await;
    let back = follow(&begun, "allow").await;
    let body = json!({ "code": param(&back, "code"), "state": param(&back, "state") });
    let (status, done) = exchange(user, provider, &body).await;
    assert_eq!(status, 200, "{provider}: {done}");
    done
}

async fn poll_until(user: &User<'_>, provider: &str, code: &Value, wanted: &str) -> Value {
    let path = format!("/api/oauth/{provider}/poll");
    for _ in 0..100 {
        let body = json!({ "deviceCode": code });
        let (status, body) = answer(user.send(Method::POST, &path, &body).await).await;
        assert_eq!(status, 200, "{body}");
        if body["success"] == true || body["error"] == wanted {
            return body;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{provider} never said {wanted}");
}

async fn accounts(user: &User<'_>) -> Vec<Value> {
    let (_, body) = answer(user.get("/api/providers").await).await;
    body["connections"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn every_provider_connects_in_the_browser() {
    let stage = Stage::new().await;
    let user = stage.app.signed_in().await;
    for provider in ["claude", "codex", "gemini-cli", "antigravity", "iflow"] {
        let done = connect(&user, provider).await;
        assert_eq!(done["connection"]["provider"], provider);
        assert_eq!(done["isNew"], true, "{provider}");
    }
    let all = accounts(&user).await;
    assert_eq!(all.len(), 5);
    assert!(
        all.iter()
            .all(|one| one["authType"] == "oauth" && one["testStatus"] == "active")
    );
}

#[tokio::test]
async fn every_provider_connects_with_a_device() {
    let stage = Stage::new().await;
    let user = stage.app.signed_in().await;
    for provider in ["github", "qwen", "kimi-coding", "kiro"] {
        let path = format!("/api/oauth/{provider}/device-code");
        let (status, begun) = answer(user.get(&path).await).await;
        assert_eq!(status, 200, "{provider}: {begun}");
        let code = begun["user_code"].as_str().expect("a code");
        // It keeps on asking, however often it is told to wait longer.
        if provider == "github" {
            stage.vendor.slow_down(code, 1);
        }
        stage.vendor.allow(code);
        let done = poll_until(&user, provider, &begun["device_code"], "login_failed").await;
        assert_eq!(done["success"], true, "{provider}: {done}");
        assert_eq!(done["connection"]["provider"], provider);
    }
    let path = "/api/oauth/kiro/device-code?method=idc&region=eu-west-1&startUrl=https%3A%2F%2Fexample.awsapps.com%2Fstart";
    let (_, begun) = answer(user.get(path).await).await;
    stage.vendor.set_person("someone.else@example.com");
    stage
        .vendor
        .allow(begun["user_code"].as_str().expect("a code"));
    let done = poll_until(&user, "kiro", &begun["device_code"], "login_failed").await;
    assert_eq!(done["success"], true, "{done}");
    assert_eq!(accounts(&user).await.len(), 5);
}

#[tokio::test]
async fn a_device_that_is_refused_or_too_late_says_so() {
    let stage = Stage::new().await;
    let user = stage.app.signed_in().await;
    for (is_denied, words) in [(true, "refused"), (false, "expired")] {
        let (_, begun) = answer(user.get("/api/oauth/qwen/device-code").await).await;
        let code = begun["user_code"].as_str().expect("a code");
        if is_denied {
            stage.vendor.deny(code);
        } else {
            stage.vendor.expire(code);
        }
        let ended = poll_until(&user, "qwen", &begun["device_code"], "login_failed").await;
        let said = ended["errorDescription"].as_str().expect("words");
        assert!(said.contains(words), "{said}");
    }
    assert!(accounts(&user).await.is_empty());
}

#[tokio::test]
async fn kiro_connects_by_its_own_address_and_by_import() {
    let stage = Stage::new().await;
    let user = stage.app.signed_in().await;
    let (status, begun) = answer(
        user.get("/api/oauth/kiro/social-authorize?provider=google")
            .await,
    )
    .await;
    assert_eq!(status, 200, "{begun}");
    assert_eq!(begun["isAwaited"], false);
    let back = follow(&begun, "allow").await;
    assert!(back.starts_with("kiro://"), "{back}");
    let body = json!({ "code": back, "loginId": begun["loginId"] });
    let path = "/api/oauth/kiro/social-exchange";
    let (status, done) = answer(user.send(Method::POST, path, &body).await).await;
    assert_eq!(status, 200, "{done}");

    // The same person's login of another kind updates the account.
    let body = json!({ "refreshToken": "aorAAAAAG-of-another-program" });
    let path = "/api/oauth/kiro/import";
    let (status, again) = answer(user.send(Method::POST, path, &body).await).await;
    assert_eq!(status, 200, "{again}");
    assert_eq!(again["connection"]["id"], done["connection"]["id"]);
    assert_eq!(again["isNew"], false);

    let (status, body) = answer(
        user.send(Method::POST, path, &json!({ "refreshToken": "sk-x" }))
            .await,
    )
    .await;
    assert_eq!(status, 400);
    assert!(
        body["error"]
            .as_str()
            .is_some_and(|words| words.contains("aorAAAAAG")),
        "{body}"
    );
    // No home directory is known here, so there is nothing to find.
    let (_, found) = answer(user.get("/api/oauth/kiro/auto-import").await).await;
    assert_eq!(found["found"], false);
}

#[tokio::test]
async fn whatever_a_person_pastes_finishes_the_login() {
    let stage = Stage::new().await;
    let user = stage.app.signed_in().await;
    for form in ["address", "code#state", "code"] {
        let begun = authorize(&user, "claude", "").await;
        let back = follow(&begun, "allow").await;
        let (code, state) = (param(&back, "code"), param(&back, "state"));
        let text = match form {
            "address" => back,
            "code#state" => format!("{code}#{state}"),
            _ => code,
        };
        // A slip does not end the login.
        let slip = json!({ "code": "two words", "loginId": begun["loginId"] });
        assert_eq!(exchange(&user, "claude", &slip).await.0, 400, "{form}");
        let body = json!({ "code": text, "loginId": begun["loginId"] });
        let (status, done) = exchange(&user, "claude", &body).await;
        assert_eq!(status, 200, "{form}: {done}");
    }
}

#[tokio::test]
async fn a_second_login_of_the_same_person_updates_the_account() {
    let stage = Stage::new().await;
    let user = stage.app.signed_in().await;
    let first = connect(&user, "codex").await;
    let second = connect(&user, "codex").await;
    assert_eq!(first["connection"]["id"], second["connection"]["id"]);
    assert_eq!(second["isNew"], false);
    stage.vendor.set_person("somebody@example.com");
    let third = connect(&user, "codex").await;
    assert_eq!(third["isNew"], true);
    assert_eq!(accounts(&user).await.len(), 2);
}

#[tokio::test]
async fn reconnecting_repairs_the_account_and_takes_nobody_elses_login() {
    let stage = Stage::new().await;
    let user = stage.app.signed_in().await;
    let first = connect(&user, "claude").await;
    let id = first["connection"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    stage.vendor.revoke_all();
    let query = format!("connectionId={id}");

    stage.vendor.set_person("somebody@example.com");
    let begun = authorize(&user, "claude", &query).await;
    let back = follow(&begun, "allow").await;
    let body = json!({ "code": back, "state": param(&back, "state") });
    let (status, refused) = exchange(&user, "claude", &body).await;
    assert_eq!(status, 502);
    assert!(
        refused["error"]
            .as_str()
            .is_some_and(|words| words.contains("somebody else"))
    );

    stage.vendor.set_person(EMAIL);
    let begun = authorize(&user, "claude", &query).await;
    let back = follow(&begun, "allow").await;
    let body = json!({ "code": back, "state": param(&back, "state") });
    let (status, done) = exchange(&user, "claude", &body).await;
    assert_eq!(status, 200, "{done}");
    assert_eq!(done["connection"]["id"], id.as_str());
    assert_eq!(accounts(&user).await.len(), 1);
}

#[tokio::test]
async fn denial_failure_and_silence_have_words() {
    let stage = Stage::new().await;
    let user = stage.app.signed_in().await;

    let begun = authorize(&user, "claude", "").await;
    let back = follow(&begun, "deny").await;
    let body = json!({ "code": back, "state": begun["state"] });
    let (status, refused) = exchange(&user, "claude", &body).await;
    assert_eq!(status, 502);
    assert_eq!(refused["error"], "the vendor refused: You said no");

    for (reply, words) in [
        (
            Reply::json(
                400,
                json!({ "error": "invalid_grant", "error_description": "gone" }),
            ),
            "gone",
        ),
        (Reply::text(503, "text/html", "<html>busy"), "busy"),
        (Reply::hang_up(), "could not be reached"),
    ] {
        let begun = authorize(&user, "claude", "").await;
        let back = follow(&begun, "allow").await;
        stage.vendor.fail_once(reply);
        let body = json!({ "code": back, "state": begun["state"] });
        let (status, failed) = exchange(&user, "claude", &body).await;
        assert_eq!(status, 502, "{failed}");
        let said = failed["error"].as_str().expect("words");
        assert!(said.contains(words), "{said}");
    }
    assert!(accounts(&user).await.is_empty());
}

#[tokio::test]
async fn a_missing_client_secret_is_named() {
    let vendor = Vendor::start().await;
    let url = vendor.url();
    let app = TestApp::with(&[("INITIAL_PASSWORD", PASSWORD), ("VENDORS_URL", &url)]).await;
    let user = app.signed_in().await;
    let (status, body) = answer(user.get("/api/oauth/iflow/authorize").await).await;
    assert_eq!(status, 409);
    let said = body["error"].as_str().expect("words");
    assert!(said.contains("IFLOW_CLIENT_SECRET"), "{said}");
}

#[tokio::test]
async fn a_login_is_used_once() {
    let stage = Stage::new().await;
    let user = stage.app.signed_in().await;
    let begun = authorize(&user, "claude", "").await;
    let back = follow(&begun, "allow").await;
    let body = json!({ "code": param(&back, "code"), "state": param(&back, "state") });
    assert_eq!(exchange(&user, "claude", &body).await.0, 200);
    let asked = stage.vendor.upstream().requests().len();
    assert_eq!(exchange(&user, "claude", &body).await.0, 404, "replayed");
    // Another code under the same state, too.
    let other = json!({ "code": "another", "state": begun["state"] });
    assert_eq!(exchange(&user, "claude", &other).await.0, 404);
    assert_eq!(
        stage.vendor.upstream().requests().len(),
        asked,
        "no vendor was asked"
    );
}

#[tokio::test]
async fn an_answer_of_one_provider_finishes_no_login_of_another() {
    let stage = Stage::new().await;
    let user = stage.app.signed_in().await;
    let claude = authorize(&user, "claude", "").await;
    let codex = authorize(&user, "codex", "").await;
    let back = follow(&claude, "allow").await;
    let body = json!({ "code": param(&back, "code"), "state": param(&back, "state") });
    assert_eq!(
        exchange(&user, "codex", &body).await.0,
        404,
        "at the other path"
    );
    let mixed = json!({ "code": back, "loginId": codex["loginId"] });
    let (status, said) = exchange(&user, "codex", &mixed).await;
    assert_eq!(status, 400, "in the other login: {said}");
    let tokens = stage.vendor.upstream().requests();
    assert!(
        !tokens
            .iter()
            .any(|request| request.path().ends_with("/token"))
    );
    // Nothing of this has spoiled the one it was meant for.
    assert_eq!(exchange(&user, "claude", &body).await.0, 200);
}

#[tokio::test]
async fn a_login_belongs_to_the_session_that_began_it() {
    let stage = Stage::new().await;
    let (user, other) = (stage.app.signed_in().await, stage.app.signed_in().await);
    let begun = authorize(&user, "claude", "").await;
    let back = follow(&begun, "allow").await;
    let body = json!({ "code": param(&back, "code"), "state": param(&back, "state"), "loginId": begun["loginId"] });
    let anonymous = stage.app.post("/api/oauth/claude/exchange", &body).await;
    assert_eq!(anonymous.status(), 401);
    assert_eq!(
        exchange(&other, "claude", &body).await.0,
        404,
        "another session of the same person"
    );
    let poll = json!({ "deviceCode": begun["loginId"] });
    let polled = other
        .send(Method::POST, "/api/oauth/claude/poll", &poll)
        .await;
    assert_eq!(polled.status(), 404);
    assert_eq!(exchange(&user, "claude", &body).await.0, 200);
}

#[tokio::test]
async fn where_browsers_come_back_is_not_for_a_caller_to_say() {
    let stage = Stage::new().await;
    let user = stage.app.signed_in().await;
    let query = "redirect_uri=https%3A%2F%2Fevil.example%2Fcallback";
    let begun = authorize(&user, "claude", query).await;
    let url = begun["authUrl"].as_str().expect("an address");
    assert!(!url.contains("evil"), "{url}");
    let port = stage.app.base.rsplit(':').next().expect("a port");
    let own = format!("http://localhost:{port}/callback");
    assert_eq!(begun["redirectUri"], own.as_str());

    // The callback leads to the dashboard that has begun, whatever it is told, and asks no vendor.
    let back = follow(&begun, "allow").await;
    let query = back.split_once('?').expect("a query").1;
    let asked = stage.vendor.upstream().requests().len();
    let led = stage.app.get(&format!("/callback?{query}")).await;
    let location = led.headers()["location"].to_str().expect("text");
    assert_eq!(location, format!("{}/connect?{query}", stage.app.base));
    let led = stage.app.get("/callback?code=a&state=nobodys").await;
    assert_eq!(led.headers()["location"], "/connect?code=a&state=nobodys");
    assert_eq!(stage.vendor.upstream().requests().len(), asked);
    // The page there is for people who are signed in.
    let page = stage
        .app
        .request(Method::GET, "/connect?code=a")
        .header("accept", "text/html");
    let page = page.send().await.expect("an answer");
    assert!(
        page.headers()["location"]
            .to_str()
            .expect("text")
            .starts_with("/login")
    );
}

#[tokio::test]
async fn the_port_of_codex_is_listened_on_while_it_is_needed() {
    let stage = Stage::new().await;
    let user = stage.app.signed_in().await;
    let begun = authorize(&user, "codex", "").await;
    assert_eq!(begun["redirectUri"], "http://localhost:1455/auth/callback");
    if begun["isAwaited"] == true {
        let back = follow(&begun, "allow")
            .await
            .replace("localhost", "127.0.0.1");
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        let led = client.get(&back).send().await.expect("an answer");
        let location = led.headers()["location"].to_str().expect("text").to_owned();
        assert!(
            location.starts_with(&format!("{}/connect?", stage.app.base)),
            "{location}"
        );
        let unknown = client
            .get("http://127.0.0.1:1455/auth/callback?state=x")
            .send()
            .await;
        assert_eq!(unknown.expect("an answer").status(), 404);
        let body = json!({ "code": location, "state": begun["state"] });
        assert_eq!(exchange(&user, "codex", &body).await.0, 200);
    }
    let (_, closed) = answer(user.get("/api/oauth/codex/stop-proxy").await).await;
    assert_eq!(closed["success"], true);
}

#[tokio::test]
async fn nothing_secret_reaches_the_browser() {
    let stage = Stage::new().await;
    let user = stage.app.signed_in().await;
    let begun = authorize(&user, "claude", "").await;
    assert!(begun.get("codeVerifier").is_none());
    let done = connect(&user, "claude").await;
    let id = done["connection"]["id"].as_str().expect("an id").to_owned();
    let requests = stage.vendor.upstream().requests();
    let exchanged = requests
        .iter()
        .rev()
        .find(|request| request.path().ends_with("/v1/oauth/token"))
        .expect("an exchange")
        .json();
    let verifier = exchanged["code_verifier"]
        .as_str()
        .expect("a verifier")
        .to_owned();
    let mut seen = vec![begun.to_string(), done.to_string()];
    for path in [
        "/api/providers".to_owned(),
        format!("/api/providers/{id}"),
        "/dashboard/providers/claude".to_owned(),
    ] {
        seen.push(user.get(&path).await.text().await.expect("text"));
    }
    for text in &seen {
        assert!(!text.contains(&verifier));
        assert!(
            !text.contains("access-") && !text.contains("-refresh-"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn who_looks_for_an_account_that_is_not_offered_is_told_why() {
    let stage = Stage::new().await;
    let user = stage.app.signed_in().await;
    let token = json!({ "accessToken": "t", "machineId": "m" });
    let path = "/api/oauth/cursor/import";
    let (status, said) = answer(user.send(Method::POST, path, &token).await).await;
    assert_eq!(status, 400);
    assert!(
        said["error"]
            .as_str()
            .is_some_and(|words| words.contains("Cursor")),
        "{said}"
    );
    for provider in ["cursor", "cline", "kilocode"] {
        let path = format!("/api/oauth/{provider}/authorize");
        let (status, said) = answer(user.get(&path).await).await;
        assert_eq!(status, 400, "{provider}");
        let words = said["error"].as_str().expect("words");
        assert!(
            !words.contains("Invalid") && !words.contains("API key"),
            "{words}"
        );
    }
    let page = user.get("/dashboard/providers/cursor").await;
    let page = page.text().await.expect("a page");
    assert!(page.contains("are not offered"));
}
