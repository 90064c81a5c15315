//! What requests to a provider say of the program that sends them. This program names itself; whoever answers for the
//! accounts may say otherwise, where the vendor allows it.

use std::collections::BTreeMap;

use api::identification::IdentificationView;
use api::ids::ProviderId;
use chrono::Utc;
use gateway::headers::identification;
use gateway::settings::IDENTIFICATION;
use serde_json::json;

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;

/// For one provider.
const MOST: usize = 20;

type Headers = BTreeMap<String, String>;

impl Admin {
    pub async fn identification(
        &self,
        actor: &Actor,
        provider: &ProviderId,
    ) -> Result<IdentificationView, AdminError> {
        let mut all = self.all_identifications().await?;
        Ok(IdentificationView {
            headers: all.remove(provider).unwrap_or_default(),
            may_change: actor.is_admin(),
        })
    }

    /// In place of all that were set for the provider; none of them takes it back.
    pub async fn set_identification(
        &self,
        actor: &Actor,
        provider: &ProviderId,
        headers: &Headers,
    ) -> Result<IdentificationView, AdminError> {
        actor.must_be_admin()?;
        let snapshot = self.inner.gateway.snapshot();
        if snapshot.registry.get(provider).is_none() {
            return Err(AdminError::NotFound("provider"));
        }
        if headers.len() > MOST {
            return Err(AdminError::invalid(
                "headers",
                format!("expected at most {MOST} headers, found {}", headers.len()),
            ));
        }
        let mut kept = Headers::new();
        for (name, value) in headers {
            let (known, _) = identification(name, value)
                .map_err(|error| AdminError::invalid("headers", error))?;
            kept.insert(known.as_str().to_owned(), value.trim().to_owned());
        }
        let mut all = self.all_identifications().await?;
        all.retain(|provider, _| snapshot.registry.get(provider).is_some());
        all.remove(provider);
        if !kept.is_empty() {
            all.insert(provider.clone(), kept);
        }
        let settings = self.inner.store.settings();
        settings
            .set(IDENTIFICATION, &json!(all), Utc::now())
            .await?;
        self.apply().await?;
        self.identification(actor, provider).await
    }

    async fn all_identifications(&self) -> Result<BTreeMap<ProviderId, Headers>, AdminError> {
        let stored = self.inner.store.settings().get(IDENTIFICATION).await?;
        Ok(stored
            .and_then(|stored| serde_json::from_value(stored).ok())
            .unwrap_or_default())
    }
}
