//! What every provider with a login must do, one after the other: renew its token once, before it is used and when the
//! vendor refuses it; say so once when its login has ended; tell its quota; and hold a conversation with tools.

mod cases;
mod talk;

use api::ids::ConnectionId;
use chrono::{DateTime, Duration, Utc};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use store::records::{LoginCredential, RegisteredClient, SessionToken};
use testkit::vendor::{FINAL_WORDS, Issuer};
use testkit::{Received, Reply, Upstream};

use self::cases::{CASES, Case};
use self::talk::{Call, Client};
use crate::support::answer;
use crate::vendors::{Logins, NOWHERE};

const ACCESS: &str = "access-token-that-was-stored";
const SESSION: &str = "session-token-that-was-stored";
const REFRESH: &str = "refresh-token-that-was-stored";

/// What an account's vendor still takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// All of it.
    All,
    /// Not what requests carry, but what renews it.
    Refresh,
    Nothing,
}

impl Case {
    /// An account whose tokens end at `ends`.
    async fn account(&self, logins: &Logins, ends: DateTime<Utc>, taken: Taken) -> ConnectionId {
        let vendor = &logins.vendor;
        if taken != Taken::Nothing {
            vendor.issue(self.issuer, "unused", REFRESH);
        }
        if taken == Taken::All || (taken == Taken::Refresh && self.issuer == Issuer::GitHub) {
            vendor.issue(self.issuer, ACCESS, REFRESH);
        }
        if taken == Taken::All {
            vendor.issue(self.issuer, SESSION, REFRESH);
        }
        // GitHub's own token does not end, and what was exchanged for it does.
        let is_exchanged = self.issuer == Issuer::GitHub;
        let session = self.has_session().then(|| SessionToken {
            token: SESSION.into(),
            expires_at: is_exchanged.then_some(ends),
        });
        let credential = LoginCredential {
            access_token: ACCESS.into(),
            refresh_token: (!is_exchanged).then(|| REFRESH.into()),
            expires_at: (!is_exchanged).then_some(ends),
            session,
            client: (self.issuer == Issuer::KiroDevice).then(|| RegisteredClient {
                id: "registered-1".to_owned(),
                secret: "registered-secret-1".into(),
            }),
            facts: self.facts(),
        };
        logins.store(self.provider, "main", credential).await
    }

    /// How often the vendor has renewed what requests carry.
    fn renewals(&self, logins: &Logins) -> usize {
        match self.issuer {
            Issuer::GitHub => count(logins, "/api.github.com/copilot_internal/v2/token"),
            issuer => logins.vendor.refreshes(issuer),
        }
    }

    /// What has arrived where models answer.
    fn arrived(&self, logins: &Logins) -> Vec<Received> {
        let mut requests = logins.vendor.upstream().requests();
        requests.retain(|request| self.arrives.contains(&request.path()));
        requests
    }
}

/// How often a vendor was asked for tokens, whatever it said.
fn tries(logins: &Logins) -> usize {
    let is_asked = |request: &Received| {
        let path = request.path();
        path.ends_with("/token") || path.ends_with("/refreshToken")
    };
    let requests = logins.vendor.upstream().requests();
    requests.iter().filter(|request| is_asked(request)).count()
}

fn count(logins: &Logins, path: &str) -> usize {
    let requests = logins.vendor.upstream().requests();
    requests
        .iter()
        .filter(|request| request.path() == path)
        .count()
}

async fn text(response: reqwest::Response) -> (u16, String) {
    let status = response.status().as_u16();
    (status, response.text().await.expect("a body"))
}

#[tokio::test]
async fn a_token_that_has_ended_is_renewed_once_for_everybody_who_waits() {
    for case in CASES {
        let logins = Logins::new().await;
        let ended = Utc::now() - Duration::minutes(1);
        case.account(&logins, ended, Taken::Refresh).await;
        let body = Client::Anthropic.question(case.model);
        let clients = (0..12).map(|_| Client::Anthropic.ask(&logins, &body));
        for response in join_all(clients).await {
            let (status, text) = text(response).await;
            assert_eq!(status, 200, "{case}: {text}");
        }
        assert_eq!(case.renewals(&logins), 1, "{case}");
        let arrived = case.arrived(&logins);
        assert_eq!(arrived.len(), 12, "{case}");
        for request in &arrived {
            assert!(logins.vendor.is_authorized(request), "{case}: {request:?}");
        }
    }
}

#[tokio::test]
async fn a_token_is_renewed_by_the_lead_of_its_provider_and_no_sooner() {
    for case in CASES {
        for is_due in [true, false] {
            let logins = Logins::new().await;
            let snapshot = logins.app.gateway.snapshot();
            let spec = snapshot.registry.get(&case.provider.into()).expect("it");
            let lead = spec.oauth.as_ref().expect("a login").lead;
            let lead = Duration::from_std(lead).expect("a short time");
            let distance = Duration::minutes(if is_due { -1 } else { 1 });
            let ends = Utc::now() + lead + distance;
            case.account(&logins, ends, Taken::All).await;
            let body = Client::Openai.question(case.model);
            let (status, said) = text(Client::Openai.ask(&logins, &body).await).await;
            assert_eq!(status, 200, "{case}: {said}");
            for _ in 0..40 {
                if is_due && case.renewals(&logins) > 0 {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            assert_eq!(case.renewals(&logins), usize::from(is_due), "{case}");
        }
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once_and_the_request_succeeds() {
    for case in CASES {
        let logins = Logins::new().await;
        let later = Utc::now() + Duration::days(30);
        case.account(&logins, later, Taken::Refresh).await;
        let body = Client::Anthropic.question(case.model);
        let (status, said) = text(Client::Anthropic.ask(&logins, &body).await).await;
        assert_eq!(status, 200, "{case}: {said}");
        assert_eq!(case.renewals(&logins), 1, "{case}");
        let arrived = case.arrived(&logins);
        // Unless whoever asks for the quota has found out first.
        assert!(
            (1..=2).contains(&arrived.len()),
            "{case}: {}",
            arrived.len()
        );
        let last = arrived.last().expect("a request");
        assert!(logins.vendor.is_authorized(last), "{case}");
    }
}

#[tokio::test]
async fn a_login_that_has_ended_says_so_once_and_the_next_one_serves() {
    let other = Upstream::start().await;
    for case in CASES {
        let logins = Logins::new().await;
        let ended = Utc::now() - Duration::minutes(1);
        let id = case.account(&logins, ended, Taken::Nothing).await;
        let admin = logins.app.signed_in().await;
        let base = format!("{}/v1", other.url());
        admin
            .node("openai-compatible", "chat", "other", &base)
            .await;
        let combo = json!({ "name": "both", "models": [case.model, "other/m"] });
        admin.json(Method::POST, "/api/combos", &combo).await;
        for _ in 0..3 {
            other.reply(Reply::json(200, json!({ "id": "c", "object": "chat.completion", "created": 1, "model": "m",
                "choices": [{ "index": 0, "message": { "role": "assistant", "content": "here" }, "finish_reason": "stop" }] })));
            let body =
                json!({ "model": "both", "messages": [{ "role": "user", "content": "hi" }] });
            let (status, said) = text(Client::Openai.ask(&logins, &body).await).await;
            assert_eq!(status, 200, "{case}: {said}");
            assert!(said.contains("here"), "{case}: {said}");
        }
        let body = Client::Anthropic.question(case.model);
        let (status, said) = text(Client::Anthropic.ask(&logins, &body).await).await;
        assert!(!(200..300).contains(&status), "{case}");
        assert!(said.contains("connect the account again"), "{case}: {said}");
        assert_eq!(tries(&logins), 1, "{case}: asked once");
        assert_eq!(case.arrived(&logins).len(), 0, "{case}");
        let (_, account) = answer(admin.get(&format!("/api/providers/{id}")).await).await;
        let account = &account["connection"];
        let words = account["lastError"].as_str().expect("words");
        assert!(
            words.contains("connect the account again"),
            "{case}: {account}"
        );
    }
}

#[tokio::test]
async fn a_token_that_was_lost_with_its_process_is_named_as_such() {
    for case in CASES {
        let logins = Logins::new().await;
        let now = Utc::now();
        let ended = now - Duration::minutes(1);
        let id = case.account(&logins, ended, Taken::Nothing).await;
        // Another process has begun to refresh, and never came back.
        let then = now - Duration::minutes(5);
        let connections = logins.app.store.connections();
        let lease = connections.lease(&id, "another", then, then + Duration::seconds(90));
        lease.await.expect("a lease");
        let body = Client::Openai.question(case.model);
        let (status, said) = text(Client::Openai.ask(&logins, &body).await).await;
        assert!(!(200..300).contains(&status), "{case}");
        assert!(
            said.contains("was stopped while it refreshed"),
            "{case}: {said}"
        );
    }
}

#[tokio::test]
async fn quotas_are_asked_for_and_shown() {
    for case in CASES {
        let Some(quota) = case.quota else { continue };
        let logins = Logins::new().await;
        logins.vendor.set_quota(quota.vendor, (quota.answer)());
        let later = Utc::now() + Duration::days(30);
        // The vendor takes the token no more, and is asked again with a new one.
        let id = case.account(&logins, later, Taken::Refresh).await;
        let admin = logins.app.signed_in().await;
        let path = format!("/api/usage/{id}/refresh");
        let refreshed = admin.json(Method::POST, &path, &json!({})).await;
        let (status, said) = answer(admin.get(&format!("/api/usage/{id}")).await).await;
        assert_eq!(status, 200, "{case}");
        assert_eq!(said["quotas"], refreshed["quotas"], "{case}");
        assert_eq!(said["plan"], json!(quota.plan), "{case}");
        assert_eq!(said["message"], Value::Null, "{case}");
        let shown = said["quotas"].as_object().expect("windows");
        assert_eq!(shown.len(), quota.windows.len(), "{case}: {said}");
        for (name, used, total) in quota.windows {
            let window = &shown[*name];
            assert_eq!(
                (&window["used"], &window["total"]),
                (&json!(used), &json!(total)),
                "{case}: {said}"
            );
            assert_eq!(window["source"], "reported", "{case}");
        }
    }
}

#[tokio::test]
async fn a_test_says_whether_an_account_works_and_renews_what_is_due() {
    let later = Utc::now() + Duration::days(30);
    let ended = Utc::now() - Duration::minutes(1);
    for case in CASES {
        for (ends, taken) in [
            (later, Taken::All),
            (later, Taken::Refresh),
            (ended, Taken::Refresh),
            (ended, Taken::Nothing),
        ] {
            let logins = Logins::new().await;
            if let Some(quota) = case.quota {
                logins.vendor.set_quota(quota.vendor, (quota.answer)());
            }
            let id = case.account(&logins, ends, taken).await;
            let admin = logins.app.signed_in().await;
            let path = format!("/api/providers/{id}/test");
            let said = admin.json(Method::POST, &path, &json!({})).await;
            let what = format!("{case}, {taken:?}: {said}");
            let works = taken != Taken::Nothing;
            assert_eq!(said["valid"], works, "{what}");
            // GitHub counts the question that it has refused, too.
            let expected = usize::from(taken == Taken::Refresh);
            assert!(case.renewals(&logins) == expected || !works, "{what}");
            // Unless whoever asks for the quota was first.
            let is_quick = case.quota.is_some() && taken == Taken::Refresh;
            assert!(said["refreshed"] == (expected == 1) || is_quick, "{what}");
            let account = admin.get(&format!("/api/providers/{id}")).await;
            let (_, account) = answer(account).await;
            let account = &account["connection"];
            let status = if works { "active" } else { "error" };
            assert_eq!(account["testStatus"], status, "{what}: {account}");
            if !works {
                let words = said["error"].as_str().expect("words");
                assert!(words.contains("connect the account again"), "{what}");
            }
            assert_eq!(case.arrived(&logins).len(), 0, "{what}: it costs nothing");
        }
    }
}

#[tokio::test]
async fn all_that_concerns_an_account_goes_through_its_own_proxy() {
    for case in CASES {
        let mut logins = Logins::unreachable().await;
        let proxy = logins.go_through_a_proxy().await;
        if let Some(quota) = case.quota {
            logins.vendor.set_quota(quota.vendor, (quota.answer)());
        }
        let ended = Utc::now() - Duration::minutes(1);
        let id = case.account(&logins, ended, Taken::Refresh).await;
        let admin = logins.app.signed_in().await;
        let path = format!("/api/providers/{id}/test");
        let said = admin.json(Method::POST, &path, &json!({})).await;
        assert_eq!(said["valid"], true, "{case}: {said}");
        assert_eq!(case.renewals(&logins), 1, "{case}");
        if let Some(quota) = case.quota {
            let path = format!("/api/usage/{id}/refresh");
            let said = admin.json(Method::POST, &path, &json!({})).await;
            let shown = said["quotas"].as_object().map(serde_json::Map::len);
            assert_eq!(shown, Some(quota.windows.len()), "{case}: {said}");
        }
        let body = Client::Anthropic.question(case.model);
        let (status, said) = text(Client::Anthropic.ask(&logins, &body).await).await;
        assert_eq!(status, 200, "{case}: {said}");
        assert_eq!(case.arrived(&logins).len(), 1, "{case}");
        let targets = proxy.targets();
        assert!(!targets.is_empty(), "{case}");
        assert!(targets.iter().all(|target| target == NOWHERE), "{case}");
    }
}

#[tokio::test]
async fn clients_of_both_apis_use_tools_over_every_account() {
    for case in CASES {
        let logins = Logins::new().await;
        let later = Utc::now() + Duration::days(30);
        case.account(&logins, later, Taken::All).await;
        for client in Client::BOTH {
            let before = case.arrived(&logins).len();
            let question = client.question(case.model);
            let (status, stream) = text(client.ask(&logins, &question).await).await;
            assert_eq!(status, 200, "{case}, {client:?}: {stream}");
            let said = client.read(&stream);
            let Some(call @ Call { id, .. }) = &said.call else {
                panic!("{case}, {client:?}: {stream}");
            };
            assert!(!id.is_empty(), "{case}, {client:?}: {stream}");
            assert_eq!(call.name, "weather", "{case}, {client:?}");
            let arguments: Value = serde_json::from_str(&call.arguments).expect("arguments");
            assert_eq!(arguments, json!({ "city": "Oslo" }), "{case}, {client:?}");
            assert!(
                matches!(&*said.reason, "tool_use" | "tool_calls"),
                "{case}, {client:?}: {said:?}"
            );

            let result = client.result(&question, call);
            let (status, stream) = text(client.ask(&logins, &result).await).await;
            assert_eq!(status, 200, "{case}, {client:?}: {stream}");
            let said = client.read(&stream);
            assert_eq!(said.text, FINAL_WORDS, "{case}, {client:?}");
            assert!(
                matches!(&*said.reason, "end_turn" | "stop"),
                "{case}, {client:?}: {said:?}"
            );

            let arrived = case.arrived(&logins).split_off(before);
            assert_eq!(arrived.len(), 2, "{case}, {client:?}");
            for request in &arrived {
                assert_eq!(request.path(), case.arrives[client.index()], "{case}");
                assert!(logins.vendor.is_authorized(request), "{case}");
                for (name, value) in case.says {
                    assert_eq!(
                        request.header(name),
                        Some(*value),
                        "{case}, {client:?}: {name}"
                    );
                }
                is_honest(&case, request);
            }
        }
    }
}

/// No other program's name, and no words of ours in anybody's mouth.
fn is_honest(case: &Case, request: &Received) {
    for (name, value) in &request.headers {
        let value = value.to_str().expect("text").to_lowercase();
        let is_foreign = [
            "editor-",
            "x-stainless-",
            "x-msh-",
            "x-amz-user-agent",
            "x-goog-api-client",
            "x-dashscope-useragent",
        ]
        .iter()
        .any(|start| name.as_str().starts_with(start))
            || matches!(
                name.as_str(),
                "originator" | "copilot-integration-id" | "x-app" | "client-metadata"
            );
        assert!(!is_foreign, "{case}: {name}: {value}");
        for program in [
            "claude-cli",
            "claude-code",
            "codex-cli",
            "codex_cli",
            "geminicli",
            "vscode",
            "copilot-chat",
            "qwencode",
            "iflow-cli",
            "kiro-ide",
            "kimi-cli",
        ] {
            assert!(!value.contains(program), "{case}: {name}: {value}");
        }
    }
    let body = request.text().to_lowercase();
    for program in [
        "claude code",
        "codex cli",
        "you are kiro",
        "gemini cli",
        "antigravity ide",
    ] {
        assert!(!body.contains(program), "{case}: {body}");
    }
}
