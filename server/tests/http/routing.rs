//! Combos and aliases: made, refused in words, changed, deleted, listed.

use api::routing::Strategy;
use reqwest::Method;
use sea_orm_migration::sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::support::{Routed, TestApp, User, answer};

async fn made(admin: &User<'_>, name: &str, models: &[&str]) -> String {
    let combo = json!({ "name": name, "models": models });
    let made = admin.json(Method::POST, "/api/combos", &combo).await;
    made["id"].as_str().expect("an id").to_owned()
}

async fn refused(admin: &User<'_>, method: Method, path: &str, body: &Value) -> (u16, String) {
    let (status, body) = answer(admin.send(method, path, body).await).await;
    let words = body["error"].as_str().expect("words").to_owned();
    (status, words)
}

#[tokio::test]
async fn a_combo_is_made_shown_changed_and_deleted() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let combo = json!({ "name": "fast", "models": ["chat/small", " anthropic/large "] });
    let response = admin.send(Method::POST, "/api/combos", &combo).await;
    let (status, combo) = answer(response).await;
    assert_eq!(status, 201);
    let id = combo["id"].as_str().expect("an id");
    assert_eq!(
        combo,
        json!({
            "id": id,
            "name": "fast",
            "models": ["chat/small", "anthropic/large"],
            "strategy": "fallback",
            "createdAt": combo["createdAt"],
            "updatedAt": combo["updatedAt"],
        })
    );
    let path = format!("/api/combos/{id}");
    assert_eq!(answer(admin.get(&path).await).await, (200, combo.clone()));
    assert_eq!(
        answer(admin.get("/api/combos").await).await.1,
        json!({ "combos": [combo] })
    );

    let change = json!({ "name": "faster", "models": ["chat/m"], "strategy": "round-robin" });
    let changed = admin.json(Method::PUT, &path, &change).await;
    assert_eq!(
        (&changed["name"], &changed["models"], &changed["strategy"]),
        (&json!("faster"), &json!(["chat/m"]), &json!("round-robin"))
    );
    assert_eq!(changed["createdAt"], combo["createdAt"]);
    let snapshot = routed.app.gateway.snapshot();
    let held = snapshot.combos.get("faster").expect("the combo");
    assert_eq!(
        (held.models.as_slice(), held.strategy),
        (["chat/m".to_owned()].as_slice(), Strategy::RoundRobin)
    );

    let deleted = answer(admin.delete(&path).await).await;
    assert_eq!(deleted, (200, json!({ "success": true })));
    assert_eq!(answer(admin.delete(&path).await).await.0, 404);
    assert!(routed.app.gateway.snapshot().combos.is_empty());
}

#[tokio::test]
async fn wrong_combos_are_refused_in_words() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    made(&admin, "taken", &["chat/m"]).await;
    let alias = json!({ "alias": "short", "model": "chat/m" });
    admin.json(Method::PUT, "/api/models/alias", &alias).await;

    let name = "expected a name of at most 100 letters, digits, `-`, `_` and `.`";
    for (combo, expected) in [
        (json!({ "models": ["chat/m"] }), (400, "Name is required")),
        (json!({ "name": "a/b", "models": ["chat/m"] }), (400, name)),
        (json!({ "name": "a b", "models": ["chat/m"] }), (400, name)),
        (
            json!({ "name": "n", "models": [] }),
            (400, "expected at least one model"),
        ),
        (
            json!({ "name": "n", "models": ["chat/m", " "] }),
            (400, "expected the name of a model, found nothing"),
        ),
        (
            json!({ "name": "n", "models": ["chat/m", "nobody/m"] }),
            (
                400,
                "`nobody/m` leads nowhere: write `prefix/model` with the prefix of a provider, or the name of a combo or an alias",
            ),
        ),
        (
            json!({ "name": "n", "models": ["chat/m"], "strategy": "best" }),
            (400, "expected `fallback` or `round-robin`, found `best`"),
        ),
        (
            json!({ "name": "n", "models": ["n"] }),
            (400, "`n` cannot lead to itself"),
        ),
        (
            json!({ "name": "taken", "models": ["chat/m"] }),
            (409, "another combo has this name already"),
        ),
        (
            json!({ "name": "short", "models": ["chat/m"] }),
            (409, "an alias has this name already"),
        ),
    ] {
        let (status, words) = refused(&admin, Method::POST, "/api/combos", &combo).await;
        assert_eq!((status, words.as_str()), expected, "{combo}");
    }
}

#[tokio::test]
async fn names_never_lead_back_to_themselves() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let low = made(&admin, "low", &["chat/m"]).await;
    let alias = json!({ "alias": "middle", "model": "low" });
    admin.json(Method::PUT, "/api/models/alias", &alias).await;
    let high = made(&admin, "high", &["anthropic/m", "middle"]).await;

    let circle = json!({ "models": ["chat/m", "high"] });
    let words = refused(&admin, Method::PUT, &format!("/api/combos/{low}"), &circle).await;
    assert_eq!(
        words,
        (
            400,
            "`low` would lead back to itself: `low` → `high` → `middle` → `low`".to_owned()
        )
    );
    let circle = json!({ "alias": "middle", "model": "high" });
    let words = refused(&admin, Method::PUT, "/api/models/alias", &circle).await;
    assert_eq!(
        words,
        (
            400,
            "`middle` would lead back to itself: `middle` → `high` → `middle`".to_owned()
        )
    );

    // What others lead to stays, and keeps its name.
    let used = (
        409,
        "`low` is used by `middle`: take it out there first".to_owned(),
    );
    let path = format!("/api/combos/{low}");
    assert_eq!(
        refused(&admin, Method::DELETE, &path, &json!({})).await,
        used
    );
    let rename = json!({ "name": "other" });
    assert_eq!(refused(&admin, Method::PUT, &path, &rename).await, used);
    let alias = "/api/models/alias?alias=middle";
    assert_eq!(
        refused(&admin, Method::DELETE, alias, &json!({})).await,
        (
            409,
            "`middle` is used by `high`: take it out there first".to_owned()
        )
    );
    for path in [&format!("/api/combos/{high}"), alias, &path] {
        assert_eq!(admin.delete(path).await.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn a_combo_whose_provider_is_gone_can_still_be_changed() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let id = made(&admin, "fast", &["chat/m"]).await;
    let nodes = answer(admin.get("/api/provider-nodes").await).await.1;
    let node = nodes["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .find(|node| node["prefix"] == "chat")
        .expect("the node");
    let node = node["id"].as_str().expect("an id");
    let deleted = admin.delete(&format!("/api/provider-nodes/{node}")).await;
    assert_eq!(deleted.status(), 200);

    let path = format!("/api/combos/{id}");
    let same = json!({ "models": ["chat/m"] });
    assert_eq!(refused(&admin, Method::PUT, &path, &same).await.0, 400);
    let change = json!({ "name": "slow", "strategy": "round-robin" });
    let changed = admin.json(Method::PUT, &path, &change).await;
    assert_eq!(changed["name"], "slow");
}

#[tokio::test]
async fn an_alias_is_set_changed_and_deleted() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let path = "/api/models/alias";
    for model in ["chat/m", "anthropic/m"] {
        let alias = json!({ "alias": "short", "model": model });
        assert_eq!(
            admin.json(Method::PUT, path, &alias).await,
            json!({ "success": true, "alias": "short", "model": model })
        );
        assert_eq!(
            answer(admin.get(path).await).await,
            (200, json!({ "aliases": { "short": model } }))
        );
    }
    let snapshot = routed.app.gateway.snapshot();
    assert_eq!(
        snapshot.aliases.get("short").map(String::as_str),
        Some("anthropic/m")
    );

    made(&admin, "fast", &["chat/m"]).await;
    for (alias, expected) in [
        (json!({ "alias": "a" }), (400, "Model and alias required")),
        (
            json!({ "alias": "a/b", "model": "chat/m" }),
            (
                400,
                "expected a name of at most 100 letters, digits, `-`, `_` and `.`",
            ),
        ),
        (
            json!({ "alias": "a", "model": "a" }),
            (400, "`a` cannot lead to itself"),
        ),
        (
            json!({ "alias": "a", "model": "nothing" }),
            (
                400,
                "`nothing` leads nowhere: write `prefix/model` with the prefix of a provider, or the name of a combo or an alias",
            ),
        ),
        (
            json!({ "alias": "fast", "model": "chat/m" }),
            (409, "a combo has this name already"),
        ),
    ] {
        let (status, words) = refused(&admin, Method::PUT, path, &alias).await;
        assert_eq!((status, words.as_str()), expected, "{alias}");
    }

    assert_eq!(
        answer(admin.delete("/api/models/alias?alias=short").await).await,
        (200, json!({ "success": true }))
    );
    assert_eq!(
        answer(admin.delete("/api/models/alias?alias=short").await).await,
        (404, json!({ "error": "alias not found" }))
    );
    assert_eq!(
        answer(admin.delete(path).await).await,
        (400, json!({ "error": "Alias required" }))
    );
}

#[tokio::test]
async fn clients_and_people_find_the_names() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    made(&admin, "z-combo", &["chat/m"]).await;
    let alias = json!({ "alias": "gpt", "model": "openai/gpt-5" });
    admin.json(Method::PUT, "/api/models/alias", &alias).await;

    let listed = routed.app.request(Method::GET, "/v1/models");
    let listed = listed
        .bearer_auth(&routed.key)
        .send()
        .await
        .expect("models");
    let listed = answer(listed).await.1;
    let names: Vec<_> = listed["data"]
        .as_array()
        .expect("models")
        .iter()
        .map(|model| (model["id"].as_str(), model["owned_by"].as_str()))
        .collect();
    assert_eq!(
        names,
        [
            (Some("gpt"), Some("alias")),
            (Some("z-combo"), Some("combo"))
        ]
    );

    let models = answer(admin.get("/api/models").await).await.1;
    let models = models["models"].as_array().expect("models");
    let of_openai = models
        .iter()
        .find(|model| model["provider"] == "openai")
        .expect("a model of the catalogue");
    let full = format!(
        "openai/{}",
        of_openai["model"].as_str().expect("the model's name")
    );
    assert_eq!(of_openai["fullModel"], json!(full));
}

#[tokio::test]
async fn a_member_sees_the_names_and_changes_none() {
    let app = TestApp::new().await;
    let member = app.signed_in().await;
    let alias = json!({ "alias": "short", "model": "openai/gpt-5" });
    member.json(Method::PUT, "/api/models/alias", &alias).await;
    app.store
        .database()
        .execute_unprepared("UPDATE users SET role = 'member'")
        .await
        .expect("an update");
    assert_eq!(
        answer(member.get("/api/models/alias").await).await.1,
        json!({ "aliases": { "short": "openai/gpt-5" } })
    );
    assert_eq!(member.get("/api/combos").await.status(), 200);
    let refused = member.send(Method::PUT, "/api/models/alias", &alias).await;
    assert_eq!(refused.status(), 403);
    let combo = json!({ "name": "n", "models": ["short"] });
    let refused = member.send(Method::POST, "/api/combos", &combo).await;
    assert_eq!(refused.status(), 403);
}
