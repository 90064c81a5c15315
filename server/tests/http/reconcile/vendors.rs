//! The same of accounts with logins, whose vendors wrap what they say: one report each.

use std::fs;

use reqwest::Method;
use serde_json::Value;
use store::records::AccountFacts;
use testkit::Reply;
use testkit::vendor::Issuer;

use super::reading::{Counters, Format, counters};
use super::{fixtures, price, priced, question, stored};
use crate::vendors::Logins;

struct Account {
    provider: &'static str,
    issuer: Issuer,
    /// As clients name it.
    model: (&'static str, &'static str),
    paths: &'static [&'static str],
}

/// Every client asks, whole and streamed, and is answered the same.
async fn reconcile(account: Account, reply: Reply, reported: Counters) {
    let logins = Logins::new().await;
    for path in account.paths {
        let reply = reply.clone();
        logins.vendor.upstream().on(path, move |_| reply.clone());
    }
    let facts = AccountFacts {
        project_id: Some("project-1".to_owned()),
        ..AccountFacts::default()
    };
    logins
        .account(account.provider, account.issuer, facts)
        .await;
    let (prefix, name) = account.model;
    let admin = logins.app.signed_in().await;
    priced(&admin, prefix, name).await;
    let mut count = 0;
    for client in Format::ALL {
        for stream in [false, true] {
            let (path, body) = question(client, &format!("{prefix}/{name}"), stream);
            let request = logins.app.request(Method::POST, &path);
            let request = request
                .bearer_auth(&logins.key)
                .header("content-type", "application/json")
                .body(body.to_string());
            let response = request.send().await.expect("an answer");
            let seen = response.bytes().await.expect("a body");
            let told = counters(client, &seen).map(|read| read.as_told(client));
            assert_eq!(
                told,
                Some(reported.as_told(client)),
                "{client:?}, stream: {stream}: {}",
                String::from_utf8_lossy(&seen)
            );
            count += 1;
        }
    }
    for row in logins.app.rows(count).await {
        assert_eq!(stored(&row), reported.disjoint(), "{row:#?}");
        assert_eq!(row.cost_micros, Some(price(reported.disjoint())));
    }
}

#[tokio::test]
async fn of_code_assist() {
    let file = fixtures().join("codec-gemini/streams/enveloped.sse");
    let account = Account {
        provider: "gemini-cli",
        issuer: Issuer::Google,
        model: ("gc", "gemini-2.5-pro"),
        paths: &[
            "/cloudcode-pa.googleapis.com/v1internal:generateContent",
            "/cloudcode-pa.googleapis.com/v1internal:streamGenerateContent",
        ],
    };
    let reported = Counters {
        prompt: 10,
        cache_read: 0,
        cache_write: 0,
        output: 6,
        reasoning: 0,
    };
    let reply = Reply::sse([fs::read(file).expect("its bytes")]);
    reconcile(account, reply, reported).await;
}

#[tokio::test]
async fn of_kiro() {
    let file = fixtures().join("kiro/streams/stop_reason_and_usage.jsonl");
    let account = Account {
        provider: "kiro",
        issuer: Issuer::KiroSocial,
        model: ("kr", "claude-sonnet-4.5"),
        paths: &["/codewhisperer.us-east-1.amazonaws.com/generateAssistantResponse"],
    };
    let reported = Counters {
        prompt: 14,
        cache_read: 7,
        cache_write: 2,
        output: 3,
        reasoning: 0,
    };
    let lines = fs::read_to_string(file).expect("its text");
    let frames: Vec<u8> = lines.lines().flat_map(frame).collect();
    let reply = Reply::text(200, "application/vnd.amazon.eventstream", frames);
    reconcile(account, reply, reported).await;
}

/// A line of the fixture as AWS frames it: <https://smithy.io/2.0/aws/amazon-eventstream.html>.
fn frame(line: &str) -> Vec<u8> {
    let line: Value = serde_json::from_str(line).expect("a line is JSON");
    let payload = line["payload"].to_string();
    let event = line["event"].as_str().expect("an event");
    let mut head = Vec::new();
    for (name, value) in [(":message-type", "event"), (":event-type", event)] {
        head.push(u8::try_from(name.len()).expect("a short name"));
        head.extend_from_slice(name.as_bytes());
        head.push(7);
        let length = u16::try_from(value.len()).expect("a short value");
        head.extend_from_slice(&length.to_be_bytes());
        head.extend_from_slice(value.as_bytes());
    }
    let mut frame = Vec::new();
    for length in [16 + head.len() + payload.len(), head.len()] {
        let length = u32::try_from(length).expect("a short frame");
        frame.extend_from_slice(&length.to_be_bytes());
    }
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame.extend_from_slice(&head);
    frame.extend_from_slice(payload.as_bytes());
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame
}
