//! Stopping, starting again, and starting wrong.

use std::time::Duration;

use futures::StreamExt as _;
use serde_json::json;
use store::usage::UsageScope;
use testkit::Reply;

use crate::support::{PASSWORD, Routed, TestApp};

#[tokio::test]
async fn stopping_lets_a_stream_end_and_writes_its_row() {
    let mut routed = Routed::new().await;
    routed.upstream.reply(
        Reply::sse(["data: {\"choices\":[]}\n\n"])
            .wait(Duration::from_millis(700))
            .chunk("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"),
    );
    let mut stream = routed.stream().await;
    stream.next().await.expect("a chunk").expect("bytes");
    routed.app.begin_stop();
    let mut rest = Vec::new();
    while let Some(chunk) = stream.next().await {
        rest.extend_from_slice(&chunk.expect("bytes"));
    }
    assert!(String::from_utf8_lossy(&rest).ends_with("data: [DONE]\n\n"));

    let dir = routed.app.finish().await;
    let again = TestApp::in_dir(dir, &[]).await;
    let rows = again
        .store
        .usage()
        .recent(&UsageScope::Everyone, 10, None)
        .await
        .expect("rows");
    assert_eq!(
        rows.iter()
            .map(|row| row.outcome.as_str())
            .collect::<Vec<_>>(),
        ["ok"]
    );
}

#[tokio::test]
async fn rows_answered_just_before_the_end_are_written() {
    let routed = Routed::new().await;
    for _ in 0..20 {
        routed
            .upstream
            .reply(Reply::json(200, json!({ "choices": [] })));
        let response = routed
            .call("/v1/chat/completions", r#"{"model":"chat/m"}"#)
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 200);
        response.bytes().await.expect("a body");
    }
    let dir = routed.app.stop().await;
    let again = TestApp::in_dir(dir, &[]).await;
    assert_eq!(
        again
            .store
            .usage()
            .recent(&UsageScope::Everyone, 100, None)
            .await
            .expect("rows")
            .len(),
        20
    );
}

#[tokio::test]
async fn closing_settles_what_still_waits_for_an_upstream() {
    let routed = Routed::new().await;
    routed.upstream.reply(Reply::silence());
    let call = routed
        .call("/v1/chat/completions", r#"{"model":"chat/m"}"#)
        .send();
    let closed = async {
        routed.upstream.received(1).await;
        routed.app.gateway.close().await;
    };
    let (answer, ()) = futures::join!(call, closed);
    assert_eq!(answer.expect("an answer").status(), 503);
    let rows = routed.app.rows(1).await;
    assert_eq!(
        (rows[0].status, rows[0].outcome.as_str()),
        (503, "upstream_error")
    );
}

#[tokio::test]
async fn a_watching_dashboard_does_not_hold_up_the_end() {
    let app = TestApp::new().await;
    let admin = app.signed_in().await;
    let mut events = admin.get("/api/usage/stream").await.bytes_stream();
    events.next().await.expect("a chunk").expect("bytes");
    tokio::time::timeout(Duration::from_secs(5), app.stop())
        .await
        .expect("in time");
}

#[tokio::test]
async fn sessions_keys_and_accounts_outlive_a_restart() {
    let app = TestApp::new().await;
    let response = app
        .post("/api/auth/login", &json!({ "password": PASSWORD }))
        .await;
    let cookie = response.headers()["set-cookie"]
        .to_str()
        .expect("text")
        .split(';')
        .next()
        .expect("a pair")
        .to_owned();
    let key = app.user(&response).key().await;
    let again = TestApp::in_dir(app.stop().await, &[]).await;
    let session = again
        .request(reqwest::Method::GET, "/api/keys")
        .header("cookie", cookie)
        .send()
        .await;
    assert_eq!(session.expect("an answer").status(), 200);
    let models = again
        .request(reqwest::Method::GET, "/v1/models")
        .bearer_auth(key)
        .send()
        .await;
    assert_eq!(models.expect("an answer").status(), 200);
}

#[tokio::test]
async fn another_cookie_secret_signs_everyone_out() {
    let app = TestApp::with(&[
        ("INITIAL_PASSWORD", PASSWORD),
        ("JWT_SECRET", "a-secret-of-my-own"),
    ])
    .await;
    let response = app
        .post("/api/auth/login", &json!({ "password": PASSWORD }))
        .await;
    let cookie = response.headers()["set-cookie"]
        .to_str()
        .expect("text")
        .split(';')
        .next()
        .expect("a pair")
        .to_owned();
    let again = TestApp::in_dir(
        app.stop().await,
        &[("JWT_SECRET", "another-secret-of-mine")],
    )
    .await;
    let session = again
        .request(reqwest::Method::GET, "/api/keys")
        .header("cookie", cookie)
        .send()
        .await;
    assert_eq!(session.expect("an answer").status(), 401);
}
