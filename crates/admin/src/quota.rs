//! How much of their quotas the accounts have left, and how long it will do.

mod dry;

use std::sync::Arc;

use api::connection::AuthKind;
use api::ids::ConnectionId;
use api::quota::{DryCombo, Forecast, Point, QuotaView, WindowView};
use chrono::{DateTime, Duration, Utc};
use futures::future::join_all;
use gateway::quota::forecast::forecast;
use gateway::resolve::{self, Rotation};
use providers::spec::ProviderSpec;
use store::quotas::QuotaRecord;
use store::records::ConnectionRecord;

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;
use crate::quota::dry::{Step, dry};

/// How far back the small lines go.
const SHOWN: Duration = Duration::hours(24);
/// Points in one of them.
const MOST_POINTS: usize = 48;
const NOT_ASKED: &str = "It has not been asked yet.";

impl Admin {
    /// Of every account whose quota can be known, and of every one that has logged in.
    pub async fn quotas(&self, actor: &Actor) -> Result<Vec<QuotaView>, AdminError> {
        let records = self.inner.store.connections().list().await?;
        let may_see = |record: &&ConnectionRecord| {
            actor.is_admin() || record.is_shared || record.owner_id == *actor.id()
        };
        self.views(records.iter().filter(may_see)).await
    }

    pub async fn quota(&self, actor: &Actor, id: &ConnectionId) -> Result<QuotaView, AdminError> {
        let views = self.quotas(actor).await?;
        views
            .into_iter()
            .find(|view| view.id == *id)
            .ok_or(AdminError::NotFound("quota"))
    }

    /// Asks the account's vendor, unless that was done a moment ago.
    pub async fn refresh_quota(
        &self,
        actor: &Actor,
        id: &ConnectionId,
    ) -> Result<QuotaView, AdminError> {
        self.quota(actor, id).await?;
        self.inner.gateway.refresh_quota(id).await;
        self.quota(actor, id).await
    }

    /// Asks the vendors of all accounts that the actor sees.
    pub async fn refresh_quotas(&self, actor: &Actor) -> Result<Vec<QuotaView>, AdminError> {
        let views = self.quotas(actor).await?;
        join_all(
            views
                .iter()
                .map(|view| self.inner.gateway.refresh_quota(&view.id)),
        )
        .await;
        self.quotas(actor).await
    }

    /// The combos that are about to run dry: everybody's tools stop working with them.
    pub async fn dry_combos(&self, _actor: &Actor) -> Result<Vec<DryCombo>, AdminError> {
        let snapshot = self.inner.gateway.snapshot();
        if snapshot.combos.is_empty() {
            return Ok(Vec::new());
        }
        let records = self.inner.store.connections().list().await?;
        let views = self.views(records.iter()).await?;
        let now = Utc::now();
        let mut found = Vec::new();
        for name in snapshot.combos.keys() {
            let Ok(plan) = resolve::plan(&snapshot, name, &Rotation::default()) else {
                continue;
            };
            let steps: Vec<Step<'_>> = plan
                .targets
                .iter()
                .map(|target| {
                    let accounts = snapshot.accounts(&target.spec.id).iter();
                    Step {
                        model: &target.model,
                        accounts: accounts
                            .filter(|account| account.is_active && !account.is_revoked)
                            .map(|account| views.iter().find(|view| view.id == account.id))
                            .collect(),
                    }
                })
                .collect();
            found.extend(dry(name, &steps, now));
        }
        found.sort_by(|a, b| (a.empties_at, &a.combo).cmp(&(b.empties_at, &b.combo)));
        Ok(found)
    }

    async fn views(
        &self,
        records: impl Iterator<Item = &ConnectionRecord>,
    ) -> Result<Vec<QuotaView>, AdminError> {
        let now = Utc::now();
        let snapshot = self.inner.gateway.snapshot();
        let known = self.inner.store.quotas().list().await?;
        let mut views = Vec::new();
        for record in records {
            let Some(spec) = snapshot.registry.get(&record.provider) else {
                continue;
            };
            let is_known = is_told(spec, record);
            if !is_known && record.auth == AuthKind::ApiKey {
                continue;
            }
            let said = known.iter().find(|known| known.connection_id == record.id);
            views.push(self.quota_view(record, spec, is_known, said, now).await?);
        }
        Ok(views)
    }

    async fn quota_view(
        &self,
        record: &ConnectionRecord,
        spec: &Arc<ProviderSpec>,
        is_known: bool,
        said: Option<&QuotaRecord>,
        now: DateTime<Utc>,
    ) -> Result<QuotaView, AdminError> {
        let quotas = self.inner.store.quotas();
        let mut history = match said {
            Some(said) if !said.windows.is_empty() => {
                quotas.history(&record.id, now - SHOWN).await?
            }
            _ => store::quotas::History::new(),
        };
        let message = match said {
            _ if !is_known => spec
                .quota
                .as_ref()
                .and_then(|quota| quota.message.clone())
                .or_else(|| Some(format!("{} tells nothing of its quota.", spec.name))),
            Some(said) => said.error.clone(),
            None => Some(NOT_ASKED.to_owned()),
        };
        let as_of = said.and_then(|said| said.answered_at);
        let windows = said.map(|said| said.windows.clone()).unwrap_or_default();
        let windows = windows.into_iter().map(|window| {
            let mut points = history.remove(&window.name).unwrap_or_default();
            if let (Some(at), Some(used)) = (as_of, window.amount.share()) {
                points.push(Point { at, used });
            }
            let forecast = match window.amount.share() {
                Some(_) => forecast(&points, window.resets_at, now),
                None => Forecast::Idle,
            };
            WindowView {
                history: thinned(&points),
                forecast,
                window,
            }
        });
        let login = record.credential.as_login();
        let plan = said.and_then(|said| said.plan.clone());
        Ok(QuotaView {
            windows: windows.collect(),
            id: record.id.clone(),
            name: record.name.clone(),
            provider: record.provider.clone(),
            provider_name: spec.name.clone(),
            is_active: record.is_active,
            is_revoked: record.revoked_at.is_some(),
            plan: plan.or_else(|| login?.facts.plan.clone()),
            message,
            as_of,
            next_at: is_known
                .then(|| self.inner.gateway.next_quota(&record.id))
                .flatten(),
        })
    }
}

/// Whether somebody can be asked, or something counted.
fn is_told(spec: &ProviderSpec, record: &ConnectionRecord) -> bool {
    spec.quota.as_ref().is_some_and(|quota| {
        let is_login = record.auth != AuthKind::ApiKey;
        let can_ask = quota.api.is_some_and(|api| is_login || api.takes_key());
        can_ask || !quota.allowances.is_empty()
    })
}

/// At most so many of them, the last one always.
fn thinned(points: &[Point]) -> Vec<Point> {
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    let mut thin: Vec<Point> = points.iter().rev().step_by(step).copied().collect();
    thin.reverse();
    thin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_end() {
        let at = |minute| DateTime::from_timestamp(minute * 60, 0).expect("a time");
        for count in [0, 1, 47, 48, 49, 300] {
            let points: Vec<Point> = (0..i64::from(count))
                .map(|minute| Point {
                    at: at(minute),
                    used: 0.5,
                })
                .collect();
            let thin = thinned(&points);
            assert!(thin.len() <= MOST_POINTS);
            assert_eq!(thin.last(), points.last());
            assert!(thin.is_sorted_by_key(|point| point.at));
        }
    }
}
