//! Budgets of keys and of users: whoever has used one up is refused in their own format, and nobody is asked for them.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use api::usage::Outcome;
use reqwest::{Method, Response};
use sea_orm_migration::sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::orders::{Accounts, good, hi};
use crate::support::{PASSWORD, TestApp};

/// Each answer uses fifteen tokens up.
async fn budget(accounts: &Accounts, mut subject: Value, tokens: u64) -> Value {
    subject["amount"] = json!(tokens);
    subject["unit"] = json!("tokens");
    subject["period"] = json!("day");
    let admin = accounts.app.signed_in().await;
    let created = admin.json(Method::POST, "/api/budgets", &subject).await;
    created["budget"].clone()
}

async fn listed(accounts: &Accounts, path: &str, list: &str) -> Vec<Value> {
    let admin = accounts.app.signed_in().await;
    let text = admin.get(path).await.text().await.expect("a body");
    let body: Value = serde_json::from_str(&text).expect("JSON");
    body[list].as_array().expect("a list").clone()
}

/// The subject of a budget: the key that requests are made with.
async fn key(accounts: &Accounts) -> Value {
    let keys = listed(accounts, "/api/keys", "keys").await;
    json!({ "keyId": keys[0]["id"] })
}

async fn user(accounts: &Accounts) -> Value {
    let user = accounts.app.store.users().first_admin().await;
    let user = user.expect("an answer").expect("an administrator");
    json!({ "userId": user.id })
}

async fn ask(accounts: &Accounts, key: &str, path: &str, body: Value) -> Response {
    let call = accounts.app.request(Method::POST, path).bearer_auth(key);
    let call = call.header("content-type", "application/json");
    let call = call.body(body.to_string());
    call.send().await.expect("an answer")
}

/// What is refused, and until when: seconds to the next midnight in UTC.
async fn refused(response: Response) -> Value {
    assert_eq!(response.status(), 429);
    let wait = response.headers()["retry-after"].to_str().expect("text");
    let wait: i64 = wait.parse().expect("seconds");
    let midnight = 86_400 - chrono::Utc::now().timestamp().rem_euclid(86_400);
    assert!((wait - midnight).abs() <= 5, "{wait} {midnight}");
    let text = response.text().await.expect("a body");
    serde_json::from_str(&text).expect("JSON")
}

fn has_words(words: &Value, whose: &str) {
    let tomorrow = chrono::Utc::now().date_naive() + chrono::Days::new(1);
    let words = words.as_str().expect("words");
    let expected = format!("it begins anew at {tomorrow} 00:00 (UTC)");
    assert!(
        words.contains(whose) && words.contains(&expected),
        "{words}"
    );
}

#[tokio::test]
async fn a_key_whose_budget_is_used_up_is_refused_in_its_own_format_and_nobody_is_asked() {
    let accounts = Accounts::new().await;
    let other = accounts.app.signed_in().await.key().await;
    let of_key = key(&accounts).await;
    let created = budget(&accounts, of_key.clone(), 30).await;
    assert_eq!(created["name"], "Key a tool");
    assert_eq!(created["keyId"], of_key["keyId"]);
    assert_eq!(accounts.asked(vec![hi(); 2]).await, "aa");

    let whose = "the budget of this key of 30 tokens per day is used up";
    let mut stream = hi();
    stream["stream"] = json!(true);
    for body in [hi(), stream.clone()] {
        let path = "/v1/chat/completions";
        let error = refused(ask(&accounts, &accounts.key, path, body).await).await;
        let error = &error["error"];
        assert_eq!(error["code"], "insufficient_quota");
        has_words(&error["message"], whose);
    }
    stream["max_tokens"] = json!(9);
    let error = refused(ask(&accounts, &accounts.key, "/v1/messages", stream).await).await;
    assert_eq!(
        (&error["type"], &error["error"]["type"]),
        (&json!("error"), &json!("rate_limit_error"))
    );
    has_words(&error["error"]["message"], whose);
    assert_eq!(accounts.upstream.requests().len(), 2);

    let models = accounts.app.request(Method::GET, "/v1/models");
    let models = models.bearer_auth(&accounts.key).send().await;
    assert_eq!(models.expect("an answer").status(), 200);
    let served = ask(&accounts, &other, "/v1/chat/completions", hi()).await;
    assert_eq!(served.status(), 200, "it is no other key's budget");

    let rows = accounts.app.rows(6).await;
    for row in &rows[2..5] {
        assert_eq!((row.outcome, row.status), (Outcome::OverBudget, 429));
        assert_eq!((row.tokens.total(), row.attempts), (0, 0));
        assert_eq!(row.model_requested.as_deref(), Some("many/m"));
        let key = row.key_id.as_ref().expect("a key");
        assert_eq!(json!(key), of_key["keyId"]);
        assert!(row.error.as_deref().is_some_and(|e| e.starts_with(whose)));
    }

    // It is kept over a restart, by what the hourly sums say.
    let dir = accounts.app.stop().await;
    let app = TestApp::in_dir(dir, &[("INITIAL_PASSWORD", PASSWORD)]).await;
    let accounts = Accounts { app, ..accounts };
    let budgets = listed(&accounts, "/api/budgets", "budgets").await;
    assert_eq!(
        (&budgets[0]["used"], &budgets[0]["isUsedUp"]),
        (&json!(30), &json!(true))
    );
    assert_eq!(accounts.ask(&hi()).await.status(), 429);
    let admin = accounts.app.signed_in().await;
    let path = format!("/api/budgets/{}", created["id"].as_str().expect("an id"));
    let more = json!({ "amount": 31, "unit": "tokens", "period": "day" });
    admin.json(Method::PUT, &path, &more).await;
    assert_eq!(accounts.asked([hi()]).await, "a", "one more");
    assert_eq!(accounts.ask(&hi()).await.status(), 429);
    assert_eq!(admin.delete(&path).await.status(), 200);
    assert_eq!(accounts.asked([hi()]).await, "a");
}

#[tokio::test]
async fn a_users_budget_is_that_of_all_their_keys() {
    let accounts = Accounts::new().await;
    let other = accounts.app.signed_in().await.key().await;
    let of_user = user(&accounts).await;
    let created = budget(&accounts, of_user.clone(), 30).await;
    assert_eq!(created["name"], "User admin");
    for key in [&accounts.key, &other] {
        let served = ask(&accounts, key, "/v1/chat/completions", hi()).await;
        assert_eq!(served.status(), 200);
    }
    for key in [&accounts.key, &other] {
        let error = refused(ask(&accounts, key, "/v1/chat/completions", hi()).await).await;
        let whose = "the budget of this key's owner of 30 tokens per day is used up";
        has_words(&error["error"]["message"], whose);
    }
    assert_eq!(accounts.upstream.requests().len(), 2);

    accounts.app.rows(4).await;
    let report = listed(&accounts, "/api/usage/report?format=json", "budgets").await;
    let [budget] = report.as_slice() else {
        panic!("expected one budget: {report:?}");
    };
    assert_eq!(
        (&budget["used"], &budget["name"]),
        (&json!(30), &json!("User admin"))
    );
    assert!(budget["forecast"].as_u64() >= Some(30), "{budget}");

    let admin = accounts.app.signed_in().await;
    for (wrong, status) in [
        (json!({ "userId": "nobody" }), 400),
        (json!({ "keyId": "none" }), 400),
        (
            json!({ "keyId": key(&accounts).await["keyId"], "model": "m" }),
            400,
        ),
        (
            json!({ "keyId": key(&accounts).await["keyId"], "userId": of_user["userId"] }),
            400,
        ),
        (of_user, 409),
    ] {
        let mut wrong = wrong;
        wrong["amount"] = json!(9);
        wrong["unit"] = json!("tokens");
        wrong["period"] = json!("day");
        let response = admin.send(Method::POST, "/api/budgets", &wrong).await;
        assert_eq!(response.status(), status, "{wrong}");
    }
}

#[tokio::test]
async fn what_is_under_way_when_a_budget_runs_out_is_finished() {
    let accounts = Accounts::new().await;
    budget(&accounts, key(&accounts).await, 15).await;
    let is_first = AtomicBool::new(true);
    let path = "/v1/chat/completions";
    accounts
        .upstream
        .on(path, move |_| match is_first.swap(false, Relaxed) {
            true => good().delay(Duration::from_millis(800)),
            false => good(),
        });
    let body = hi();
    let first = accounts.ask(&body);
    let second = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(accounts.ask(&body).await.status(), 200);
        assert_eq!(accounts.ask(&body).await.status(), 429);
    };
    let (first, ()) = tokio::join!(first, second);
    assert_eq!(first.status(), 200);
    let answer = first.text().await.expect("a body");
    assert!(answer.contains("hello"), "{answer}");
}

#[tokio::test]
async fn a_member_sees_the_budgets_of_their_own_keys_and_sets_none() {
    let accounts = Accounts::new().await;
    let (own, of_user) = (key(&accounts).await, user(&accounts).await);
    let database = accounts.app.store.database();
    for statement in [
        "INSERT INTO users (id, name, password_hash, role, is_active, created_at, updated_at) \
        VALUES ('other', 'other', 'none', 'member', TRUE, 0, 0)",
        "INSERT INTO api_keys (id, owner_id, name, hash, prefix, is_active, created_at) \
        VALUES ('theirs', 'other', 'theirs', 'none', 'none', TRUE, 0)",
    ] {
        let done = database.execute_unprepared(statement).await;
        done.expect("a row");
    }
    let provider = json!({ "provider": accounts.provider });
    let theirs = [json!({ "keyId": "theirs" }), json!({ "userId": "other" })];
    for subject in [own, of_user, provider].into_iter().chain(theirs) {
        budget(&accounts, subject, 9).await;
    }
    let actor = accounts.app.signed_in().await;
    let listed = async || {
        let path = "/fn/caller_budgets";
        let view = actor.json(Method::POST, path, &json!({})).await;
        let names = |list: &Value| -> Vec<String> {
            let all = list.as_array().expect("a list").iter();
            all.map(|one| one["name"].as_str().expect("a name").to_owned())
                .collect()
        };
        (names(&view["budgets"]), names(&view["choices"]))
    };
    let all = ["Key a tool", "User admin", "Key theirs", "User other"];
    let choices = ["Key a tool", "Key theirs", "User admin", "User other"];
    let (budgets, mut offered) = listed().await;
    offered.sort();
    assert_eq!(
        (budgets.as_slice(), offered.as_slice()),
        (&all.map(str::to_owned)[..], &choices.map(str::to_owned)[..])
    );

    let demoted = database.execute_unprepared("UPDATE users SET role = 'member'");
    demoted.await.expect("an update");
    let (budgets, offered) = listed().await;
    assert_eq!(budgets, ["Key a tool", "User admin"]);
    assert!(offered.is_empty(), "{offered:?}");
    assert_eq!(actor.get("/api/budgets").await.status(), 403);
}
