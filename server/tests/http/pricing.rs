//! Prices: set, by date, reset, and what is stored priced anew.

use chrono::Utc;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Reply;

use crate::support::{Routed, User, answer};

fn thousand() -> Reply {
    Reply::json(
        200,
        json!({
            "id": "c1", "object": "chat.completion", "created": 1, "model": "up",
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": "hello" }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100 }
        }),
    )
}

async fn prices(admin: &User<'_>) -> Value {
    let (status, body) = answer(admin.get("/api/pricing").await).await;
    assert_eq!(status, 200);
    body
}

#[tokio::test]
async fn a_price_holds_from_its_moment_on_and_changes_nothing_before() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    assert_eq!(
        prices(&admin).await["chat"],
        Value::Null,
        "a node has no prices"
    );

    routed.chat("chat/m", thousand()).await;
    let set = json!({ "chat": { "m": { "input": 2, "output": 10.5 } } });
    let shown = admin.json(Method::PATCH, "/api/pricing", &set).await;
    assert_eq!(
        shown["chat"]["m"],
        json!({ "input": 2.0, "output": 10.5, "cached": 2.0, "reasoning": 10.5, "cache_creation": 2.0 })
    );
    routed.chat("chat/m", thousand()).await;
    let set = json!({ "chat": { "m": { "output": 20 } } });
    let shown = admin.json(Method::PATCH, "/api/pricing", &set).await;
    assert_eq!(
        (
            shown["chat"]["m"]["input"].as_f64(),
            shown["chat"]["m"]["output"].as_f64()
        ),
        (Some(2.0), Some(20.0))
    );
    routed.chat("chat/m", thousand()).await;
    let costs: Vec<_> = routed
        .app
        .rows(3)
        .await
        .iter()
        .map(|row| row.cost_micros)
        .collect();
    assert_eq!(costs, [None, Some(2_000 + 1_050), Some(2_000 + 2_000)]);

    let rows = routed.app.rows(3).await;
    let path = format!("/api/usage/request-details/{}", rows[1].id);
    let (_, detail) = answer(admin.get(&path).await).await;
    assert_eq!(detail["price"]["source"], "override");
    assert_eq!(detail["price"]["rates"]["output"], 10_500_000);

    // A price for what has been: nothing changes until somebody asks for it.
    let set = json!({ "chat": { "m": { "input": 1, "output": 1 } } });
    let path = "/api/pricing?validFrom=2020-01-01";
    admin.json(Method::PATCH, path, &set).await;
    assert_eq!(routed.app.rows(3).await[0].cost_micros, None);
    let now = Utc::now();
    let span =
        json!({ "from": now - chrono::Duration::hours(1), "to": now + chrono::Duration::hours(1) });
    let done = admin
        .json(Method::POST, "/api/pricing/recompute", &span)
        .await;
    assert_eq!(
        done,
        json!({ "requests": 3, "changed": 1, "costMicrosBefore": 7_050, "costMicrosAfter": 8_150,
            "unpricedBefore": 1, "unpricedAfter": 0 })
    );
    let costs: Vec<_> = routed
        .app
        .rows(3)
        .await
        .iter()
        .map(|row| row.cost_micros)
        .collect();
    assert_eq!(costs, [Some(1_100), Some(3_050), Some(4_000)]);
    let (_, history) = answer(admin.get("/api/usage/history").await).await;
    assert_eq!(history["totalCost"].as_f64(), Some(0.00815));
}

#[tokio::test]
async fn only_what_differs_from_the_catalogue_is_stored() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let before = prices(&admin).await;
    let model = "claude-sonnet-4-6";
    assert_eq!(
        before["anthropic"][model],
        Value::Null,
        "a node took over the prefix"
    );
    let by_id = before.as_object().expect("a table");
    let (prefix, models) = by_id.iter().next().expect("a provider");
    let (model, price) = models
        .as_object()
        .expect("models")
        .iter()
        .next()
        .expect("a model");

    // All of the table, as the original's page sends it: nothing differs, so nothing is kept.
    admin.json(Method::PATCH, "/api/pricing", &before).await;
    let stored = async || routed.app.store.prices().list().await.expect("prices");
    assert_eq!(stored().await, []);

    let mut other = price.clone();
    other["input"] = json!(77.25);
    let set = json!({ prefix.as_str(): { model.as_str(): other } });
    let shown = admin.json(Method::PATCH, "/api/pricing", &set).await;
    assert_eq!(shown[prefix][model]["input"], 77.25);
    assert_eq!(stored().await.len(), 1);
    let path = format!(
        "/api/pricing?provider={prefix}&model={}",
        url::form_urlencoded::byte_serialize(model.as_bytes()).collect::<String>()
    );
    let (status, shown) = answer(admin.delete(&path).await).await;
    assert_eq!((status, &shown[prefix][model]), (200, price));
    let entries = stored().await;
    assert_eq!(entries.len(), 2, "what was valid before stays known");
    assert!(entries[0].rates.is_none());
    assert_eq!(admin.delete("/api/pricing").await.status(), 200);
    assert_eq!(stored().await.len(), 2, "nothing is left to reset");

    let at = entries[1].valid_from.to_rfc3339().replace('+', "%2B");
    let taken_back = admin.delete(&format!("{path}&validFrom={at}")).await;
    assert_eq!(taken_back.status(), 200);
    assert_eq!(stored().await.len(), 1);
    let again = admin.delete(&format!("{path}&validFrom={at}")).await;
    assert_eq!(again.status(), 404);
}

#[tokio::test]
async fn nonsense_is_refused_with_a_reason() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    for (body, reason) in [
        (
            json!({ "chat": { "m": { "input": -1, "output": 1 } } }),
            "input",
        ),
        (
            json!({ "chat": { "m": { "input": "1", "output": 1 } } }),
            "number",
        ),
        (json!({ "chat": { "m": { "input": 1 } } }), "output"),
        (json!({ "chat": { "m": { "price": 1 } } }), "price"),
        (
            json!({ "nobody": { "m": { "input": 1, "output": 1 } } }),
            "nobody",
        ),
        (
            json!({ "chat": { " ": { "input": 1, "output": 1 } } }),
            "model",
        ),
    ] {
        let response = admin.send(Method::PATCH, "/api/pricing", &body).await;
        let (status, answer) = answer(response).await;
        assert_eq!(status, 400, "{body}");
        let message = answer["error"].as_str().expect("a reason");
        assert!(message.contains(reason), "{body}: {message}");
    }
    let stored = routed.app.store.prices().list().await;
    assert_eq!(stored.expect("prices"), []);
    for path in [
        "/api/pricing?model=m",
        "/api/pricing?provider=chat&validFrom=2020-01-01",
        "/api/pricing?provider=nobody",
    ] {
        assert_eq!(admin.delete(path).await.status(), 400, "{path}");
    }
    let span = json!({ "from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z" });
    let response = admin
        .send(Method::POST, "/api/pricing/recompute", &span)
        .await;
    assert_eq!(response.status(), 400);
}
