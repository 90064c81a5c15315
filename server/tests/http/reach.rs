//! Where a node may lead, and how an account gets there.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Proxy, Reply, Upstream, unused_url};

use crate::support::{ACCOUNT_KEY, PASSWORD, Routed, TestApp, User, answer};

fn node(base_url: &str) -> Value {
    json!({ "type": "openai-compatible", "apiType": "chat", "name": "N", "prefix": "n", "baseUrl": base_url })
}

#[tokio::test]
async fn a_node_leads_to_the_public_internet_unless_told_otherwise() {
    let app = TestApp::new().await;
    let admin = app.signed_in().await;
    for host in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.1.1",
        "0.0.0.0",
    ] {
        let body = node(&format!("http://{host}:11434/v1"));
        let response = admin.send(Method::POST, "/api/provider-nodes", &body).await;
        let (status, said) = answer(response).await;
        let said = said["error"].as_str().unwrap_or_default();
        assert_eq!(status, 400, "{host}: {said}");
        assert!(said.contains("private network"), "{host}: {said}");
    }
    // Nobody may allow what gives away a machine's credentials.
    for host in ["169.254.169.254", "2852039166", "[fd00:ec2::254]"] {
        let mut body = node(&format!("http://{host}/v1"));
        body["allowsPrivate"] = json!(true);
        let response = admin.send(Method::POST, "/api/provider-nodes", &body).await;
        let (status, said) = answer(response).await;
        let said = said["error"].as_str().unwrap_or_default();
        assert!(
            status == 400 && said.contains("credentials"),
            "{host}: {status} {said}"
        );
    }
    let listed = answer(admin.get("/api/provider-nodes").await).await.1;
    assert_eq!(listed, json!({ "nodes": [] }));
}

#[tokio::test]
async fn a_node_that_is_told_to_stay_outside_is_not_asked_any_more() {
    let router = Routed::new().await;
    let admin = router.app.signed_in().await;
    let nodes = answer(admin.get("/api/provider-nodes").await).await.1;
    let chat = nodes["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .find(|node| node["prefix"] == "chat")
        .expect("a node");
    let path = format!(
        "/api/provider-nodes/{}",
        chat["id"].as_str().expect("an id")
    );
    let response = admin
        .send(Method::PUT, &path, &json!({ "allowsPrivate": false }))
        .await;
    assert_eq!(response.status(), 400);

    // What was stored before the rule: the connection itself is refused, by address and by name.
    let mut stored = router.app.store.nodes().list().await.expect("nodes");
    for base in [
        router.upstream.url(),
        router.upstream.url().replace("127.0.0.1", "localhost"),
    ] {
        let node = stored
            .iter_mut()
            .find(|node| node.prefix == "chat")
            .expect("a node");
        (node.allows_private, node.base_url) = (false, format!("{base}/v1"));
        router
            .app
            .store
            .nodes()
            .update(node)
            .await
            .expect("an update");
        router.app.gateway.reload().await.expect("a snapshot");
        let response = router
            .call("/v1/chat/completions", r#"{"model":"chat/m"}"#)
            .send()
            .await
            .expect("an answer");
        let (status, said) = answer(response).await;
        assert_eq!(status, 502, "{said}");
        assert!(said.to_string().contains("private network"), "{said}");
    }
    assert!(router.upstream.requests().is_empty());
}

#[tokio::test]
async fn checks_and_lists_of_models_follow_no_redirect() {
    let (app, upstream, elsewhere) = (
        TestApp::new().await,
        Upstream::start().await,
        Upstream::start().await,
    );
    let admin = app.signed_in().await;
    let account = admin
        .node("openai-compatible", "chat", "n", &upstream.url())
        .await;
    let target = format!("{}/models", elsewhere.url());
    for path in ["models", "test"] {
        upstream.reply(Reply::status(302).header("location", &target));
        let path = format!("/api/providers/{account}/{path}");
        let method = if path.ends_with("test") {
            Method::POST
        } else {
            Method::GET
        };
        let response = admin.send(method, &path, &json!({})).await;
        let said = answer(response).await;
        assert!(said.1.to_string().contains("302"), "{said:?}");
    }
    assert!(elsewhere.requests().is_empty());
}

async fn account_through(
    admin: &User<'_>,
    upstream: &Upstream,
    prefix: &str,
    proxy: &str,
) -> String {
    let account = admin
        .node(
            "openai-compatible",
            "chat",
            prefix,
            &format!("{}/v1", upstream.url()),
        )
        .await;
    let path = format!("/api/providers/{account}");
    let changed = admin
        .json(Method::PUT, &path, &json!({ "proxy": proxy }))
        .await;
    let shown = changed["connection"]["proxy"].as_str().expect("a proxy");
    assert!(
        !shown.contains("hidden") && !shown.contains("me"),
        "{shown}"
    );
    account
}

fn done() -> Reply {
    Reply::json(
        200,
        json!({ "choices": [{ "message": { "role": "assistant", "content": "hi" } }] }),
    )
}

#[tokio::test]
async fn each_account_goes_its_own_way() {
    let router = Routed::new().await;
    let admin = router.app.signed_in().await;
    let upstream = &router.upstream;
    // `me:hidden`
    let http = Proxy::http_wanting("Basic bWU6aGlkZGVu").await;
    let socks = Proxy::socks5_wanting("me", "hidden").await;
    for (prefix, proxy) in [
        ("one", format!("http://me:hidden@{}", http.host())),
        ("two", format!("socks5://me:hidden@{}", socks.host())),
        ("three", format!("socks5h://me:hidden@{}", socks.host())),
    ] {
        account_through(&admin, upstream, prefix, &proxy).await;
        router.chat(&format!("{prefix}/m"), done()).await;
    }
    // Those of the router itself take no proxy.
    router.chat("chat/m", done()).await;
    assert_eq!(upstream.requests().len(), 4);
    let target = upstream.url().replace("http://", "");
    assert_eq!(http.targets(), std::slice::from_ref(&target));
    assert_eq!(socks.targets(), [target.clone(), target]);
    for request in upstream.requests() {
        assert_eq!(request.header("proxy-authorization"), None);
    }
    let listed = answer(admin.get("/api/providers").await)
        .await
        .1
        .to_string();
    assert!(listed.contains(&socks.host()) && !listed.contains("hidden"));
}

#[tokio::test]
async fn a_proxy_that_fails_is_named_without_its_password() {
    let router = Routed::new().await;
    let admin = router.app.signed_in().await;
    let gone = unused_url().await.replace("http://", "");
    let wary = Proxy::http_wanting("Basic bm9ib2R5").await;
    let deaf = Proxy::socks5_wanting("you", "other").await;
    for (prefix, scheme, host) in [
        ("one", "http", gone.clone()),
        ("two", "socks5", gone),
        ("three", "http", wary.host()),
        ("four", "socks5", deaf.host()),
    ] {
        let proxy = format!("{scheme}://me:hidden@{host}");
        let account = account_through(&admin, &router.upstream, prefix, &proxy).await;
        let response = router
            .call(
                "/v1/chat/completions",
                json!({ "model": format!("{prefix}/m") }).to_string(),
            )
            .send()
            .await
            .expect("an answer");
        let (status, said) = answer(response).await;
        let said = said.to_string();
        assert_eq!(status, 502, "{said}");
        assert!(said.contains(&host) && !said.contains("hidden"), "{said}");

        let tested = admin
            .json(
                Method::POST,
                &format!("/api/providers/{account}/test"),
                &json!({}),
            )
            .await;
        let said = tested["error"].as_str().expect("an error");
        assert!(said.contains(&host) && !said.contains("hidden"), "{said}");
    }
    assert!(router.upstream.requests().is_empty());
}

#[tokio::test]
async fn the_environments_proxy_and_its_exceptions_are_heeded() {
    let (proxy, upstream) = (Proxy::http().await, Upstream::start().await);
    let url = format!("http://{}", proxy.host());
    for (no_proxy, count) in [("", 1), ("example.com,127.0.0.0/8", 1)] {
        let variables = [
            ("INITIAL_PASSWORD", PASSWORD),
            ("HTTP_PROXY", url.as_str()),
            ("NO_PROXY", no_proxy),
        ];
        let app = TestApp::with(&variables).await;
        let admin = app.signed_in().await;
        let account = admin
            .node("openai-compatible", "chat", "n", &upstream.url())
            .await;
        upstream.reply(Reply::json(200, json!({ "data": [{ "id": "m" }] })));
        let path = format!("/api/providers/{account}/test");
        let tested = admin.json(Method::POST, &path, &json!({})).await;
        assert_eq!(tested["valid"], true, "{tested}");
        assert_eq!(proxy.targets().len(), count);
    }
}

#[tokio::test]
async fn wrong_proxies_are_refused_without_being_repeated() {
    let app = TestApp::new().await;
    let admin = app.signed_in().await;
    let base = unused_url().await;
    let account = admin.node("openai-compatible", "chat", "n", &base).await;
    let path = format!("/api/providers/{account}");
    for proxy in [
        "ftp://me:hidden@x",
        "socks5://",
        "http://169.254.169.254:80/",
    ] {
        let response = admin
            .send(Method::PUT, &path, &json!({ "proxy": proxy }))
            .await;
        let (status, said) = answer(response).await;
        assert_eq!(status, 400, "{proxy}");
        assert!(!said.to_string().contains("hidden"), "{said}");
    }
    let changed = admin
        .json(
            Method::PUT,
            &path,
            &json!({ "proxy": "socks5://127.0.0.1:1" }),
        )
        .await;
    assert_eq!(changed["connection"]["proxy"], "127.0.0.1:1");
    let cleared = admin
        .json(Method::PUT, &path, &json!({ "proxy": "" }))
        .await;
    assert_eq!(cleared["connection"]["proxy"], Value::Null);
    assert!(
        !answer(admin.get("/api/providers").await)
            .await
            .1
            .to_string()
            .contains(ACCOUNT_KEY)
    );
}

#[tokio::test]
async fn a_proxy_of_the_environment_that_fails_is_named_without_its_password() {
    let dead = unused_url().await;
    let dead = dead.trim_start_matches("http://").trim_end_matches('/');
    let variables = [
        ("INITIAL_PASSWORD", PASSWORD),
        ("HTTP_PROXY", &format!("http://me:hidden@{dead}")),
        ("NO_PROXY", "127.0.0.2"),
    ];
    let app = TestApp::with(&variables).await;
    let admin = app.signed_in().await;
    for (prefix, host, is_through) in [("n", "127.0.0.1", true), ("o", "127.0.0.2", false)] {
        let account = admin
            .node(
                "openai-compatible",
                "chat",
                prefix,
                &format!("http://{host}:9/v1"),
            )
            .await;
        let path = format!("/api/providers/{account}/test");
        let tested = admin.json(Method::POST, &path, &json!({})).await;
        let said = tested["error"].as_str().expect("an error");
        assert_eq!(
            said.contains(&format!("through the proxy `{dead}`")),
            is_through,
            "{said}"
        );
        assert!(!said.contains("hidden"), "{said}");
    }
}
