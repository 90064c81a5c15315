//! One account fails and another answers: what the client sees, who is asked, and what is written down.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use testkit::{Reply, Upstream};

use crate::support::{TestApp, User};

/// Two accounts at one provider, called by their keys.
struct Pair {
    app: TestApp,
    upstream: Upstream,
    key: String,
}

const FIRST: &str = "Bearer sk-first-account";
const SECOND: &str = "Bearer sk-second-account";

impl Pair {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(variables: &[(&str, &str)]) -> Self {
        let mut variables = variables.to_vec();
        variables.push(("INITIAL_PASSWORD", crate::support::PASSWORD));
        let (app, upstream) = (TestApp::with(&variables).await, Upstream::start().await);
        let admin = app.signed_in().await;
        let node = json!({ "type": "openai-compatible", "apiType": "chat", "name": "pair", "prefix": "pair",
            "baseUrl": format!("{}/v1", upstream.url()), "allowsPrivate": true });
        let created = admin.json(Method::POST, "/api/provider-nodes", &node).await;
        for (name, key) in [
            ("first", "sk-first-account"),
            ("second", "sk-second-account"),
        ] {
            add(&admin, &created["node"]["id"], name, key).await;
        }
        let key = admin.key().await;
        Self { upstream, key, app }
    }

    async fn ask(&self, path: &str, stream: bool) -> Response {
        let body = json!({ "model": "pair/m", "max_tokens": 9, "stream": stream,
            "messages": [{ "role": "user", "content": "hi" }] });
        self.app
            .request(Method::POST, path)
            .bearer_auth(&self.key)
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .expect("an answer")
    }

    /// Whose keys the upstream has seen, in order.
    fn asked(&self) -> Vec<String> {
        self.upstream
            .requests()
            .iter()
            .map(|request| {
                request
                    .header("authorization")
                    .unwrap_or("nobody")
                    .to_owned()
            })
            .collect()
    }
}

async fn add(admin: &User<'_>, node: &Value, name: &str, key: &str) {
    let account = json!({ "provider": node, "apiKey": key, "name": name });
    admin.json(Method::POST, "/api/providers", &account).await;
}

fn good() -> Reply {
    Reply::json(
        200,
        json!({
            "id": "c1", "object": "chat.completion", "created": 1, "model": "up",
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": "hello" }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15 },
        }),
    )
}

fn error(status: u16, message: &str) -> Reply {
    Reply::json(
        status,
        json!({ "error": { "message": message, "type": "error" } }),
    )
}

#[tokio::test]
async fn another_account_answers_for_one_that_fails() {
    for failure in [
        error(429, "slow down"),
        error(401, "bad key"),
        error(403, "not yours"),
        error(402, "no money"),
        error(500, "broken"),
        error(503, "busy"),
        error(529, "overloaded"),
        Reply::text(502, "text/html", "<html>bad gateway</html>"),
        Reply::hang_up(),
    ] {
        for path in ["/v1/chat/completions", "/v1/messages"] {
            let pair = Pair::new().await;
            pair.upstream.reply(failure.clone()).reply(good());
            let response = pair.ask(path, false).await;
            assert_eq!(response.status(), 200, "{path} {failure:?}");
            assert!(response.headers().contains_key("x-9router-fallback"));
            let text = response.text().await.expect("a body");
            assert!(
                text.contains("hello") && !text.contains("slow down"),
                "{text}"
            );
            assert_eq!(pair.asked(), [FIRST, SECOND]);
            let rows = pair.app.rows(1).await;
            assert_eq!((rows[0].attempts, rows[0].status), (2, 200));
            assert_eq!(rows[0].connection_name.as_deref(), Some("second"));
            assert_eq!(rows[0].tokens.input, 12, "of the one that answered alone");
        }
    }
}

#[tokio::test]
async fn a_clients_own_mistake_is_returned_at_once_and_costs_nobody() {
    let pair = Pair::new().await;
    pair.upstream.reply(error(400, "bad request")).reply(good());
    let response = pair.ask("/v1/chat/completions", false).await;
    assert_eq!(response.status(), 400);
    assert!(
        response
            .text()
            .await
            .expect("a body")
            .contains("bad request")
    );
    assert_eq!(pair.ask("/v1/chat/completions", false).await.status(), 200);
    assert_eq!(pair.asked(), [FIRST, FIRST]);
}

#[tokio::test]
async fn an_account_that_names_its_reset_is_left_alone_until_then() {
    let pair = Pair::new().await;
    pair.upstream
        .reply(error(429, "slow down").header("retry-after", "300"))
        .reply(good())
        .reply(good());
    for _ in 0..2 {
        assert_eq!(pair.ask("/v1/chat/completions", false).await.status(), 200);
    }
    assert_eq!(pair.asked(), [FIRST, SECOND, SECOND]);

    // Now the second rests as well, for less.
    pair.upstream
        .reply(error(429, "me too").header("retry-after", "120"));
    let response = pair.ask("/v1/messages", false).await;
    assert_eq!(response.status(), 429);
    let wait: u64 = response.headers()["retry-after"]
        .to_str()
        .expect("text")
        .parse()
        .expect("seconds");
    assert!((100..=120).contains(&wait), "{wait}");
    let body: Value = serde_json::from_str(&response.text().await.expect("a body")).expect("JSON");
    assert_eq!(body["error"]["type"], "rate_limit_error");
    let words = body["error"]["message"].as_str().expect("words");
    assert!(
        words.contains("me too") && words.contains("first") && words.contains("second"),
        "{words}"
    );

    // Nobody is asked while all of them rest.
    let response = pair.ask("/v1/chat/completions", false).await;
    assert_eq!(response.status(), 429);
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(pair.upstream.requests().len(), 4);
}

#[tokio::test]
async fn an_account_without_a_stand_in_is_asked_even_while_it_rests() {
    let routed = crate::support::Routed::new().await;
    for reply in [error(429, "slow down").header("retry-after", "300"), good()] {
        routed.upstream.reply(reply);
        let body = r#"{"model":"chat/m","messages":[]}"#;
        let response = routed.call("/v1/chat/completions", body).send().await;
        let response = response.expect("an answer");
        let words = response.text().await.expect("a body");
        assert!(
            words.contains("slow down") || words.contains("hello"),
            "{words}"
        );
    }
    assert_eq!(routed.upstream.requests().len(), 2);
}

#[tokio::test]
async fn a_known_reset_survives_a_restart() {
    let pair = Pair::new().await;
    pair.upstream
        .reply(error(429, "slow down").header("retry-after", "300"))
        .reply(good())
        .reply(good());
    assert_eq!(pair.ask("/v1/chat/completions", false).await.status(), 200);
    let Pair { app, upstream, key } = pair;
    let dir = app.stop().await;
    let app = TestApp::in_dir(dir, &[("INITIAL_PASSWORD", crate::support::PASSWORD)]).await;
    let pair = Pair { app, upstream, key };
    assert_eq!(pair.ask("/v1/chat/completions", false).await.status(), 200);
    assert_eq!(pair.asked(), [FIRST, SECOND, SECOND]);
}

#[tokio::test]
async fn without_a_known_reset_the_last_accounts_are_asked_all_the_same() {
    let pair = Pair::new().await;
    pair.upstream
        .reply(error(500, "broken"))
        .reply(error(500, "broken too"))
        .reply(good());
    let response = pair.ask("/v1/chat/completions", false).await;
    assert!(response.status().is_server_error());
    let words = response.text().await.expect("a body");
    assert!(
        words.contains("broken") && words.contains("broken too"),
        "{words}"
    );
    assert_eq!(pair.ask("/v1/chat/completions", false).await.status(), 200);
}

#[tokio::test]
async fn a_success_that_fails_before_its_first_event_is_a_failure() {
    let chunk = |delta: Value| {
        json!({ "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "up",
            "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] })
    };
    let failing = json!({ "error": { "message": "overloaded", "type": "server_error" } });
    for failure in [
        Reply::chat([failing]),
        Reply::sse([": wait\n\n"]).cut(),
        Reply::sse(Vec::<String>::new()),
    ] {
        for path in ["/v1/chat/completions", "/v1/messages"] {
            let pair = Pair::new().await;
            let mut last = chunk(json!({}));
            last["choices"][0]["finish_reason"] = json!("stop");
            pair.upstream.reply(failure.clone()).reply(Reply::chat([
                chunk(json!({ "role": "assistant", "content": "hello" })),
                last,
            ]));
            let response = pair.ask(path, true).await;
            assert_eq!(response.status(), 200, "{path} {failure:?}");
            let text = response.text().await.expect("a body");
            assert!(
                text.contains("hello") && !text.contains("overloaded"),
                "{path}: {text}"
            );
            assert_eq!(pair.asked(), [FIRST, SECOND], "{path} {failure:?}");
        }
    }
}

/// A program with three providers, `a`, `b` and `c`, at one upstream that tells them by their accounts' keys.
async fn three() -> Pair {
    let (app, upstream) = (TestApp::new().await, Upstream::start().await);
    let admin = app.signed_in().await;
    for prefix in ["a", "b", "c"] {
        let node = json!({ "type": "openai-compatible", "apiType": "chat", "name": prefix, "prefix": prefix,
            "baseUrl": format!("{}/v1", upstream.url()), "allowsPrivate": true });
        let created = admin.json(Method::POST, "/api/provider-nodes", &node).await;
        add(
            &admin,
            &created["node"]["id"],
            prefix,
            &format!("sk-account-of-{prefix}"),
        )
        .await;
    }
    let key = admin.key().await;
    Pair { upstream, key, app }
}

async fn ask_for(pair: &Pair, model: &str) -> Response {
    let body = json!({ "model": model, "messages": [{ "role": "user", "content": "hi" }] });
    let call = pair.app.request(Method::POST, "/v1/chat/completions");
    let call = call
        .bearer_auth(&pair.key)
        .header("content-type", "application/json");
    call.body(body.to_string()).send().await.expect("an answer")
}

#[tokio::test]
async fn a_combo_goes_on_to_its_next_step_and_says_so_in_the_books() {
    let pair = three().await;
    let admin = pair.app.signed_in().await;
    admin
        .json(
            Method::PUT,
            "/api/models/alias",
            &json!({ "alias": "second", "model": "b/m2" }),
        )
        .await;
    let combo = json!({ "name": "best", "models": ["a/m1", "second", "c/m3"] });
    admin.json(Method::POST, "/api/combos", &combo).await;
    pair.upstream
        .reply(error(503, "busy"))
        .reply(error(400, "the prompt is too long: prompt is too long"))
        .reply(good());
    let response = ask_for(&pair, "best").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-9router-model"], "c/m3");
    let models: Vec<_> = pair
        .upstream
        .requests()
        .iter()
        .map(|request| request.json()["model"].clone())
        .collect();
    assert_eq!(models, ["m1", "m2", "m3"]);
    let rows = pair.app.rows(1).await;
    assert_eq!(rows[0].attempts, 3);
    assert_eq!(rows[0].model_requested.as_deref(), Some("best"));
    assert_eq!(rows[0].model_served.as_deref(), Some("m3"));

    // A client's own mistake ends it.
    pair.upstream.reply(error(400, "no such field"));
    assert_eq!(ask_for(&pair, "best").await.status(), 400);
    assert_eq!(pair.upstream.requests().len(), 4);
}

#[tokio::test]
async fn a_step_that_cannot_be_asked_at_all_is_passed_over() {
    let pair = three().await;
    let admin = pair.app.signed_in().await;
    admin
        .node("gemini-compatible", "", "g", &pair.upstream.url())
        .await;
    // No segment of a path, which is where Gemini's wire names its model.
    let combo = json!({ "name": "best", "models": ["g/a:b", "a/m"] });
    admin.json(Method::POST, "/api/combos", &combo).await;
    pair.upstream.reply(good());
    assert_eq!(ask_for(&pair, "best").await.status(), 200);
    assert_eq!(ask_for(&pair, "g/a:b").await.status(), 400);
}

#[tokio::test]
async fn a_round_robin_combo_begins_one_step_further_each_time() {
    let pair = three().await;
    let admin = pair.app.signed_in().await;
    let combo =
        json!({ "name": "all", "models": ["a/m", "b/m", "c/m"], "strategy": "round-robin" });
    admin.json(Method::POST, "/api/combos", &combo).await;
    for _ in 0..6 {
        pair.upstream.reply(good());
        assert_eq!(ask_for(&pair, "all").await.status(), 200);
    }
    let asked: Vec<_> = pair
        .asked()
        .iter()
        .map(|key| key.replace("Bearer sk-account-of-", ""))
        .collect();
    assert_eq!(asked, ["a", "b", "c", "a", "b", "c"]);
}

#[tokio::test]
async fn accounts_take_turns_if_they_are_told_to() {
    let pair = Pair::new().await;
    let admin = pair.app.signed_in().await;
    // Whether each of the next three is another than the one before. Who was asked last has its second turn first.
    for (limit, changes) in [(1, [true, true, true]), (2, [true, false, true])] {
        let order = json!({ "fallbackStrategy": "round-robin", "stickyRoundRobinLimit": limit });
        let set = admin.json(Method::PATCH, "/api/settings", &order).await;
        assert_eq!(set["stickyRoundRobinLimit"], limit);
        let before = pair.asked().len();
        for _ in 0..4 {
            pair.upstream.reply(good());
            assert_eq!(pair.ask("/v1/chat/completions", false).await.status(), 200);
        }
        let asked = &pair.asked()[before..];
        let changed: Vec<bool> = asked.windows(2).map(|pair| pair[0] != pair[1]).collect();
        assert_eq!(changed, changes, "{limit} in a row: {asked:?}");
    }
    let refused = admin
        .send(
            Method::PATCH,
            "/api/settings",
            &json!({ "stickyRoundRobinLimit": 0 }),
        )
        .await;
    assert_eq!(refused.status(), 400);
}

#[tokio::test]
async fn many_requests_at_once_are_shared_evenly_and_none_is_lost() {
    const REQUESTS: usize = 300;
    let pair = Pair::new().await;
    let admin = pair.app.signed_in().await;
    let order = json!({ "fallbackStrategy": "round-robin", "stickyRoundRobinLimit": 1 });
    admin.json(Method::PATCH, "/api/settings", &order).await;
    pair.upstream.on("/v1/chat/completions", |_| good());
    for _ in 0..REQUESTS / 50 {
        let asks = (0..50).map(|_| pair.ask("/v1/chat/completions", false));
        for response in futures::future::join_all(asks).await {
            assert_eq!(response.status(), 200);
        }
    }
    let first = pair.asked().iter().filter(|key| *key == FIRST).count();
    assert_eq!(first, REQUESTS / 2);

    // One of the two breaks: no client notices.
    pair.upstream.on("/v1/chat/completions", |request| {
        match request.header("authorization") {
            Some(FIRST) => error(500, "broken"),
            _ => good(),
        }
    });
    for _ in 0..REQUESTS / 50 {
        let asks = (0..50).map(|_| pair.ask("/v1/chat/completions", false));
        for response in futures::future::join_all(asks).await {
            assert_eq!(response.status(), 200);
        }
    }
}

#[tokio::test]
async fn a_silent_account_is_given_up_for_another() {
    for path in ["/v1/chat/completions", "/v1/messages"] {
        let pair = Pair::with(&[("FIRST_BYTE_SECONDS", "1")]).await;
        pair.upstream.reply(Reply::silence()).reply(good());
        assert_eq!(pair.ask(path, false).await.status(), 200, "{path}");
        assert_eq!(pair.asked(), [FIRST, SECOND]);
    }
}
