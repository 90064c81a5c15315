//! Accounts that have logged in, put into the store as a login would leave them; the vendors are played by `testkit`.

use api::connection::{AuthKind, Health};
use api::ids::ConnectionId;
use chrono::{Duration, Utc};
use secrecy::SecretString;
use store::records::{AccountFacts, ConnectionRecord, Credential, LoginCredential, SessionToken};
use testkit::Proxy;
use testkit::vendor::{CLIENT_SECRET, Issuer, Vendor};

use crate::support::{PASSWORD, TestApp};

pub(crate) const ACCESS: &str = "access-token-of-the-account";
pub(crate) const SESSION: &str = "session-token-of-the-account";

/// A host that nobody can find.
pub(crate) const NOWHERE: &str = "vendors.invalid";

/// A program whose vendors are all played.
pub(crate) struct Logins {
    pub(crate) vendor: Vendor,
    pub(crate) app: TestApp,
    pub(crate) key: String,
    /// What new accounts go through.
    pub(crate) proxy: Option<SecretString>,
}

impl Logins {
    pub(crate) async fn new() -> Self {
        let vendor = Vendor::start().await;
        let url = vendor.url();
        Self::at(vendor, &url).await
    }

    /// Vendors that this machine cannot reach by itself: their name means something to an account's proxy alone.
    pub(crate) async fn unreachable() -> Self {
        Self::at(Vendor::start().await, &format!("http://{NOWHERE}")).await
    }

    /// A proxy that new accounts go through, and that alone knows where the vendors are.
    pub(crate) async fn go_through_a_proxy(&mut self) -> Proxy {
        let end = self.vendor.url().replace("http://", "");
        let end = end.parse().expect("an address");
        // `me:hidden`
        let proxy = Proxy::http_leading_to(end, "Basic bWU6aGlkZGVu").await;
        self.proxy = Some(format!("http://me:hidden@{}", proxy.host()).into());
        proxy
    }

    async fn at(vendor: Vendor, url: &str) -> Self {
        let variables = [
            ("INITIAL_PASSWORD", PASSWORD),
            ("VENDORS_URL", url),
            ("GEMINI_CLI_CLIENT_SECRET", CLIENT_SECRET),
            ("ANTIGRAVITY_CLIENT_SECRET", CLIENT_SECRET),
            ("IFLOW_CLIENT_SECRET", CLIENT_SECRET),
        ];
        let app = TestApp::with(&variables).await;
        let key = app.signed_in().await.key().await;
        Self {
            vendor,
            app,
            key,
            proxy: None,
        }
    }

    /// An account of `provider` with tokens that live for an hour.
    pub(crate) async fn account(
        &self,
        provider: &str,
        issuer: Issuer,
        facts: AccountFacts,
    ) -> ConnectionId {
        self.vendor.issue(issuer, ACCESS, "refresh-1");
        self.vendor.issue(issuer, SESSION, "refresh-unused");
        let has_session = matches!(issuer, Issuer::GitHub | Issuer::Iflow);
        let ends = Utc::now() + Duration::days(30);
        let credential = LoginCredential {
            access_token: ACCESS.into(),
            refresh_token: Some("refresh-1".into()),
            expires_at: Some(ends),
            session: has_session.then(|| SessionToken {
                token: SESSION.into(),
                expires_at: Some(ends),
            }),
            client: None,
            facts,
        };
        self.store(provider, "main", credential).await
    }

    pub(crate) async fn store(
        &self,
        provider: &str,
        name: &str,
        credential: LoginCredential,
    ) -> ConnectionId {
        let admin = self.app.store.users().first_admin().await.expect("users");
        let now = Utc::now();
        let record = ConnectionRecord {
            id: ConnectionId(format!("{provider}-{name}")),
            owner_id: admin.expect("an administrator").id,
            is_shared: true,
            provider: provider.into(),
            auth: AuthKind::OAuth,
            identity: None,
            revoked_at: None,
            version: 0,
            name: name.to_owned(),
            priority: 1,
            default_model: None,
            proxy: self.proxy.clone(),
            parts: std::collections::BTreeMap::new(),
            enabled_models: Vec::new(),
            is_active: true,
            credential: Credential::Login(Box::new(credential)),
            health: Health::Unknown,
            last_error: None,
            error_code: None,
            last_error_at: None,
            last_used_at: None,
            created_at: now,
            updated_at: now,
        };
        let connections = self.app.store.connections();
        connections.insert(&record).await.expect("an account");
        self.app.gateway.reload().await.expect("a snapshot");
        record.id
    }
}
