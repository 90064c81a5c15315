//! Budgets: what is used up gives way, says so, is whole again later, and outlives a restart.

use reqwest::Method;
use serde_json::{Value, json};

use crate::orders::{Accounts, hi};
use crate::support::TestApp;

/// Each answer uses fifteen tokens up.
async fn budget(accounts: &Accounts, mut budget: Value, tokens: u64) -> Value {
    budget["amount"] = json!(tokens);
    budget["unit"] = json!("tokens");
    if budget["period"].is_null() {
        budget["period"] = json!("day");
    }
    let admin = accounts.app.signed_in().await;
    let created = admin.json(Method::POST, "/api/budgets", &budget).await;
    created["budget"].clone()
}

async fn budgets(accounts: &Accounts) -> Vec<Value> {
    let admin = accounts.app.signed_in().await;
    let response = admin.get("/api/budgets").await;
    let body: Value = serde_json::from_str(&response.text().await.expect("a body")).expect("JSON");
    body["budgets"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn an_account_whose_budget_is_used_up_gives_way_to_the_next() {
    let accounts = Accounts::new().await;
    let created = budget(&accounts, json!({ "connectionId": accounts.ids["a"] }), 30).await;
    assert_eq!(created["name"], "many: a");
    assert_eq!(accounts.asked(vec![hi(); 4]).await, "aabb");
    let listed = budgets(&accounts).await;
    assert_eq!(
        (&listed[0]["used"], &listed[0]["isUsedUp"]),
        (&json!(30), &json!(true))
    );

    // It is kept over a restart, by what the hourly sums say.
    accounts.app.rows(4).await;
    let Accounts {
        app,
        upstream,
        key,
        ids,
        provider,
    } = accounts;
    let dir = app.stop().await;
    let app = TestApp::in_dir(dir, &[("INITIAL_PASSWORD", crate::support::PASSWORD)]).await;
    let accounts = Accounts {
        app,
        upstream,
        key,
        ids,
        provider,
    };
    assert_eq!(budgets(&accounts).await[0]["used"], 30);
    assert_eq!(accounts.asked([hi()]).await, "b");

    let admin = accounts.app.signed_in().await;
    let path = format!("/api/budgets/{}", created["id"].as_str().expect("an id"));
    let more = json!({ "amount": 31, "unit": "tokens", "period": "day" });
    admin.json(Method::PUT, &path, &more).await;
    assert_eq!(accounts.asked(vec![hi(); 2]).await, "ab", "one more");
    assert_eq!(admin.delete(&path).await.status(), 200);
    assert_eq!(accounts.asked([hi()]).await, "a");
    assert_eq!(admin.delete(&path).await.status(), 404);
}

#[tokio::test]
async fn a_provider_whose_budget_is_used_up_is_not_asked_even_alone() {
    let accounts = Accounts::new().await;
    let provider = json!({ "provider": accounts.provider, "period": "month" });
    budget(&accounts, provider, 1).await;
    assert_eq!(accounts.asked([hi()]).await, "a");
    let response = accounts.ask(&hi()).await;
    assert_eq!(response.status(), 429);
    assert!(response.headers().contains_key("retry-after"));
    let words = response.text().await.expect("words");
    let expected = "its provider's budget of 1 token per month is used up";
    assert!(words.contains(expected), "{words}");
    assert_eq!(accounts.upstream.requests().len(), 1);

    // The decision says so, too.
    let rows = accounts.app.rows(2).await;
    let id = &rows[1].id;
    let detail = accounts
        .app
        .store
        .usage()
        .detail(&store::usage::UsageScope::Everyone, id)
        .await;
    let skipped = detail.expect("an answer").expect("a row").skipped;
    assert_eq!(skipped.len(), 3);
    assert!(
        skipped
            .iter()
            .all(|skip| skip.words.as_deref() == Some(expected)),
        "{skipped:?}"
    );
}

#[tokio::test]
async fn the_cheap_step_of_a_combo_gives_way_to_the_free_one() {
    let accounts = Accounts::new().await;
    let admin = accounts.app.signed_in().await;
    let combo = json!({ "name": "best", "models": ["many/cheap", "many/free"] });
    let created = admin.json(Method::POST, "/api/combos", &combo).await;
    let id = created["id"]
        .as_str()
        .or_else(|| created["combo"]["id"].as_str());
    let step = json!({ "comboId": id.expect("an id"), "model": "many/cheap" });
    let created = budget(&accounts, step.clone(), 15).await;
    assert_eq!(created["name"], "best, step many/cheap");
    let ask = async |model: &str| {
        let mut body = hi();
        body["model"] = json!(model);
        let response = accounts.ask(&body).await;
        assert_eq!(response.status(), 200);
        response.headers()["x-9router-model"]
            .to_str()
            .expect("text")
            .to_owned()
    };
    assert_eq!(
        ask("many/cheap").await,
        "many/cheap",
        "by itself it is no step"
    );
    let mut served = Vec::new();
    for _ in 0..3 {
        served.push(ask("best").await);
    }
    assert_eq!(served, ["many/cheap", "many/free", "many/free"]);
    assert_eq!(ask("many/cheap").await, "many/cheap");

    for (wrong, status) in [
        (json!({ "amount": 5 }), 400),
        (
            json!({ "provider": "nobody", "amount": 5, "unit": "money", "period": "day" }),
            400,
        ),
        (
            json!({ "provider": accounts.provider, "amount": 0, "unit": "money", "period": "day" }),
            400,
        ),
        (
            json!({ "provider": accounts.provider, "connectionId": accounts.ids["a"], "amount": 1, "unit": "money", "period": "day" }),
            400,
        ),
        (
            json!({ "comboId": step["comboId"], "model": "many/cheap", "amount": 9, "unit": "tokens", "period": "day" }),
            409,
        ),
        (
            json!({ "comboId": step["comboId"], "model": "many/else", "amount": 9, "unit": "tokens", "period": "day" }),
            400,
        ),
    ] {
        let response = admin.send(Method::POST, "/api/budgets", &wrong).await;
        assert_eq!(response.status(), status, "{wrong}");
    }
}

#[tokio::test]
async fn a_price_that_is_set_late_counts_once_it_is_recomputed() {
    let accounts = Accounts::new().await;
    let admin = accounts.app.signed_in().await;
    let budget = json!({ "connectionId": accounts.ids["a"], "amount": 50, "unit": "money", "period": "day" });
    admin.json(Method::POST, "/api/budgets", &budget).await;
    assert_eq!(accounts.asked(vec![hi(); 2]).await, "aa");
    accounts.app.rows(2).await;
    assert_eq!(budgets(&accounts).await[0]["used"], 0, "no price is known");

    let set = json!({ "many": { "m": { "input": 1_000, "output": 1_000 } } });
    let path = "/api/pricing?validFrom=2020-01-01";
    admin.json(Method::PATCH, path, &set).await;
    let now = chrono::Utc::now();
    let span =
        json!({ "from": now - chrono::Duration::hours(1), "to": now + chrono::Duration::hours(1) });
    let done = admin
        .json(Method::POST, "/api/pricing/recompute", &span)
        .await;
    let cost = done["costMicrosAfter"].as_u64().expect("a cost");
    assert!(cost > 50, "{done}");
    assert_eq!(budgets(&accounts).await[0]["used"], cost);
    assert_eq!(accounts.asked([hi()]).await, "b");
}

#[tokio::test]
async fn a_months_report_says_what_budgets_allow_and_where_they_are_heading() {
    let accounts = Accounts::new().await;
    let monthly = json!({ "connectionId": accounts.ids["a"], "period": "month" });
    budget(&accounts, monthly, 40).await;
    let daily = json!({ "provider": accounts.provider, "period": "day" });
    budget(&accounts, daily, 1_000).await;
    assert_eq!(accounts.asked(vec![hi(); 4]).await, "aaab");
    accounts.app.rows(4).await;
    let admin = accounts.app.signed_in().await;
    let file = async |query: &str| {
        let response = admin.get(&format!("/api/usage/report?{query}")).await;
        assert_eq!(response.status(), 200);
        response.text().await.expect("a text")
    };
    let report: Value = serde_json::from_str(&file("format=json").await).expect("JSON");
    let [account, provider] = report["budgets"].as_array().expect("a list").as_slice() else {
        panic!("expected two budgets: {report}");
    };
    assert_eq!(
        [&account["name"], &account["allowed"], &account["used"]],
        [&json!("many: a"), &json!(40), &json!(45)]
    );
    assert!(account["forecast"].as_u64() >= Some(45), "{account}");
    let allowed = provider["allowed"].as_u64().expect("a number");
    assert!((28_000..=31_000).contains(&allowed), "{allowed}");
    assert_eq!(
        (&provider["used"], &provider["unit"]),
        (&json!(60), &json!("tokens"))
    );

    let text = file("format=csv").await;
    let lines: Vec<&str> = text.lines().collect();
    let columns = lines[0].split(',').count();
    assert!(
        lines.iter().all(|line| line.split(',').count() == columns),
        "{text}"
    );
    assert!(lines[0].ends_with(
        ",budget,budget_unit,budget_period,budget_amount,budget_allowed,budget_used,budget_forecast"
    ));
    let budgets: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("budget,"))
        .collect();
    assert_eq!(budgets.len(), 2);
    assert!(
        budgets[0].contains(",,many: a,tokens,month,40,40,45,"),
        "{}",
        budgets[0]
    );

    let past: Value = serde_json::from_str(&file("format=json&month=2024-02").await).expect("JSON");
    assert_eq!(past["budgets"][1]["allowed"], 29_000);
    assert_eq!(past["budgets"][1]["used"], 0);
    assert_eq!(past["budgets"][1]["forecast"], Value::Null);
}
