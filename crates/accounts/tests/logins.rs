//! Every login of the catalogue against the vendors' side of it, and refreshing afterwards.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test that uses it"
)]

use std::collections::HashMap;

use accounts::Accounts;
use accounts::code::Returned;
use accounts::error::AccountError;
use accounts::http::Http;
use accounts::login::{Login, Place};
use accounts::refresh::{ends, is_due};
use chrono::{Duration, Utc};
use providers::oauth::{Flow, Method, OauthSpec};
use providers::registry::embedded;
use secrecy::ExposeSecret as _;
use testkit::Reply;
use testkit::vendor::{CLIENT_SECRET, EMAIL, IFLOW_KEY, Issuer, Vendor};
use url::Url;

const OWN_REDIRECT: &str = "http://localhost:20128/callback";

struct Case {
    vendor: Vendor,
    accounts: Accounts,
    http: Http,
}

fn way_out(vendor: &Vendor) -> Http {
    let client = reqwest::Client::builder().no_proxy().build();
    let vendors = Url::parse(&vendor.url()).expect("an address");
    Http::new(client.expect("a client"), None, Some(vendors))
}

impl Case {
    async fn new() -> Self {
        // Whoever was first in this process has installed the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let vendor = Vendor::start().await;
        let http = way_out(&vendor);
        let secrets = [
            "GEMINI_CLI_CLIENT_SECRET",
            "ANTIGRAVITY_CLIENT_SECRET",
            "IFLOW_CLIENT_SECRET",
        ];
        let secrets = secrets.map(|name| (name.to_owned(), CLIENT_SECRET.into()));
        let accounts = Accounts::new(HashMap::from(secrets));
        Self {
            vendor,
            accounts,
            http,
        }
    }

    /// Does what a person does.
    async fn log_in(&self, spec: &OauthSpec, method: &Method) -> Result<Login, AccountError> {
        match method.flow {
            Flow::Code => {
                let (url, pending) = self.accounts.begin_code(&self.http, method, OWN_REDIRECT)?;
                let returned = Returned::parse(&allowed(&url).await)?;
                assert!(pending.is_state(returned.state.as_deref().expect("a state")));
                self.accounts
                    .finish_code(&self.http, spec, method, pending, returned.code)
                    .await
            }
            Flow::Device => {
                let place = Place {
                    region: method.asks_region.then(|| "eu-west-1".to_owned()),
                    start_url: method
                        .asks_region
                        .then(|| "https://example.awsapps.com/start".to_owned()),
                };
                let pending = self
                    .accounts
                    .begin_device(&self.http, method, place)
                    .await?;
                self.vendor.allow(pending.user_code());
                self.accounts
                    .finish_device(&self.http, spec, method, pending)
                    .await
            }
            Flow::Import => {
                self.accounts
                    .import(&self.http, spec, method, "aorAAAAAG-from-elsewhere")
                    .await
            }
        }
    }
}

/// The address behind the link `Allow` on a vendor's page.
async fn allowed(page: &str) -> String {
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let response = client.get(page).send().await.expect("a page");
    let html = response.text().await.expect("text");
    let start = html
        .find("id=allow href=\"")
        .unwrap_or_else(|| panic!("no link on {html}"))
        + 15;
    let end = start + html[start..].find('"').expect("its end");
    html[start..end].replace("&amp;", "&")
}

fn logins() -> impl Iterator<Item = (String, &'static OauthSpec, &'static Method)> {
    embedded()
        .filter_map(|(_, spec)| spec.as_ref().ok())
        .filter_map(|spec| Some((spec.id.0.clone(), spec.oauth.as_ref()?)))
        .flat_map(|(id, oauth)| {
            oauth
                .methods
                .iter()
                .map(move |method| (id.clone(), oauth, method))
        })
}

fn login(id: &str) -> (&'static OauthSpec, &'static Method) {
    let (_, spec, method) = logins()
        .find(|(provider, ..)| provider == id)
        .expect("a login");
    (spec, method)
}

#[tokio::test]
async fn every_login_of_the_catalogue_works_and_is_refreshed() {
    let mut seen = 0;
    for (id, spec, method) in logins() {
        let case = Case::new().await;
        let what = format!("{id}, {}", method.id);
        let login = case.log_in(spec, method).await;
        let login = login.unwrap_or_else(|error| panic!("{what}: {error}"));
        let first = login.credential;
        assert!(
            case.vendor.is_valid(first.access_token.expose_secret()),
            "{what}"
        );
        assert!(
            first.expires_at.is_some() && first.refresh_token.is_some(),
            "{what}"
        );
        assert_eq!(
            first.facts.method.as_deref(),
            Some(method.id.as_str()),
            "{what}"
        );

        let now = Utc::now();
        let renewed = case.accounts.refresh(&case.http, spec, &first, now).await;
        let renewed = renewed.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(renewed.refresh_token.is_some(), "{what}");
        assert_eq!(renewed.facts, first.facts, "{what}");
        assert!(ends(&renewed).is_some(), "{what}");
        seen += 1;
    }
    assert!(seen >= 13, "{seen} logins");
}

#[tokio::test]
async fn what_a_vendor_says_of_the_account_is_kept() {
    let identities = [
        ("claude", Some(format!("uuid-of-{EMAIL}/an-organisation"))),
        ("codex", Some(format!("{EMAIL}/account-of-{EMAIL}"))),
        ("gemini-cli", Some(EMAIL.to_owned())),
        ("github", Some(EMAIL.len().to_string())),
        ("iflow", Some(EMAIL.to_owned())),
        ("kiro", Some(EMAIL.to_owned())),
        ("qwen", None),
    ];
    for (id, identity) in identities {
        let case = Case::new().await;
        let (spec, method) = login(id);
        let login = case.log_in(spec, method).await.expect("a login");
        assert_eq!(login.identity, identity, "{id}");
        let facts = &login.credential.facts;
        let bearer = login
            .credential
            .session
            .as_ref()
            .map(|session| session.token.expose_secret());
        match id {
            "codex" => {
                assert_eq!(
                    facts.account_id.as_deref(),
                    Some("account-of-someone@example.com")
                );
                assert_eq!(facts.plan.as_deref(), Some("plus"));
            }
            "gemini-cli" => assert_eq!(facts.project_id.as_deref(), Some("project-of-the-account")),
            "qwen" => assert_eq!(facts.resource_host.as_deref(), Some("portal.qwen.ai")),
            "iflow" => assert_eq!(bearer, Some(IFLOW_KEY)),
            "github" => assert!(bearer.is_some_and(|token| token.starts_with("copilot"))),
            "kiro" => assert!(login.credential.client.is_some()),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_code_is_for_the_one_who_began() {
    let case = Case::new().await;
    let (spec, method) = login("claude");
    let (url, _) = case
        .accounts
        .begin_code(&case.http, method, OWN_REDIRECT)
        .expect("a page");
    let stolen = Returned::parse(&allowed(&url).await).expect("a code");
    let (_, mine) = case
        .accounts
        .begin_code(&case.http, method, OWN_REDIRECT)
        .expect("a page");
    assert!(!mine.is_state(stolen.state.as_deref().expect("a state")));
    // Even a client that compares nothing gets no further: the challenge is another.
    let refused = case
        .accounts
        .finish_code(&case.http, spec, method, mine, stolen.code)
        .await;
    assert!(
        matches!(refused, Err(AccountError::Revoked(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_device_waits_slows_down_and_hears_a_no() {
    let case = Case::new().await;
    let (spec, method) = login("github");
    for (answer, expected) in [("deny", "refused"), ("expire", "expired")] {
        let pending = case
            .accounts
            .begin_device(&case.http, method, Place::default())
            .await
            .expect("a code");
        let code = pending.user_code().to_owned();
        if answer == "deny" {
            case.vendor.deny(&code);
        } else {
            case.vendor.expire(&code);
        }
        let error = case
            .accounts
            .finish_device(&case.http, spec, method, pending)
            .await;
        let words = error.expect_err("a no").to_string();
        assert!(words.contains(expected), "{words}");
    }

    let pending = case
        .accounts
        .begin_device(&case.http, method, Place::default())
        .await
        .expect("a code");
    let code = pending.user_code().to_owned();
    let began = std::time::Instant::now();
    let waiting = case
        .accounts
        .finish_device(&case.http, spec, method, pending);
    let person = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        case.vendor.allow(&code);
    };
    let (login, ()) = tokio::join!(waiting, person);
    login.expect("a login");
    assert!(
        began.elapsed() >= std::time::Duration::from_secs(1),
        "one interval at least"
    );
}

#[tokio::test]
async fn a_token_that_is_taken_back_says_so_and_a_bad_day_does_not() {
    let case = Case::new().await;
    for id in ["claude", "codex", "qwen", "kiro", "github"] {
        let (spec, method) = login(id);
        let credential = case.log_in(spec, method).await.expect("a login").credential;
        // GitHub's own token lives on, and only what it is exchanged for is new.
        if id != "github" {
            let busy = Reply::text(503, "text/html", "<html>busy</html>");
            case.vendor.fail_once(busy);
            let error = case
                .accounts
                .refresh(&case.http, spec, &credential, Utc::now())
                .await;
            let error = error.expect_err("a bad day");
            assert!(error.is_passing(), "{id}: {error:?}");
        }
        case.vendor.revoke_all();
        let error = case
            .accounts
            .refresh(&case.http, spec, &credential, Utc::now())
            .await;
        let error = error.expect_err("taken back");
        assert!(matches!(error, AccountError::Revoked(_)), "{id}: {error:?}");
        assert!(!error.to_string().contains("refresh-"), "{error}");
    }
}

#[tokio::test]
async fn a_rotated_token_replaces_the_old_one_and_a_missing_one_keeps_it() {
    let case = Case::new().await;
    let (spec, method) = login("codex");
    let first = case.log_in(spec, method).await.expect("a login").credential;
    let second = case
        .accounts
        .refresh(&case.http, spec, &first, Utc::now())
        .await
        .expect("a token");
    let text = |credential: &store::records::LoginCredential| {
        credential
            .refresh_token
            .as_ref()
            .map(|token| token.expose_secret().to_owned())
    };
    assert_ne!(text(&first), text(&second));
    assert_eq!(case.vendor.refreshes(Issuer::Codex), 1);
    let again = case
        .accounts
        .refresh(&case.http, spec, &first, Utc::now())
        .await;
    assert!(
        matches!(again, Err(AccountError::Revoked(_))),
        "the old one is used up"
    );

    let case = Case::new().await;
    case.vendor.set_rotation(false);
    let (spec, method) = login("gemini-cli");
    let first = case.log_in(spec, method).await.expect("a login").credential;
    let second = case
        .accounts
        .refresh(&case.http, spec, &first, Utc::now())
        .await
        .expect("a token");
    assert_eq!(text(&first), text(&second), "Google repeats it never");
}

#[tokio::test]
async fn a_missing_client_secret_is_named() {
    let vendor = Vendor::start().await;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let accounts = Accounts::new(HashMap::new());
    let (_, method) = login("gemini-cli");
    let error = accounts
        .begin_code(&way_out(&vendor), method, OWN_REDIRECT)
        .expect_err("no secret");
    assert!(
        error.to_string().contains("GEMINI_CLI_CLIENT_SECRET"),
        "{error}"
    );
}

#[tokio::test]
async fn a_token_is_due_by_its_providers_lead() {
    let case = Case::new().await;
    case.vendor.set_lifetime(3600);
    for (id, is_due_after_minutes) in [("claude", 0), ("qwen", 40), ("codex", 0)] {
        let (spec, method) = login(id);
        let credential = case.log_in(spec, method).await.expect("a login").credential;
        let at = |minutes: i64| Utc::now() + Duration::minutes(minutes);
        assert!(is_due(spec, &credential, at(is_due_after_minutes)), "{id}");
        if is_due_after_minutes > 0 {
            assert!(
                !is_due(spec, &credential, at(is_due_after_minutes - 2)),
                "{id}"
            );
        }
    }
}
