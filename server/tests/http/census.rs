//! Every route, as the router itself lists them, answers the right callers alone.

use api::access::Access;
use reqwest::Method;
use sea_orm_migration::sea_orm::ConnectionTrait as _;
use serde_json::json;
use server::routes::Route;

use crate::support::{PASSWORD, TestApp};

/// A path that matches the route.
fn example(route: &Route) -> String {
    let mut path = route.path.clone();
    for (placeholder, value) in [("{id}", "01a2"), ("{*path}", "responses")] {
        path = path.replace(placeholder, value);
    }
    path
}

/// Routes that a request cannot call twice with the same effect, or that end what the census needs.
fn changes_who_is_signed_in(route: &Route) -> bool {
    ["login", "logout", "setup", "sign_in", "sign_out", "set_up"]
        .iter()
        .any(|name| route.path.ends_with(name))
}

async fn status(request: reqwest::RequestBuilder) -> u16 {
    let request = request
        .header("content-type", "application/json")
        .body("{}");
    request.send().await.expect("an answer").status().as_u16()
}

fn is_refusal(status: u16) -> bool {
    matches!(status, 401 | 403)
}

/// With the routes that are only there where they are switched on.
async fn everything() -> TestApp {
    let variables = [
        ("INITIAL_PASSWORD", PASSWORD),
        ("METRICS", "true"),
        ("METRICS_TOKEN", "the token of the metrics"),
    ];
    TestApp::with(&variables).await
}

#[tokio::test]
async fn every_route_refuses_everyone_below_its_class() {
    let app = everything().await;
    let admin = app.signed_in().await;
    let key = admin.key().await;
    assert!(
        app.routes.len() > 50,
        "the census sees the whole router: {}",
        app.routes.len()
    );

    for route in &app.routes {
        let path = example(route);
        let name = format!("{} {}", route.method, route.path);
        let anonymous = status(app.request(route.method.clone(), &path)).await;
        let with_key = status(app.request(route.method.clone(), &path).bearer_auth(&key)).await;
        match route.access {
            Access::Public => {}
            Access::ClientKey => {
                assert_eq!(anonymous, 401, "{name} without a key");
                assert!(!is_refusal(with_key), "{name} with a key: {with_key}");
            }
            Access::Monitor => {
                assert_eq!(anonymous, 401, "{name} without the token");
                assert_eq!(with_key, 401, "{name} with a key of the data plane");
            }
            Access::Session | Access::Admin => {
                assert_eq!(anonymous, 401, "{name} without a session");
                assert_eq!(with_key, 401, "{name} with a key of the data plane");
            }
        }
        if !changes_who_is_signed_in(route) && route.path != "/api/usage/stream" {
            let signed_in = status(admin.request(route.method.clone(), &path)).await;
            match route.access {
                Access::ClientKey | Access::Monitor => {
                    assert_eq!(signed_in, 401, "{name} with a session alone");
                }
                Access::Public | Access::Session | Access::Admin => {
                    assert!(
                        !is_refusal(signed_in),
                        "{name} as the administrator: {signed_in}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn a_member_is_no_administrator() {
    let app = TestApp::new().await;
    let member = app.signed_in().await;
    app.store
        .database()
        .execute_unprepared("UPDATE users SET role = 'member'")
        .await
        .expect("an update");
    for route in app
        .routes
        .iter()
        .filter(|route| !changes_who_is_signed_in(route))
    {
        if route.path == "/api/usage/stream" {
            continue;
        }
        let status = status(member.request(route.method.clone(), &example(route))).await;
        match route.access {
            Access::Admin => assert_eq!(status, 403, "{} {}", route.method, route.path),
            Access::Public | Access::Session => {
                assert!(
                    !is_refusal(status),
                    "{} {}: {status}",
                    route.method,
                    route.path
                );
            }
            Access::ClientKey | Access::Monitor => {}
        }
    }
}

#[tokio::test]
async fn other_spellings_of_a_path_open_nothing() {
    let app = TestApp::new().await;
    for path in [
        "/V1/models",
        "//v1/models",
        "/v1//models",
        "/v1/models/",
        "/v1/./models",
        "/%76%31/models",
        "/v1/models;x",
        "/API/keys",
        "//api/keys",
        "/api/keys/",
        "/api//keys",
        "/api/./keys",
        "/api/%6beys",
        "/api/keys;x",
        "/api/auth/../keys",
        "/Dashboard",
        "/dashboard/../api/keys",
    ] {
        for method in [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::DELETE,
        ] {
            let request = app
                .request(method.clone(), path)
                .header("x-http-method-override", "GET");
            let status = status(request).await;
            assert!(
                matches!(status, 401 | 404 | 405),
                "{method} {path}: {status}"
            );
        }
    }
}

#[tokio::test]
async fn a_foreign_page_changes_nothing() {
    let app = TestApp::new().await;
    let admin = app.signed_in().await;
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let request = admin.request(Method::POST, "/api/keys").header(name, value);
        let response = request
            .header("content-type", "application/json")
            .body(json!({ "name": "x" }).to_string());
        assert_eq!(
            response.send().await.expect("an answer").status(),
            403,
            "{name}: {value}"
        );
    }
    let form = admin
        .request(Method::POST, "/api/keys")
        .header("content-type", "text/plain")
        .body("{\"name\":\"x\"}");
    assert_eq!(form.send().await.expect("an answer").status(), 415);
}

#[tokio::test]
async fn another_name_for_loopback_is_refused() {
    let app = TestApp::new().await;
    for path in ["/api/health", "/v1/models", "/login"] {
        let response = app
            .request(Method::GET, path)
            .header("host", "rebound.example")
            .send()
            .await;
        assert_eq!(response.expect("an answer").status(), 421, "{path}");
    }
}
