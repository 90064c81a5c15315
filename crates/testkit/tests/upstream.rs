//! The scripted upstream does what its script says, seen from a bare socket.
#![expect(
    clippy::expect_used,
    reason = "helpers of tests, which the lint does not know as such"
)]

use std::time::Duration;

use serde_json::json;
use testkit::{Reply, Upstream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const POST: &str = "POST /v1/chat/completions?a=b HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n\
                    content-length: 9\r\nconnection: close\r\n\r\n{\"n\": 12}";

/// Sends a request and returns the connection.
async fn open(upstream: &Upstream) -> TcpStream {
    let address = upstream.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream
        .write_all(POST.as_bytes())
        .await
        .expect("a written request");
    stream
}

/// Everything the upstream says until it closes the connection, without its `date`.
async fn answer(upstream: &Upstream) -> String {
    let mut bytes = Vec::new();
    open(upstream)
        .await
        .read_to_end(&mut bytes)
        .await
        .expect("a closed connection");
    let text = String::from_utf8(bytes).expect("UTF-8");
    text.split("\r\n")
        .filter(|line| !line.starts_with("date: "))
        .collect::<Vec<_>>()
        .join("\r\n")
}

#[tokio::test]
async fn a_request_is_kept_as_it_came() {
    let upstream = Upstream::start().await;
    upstream.reply(Reply::json(200, json!({})));
    answer(&upstream).await;
    let requests = upstream.received(1).await;
    let request = requests.first().expect("one request");
    assert_eq!(request.method, "POST");
    assert_eq!(
        (request.path(), request.query()),
        ("/v1/chat/completions", "a=b")
    );
    assert_eq!(request.header("authorization"), Some("Bearer k"));
    assert_eq!(request.json(), json!({"n": 12}));
}

#[tokio::test]
async fn replies_come_in_order_and_a_path_with_a_handler_leaves_the_queue_alone() {
    let upstream = Upstream::start().await;
    upstream
        .reply(Reply::json(429, json!({"a": 1})).header("retry-after", "7"))
        .reply(Reply::text(502, "text/html", "<p>"));
    assert_eq!(
        answer(&upstream).await,
        "HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\
         retry-after: 7\r\nconnection: close\r\n\r\n{\"a\":1}"
    );
    upstream.on("/v1/chat/completions", |request| {
        Reply::json(200, request.json())
    });
    assert!(answer(&upstream).await.ends_with("\r\n\r\n{\"n\":12}"));
    assert_eq!(upstream.unused(), 1);
}

#[tokio::test]
async fn a_request_without_a_script_says_so() {
    let upstream = Upstream::start().await;
    assert!(
        answer(&upstream)
            .await
            .contains("nothing is scripted for POST /v1/chat/completions?a=b")
    );
}

#[tokio::test]
async fn every_chunk_of_a_stream_is_written_by_itself() {
    let upstream = Upstream::start().await;
    upstream.reply(
        Reply::sse(["data: 1", "\n\n"])
            .wait(Duration::from_millis(1))
            .chunk("data: 2\n\n"),
    );
    assert_eq!(
        answer(&upstream).await,
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n\
         7\r\ndata: 1\r\n2\r\n\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n"
    );
    assert_eq!(upstream.cancellations(), 0);
}

#[tokio::test]
async fn a_cut_body_lacks_its_end() {
    let upstream = Upstream::start().await;
    upstream.reply(Reply::sse(["data: 1\n\n"]).cut());
    assert!(answer(&upstream).await.ends_with("9\r\ndata: 1\n\n\r\n"));
    assert_eq!(upstream.cancellations(), 0);
}

#[tokio::test]
async fn a_hang_up_says_nothing() {
    let upstream = Upstream::start().await;
    upstream.reply(Reply::hang_up());
    assert_eq!(answer(&upstream).await, "");
    assert_eq!(upstream.cancellations(), 0);
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed_in_the_body_and_before_it() {
    let upstream = Upstream::start().await;
    for reply in [Reply::sse(["data: 1\n\n"]).hang(), Reply::silence()] {
        let upstream_before = upstream.cancellations();
        upstream.reply(reply);
        let stream = open(&upstream).await;
        upstream.received(upstream_before + 1).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(upstream.cancellations(), upstream_before);
        drop(stream);
        upstream.cancelled_times(upstream_before + 1).await;
    }
}
