//! The fault matrix: everything an upstream has been seen to do wrong, and what the client sees of it
//! when another target could stand in.

use std::time::Duration;

use futures::future::join_all;
use futures::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Reply, Upstream};

use crate::support::{TestApp, User, answer};

/// What the client sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// The stand-in's answer, and nothing of the first.
    StandIn,
    /// The first one's own no, under this status: nobody else is asked.
    No(u16),
}

struct Case {
    name: String,
    reply: Reply,
    seen: Seen,
}

fn case(name: impl Into<String>, reply: Reply, seen: Seen) -> Case {
    Case {
        name: name.into(),
        reply,
        seen,
    }
}

/// What only the failing target says; none of it may reach a client that another has answered.
const MARK: &str = "said-by-the-broken-one";

fn marked(status: u16, body: &Value) -> Reply {
    Reply::json(status, body.clone()).header("x-broken", MARK)
}

/// Errors by status and body, as the vendors spell them.
fn refusals() -> Vec<Case> {
    let plain = |message: &str| json!({ "error": { "message": format!("{message} {MARK}"), "type": "error" } });
    let mut cases: Vec<Case> = [
        (401, Seen::StandIn),
        (402, Seen::StandIn),
        (403, Seen::StandIn),
        (404, Seen::StandIn),
        (408, Seen::StandIn),
        (410, Seen::StandIn),
        (429, Seen::StandIn),
        (451, Seen::StandIn),
        (500, Seen::StandIn),
        (501, Seen::StandIn),
        (502, Seen::StandIn),
        (503, Seen::StandIn),
        (504, Seen::StandIn),
        (520, Seen::StandIn),
        (522, Seen::StandIn),
        (524, Seen::StandIn),
        (529, Seen::StandIn),
        (301, Seen::StandIn),
        (307, Seen::StandIn),
        (400, Seen::No(400)),
        (405, Seen::No(405)),
        (413, Seen::No(413)),
        (415, Seen::No(415)),
        (422, Seen::No(422)),
    ]
    .into_iter()
    .map(|(status, seen)| {
        case(
            format!("status {status}"),
            marked(status, &plain("no")).header("location", "http://127.0.0.1:9/elsewhere"),
            seen,
        )
    })
    .collect();
    let bodies = [
        (
            400,
            plain("prompt is too long: 210000 tokens > 200000 maximum"),
        ),
        (
            400,
            plain("This model's maximum context length is 8192 tokens"),
        ),
        (
            400,
            plain("API key not valid. Please pass a valid API key."),
        ),
        (
            400,
            plain("Your credit balance is too low to access the API"),
        ),
        (400, plain("The requested model is not supported.")),
        (
            400,
            json!({ "__type": "ThrottlingException", "message": MARK }),
        ),
        (
            400,
            json!({ "error": { "message": MARK, "code": "content_filter" } }),
        ),
        (402, plain("Insufficient Balance")),
        (403, plain("Free allocated quota exceeded.")),
        (403, plain("Request not allowed")),
        (
            429,
            json!({ "error": { "type": "usage_limit_reached", "message": MARK, "resets_in_seconds": 600 } }),
        ),
        (
            429,
            json!({ "error": { "code": 429, "message": MARK, "details": [{ "reason": "MODEL_CAPACITY_EXHAUSTED" }] } }),
        ),
        (
            429,
            json!([{ "error": { "code": 429, "message": MARK, "status": "RESOURCE_EXHAUSTED",
            "details": [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "21s" }] } }]),
        ),
        (
            429,
            json!({ "type": "error", "error": { "type": "rate_limit_error", "message": MARK } }),
        ),
        (500, json!({ "error": MARK })),
        (502, plain("Too Many Requests")),
        (
            529,
            json!({ "type": "error", "error": { "type": "overloaded_error", "message": MARK } }),
        ),
    ];
    for (status, body) in bodies {
        cases.push(case(
            format!("{status} {body}"),
            marked(status, &body),
            Seen::StandIn,
        ));
    }
    for (name, value) in [
        ("retry-after", "7"),
        ("retry-after", "Tue, 14 Nov 2023 22:13:50 GMT"),
        ("retry-after", "soon"),
        ("retry-after-ms", "1e300"),
        ("x-ratelimit-reset", "18446744073709551615"),
    ] {
        let reply = marked(429, &plain("slow down")).header(name, value);
        cases.push(case(format!("429 {name}: {value}"), reply, Seen::StandIn));
    }
    for (status, kind, body) in [
        (502, "text/html", "<html><title>bad gateway</title></html>"),
        (503, "text/plain", ""),
        (500, "application/json", "{\"error\":"),
        (500, "application/json", "null"),
        (429, "application/octet-stream", "\u{0}\u{1}"),
    ] {
        let reply = Reply::text(status, kind, body).header("x-broken", MARK);
        cases.push(case(
            format!("{status} {kind} {body:?}"),
            reply,
            Seen::StandIn,
        ));
    }
    cases
}

/// Successes that are none.
fn lies(is_stream: bool) -> Vec<Case> {
    let error = json!({ "error": { "message": MARK, "type": "server_error" } });
    let mut cases = vec![
        case("closed without a word", Reply::hang_up(), Seen::StandIn),
        case("silence", Reply::silence(), Seen::StandIn),
        case("an error under 200", marked(200, &error), Seen::StandIn),
        case(
            "cut in its head's shadow",
            Reply::status(200)
                .header("content-type", "application/json")
                .header("content-length", "500")
                .cut(),
            Seen::StandIn,
        ),
        case(
            "nothing at all under 200",
            Reply::status(200).header("content-type", "application/json"),
            Seen::StandIn,
        ),
    ];
    if is_stream {
        cases.extend([
            case(
                "an error as its first event",
                Reply::chat([error]),
                Seen::StandIn,
            ),
            case(
                "an error event with a name",
                Reply::sse([format!(
                    "event: error\ndata: {{\"error\":{{\"message\":\"{MARK}\"}}}}\n\n"
                )]),
                Seen::StandIn,
            ),
            case(
                "an empty stream",
                Reply::sse(Vec::<String>::new()),
                Seen::StandIn,
            ),
            case(
                "comments, then a cut",
                Reply::sse([": wait\n\n", ": wait\n\n"]).cut(),
                Seen::StandIn,
            ),
            case(
                "comments for ever",
                Reply::sse([": wait\n\n"]).hang(),
                Seen::StandIn,
            ),
            case(
                "headers and then nothing",
                Reply::sse(Vec::<String>::new()).hang(),
                Seen::StandIn,
            ),
            case(
                "half an event, then a cut",
                Reply::sse(["data: {\"choices\":[{\"del"]).cut(),
                Seen::StandIn,
            ),
        ]);
    }
    cases
}

fn good(is_stream: bool) -> Reply {
    let usage = json!({ "prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15 });
    if !is_stream {
        return Reply::json(
            200,
            json!({ "id": "c1", "object": "chat.completion", "created": 1, "model": "up",
                "choices": [{ "index": 0, "message": { "role": "assistant", "content": "hello" }, "finish_reason": "stop" }],
                "usage": usage }),
        );
    }
    let chunk = |delta: Value, finish: Value| {
        json!({ "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "up",
            "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] })
    };
    let mut end = chunk(json!({}), json!("stop"));
    end["usage"] = usage;
    Reply::chat([
        chunk(
            json!({ "role": "assistant", "content": "hello" }),
            Value::Null,
        ),
        end,
    ])
}

/// Every case has a broken provider of its own, since what one does wrong is remembered.
async fn check_all(cases: Vec<Case>, path: &'static str, is_stream: bool) {
    let variables = [
        ("INITIAL_PASSWORD", crate::support::PASSWORD),
        ("FIRST_BYTE_SECONDS", "1"),
    ];
    let (app, upstream) = (TestApp::with(&variables).await, Upstream::start().await);
    let admin = app.signed_in().await;
    let base = |name: &str| format!("{}/{name}/v1", upstream.url());
    admin
        .node("openai-compatible", "chat", "good", &base("good"))
        .await;
    upstream.on("/good/v1/chat/completions", move |_| good(is_stream));
    let key = admin.key().await;
    for (index, case) in cases.iter().enumerate() {
        let name = format!("broken-{index}");
        admin
            .node("openai-compatible", "chat", &name, &base(&name))
            .await;
        let reply = case.reply.clone();
        upstream.on(&format!("/{name}/v1/chat/completions"), move |_| {
            reply.clone()
        });
        let combo =
            json!({ "name": format!("combo-{index}"), "models": [format!("{name}/m"), "good/m"] });
        admin.json(Method::POST, "/api/combos", &combo).await;
    }
    let asks = cases.iter().enumerate().map(|(index, case)| {
        let body = json!({ "model": format!("combo-{index}"), "max_tokens": 9, "stream": is_stream,
            "messages": [{ "role": "user", "content": "hi" }] });
        let call = app
            .request(Method::POST, path)
            .bearer_auth(&key)
            .header("content-type", "application/json")
            .body(body.to_string());
        async move {
            let what = format!("{path}, stream {is_stream}: {}", case.name);
            let response = call.send().await;
            let response = response.unwrap_or_else(|error| panic!("{what}: {error:?}"));
            let headers = format!("{:?}", response.headers());
            let status = response.status().as_u16();
            let text = response.text().await;
            let text = text.unwrap_or_else(|error| panic!("{what}: {error:?}"));
            (case.seen, what, status, headers, text)
        }
    });
    for (seen, what, status, headers, text) in join_all(asks).await {
        match seen {
            Seen::StandIn => {
                assert_eq!(status, 200, "{what}: {text}");
                assert!(text.contains("hello"), "{what}: {text}");
                assert!(
                    !text.contains(MARK) && !headers.contains("x-broken"),
                    "{what}: {headers} {text}"
                );
                assert!(headers.contains("good/m"), "{what}: {headers}");
            }
            Seen::No(expected) => {
                // Another format may know the same mistake under another status.
                let is_same = status == expected || path != "/v1/chat/completions" && status == 400;
                assert!(is_same, "{what}: {status} {text}");
                assert!(text.contains(MARK), "{what}: {text}");
            }
        }
    }
    let rows = app.rows(cases.len()).await;
    for row in rows {
        let index: usize = row
            .model_requested
            .as_deref()
            .and_then(|model| model.strip_prefix("combo-"))
            .and_then(|index| index.parse().ok())
            .expect("one of ours");
        let case = &cases[index];
        let (attempts, input) = match case.seen {
            Seen::StandIn => (2, 12),
            Seen::No(_) => (1, 0),
        };
        assert_eq!(
            (row.attempts, row.tokens.input),
            (attempts, input),
            "{}: of the one that answered alone",
            case.name
        );
    }
}

#[tokio::test]
async fn whatever_a_target_refuses_with_the_next_one_answers() {
    for path in ["/v1/chat/completions", "/v1/messages"] {
        check_all(refusals(), path, false).await;
    }
}

#[tokio::test]
async fn a_refusal_of_a_stream_is_a_refusal() {
    for path in ["/v1/chat/completions", "/v1/messages"] {
        check_all(refusals(), path, true).await;
    }
}

#[tokio::test]
async fn a_success_that_is_none_is_found_out_before_the_client_sees_it() {
    for path in ["/v1/chat/completions", "/v1/messages"] {
        for is_stream in [false, true] {
            check_all(lies(is_stream), path, is_stream).await;
        }
    }
}

/// Targets of the storm. At any time all but one of them are broken, and which one is not changes.
const TARGETS: [&str; 4] = ["a", "b", "c", "d"];
const REQUESTS: usize = 10_000;
const AT_ONCE: usize = 50;

/// The number that a request carries, wherever its format puts it.
fn number(text: &str) -> &str {
    let start = text.find("request-").expect("its number");
    let end = text[start..]
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .map_or(text.len(), |length| start + length);
    &text[start..end]
}

#[tokio::test]
async fn ten_thousand_requests_lose_nothing_while_all_but_one_target_are_broken() {
    let (app, upstream) = (TestApp::new().await, Upstream::start().await);
    upstream.forget_requests();
    let admin = app.signed_in().await;
    for (place, target) in TARGETS.into_iter().enumerate() {
        let base = format!("{}/{target}/v1", upstream.url());
        admin.node("openai-compatible", "chat", target, &base).await;
        let seen = std::sync::atomic::AtomicUsize::new(0);
        upstream.on(&format!("/{target}/v1/chat/completions"), move |request| {
            let number = number(request.text()).to_owned();
            // The sound one changes every thousand requests, whatever the order they come in.
            let index: usize = number["request-".len()..].parse().expect("a number");
            let is_sound = index / 1_000 % TARGETS.len() == place;
            let turn = seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let words = format!("{number} by {target}");
            let wrong = json!({ "error": { "message": format!("{words} broken"), "type": "error" } });
            let reply = match (is_sound, turn % 5) {
                (true, _) => Reply::json(
                    200,
                    json!({ "id": words, "object": "chat.completion", "created": 1, "model": target,
                        "choices": [{ "index": 0, "message": { "role": "assistant", "content": words }, "finish_reason": "stop" }],
                        "usage": { "prompt_tokens": 10 + place, "completion_tokens": 1, "total_tokens": 11 + place } }),
                ),
                (false, 0) => Reply::hang_up(),
                (false, 1) => Reply::json(500, wrong),
                (false, 2) => Reply::json(200, wrong),
                (false, 3) => Reply::json(529, wrong),
                (false, _) => Reply::status(200).header("content-type", "application/json").header("content-length", "99").cut(),
            };
            reply.header("x-served-by", target).header("set-cookie", target)
        });
    }
    let steps: Vec<String> = TARGETS.iter().map(|target| format!("{target}/m")).collect();
    for (name, strategy) in [("ordered", "fallback"), ("turns", "round-robin")] {
        let combo = json!({ "name": name, "models": steps, "strategy": strategy });
        admin.json(Method::POST, "/api/combos", &combo).await;
    }
    let key = admin.key().await;

    let answered = stream::iter(0..REQUESTS)
        .map(|index| {
            let combo = ["ordered", "turns"][index % 2];
            let path = ["/v1/chat/completions", "/v1/messages"][index / 2 % 2];
            let body = json!({ "model": combo, "max_tokens": 9,
                "messages": [{ "role": "user", "content": format!("request-{index}") }] });
            let call = app
                .request(Method::POST, path)
                .bearer_auth(&key)
                .header("content-type", "application/json")
                .body(body.to_string());
            async move {
                let response = call.send().await.expect("an answer");
                let status = response.status().as_u16();
                let headers = response.headers().clone();
                let text = response.text().await.expect("a body");
                let served = TARGETS[index / 1_000 % TARGETS.len()];
                assert_eq!(status, 200, "request {index}: {text}");
                assert!(
                    text.contains(&format!("request-{index} by {served}\"")),
                    "request {index} has somebody else's answer: {text}"
                );
                assert!(!text.contains("broken"), "request {index}: {text}");
                assert_eq!(headers["x-9router-model"], format!("{served}/m"));
                // What passes unchanged brings its upstream's headers along, and no other's.
                for value in headers.get_all("x-served-by") {
                    assert_eq!(value, served, "request {index}");
                }
                assert!(!headers.contains_key("set-cookie"), "request {index}");
            }
        })
        .buffer_unordered(AT_ONCE)
        .count()
        .await;
    assert_eq!(answered, REQUESTS);

    // Every request left one row, with the tokens of the one that served it.
    let mut rows = 0;
    for _ in 0..200 {
        rows = count(&admin).await.0;
        if rows >= REQUESTS {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(rows, REQUESTS);
    let expected: usize = (0..REQUESTS)
        .map(|index| 10 + index / 1_000 % TARGETS.len())
        .sum();
    assert_eq!(count(&admin).await.1, expected, "input tokens");
}

/// How many requests the books know, and their input tokens.
async fn count(admin: &User<'_>) -> (usize, usize) {
    let response = admin.get("/api/usage/history").await;
    let (_, stats) = answer(response).await;
    let figure = |name: &str| {
        stats[name]
            .as_u64()
            .and_then(|value| usize::try_from(value).ok())
    };
    (
        figure("totalRequests").expect("a count"),
        figure("totalPromptTokens").expect("a count"),
    )
}
