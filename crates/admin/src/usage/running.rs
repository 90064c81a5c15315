//! What accounts are answering right now.

use std::collections::BTreeMap;

use api::ids::{ConnectionId, ProviderId};

use crate::Admin;
use crate::actor::Actor;

/// Requests under way for one model of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningRequests {
    pub provider: ProviderId,
    pub connection_id: ConnectionId,
    /// `None` once the account is gone.
    pub connection_name: Option<String>,
    pub model: String,
    pub requests: u32,
}

impl Admin {
    /// Of everybody for an administrator, otherwise the actor's own.
    #[must_use]
    pub fn usage_running(&self, actor: &Actor) -> Vec<RunningRequests> {
        let gateway = &self.inner.gateway;
        let mut counts: BTreeMap<_, u32> = BTreeMap::new();
        for running in gateway.live().running() {
            if actor.is_admin() || running.user_id.as_ref() == Some(actor.id()) {
                let place = (running.provider, running.connection_id, running.model);
                *counts.entry(place).or_default() += 1;
            }
        }
        if counts.is_empty() {
            return Vec::new();
        }
        let snapshot = gateway.snapshot();
        let running = counts
            .into_iter()
            .map(
                |((provider, connection_id, model), requests)| RunningRequests {
                    connection_name: snapshot.account_name(Some(&connection_id)),
                    provider,
                    connection_id,
                    model,
                    requests,
                },
            );
        running.collect()
    }
}
