//! What would happen now is what happens next, and asking changes nothing.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Reply;

use crate::support::{Routed, User, answer};

fn good() -> Reply {
    Reply::json(
        200,
        json!({
            "id": "c1", "object": "chat.completion", "created": 1, "model": "up",
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": "hello" }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10 }
        }),
    )
}

async fn dry_run(admin: &User<'_>, model: &str) -> Value {
    let asked = json!({ "model": model });
    admin
        .json(Method::POST, "/api/combos/dry-run", &asked)
        .await
}

/// `prefix/model` in order.
fn targets(run: &Value) -> Vec<String> {
    let targets = run["targets"].as_array().expect("targets").iter();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    targets
        .map(|target| format!("{}/{}", text(&target["prefix"]), text(&target["model"])))
        .collect()
}

async fn health(admin: &User<'_>) -> Value {
    let (status, body) = answer(admin.get("/api/combos/health").await).await;
    assert_eq!(status, 200, "{body}");
    body
}

#[tokio::test]
async fn asking_takes_nobodys_turn() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let combo =
        json!({ "name": "turns", "models": ["chat/a", "chat/b"], "strategy": "round-robin" });
    admin.json(Method::POST, "/api/combos", &combo).await;
    for round in ["a", "b", "a", "b"] {
        for _ in 0..3 {
            let run = dry_run(&admin, "turns").await;
            assert_eq!(targets(&run)[0], format!("chat/{round}"));
            assert_eq!(run["targets"][0]["accounts"][0]["place"], 1);
            assert_eq!(run["combo"], "turns");
        }
        routed.chat("turns", good()).await;
        let requests = routed.upstream.requests();
        assert_eq!(requests.last().expect("a request").json()["model"], round);
    }
    assert_eq!(routed.app.rows(4).await.len(), 4, "a dry run leaves no row");
}

#[tokio::test]
async fn who_rests_is_passed_over_and_the_combo_says_so() {
    let routed = Routed::new().await;
    let admin = routed.app.signed_in().await;
    let set = json!({ "chat": { "m": { "input": 1, "output": 2 } } });
    admin.json(Method::PATCH, "/api/pricing", &set).await;
    let combo = json!({ "name": "both", "models": ["chat/m", "ollama/m", "openai/gpt-none"] });
    admin.json(Method::POST, "/api/combos", &combo).await;

    let run = dry_run(&admin, "both").await;
    let account = &run["targets"][0]["accounts"][0];
    assert_eq!(
        (account["place"].as_u64(), &account["state"]["type"]),
        (Some(1), &json!("ready"))
    );
    assert_eq!(run["targets"][1]["accounts"][0]["place"], 2);
    assert_eq!(run["targets"][2]["accounts"], json!([]));
    assert_eq!(run["targets"][0]["price"]["rates"]["input"], 1_000_000);

    // It names its reset, so that it is out until then; the next one answers.
    let limited = json!({ "error": { "message": "slow down" } });
    routed
        .upstream
        .reply(Reply::json(429, limited).header("retry-after", "60"));
    let answer = json!({ "model": "m", "message": { "role": "assistant", "content": "hi" },
        "done": true, "done_reason": "stop", "prompt_eval_count": 4, "eval_count": 2 });
    routed.upstream.reply(Reply::json(200, answer));
    let body = r#"{"model":"both","messages":[{"role":"user","content":"hi"}]}"#;
    let response = routed.call("/v1/chat/completions", body).send().await;
    assert_eq!(response.expect("an answer").status(), 200);
    let row = routed.app.rows(1).await.remove(0);
    assert_eq!(row.status, 200);

    let run = dry_run(&admin, "both").await;
    let account = &run["targets"][0]["accounts"][0];
    assert_eq!(account["place"], Value::Null);
    assert_eq!(account["state"]["type"], "resting");
    assert_eq!(account["state"]["failure"], "rate_limit");
    assert_eq!(run["targets"][1]["accounts"][0]["place"], 1);

    let report = &health(&admin).await[0];
    let healths: Vec<_> = report["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| step["health"]["type"].as_str().expect("a word").to_owned())
        .collect();
    assert_eq!(healths, ["resting", "ready", "no_account"]);
    assert_eq!(
        (report["requests"].as_u64(), report["tokens"].as_u64()),
        (Some(1), Some(6))
    );

    let run = dry_run(&admin, "nobody/m").await;
    assert!(
        run["refused"]
            .as_str()
            .expect("a reason")
            .contains("nobody/m")
    );
    let wrong = admin
        .send(Method::POST, "/api/combos/dry-run", &json!({}))
        .await;
    assert_eq!(wrong.status(), 400);
}
