//! What the whole installation agrees on.

use api::settings::{AccountSettings, TranslationSettings};
use chrono::Utc;
use gateway::snapshot::{ACCOUNT_ORDER, STRICT_TRANSLATION};
use serde_json::Value;

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;

impl Admin {
    /// As the data plane holds them, which is what counts.
    #[expect(clippy::unused_async, reason = "use cases are asynchronous alike")]
    pub async fn translation_settings(
        &self,
        actor: &Actor,
    ) -> Result<TranslationSettings, AdminError> {
        Ok(TranslationSettings {
            is_strict: self.inner.gateway.snapshot().is_strict,
            may_change: actor.is_admin(),
        })
    }

    /// As the data plane holds them.
    #[expect(clippy::unused_async, reason = "use cases are asynchronous alike")]
    pub async fn account_settings(&self, _actor: &Actor) -> Result<AccountSettings, AdminError> {
        Ok(self.inner.gateway.snapshot().account_order)
    }

    /// In which order a provider's accounts are asked.
    pub async fn set_account_settings(
        &self,
        actor: &Actor,
        settings: AccountSettings,
    ) -> Result<AccountSettings, AdminError> {
        actor.must_be_admin()?;
        if !(1..=AccountSettings::MOST_STICKY).contains(&settings.sticky_limit) {
            return Err(AdminError::invalid(
                "sticky_limit",
                format!(
                    "expected a number of requests from 1 to {}",
                    AccountSettings::MOST_STICKY
                ),
            ));
        }
        let value = serde_json::to_value(settings).unwrap_or_default();
        self.inner
            .store
            .settings()
            .set(ACCOUNT_ORDER, &value, Utc::now())
            .await?;
        self.apply().await?;
        self.account_settings(actor).await
    }

    /// Whether every request is refused rather than a part of it lost.
    pub async fn set_strict_translation(
        &self,
        actor: &Actor,
        is_strict: bool,
    ) -> Result<TranslationSettings, AdminError> {
        actor.must_be_admin()?;
        self.inner
            .store
            .settings()
            .set(STRICT_TRANSLATION, &Value::Bool(is_strict), Utc::now())
            .await?;
        self.apply().await?;
        self.translation_settings(actor).await
    }
}
