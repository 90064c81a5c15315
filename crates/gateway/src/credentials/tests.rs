//! Refreshing, against the vendors' side of it and a real database; two processes are two of [`Credentials`] on one store.

use std::collections::HashMap;

use accounts::code::Returned;
use accounts::http::Http;
use accounts::login::Place;
use api::connection::{AuthKind, Health};
use futures::future::join_all;
use providers::oauth::Flow;
use providers::registry::Registry;
use sea_orm_migration::sea_orm::ConnectionTrait as _;
use store::records::{ConnectionRecord, ServiceAccountCredential};
use store::vault::Vault;
use testkit::Reply;
use testkit::vendor::{Issuer, PROJECT, Vendor, key_file};
use url::Url;

use super::*;
use crate::upstream::{UpstreamConfig, Way};

struct Case {
    vendor: Vendor,
    store: Store,
    accounts: Accounts,
    upstream: Arc<Upstream>,
    spec: Arc<ProviderSpec>,
    _dir: tempfile::TempDir,
}

impl Case {
    /// An account of `provider`, logged in just now, with tokens that live so long.
    async fn new(provider: &str, lifetime: u64) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite://{}?mode=rwc", dir.path().join("test.db").display());
        Self::at(&url, dir, provider, lifetime).await
    }

    async fn at(url: &str, dir: tempfile::TempDir, provider: &str, lifetime: u64) -> Self {
        // Whoever was first in this process has installed the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let vendor = Vendor::start().await;
        vendor.set_lifetime(lifetime);
        let config = UpstreamConfig {
            vendors: Some(Url::parse(&vendor.url()).expect("an address")),
            ..UpstreamConfig::default()
        };
        let upstream = Upstream::new(config, Duration::from_secs(10)).expect("clients");
        let store = Store::connect(url, Vault::new(&[7; 32]))
            .await
            .expect("a store");
        migration::run(store.database()).await.expect("a schema");
        let registry = Registry::new([]);
        let spec = Arc::clone(registry.by_prefix(provider).expect("a provider"));
        let case = Self {
            vendor,
            store,
            accounts: Accounts::new(HashMap::new()),
            upstream: Arc::new(upstream),
            spec,
            _dir: dir,
        };
        case.insert().await;
        case
    }

    async fn insert(&self) {
        let now = Utc::now();
        let users = self.store.users();
        let owner = users.create_first_admin("u", &"hash".into(), now).await;
        let owner = owner.expect("a user");
        let record = ConnectionRecord {
            id: "a".into(),
            owner_id: owner.id,
            is_shared: true,
            provider: self.spec.id.clone(),
            auth: AuthKind::OAuth,
            identity: None,
            revoked_at: None,
            name: "main".to_owned(),
            priority: 1,
            default_model: None,
            proxy: None,
            parts: std::collections::BTreeMap::new(),
            enabled_models: Vec::new(),
            is_active: true,
            credential: self.log_in().await,
            version: 0,
            health: Health::Unknown,
            last_error: None,
            error_code: None,
            last_error_at: None,
            last_used_at: None,
            created_at: now,
            updated_at: now,
        };
        self.store
            .connections()
            .insert(&record)
            .await
            .expect("an account");
    }

    async fn log_in(&self) -> Credential {
        let oauth = self.spec.oauth.as_ref().expect("a login");
        let http = &self.http();
        let method = oauth.methods.first().expect("a method");
        let login = if method.flow == Flow::Device {
            let pending = self
                .accounts
                .begin_device(http, method, Place::default())
                .await;
            let pending = pending.expect("a code");
            self.vendor.allow(pending.user_code());
            self.accounts
                .finish_device(http, oauth, method, pending)
                .await
        } else {
            let home = "http://localhost:1/callback";
            let (url, pending) = self
                .accounts
                .begin_code(http, method, home)
                .expect("a page");
            let page = self.get(&url).await;
            let start = page.find("id=allow href=\"").expect("a link") + 15;
            let end = start + page[start..].find('"').expect("its end");
            let returned = Returned::parse(&page[start..end].replace("&amp;", "&"));
            let code = returned.expect("a code").code;
            self.accounts
                .finish_code(http, oauth, method, pending, code)
                .await
        };
        Credential::Login(Box::new(login.expect("a login").credential))
    }

    async fn get(&self, url: &str) -> String {
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let response = client.get(url).send().await.expect("a page");
        response.text().await.expect("text")
    }

    fn http(&self) -> Http {
        let way = Way::new(&self.spec, None);
        self.upstream.http(way).expect("a way")
    }

    fn process(&self) -> Credentials {
        let upstream = Arc::clone(&self.upstream);
        Credentials::new(self.store.clone(), self.accounts.clone(), upstream)
    }

    async fn record(&self) -> ConnectionRecord {
        let found = self.store.connections().find(&"a".into()).await;
        found.expect("an answer").expect("an account")
    }

    /// As a snapshot has it that is loaded now.
    async fn account(&self) -> Account {
        let record = self.record().await;
        Account {
            id: record.id,
            owner_id: record.owner_id,
            is_shared: true,
            name: record.name,
            is_active: true,
            default_model: None,
            proxy: None,
            credential: Arc::new(record.credential),
            version: record.version,
            is_revoked: record.revoked_at.is_some(),
            spec: None,
            enabled_models: Vec::new(),
        }
    }
}

fn token(credential: &Credential) -> String {
    credential.bearer().expose_secret().to_owned()
}

/// When tokens of an hour have ended.
fn later() -> DateTime<Utc> {
    Utc::now() + chrono::Duration::hours(2)
}

#[tokio::test]
async fn a_hundred_requests_on_an_ended_token_refresh_it_once() {
    let case = Case::new("codex", 3600).await;
    case.vendor.set_delay(Duration::from_millis(50));
    let (process, account) = (case.process(), case.account().await);
    let asks = (0..100).map(|_| process.fresh(&account, &case.spec, later()));
    let shown: Vec<String> = join_all(asks)
        .await
        .into_iter()
        .map(|shown| token(&shown.expect("a token")))
        .collect();
    assert_eq!(case.vendor.refreshes(Issuer::Codex), 1);
    assert!(
        shown
            .iter()
            .all(|one| *one == shown[0] && *one != token(&account.credential))
    );
    // It was stored before anybody had it.
    let record = case.record().await;
    assert_eq!(token(&record.credential), shown[0]);
    assert_eq!(record.version, 1);
}

#[tokio::test]
async fn two_processes_refresh_once() {
    two_processes(&Case::new("codex", 3600).await).await;
}

#[tokio::test]
async fn two_processes_on_postgres_refresh_once() {
    #[expect(clippy::disallowed_methods, reason = "how a test learns of its server")]
    let Some(url) = std::env::var("TEST_POSTGRES_URL")
        .ok()
        .filter(|url| !url.is_empty())
    else {
        return;
    };
    let server = Store::connect(&url, Vault::new(&[7; 32]))
        .await
        .expect("a server");
    let name = format!("ninerouter_test_{}", Uuid::now_v7().simple());
    let statement = format!("CREATE DATABASE {name}");
    server
        .database()
        .execute_unprepared(&statement)
        .await
        .expect("a database");
    let mut url = Url::parse(&url).expect("an address");
    url.set_path(&name);
    let dir = tempfile::tempdir().expect("a directory");
    let case = Case::at(url.as_str(), dir, "codex", 3600).await;
    two_processes(&case).await;
    case.store.close().await.expect("a closed store");
    let statement = format!("DROP DATABASE {name}");
    server
        .database()
        .execute_unprepared(&statement)
        .await
        .expect("no database");
}

async fn two_processes(case: &Case) {
    case.vendor.set_delay(Duration::from_millis(200));
    let account = case.account().await;
    let (one, other) = (case.process(), case.process());
    let asks = (0..100).map(|turn| {
        let process = if turn % 2 == 0 { &one } else { &other };
        process.fresh(&account, &case.spec, later())
    });
    let shown: Vec<String> = join_all(asks)
        .await
        .into_iter()
        .map(|shown| token(&shown.expect("a token")))
        .collect();
    assert_eq!(case.vendor.refreshes(Issuer::Codex), 1);
    assert!(
        shown
            .iter()
            .all(|one| *one == shown[0] && *one != token(&account.credential))
    );
}

#[tokio::test]
async fn a_token_that_still_works_is_shown_while_it_is_refreshed() {
    // Qwen's lead is twenty minutes.
    let case = Case::new("qwen", 3600).await;
    case.vendor.set_delay(Duration::from_millis(100));
    let (process, account) = (case.process(), case.account().await);
    let soon = Utc::now() + chrono::Duration::minutes(45);
    let shown = process
        .fresh(&account, &case.spec, soon)
        .await
        .expect("a token");
    assert_eq!(token(&shown), token(&account.credential), "nobody waits");
    process.close().await;
    assert_eq!(
        case.vendor.refreshes(Issuer::Qwen),
        1,
        "and the next one has it new"
    );
    assert_ne!(
        token(&case.record().await.credential),
        token(&account.credential)
    );
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_a_young_one_is_not() {
    let case = Case::new("claude", 86_400).await;
    let (process, account) = (case.process(), case.account().await);
    let used = Arc::clone(&account.credential);
    let now = Utc::now();
    let renewed = process.renew(&account, &case.spec, &used, now).await;
    let renewed = renewed.expect("one to get").expect("a token");
    assert_ne!(token(&renewed), token(&used));
    // A request that was on its way with the old one finds the new one there.
    let again = process.renew(&account, &case.spec, &used, now).await;
    assert_eq!(
        token(&again.expect("one").expect("a token")),
        token(&renewed)
    );
    // The new one was refused too: it is not the token.
    let hopeless = process.renew(&account, &case.spec, &renewed, now).await;
    assert!(hopeless.is_none());
    assert_eq!(case.vendor.refreshes(Issuer::Claude), 1);
}

#[tokio::test]
async fn a_revoked_account_says_so_once_and_waits_for_its_owner() {
    let case = Case::new("codex", 3600).await;
    let (process, account) = (case.process(), case.account().await);
    case.vendor.revoke_all();
    for _ in 0..3 {
        let spoiled = process.fresh(&account, &case.spec, later()).await;
        let spoiled = spoiled.expect_err("taken back");
        assert!(
            spoiled.is_revoked && spoiled.words.contains("connect"),
            "{spoiled:?}"
        );
    }
    let record = case.record().await;
    assert!(record.revoked_at.is_some());
    assert_eq!(record.health, Health::Error);
    // Asked at the vendor once, whoever asks, in this process and in the next.
    let asked = case.vendor.upstream().requests().len();
    let account = case.account().await;
    assert!(
        case.process()
            .fresh(&account, &case.spec, later())
            .await
            .is_err()
    );
    assert_eq!(case.vendor.upstream().requests().len(), asked);

    // Its owner logs in again.
    let credential = case.log_in().await;
    let (connections, id) = (case.store.connections(), ConnectionId::from("a"));
    let written = connections
        .set_credential(&id, record.version, &credential, Utc::now())
        .await;
    assert!(written.expect("an answer"));
    let account = case.account().await;
    let shown = process
        .fresh(&account, &case.spec, Utc::now())
        .await
        .expect("a token");
    assert_eq!(token(&shown), token(&credential));
}

#[tokio::test]
async fn a_process_that_died_in_the_middle_loses_the_token_and_says_so() {
    let case = Case::new("codex", 3600).await;
    let account = case.account().await;
    // It had the lease, and the vendor had used the refresh token up; then it was gone.
    let now = Utc::now();
    let connections = case.store.connections();
    dead(&connections, now).await;
    let login = account.credential.as_login().expect("a login");
    let oauth = case.spec.oauth.as_ref().expect("a login");
    case.accounts
        .refresh(&case.http(), oauth, login, now)
        .await
        .expect("what was lost");

    let spoiled = case.process().fresh(&account, &case.spec, later()).await;
    let words = spoiled.expect_err("it is lost").words;
    assert!(words.contains("was stopped while it refreshed"), "{words}");
}

#[tokio::test]
async fn a_process_that_died_before_the_vendor_answered_costs_nothing() {
    let case = Case::new("codex", 3600).await;
    let account = case.account().await;
    let now = Utc::now();
    let connections = case.store.connections();
    dead(&connections, now).await;
    let shown = case
        .process()
        .fresh(&account, &case.spec, later())
        .await
        .expect("a token");
    assert_ne!(token(&shown), token(&account.credential));
}

#[tokio::test]
async fn a_vendor_that_is_down_is_not_asked_by_every_request() {
    // About to end from the beginning.
    let case = Case::new("codex", 20).await;
    let (process, account) = (case.process(), case.account().await);
    case.vendor
        .fail_once(testkit::Reply::text(503, "text/html", "<html>busy</html>"));
    let asked = || case.vendor.upstream().requests().len();
    let before = asked();
    for _ in 0..5 {
        let spoiled = process.fresh(&account, &case.spec, Utc::now()).await;
        let spoiled = spoiled.expect_err("it is down");
        assert!(!spoiled.is_revoked, "{spoiled:?}");
    }
    assert_eq!(asked() - before, 1);
}

#[tokio::test]
async fn a_name_that_is_changed_meanwhile_does_not_cost_the_new_token() {
    let case = Case::new("codex", 3600).await;
    case.vendor.set_delay(Duration::from_millis(200));
    let (process, account) = (case.process(), case.account().await);
    let refresh = process.fresh(&account, &case.spec, later());
    let person = async {
        tokio::time::sleep(Duration::from_millis(80)).await;
        let mut record = case.record().await;
        record.name = "renamed".to_owned();
        case.store
            .connections()
            .update(&record)
            .await
            .expect("a change");
    };
    let (shown, ()) = tokio::join!(refresh, person);
    let record = case.record().await;
    assert_eq!(record.name, "renamed");
    assert_eq!(token(&record.credential), token(&shown.expect("a token")));
}

#[tokio::test]
async fn a_client_that_leaves_does_not_cut_a_refresh_off() {
    let case = Case::new("codex", 3600).await;
    case.vendor.set_delay(Duration::from_millis(200));
    let (process, account) = (case.process(), case.account().await);
    let impatient = tokio::time::timeout(
        Duration::from_millis(50),
        process.fresh(&account, &case.spec, later()),
    );
    assert!(impatient.await.is_err());
    process.close().await;
    let record = case.record().await;
    assert_ne!(token(&record.credential), token(&account.credential));
    assert!(case.vendor.is_valid(&token(&record.credential)));
}

/// A process took the lease an hour ago and never gave it back.
async fn dead(connections: &store::connections::Connections, now: DateTime<Utc>) {
    let id = ConnectionId::from("a");
    let (then, until) = (
        now - chrono::Duration::hours(1),
        now - chrono::Duration::minutes(58),
    );
    connections
        .lease(&id, "dead", then, until)
        .await
        .expect("a lease");
}

#[tokio::test]
async fn a_service_account_signs_once_for_everybody_and_again_before_its_token_ends() {
    let case = Case::new("codex", 3600).await;
    case.vendor.set_delay(Duration::from_millis(50));
    let account = Account {
        credential: Arc::new(Credential::ServiceAccount(Box::new(
            ServiceAccountCredential {
                key_file: key_file().to_string().into(),
                project: PROJECT.to_owned(),
                token: None,
            },
        ))),
        ..case.account().await
    };
    let registry = Registry::new([]);
    let spec = registry.by_prefix("vx").expect("a provider");
    let (process, now) = (case.process(), Utc::now());
    let all = async |at: DateTime<Utc>| {
        let asks = (0..100).map(|_| process.fresh(&account, spec, at));
        let shown = join_all(asks).await.into_iter();
        let shown: Vec<String> = shown.map(|shown| token(&shown.expect("a token"))).collect();
        assert!(shown.iter().all(|one| *one == shown[0]));
        shown[0].clone()
    };
    let first = all(now).await;
    assert!(case.vendor.is_valid(&first));
    let minutes = chrono::Duration::minutes;
    assert_eq!(all(now + minutes(54)).await, first);
    assert_eq!(case.vendor.refreshes(Issuer::Google), 1);
    // It still works, and the next one is fetched meanwhile.
    assert_eq!(all(now + minutes(56)).await, first);
    for _ in 0..100 {
        if case.vendor.refreshes(Issuer::Google) == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(case.vendor.refreshes(Issuer::Google), 2);

    // Without one nothing is shown, and nobody asks again at once.
    let process = case.process();
    case.vendor.fail_once(Reply::json(
        400,
        serde_json::json!({ "error": "invalid_grant", "error_description": "Invalid JWT Signature." }),
    ));
    for _ in 0..2 {
        let spoiled = process.fresh(&account, spec, Utc::now()).await;
        let words = spoiled.expect_err("no token").words;
        assert!(words.contains("Invalid JWT Signature."), "{words}");
    }
    assert_eq!(case.vendor.refreshes(Issuer::Google), 2);
}
