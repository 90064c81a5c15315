//! Whether accounts work: one, several at once, and a key before it is stored.

use accounts::proxy::OutboundProxy;
use api::connection::{
    AuthKind, CheckResult, CredentialCheck, Health, TestScope, TestView, Trouble,
};
use api::ids::ConnectionId;
use chrono::Utc;
use futures::StreamExt as _;
use gateway::check::Trial;
use providers::spec::Tier;
use secrecy::{ExposeSecret as _, SecretString};
use store::records::ConnectionRecord;

use crate::Admin;
use crate::actor::Actor;
use crate::connections::NAME_TAKEN;
use crate::connections::address::own_spec;
use crate::connections::credential::credential;
use crate::error::{AdminError, about};

/// Accounts that are tested at the same time.
const AT_ONCE: usize = 4;

impl Admin {
    /// Asks the provider whether the stored key or login works, and remembers the answer, and the models it lists on the
    /// way. A token that is due is renewed first.
    pub async fn test_connection(
        &self,
        actor: &Actor,
        id: &ConnectionId,
    ) -> Result<CheckResult, AdminError> {
        let record = self.own_connection(actor, id).await?;
        let tested = self.test(&record).await?;
        self.apply().await?;
        Ok(tested)
    }

    /// Tests every account of `scope` that whoever asks may change, a few at a time.
    pub async fn test_connections(
        &self,
        actor: &Actor,
        scope: &TestScope,
    ) -> Result<Vec<TestView>, AdminError> {
        let records = self.inner.store.connections().list().await?;
        let is_meant = |record: &ConnectionRecord| {
            actor.must_own(&record.owner_id, "connection").is_ok() && self.is_in(scope, record)
        };
        let tests = records
            .into_iter()
            .filter(is_meant)
            .map(|record| async move {
                let result = self.test(&record).await;
                let result = result.or_else(|error| match error {
                    AdminError::Invalid { message, .. } => Ok(not_tested(message)),
                    // Deleted while it was tested.
                    AdminError::NotFound(_) => Ok(not_tested("it is gone".to_owned())),
                    error => Err(error),
                })?;
                Ok(TestView {
                    id: record.id,
                    name: record.name,
                    provider: record.provider,
                    result,
                    at: Utc::now(),
                })
            });
        let results: Vec<Result<TestView, AdminError>> = futures::stream::iter(tests)
            .buffered(AT_ONCE)
            .collect()
            .await;
        self.apply().await?;
        results.into_iter().collect()
    }

    /// Tries a key before anything is stored.
    pub async fn check_credential(
        &self,
        actor: &Actor,
        check: CredentialCheck,
    ) -> Result<CheckResult, AdminError> {
        let spec = self.provider(&check.provider)?;
        let parts = self.parts(actor, &spec, &check.parts).await?;
        let credential = credential(&spec, &check.api_key)?;
        let spec = own_spec(&spec, &parts, &credential)?;
        let proxy = proxy(self.proxy(actor, check.proxy.as_deref()).await?.as_ref())?;
        let trial = Trial {
            spec: &spec,
            credential: &credential,
            proxy: proxy.as_ref(),
        };
        Ok(self.inner.gateway.check(trial).await.result)
    }

    /// One test, written down. What the data plane knows is not read again: the caller does, once.
    async fn test(&self, record: &ConnectionRecord) -> Result<CheckResult, AdminError> {
        let report = match record.auth {
            AuthKind::OAuth => {
                let tested = self.inner.gateway.check_login(&record.id).await;
                tested.ok_or(AdminError::NotFound("connection"))?
            }
            AuthKind::ApiKey => {
                let spec = self.provider(&record.provider)?;
                let spec = own_spec(&spec, &record.parts, &record.credential)?;
                let proxy = proxy(record.proxy.as_ref())?;
                let trial = Trial {
                    spec: &spec,
                    credential: &record.credential,
                    proxy: proxy.as_ref(),
                };
                self.inner.gateway.check(trial).await
            }
        };
        let result = report.result;
        let health = if result.valid {
            self.inner.gateway.found_sound(&record.id);
            Health::Active
        } else {
            Health::Error
        };
        let error = result.error.as_deref();
        self.inner
            .store
            .connections()
            .set_health(&record.id, health, error, result.status, Utc::now())
            .await
            .map_err(about("connection", "name", NAME_TAKEN))?;
        if let Some(models) = report.models {
            self.remember_models(record, models).await?;
        }
        Ok(result)
    }

    fn is_in(&self, scope: &TestScope, record: &ConnectionRecord) -> bool {
        let snapshot = self.inner.gateway.snapshot();
        let tier = || snapshot.registry.get(&record.provider)?.tier;
        let is_known = || snapshot.registry.get(&record.provider).is_some();
        match scope {
            TestScope::All => true,
            TestScope::Provider(provider) => record.provider == *provider,
            TestScope::Logins => record.auth == AuthKind::OAuth,
            TestScope::Keys => record.auth == AuthKind::ApiKey && tier().is_some(),
            TestScope::Nodes => is_known() && tier().is_none(),
            TestScope::Free => tier() == Some(Tier::Free),
        }
    }
}

/// The proxy of a stored URL. One that cannot be read is an error: without it nothing may be sent.
pub(crate) fn proxy(url: Option<&SecretString>) -> Result<Option<OutboundProxy>, AdminError> {
    url.map(|url| OutboundProxy::parse(url.expose_secret()))
        .transpose()
        .map_err(|error| AdminError::invalid("proxy", error.to_string()))
}

fn not_tested(message: String) -> CheckResult {
    CheckResult {
        valid: false,
        error: Some(message),
        status: None,
        trouble: Some(Trouble::Other),
        latency_ms: 0,
        was_renewed: false,
    }
}
