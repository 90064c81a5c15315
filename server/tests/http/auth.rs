//! The first run, signing in, and signing out.

use reqwest::Method;
use serde_json::json;

use crate::support::{PASSWORD, TestApp, answer};

#[tokio::test]
async fn the_first_visit_from_this_machine_makes_the_administrator_once() {
    let app = TestApp::with(&[]).await;
    let first = app
        .post(
            "/api/auth/setup",
            &json!({ "name": "owner", "password": PASSWORD }),
        )
        .await;
    assert_eq!(first.status(), 201);
    assert_eq!(app.user(&first).get("/api/keys").await.status(), 200);
    let second = app
        .post(
            "/api/auth/setup",
            &json!({ "name": "other", "password": PASSWORD }),
        )
        .await;
    assert_eq!(
        answer(second).await,
        (
            409,
            json!({ "error": "an administrator exists already: sign in" })
        )
    );
}

#[tokio::test]
async fn a_visit_through_a_proxy_needs_the_token() {
    let app = TestApp::with(&[]).await;
    let token = app.setup_token.clone().expect("a token");
    let attempt = |token: Option<&str>| {
        let body = json!({ "name": "owner", "password": PASSWORD, "token": token }).to_string();
        app.request(Method::POST, "/api/auth/setup")
            .header("x-forwarded-for", "127.0.0.1")
            .header("content-type", "application/json")
            .body(body)
    };
    assert_eq!(attempt(None).send().await.expect("an answer").status(), 400);
    assert_eq!(
        attempt(Some("guess"))
            .send()
            .await
            .expect("an answer")
            .status(),
        400
    );
    assert_eq!(
        attempt(Some(&token))
            .send()
            .await
            .expect("an answer")
            .status(),
        201
    );
}

#[tokio::test]
async fn ten_first_visits_at_once_make_one_administrator() {
    let app = TestApp::with(&[]).await;
    let body = json!({ "name": "owner", "password": PASSWORD });
    let visits = (0..4).map(|_| app.post("/api/auth/setup", &body));
    let mut statuses: Vec<_> = futures::future::join_all(visits)
        .await
        .iter()
        .map(|response| response.status().as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
}

#[tokio::test]
async fn nothing_can_be_signed_into_before_the_first_run() {
    let app = TestApp::with(&[]).await;
    for password in ["", "123456", "admin", "password"] {
        assert_eq!(
            app.post("/api/auth/login", &json!({ "password": password }))
                .await
                .status(),
            401
        );
    }
}

#[tokio::test]
async fn a_password_opens_a_session_and_logout_ends_it() {
    let app = TestApp::new().await;
    let wrong = app
        .post("/api/auth/login", &json!({ "password": "wrong" }))
        .await;
    assert_eq!(
        answer(wrong).await,
        (401, json!({ "error": "Invalid password" }))
    );
    let right = app
        .post("/api/auth/login", &json!({ "password": PASSWORD }))
        .await;
    let set = right
        .headers()
        .get("set-cookie")
        .expect("a cookie")
        .to_str()
        .expect("text")
        .to_owned();
    assert!(
        set.starts_with("auth_token=") && set.contains("HttpOnly") && set.contains("SameSite=Lax"),
        "{set}"
    );
    assert!(!set.contains("Secure"), "plain http on loopback: {set}");
    let user = app.user(&right);
    assert_eq!(user.get("/api/keys").await.status(), 200);
    assert_eq!(
        user.send(Method::POST, "/api/auth/logout", &json!({}))
            .await
            .status(),
        200
    );
    assert_eq!(user.get("/api/keys").await.status(), 401);
}

#[tokio::test]
async fn a_named_user_signs_in_by_name() {
    let app = TestApp::new().await;
    let login = |name: &str| json!({ "username": name, "password": PASSWORD });
    assert_eq!(
        app.post("/api/auth/login", &login("admin")).await.status(),
        200
    );
    assert_eq!(
        app.post("/api/auth/login", &login("nobody")).await.status(),
        401
    );
}

#[tokio::test]
async fn guessing_has_to_wait() {
    let app = TestApp::new().await;
    for _ in 0..5 {
        assert_eq!(
            app.post("/api/auth/login", &json!({ "password": "wrong" }))
                .await
                .status(),
            401
        );
    }
    let waiting = app
        .post("/api/auth/login", &json!({ "password": PASSWORD }))
        .await;
    assert_eq!(waiting.status(), 429);
    let seconds: u64 = waiting.headers()["retry-after"]
        .to_str()
        .expect("text")
        .parse()
        .expect("seconds");
    assert!((1..=30).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_forged_or_altered_cookie_is_nobodys() {
    let app = TestApp::new().await;
    for cookie in [
        "auth_token=x",
        "auth_token=eyJhbGciOiJIUzI1NiJ9.eyJhdXRoZW50aWNhdGVkIjp0cnVlfQ.x",
    ] {
        let response = app
            .request(Method::GET, "/api/keys")
            .header("cookie", cookie)
            .send()
            .await;
        assert_eq!(response.expect("an answer").status(), 401);
    }
}

#[tokio::test]
async fn the_session_cookie_is_for_https_where_the_public_address_is() {
    let app = TestApp::with(&[
        ("INITIAL_PASSWORD", PASSWORD),
        ("NEXT_PUBLIC_BASE_URL", "https://router.example.com"),
    ])
    .await;
    let right = app
        .post("/api/auth/login", &json!({ "password": PASSWORD }))
        .await;
    assert!(
        right.headers()["set-cookie"]
            .to_str()
            .expect("text")
            .contains("Secure")
    );
}

#[tokio::test]
async fn whether_a_login_is_needed_is_public() {
    let app = TestApp::new().await;
    assert_eq!(
        answer(app.get("/api/settings/require-login").await).await,
        (200, json!({ "requireLogin": true }))
    );
    assert_eq!(
        answer(app.get("/api/health").await).await,
        (200, json!({ "ok": true }))
    );
}
