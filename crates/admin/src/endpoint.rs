//! Where clients point.

use api::endpoint::EndpointView;

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;

impl Admin {
    /// `origin` is the scheme and host under which the dashboard is seen.
    #[expect(clippy::unused_async, reason = "use cases are asynchronous alike")]
    pub async fn endpoint(&self, _actor: &Actor, origin: &str) -> Result<EndpointView, AdminError> {
        let snapshot = self.inner.gateway.snapshot();
        let base = self.inner.config.public_url.as_deref().unwrap_or(origin);
        Ok(EndpointView {
            url: format!("{}/v1", base.trim_end_matches('/')),
            key_required: snapshot.policy.key_required,
            models: gateway::resolve::listed(&snapshot)
                .into_iter()
                .map(|listed| listed.name)
                .collect(),
        })
    }
}
