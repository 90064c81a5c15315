//! What the whole installation agrees on.

use api::settings::TranslationSettings;
use chrono::Utc;
use gateway::snapshot::STRICT_TRANSLATION;
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
