//! Google's service accounts: a key file pasted where a key is, and what requests carry instead of it.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::vendor::{Issuer, PRIVATE_KEY, PROJECT, key_file};
use testkit::{DONE, Received, Reply, data};

use crate::support::{User, answer};
use crate::vendors::Logins;

const GOOGLE: &str = "/aiplatform.googleapis.com/v1/projects/project-of-the-file/locations/global/publishers/google/models";
const PARTNERS: &str = "/us-south1-aiplatform.googleapis.com/v1/projects/another/locations/us-south1/endpoints/openapi/chat/completions";
const IMAGE: &str = "aW1hZ2U=";

fn account(provider: &str, key: &str, data: &Value) -> Value {
    json!({ "provider": provider, "apiKey": key, "name": "main", "providerSpecificData": data })
}

async fn create(admin: &User<'_>, account: &Value) -> (u16, Value) {
    answer(admin.send(Method::POST, "/api/providers", account).await).await
}

/// An account of Vertex AI by its key file, and its id.
async fn vertex(admin: &User<'_>) -> String {
    let file = key_file().to_string();
    let (status, created) = create(admin, &account("vertex", &file, &json!({}))).await;
    assert_eq!(status, 201, "{created}");
    let id = created["connection"]["id"].as_str().expect("an id");
    id.to_owned()
}

async fn ask(logins: &Logins, path: &str, body: &Value) -> (u16, String) {
    let request = logins.app.request(Method::POST, path);
    let request = request.bearer_auth(&logins.key);
    let request = request.header("content-type", "application/json");
    let response = request.body(body.to_string()).send().await;
    let response = response.expect("an answer");
    let status = response.status().as_u16();
    (status, response.text().await.expect("a body"))
}

/// Gemini calls the tool.
fn called() -> Reply {
    let call = json!({ "functionCall": { "name": "weather", "args": { "city": "Oslo" } } });
    Reply::sse([data(&json!({
        "candidates": [{ "content": { "role": "model", "parts": [call] }, "finishReason": "STOP" }],
        "usageMetadata": { "promptTokenCount": 7, "candidatesTokenCount": 3, "totalTokenCount": 10 }
    }))])
}

/// What has arrived at a path, with a token that Google has given.
fn arrived(logins: &Logins, path: &str) -> Vec<Received> {
    let mut requests = logins.vendor.upstream().requests();
    requests.retain(|request| request.path() == path);
    for request in &requests {
        assert!(logins.vendor.is_authorized(request), "{request:?}");
        assert_eq!(request.header("x-goog-api-key"), None);
    }
    requests
}

#[tokio::test]
async fn clients_of_both_apis_reach_gemini_with_one_token() {
    let logins = Logins::new().await;
    let admin = logins.app.signed_in().await;
    vertex(&admin).await;
    let path = format!("{GOOGLE}/gemini-3-flash-preview:streamGenerateContent");
    logins.vendor.upstream().on(&path, |_| called());
    let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    let words = "Is this Oslo?";
    let openai = json!({ "model": "vx/gemini-3-flash-preview", "stream": true,
        "messages": [{ "role": "user", "content": [
            { "type": "text", "text": words },
            { "type": "image_url", "image_url": { "url": format!("data:image/png;base64,{IMAGE}") } } ] }],
        "tools": [{ "type": "function", "function": { "name": "weather", "parameters": schema } }] });
    let anthropic = json!({ "model": "vx/gemini-3-flash-preview", "stream": true, "max_tokens": 100,
        "messages": [{ "role": "user", "content": [
            { "type": "text", "text": words },
            { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": IMAGE } } ] }],
        "tools": [{ "name": "weather", "input_schema": schema }] });
    for (at, body, told) in [
        ("/v1/chat/completions", &openai, "tool_calls"),
        ("/v1/messages", &anthropic, "tool_use"),
    ] {
        let (status, stream) = ask(&logins, at, body).await;
        assert_eq!(status, 200, "{stream}");
        assert!(
            stream.contains(told) && stream.contains("weather") && stream.contains("Oslo"),
            "{stream}"
        );
    }
    let requests = arrived(&logins, &path);
    assert_eq!(requests.len(), 2);
    for request in requests {
        let body = request.json();
        let parts = &body["contents"][0]["parts"];
        assert_eq!(parts[0]["text"], words);
        assert_eq!(parts[1]["inlineData"]["data"], IMAGE, "{body}");
        let tool = &body["tools"][0]["functionDeclarations"][0];
        assert_eq!(tool["name"], "weather", "{body}");
    }
    assert_eq!(logins.vendor.refreshes(Issuer::Google), 1);
}

#[tokio::test]
async fn models_of_partners_are_asked_for_in_openais_format_where_the_account_says() {
    let logins = Logins::new().await;
    let admin = logins.app.signed_in().await;
    let file = key_file().to_string();
    let place = json!({ "projectId": "another", "location": "us-south1" });
    let (status, created) = create(&admin, &account("vertex-partner", &file, &place)).await;
    assert_eq!(status, 201, "{created}");
    logins.vendor.upstream().on(PARTNERS, |_| {
        let delta = json!({ "choices": [{ "index": 0, "delta": { "content": "hello" }, "finish_reason": "stop" }] });
        Reply::sse([data(&delta), DONE.to_owned()])
    });
    let body = json!({ "model": "vxp/deepseek-ai/deepseek-v3.2-maas", "stream": true,
        "messages": [{ "role": "user", "content": "hi" }] });
    let (status, stream) = ask(&logins, "/v1/chat/completions", &body).await;
    assert_eq!(status, 200, "{stream}");
    assert!(stream.contains("hello"), "{stream}");
    let requests = arrived(&logins, PARTNERS);
    let models: Vec<Value> = requests
        .iter()
        .map(|one| one.json()["model"].clone())
        .collect();
    assert_eq!(models, ["deepseek-ai/deepseek-v3.2-maas"]);
}

#[tokio::test]
async fn what_is_no_key_file_is_refused_when_it_is_saved() {
    let logins = Logins::new().await;
    let admin = logins.app.signed_in().await;
    let with = |name: &str, value: Value| {
        let mut file = key_file();
        file[name] = value;
        file.to_string()
    };
    for (provider, key, words) in [
        ("vertex", "{ not json".to_owned(), "which is JSON"),
        (
            "vertex",
            with("type", json!("authorized_user")),
            "service_account",
        ),
        ("vertex", with("private_key", json!("hidden")), "no RSA key"),
        (
            "vertex",
            with("token_uri", json!("https://evil.example/hidden")),
            "token_uri",
        ),
        ("vertex", with("project_id", json!("../hidden")), "letters"),
        ("vertex-partner", "AIza-hidden".to_owned(), "which is JSON"),
    ] {
        let (status, said) = create(&admin, &account(provider, &key, &json!({}))).await;
        assert_eq!(status, 400, "{said}");
        let said = said.to_string();
        assert!(said.contains(words), "{said}");
        let check = account(provider, &key, &json!({}));
        let path = "/api/providers/validate";
        let (_, checked) = answer(admin.send(Method::POST, path, &check).await).await;
        assert!(checked.to_string().contains(words), "{checked}");
    }
    assert!(logins.vendor.upstream().requests().is_empty());
    // A key is still one.
    let (status, said) = create(&admin, &account("vertex", "AIza-key", &json!({}))).await;
    assert_eq!(status, 201, "{said}");
}

#[tokio::test]
async fn a_test_gets_a_token_and_tells_what_google_says() {
    let logins = Logins::new().await;
    let admin = logins.app.signed_in().await;
    let id = vertex(&admin).await;
    let upstream = logins.vendor.upstream();
    upstream.on(GOOGLE, |_| Reply::json(404, json!({})));
    let asked = format!("{GOOGLE}/gemini-3.1-pro-preview:generateContent");
    upstream.on(&asked, |_| {
        Reply::json(
            400,
            json!({ "error": { "code": 400, "message": "contents is required" } }),
        )
    });
    let path = format!("/api/providers/{id}/test");
    let tested = admin.json(Method::POST, &path, &json!({})).await;
    assert_eq!(tested["valid"], true, "{tested}");
    assert_eq!(arrived(&logins, &asked).len(), 1);

    logins.vendor.fail_once(Reply::json(
        400,
        json!({ "error": "invalid_grant", "error_description": "Invalid JWT Signature." }),
    ));
    let tested = admin.json(Method::POST, &path, &json!({})).await;
    assert_eq!(tested["valid"], false, "{tested}");
    let words = tested["error"].as_str().expect("words");
    assert!(words.contains("Invalid JWT Signature."), "{words}");
    assert_eq!(arrived(&logins, &asked).len(), 1);
}

#[tokio::test]
async fn a_service_account_signs_through_its_proxy() {
    let mut logins = Logins::unreachable().await;
    let proxy = logins.go_through_a_proxy().await;
    let admin = logins.app.signed_in().await;
    let mut account = account("vertex", &key_file().to_string(), &json!({}));
    account["proxy"] = json!(format!("http://me:hidden@{}", proxy.host()));
    let (status, created) = create(&admin, &account).await;
    assert_eq!(status, 201, "{created}");
    let path = format!("{GOOGLE}/gemini-3-flash-preview:streamGenerateContent");
    logins.vendor.upstream().on(&path, |_| called());
    let body = json!({ "model": "vx/gemini-3-flash-preview", "stream": true,
        "messages": [{ "role": "user", "content": "hi" }] });
    let (status, stream) = ask(&logins, "/v1/chat/completions", &body).await;
    assert_eq!(status, 200, "{stream}");
    assert_eq!(arrived(&logins, &path).len(), 1);
    assert_eq!(logins.vendor.refreshes(Issuer::Google), 1);
}

#[tokio::test]
async fn a_key_file_is_shown_to_nobody_and_stored_sealed() {
    let logins = Logins::new().await;
    let admin = logins.app.signed_in().await;
    let id = vertex(&admin).await;
    let path = format!("{GOOGLE}/gemini-3-flash-preview:streamGenerateContent");
    logins
        .vendor
        .upstream()
        .on(&path, |_| Reply::json(500, json!({})));
    let body = json!({ "model": "vx/gemini-3-flash-preview", "stream": true,
        "messages": [{ "role": "user", "content": "hi" }] });
    let (_, mut seen) = ask(&logins, "/v1/chat/completions", &body).await;
    for path in ["/api/providers".to_owned(), format!("/api/providers/{id}")] {
        seen += &admin.get(&path).await.text().await.expect("a body");
    }
    assert!(seen.contains(&id));
    let dir = logins.app.data_dir();
    for entry in std::fs::read_dir(&dir).expect("a directory") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        seen += &String::from_utf8_lossy(&bytes);
    }
    let line = PRIVATE_KEY.lines().nth(3).expect("a line");
    assert!(!seen.contains(line) && !seen.contains("PRIVATE KEY"));
    assert!(!seen.contains(&format!("tests@{PROJECT}")));
    for request in logins.vendor.upstream().requests() {
        assert!(!format!("{request:?}").contains(line));
    }
}
