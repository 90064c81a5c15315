//! The description of the API: complete, well formed, and true of what the API answers.

mod schema;

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Reply;

use crate::openapi::schema::Schemas;
use crate::support::{Routed, TestApp, User, answer};

async fn document(user: &User<'_>) -> Value {
    user.json(Method::GET, "/api/openapi.json", &Value::Null)
        .await
}

/// Every operation with its path and method.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods");
            methods
                .iter()
                .map(move |(method, operation)| (path.clone(), method.to_uppercase(), operation))
        })
        .collect()
}

#[tokio::test]
async fn every_route_is_described_and_nothing_else() {
    let app = TestApp::new().await;
    let document = document(&app.signed_in().await).await;
    let described: BTreeSet<_> = operations(&document)
        .into_iter()
        .map(|(path, method, _)| format!("{method} {path}"))
        .collect();
    let there: BTreeSet<_> = app
        .routes
        .iter()
        .filter(|route| route.path.starts_with("/api/"))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    let missing: Vec<_> = there.difference(&described).collect();
    let made_up: Vec<_> = described.difference(&there).collect();
    assert!(
        missing.is_empty() && made_up.is_empty(),
        "not described: {missing:#?}, described and not there: {made_up:#?}; see `docs/ADDING.md`"
    );
}

#[tokio::test]
async fn the_document_is_well_formed() {
    let app = TestApp::new().await;
    let document = document(&app.signed_in().await).await;
    assert_eq!(document["openapi"], "3.1.1");
    for field in ["title", "version"] {
        assert!(document["info"][field].is_string(), "info.{field}");
    }
    let tags: BTreeSet<_> = document["tags"]
        .as_array()
        .expect("tags")
        .iter()
        .map(|tag| tag["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(tags.len(), document["tags"].as_array().expect("tags").len());
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let name = format!("{method} {path}");
        let id = operation["operationId"].as_str().expect("an id");
        assert!(ids.insert(id), "{name}: another one is called {id} too");
        assert!(
            !operation["summary"].as_str().expect("text").is_empty(),
            "{name}"
        );
        assert!(
            tags.contains(operation["tags"][0].as_str().expect("a tag")),
            "{name}"
        );
        let responses = operation["responses"].as_object().expect("responses");
        assert!(
            responses.keys().any(|status| status.starts_with('2')),
            "{name}"
        );
        for response in responses.values() {
            assert!(
                response["$ref"].is_string() || response["description"].is_string(),
                "{name}"
            );
        }
        let none = Vec::new();
        let parameters = operation["parameters"].as_array().unwrap_or(&none);
        let unique: BTreeSet<_> = parameters
            .iter()
            .map(|parameter| (parameter["in"].to_string(), parameter["name"].to_string()))
            .collect();
        assert_eq!(unique.len(), parameters.len(), "{name}");
        for parameter in parameters {
            assert!(parameter["schema"].is_object(), "{name}");
        }
        let in_path: BTreeSet<_> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .inspect(|parameter| assert_eq!(parameter["required"], true, "{name}"))
            .map(|parameter| format!("{{{}}}", parameter["name"].as_str().expect("a name")))
            .collect();
        let in_template: BTreeSet<_> = path
            .split('/')
            .filter(|part| part.starts_with('{'))
            .map(str::to_owned)
            .collect();
        assert_eq!(in_path, in_template, "{name}");
        for requirement in operation["security"].as_array().expect("security") {
            let scheme = requirement.as_object().expect("an object").keys().next();
            let scheme = scheme.expect("a scheme");
            assert!(
                document["components"]["securitySchemes"][scheme].is_object(),
                "{name}"
            );
        }
        assert!(
            method != "GET" || operation["requestBody"].is_null(),
            "{name}"
        );
    }
    let broken: Vec<_> = references(&document)
        .into_iter()
        .filter(|reference| {
            let pointer = reference.strip_prefix('#').expect("a local one");
            document.pointer(pointer).is_none()
        })
        .collect();
    assert!(broken.is_empty(), "{broken:?}");
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match (name.as_str(), value) {
                ("$ref", Value::String(reference)) => vec![reference.clone()],
                _ => references(value),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(references).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[tokio::test]
async fn who_may_call_is_said() {
    let app = TestApp::new().await;
    let document = document(&app.signed_in().await).await;
    let of = |path: &str, method: &str| &document["paths"][path][method];
    assert_eq!(of("/api/health", "get")["security"], json!([]));
    assert_eq!(of("/api/chat", "post")["security"], json!([{ "key": [] }]));
    let session = json!([{ "session": [] }]);
    assert_eq!(of("/api/keys", "get")["security"], session);
    assert!(of("/api/keys", "get")["responses"]["403"].is_null());
    assert_eq!(of("/api/combos", "post")["security"], session);
    assert!(of("/api/combos", "post")["responses"]["403"].is_object());
}

/// A path whose placeholder is the first thing that the collection before it lists.
async fn concrete(admin: &User<'_>, path: &str) -> Option<String> {
    let Some((collection, rest)) = path.split_once("/{") else {
        return Some(path.to_owned());
    };
    let (_, listed) = answer(admin.get(collection).await).await;
    let first = listed
        .as_object()?
        .values()
        .find_map(|value| value.as_array()?.first())?;
    let (_, after) = rest.split_once('}')?;
    Some(format!("{collection}/{}{after}", first["id"].as_str()?))
}

#[tokio::test]
async fn what_is_read_looks_as_it_is_described() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let combo = json!({ "name": "both", "models": ["chat/a", "responses/b"] });
    admin.json(Method::POST, "/api/combos", &combo).await;
    let alias = json!({ "alias": "quick", "model": "chat/a" });
    admin.json(Method::PUT, "/api/models/alias", &alias).await;
    let usage = json!({ "prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5 });
    let reply = json!({ "id": "c", "object": "chat.completion", "created": 1, "model": "a", "usage": usage,
        "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": "hi" } }] });
    routed.chat("chat/a", Reply::json(200, reply)).await;
    routed.app.rows(1).await;

    let document = document(&admin).await;
    let schemas = Schemas(&document);
    let mut checked = 0;
    for (path, method, operation) in operations(&document) {
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        let is_bare = schema.as_object().is_none_or(serde_json::Map::is_empty);
        // Asking the provider for its models is tested where providers are.
        if method != "GET" || is_bare || path == "/api/providers/{id}/models" {
            continue;
        }
        let Some(path) = concrete(&admin, &path).await else {
            continue;
        };
        let is_for_clients = operation["security"][0]["key"].is_array();
        let request = if is_for_clients {
            routed
                .app
                .request(Method::GET, &path)
                .bearer_auth(&routed.key)
        } else {
            admin.request(Method::GET, &path)
        };
        let response = request.send().await.expect("an answer");
        let (status, answer) = answer(response).await;
        assert_eq!(status, 200, "{path}");
        schemas.check(&path, schema, &answer);
        checked += 1;
    }
    assert!(checked >= 15, "{checked}");
}

#[tokio::test]
async fn what_is_created_and_changed_looks_as_it_is_described() {
    let app = TestApp::new().await;
    let admin = app.signed_in().await;
    let document = document(&admin).await;
    let schemas = Schemas(&document);
    let node = json!({ "type": "openai-compatible", "apiType": "chat", "name": "n", "prefix": "n",
        "baseUrl": "http://127.0.0.1:9/v1", "allowsPrivate": true });
    let mut id = String::new();
    for (method, path, status, body) in [
        ("post", "/api/keys", "201", json!({ "name": "a tool" })),
        ("put", "/api/keys/{id}", "200", json!({ "isActive": false })),
        ("delete", "/api/keys/{id}", "200", json!({})),
        ("post", "/api/provider-nodes", "201", node),
        (
            "put",
            "/api/provider-nodes/{id}",
            "200",
            json!({ "name": "m" }),
        ),
        ("delete", "/api/provider-nodes/{id}", "200", json!({})),
        (
            "post",
            "/api/providers",
            "201",
            json!({ "provider": "openai", "apiKey": "sk-1", "name": "a" }),
        ),
        (
            "put",
            "/api/providers/{id}",
            "200",
            json!({ "priority": 7 }),
        ),
        ("delete", "/api/providers/{id}", "200", json!({})),
        (
            "post",
            "/api/combos",
            "201",
            json!({ "name": "c", "models": ["openai/gpt-5-mini"] }),
        ),
        (
            "put",
            "/api/combos/{id}",
            "200",
            json!({ "strategy": "round-robin" }),
        ),
        ("delete", "/api/combos/{id}", "200", json!({})),
        (
            "put",
            "/api/models/alias",
            "200",
            json!({ "alias": "q", "model": "openai/gpt-5-mini" }),
        ),
        (
            "patch",
            "/api/settings",
            "200",
            json!({ "strictTranslation": true }),
        ),
        (
            "put",
            "/api/settings/usage-retention",
            "200",
            json!({ "request_days": 30, "sum_days": null }),
        ),
        (
            "post",
            "/api/usage/query",
            "200",
            json!({ "by": "day", "then_by": null }),
        ),
        (
            "post",
            "/api/usage/series",
            "200",
            json!({ "measure": "cost" }),
        ),
    ] {
        let operation = &document["paths"][path][method];
        let taken = &operation["requestBody"]["content"]["application/json"]["schema"];
        if method != "delete" {
            schemas.check(path, taken, &body);
        }
        let verb = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
        let given_back = admin.json(verb, &path.replace("{id}", &id), &body).await;
        let given = &operation["responses"][status]["content"]["application/json"]["schema"];
        assert!(given.is_object(), "{method} {path} has no {status}");
        schemas.check(path, given, &given_back);
        let nested = given_back.as_object().expect("an object").values();
        let found = nested.filter_map(|value| value["id"].as_str()).next();
        if let Some(found) = given_back["id"].as_str().or(found) {
            found.clone_into(&mut id);
        }
    }
}

#[tokio::test]
async fn strangers_do_not_read_it() {
    let app = TestApp::new().await;
    assert_eq!(app.get("/api/openapi.json").await.status(), 401);
}
