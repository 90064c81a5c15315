//! Our own keys: made, shown once, renamed, paused, deleted.

use reqwest::Method;
use serde_json::json;

use crate::support::{TestApp, answer};

#[tokio::test]
async fn a_key_is_shown_once_and_works_until_it_is_paused_or_deleted() {
    let app = TestApp::new().await;
    let admin = app.signed_in().await;
    let created = admin
        .json(Method::POST, "/api/keys", &json!({ "name": "laptop" }))
        .await;
    let (key, id) = (
        created["key"].as_str().expect("a key"),
        created["id"].as_str().expect("an id"),
    );
    let path = format!("/api/keys/{id}");
    let models = || async {
        app.request(Method::GET, "/v1/models")
            .bearer_auth(key)
            .send()
            .await
            .expect("an answer")
            .status()
    };

    assert_eq!(models().await, 200);
    let listed = answer(admin.get("/api/keys").await).await.1;
    assert_eq!(listed["keys"][0]["name"], "laptop");
    let shown = listed["keys"][0]["key"].as_str().expect("text");
    assert!(
        !listed.to_string().contains(key) && key.starts_with(shown.trim_end_matches('…')),
        "{shown}"
    );

    admin
        .json(Method::PUT, &path, &json!({ "isActive": false }))
        .await;
    assert_eq!(models().await, 401);
    let renamed = admin
        .json(
            Method::PUT,
            &path,
            &json!({ "isActive": true, "name": "desk" }),
        )
        .await;
    assert_eq!(
        (&renamed["key"]["name"], &renamed["key"]["isActive"]),
        (&json!("desk"), &json!(true))
    );
    assert_eq!(models().await, 200);

    assert_eq!(admin.delete(&path).await.status(), 200);
    assert_eq!(models().await, 401);
    assert_eq!(
        answer(admin.delete(&path).await).await,
        (404, json!({ "error": "key not found" }))
    );
}

#[tokio::test]
async fn a_key_needs_a_name() {
    let app = TestApp::new().await;
    let admin = app.signed_in().await;
    for body in [
        json!({}),
        json!({ "name": "  " }),
        json!({ "name": "x".repeat(101) }),
        json!({ "name": 7 }),
    ] {
        assert_eq!(
            admin.send(Method::POST, "/api/keys", &body).await.status(),
            400,
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_key_is_taken_from_each_of_its_places() {
    let app = TestApp::new().await;
    let key = app.signed_in().await.key().await;
    for (name, value) in [
        ("authorization", format!("Bearer {key}")),
        ("x-api-key", key.clone()),
        ("x-goog-api-key", key.clone()),
    ] {
        let response = app
            .request(Method::GET, "/v1/models")
            .header(name, value)
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 200, "{name}");
    }
    assert_eq!(
        app.get(&format!("/v1/models?key={key}")).await.status(),
        200
    );
}

#[tokio::test]
async fn without_required_keys_only_programs_of_this_machine_come_in() {
    let app = TestApp::with(&[("REQUIRE_API_KEY", "false")]).await;
    assert_eq!(app.get("/v1/models").await.status(), 200);
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("x-forwarded-for", "192.0.2.1"),
        ("authorization", "Bearer sk-wrong"),
    ] {
        let response = app
            .request(Method::GET, "/v1/models")
            .header(name, value)
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 401, "{name}");
    }
}
