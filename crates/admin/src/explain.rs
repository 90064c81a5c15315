//! What would become of a request now, and how the combos are.

use std::collections::HashMap;

use api::explain::{AccountState, ComboReport, DryRun, StepReport};
use api::log::SkipReason;
use api::usage::query::Dimension;
use chrono::{DateTime, Duration, Utc};
use gateway::caller::Caller;
use store::usage::cube::{Axis, CubeQuery, Mark, axes};
use store::usage::fact::{Sums, slot};

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;
use crate::usage::scope;

/// What a combo was used for is counted so far back.
const DAYS: i64 = 7;
const LONGEST_MODEL: usize = 200;

impl Admin {
    /// What would become of a request of the actor's for `model`. Nothing is sent, and nobody's turn is taken.
    #[expect(clippy::unused_async, reason = "use cases are asynchronous alike")]
    pub async fn dry_run(&self, actor: &Actor, model: &str) -> Result<DryRun, AdminError> {
        let model = model.trim();
        if model.is_empty() || model.len() > LONGEST_MODEL {
            return Err(AdminError::invalid(
                "model",
                format!("expected the name of a model, of at most {LONGEST_MODEL} characters"),
            ));
        }
        Ok(self.explained(actor, model, Utc::now()))
    }

    /// Each combo's steps as they are now, and what it was used for in the last seven days.
    pub async fn combo_reports(&self, actor: &Actor) -> Result<Vec<ComboReport>, AdminError> {
        let now = Utc::now();
        let mut used = self.combo_sums(actor, now).await?;
        let combos = self.combos(actor).await?;
        let report = |combo: api::routing::ComboView| {
            let sums = used.remove(&combo.name).unwrap_or_default();
            let steps = combo.models.into_iter().map(|model| {
                let run = self.explained(actor, &model, now);
                StepReport {
                    health: run.health(),
                    price: run
                        .first()
                        .map(|(target, _)| target)
                        .or(run.targets.first())
                        .and_then(|target| target.price),
                    model,
                }
            });
            let tokens = sums.input + sums.cache_read + sums.cache_write + sums.output;
            ComboReport {
                id: combo.id,
                steps: steps.collect(),
                requests: sums.requests.unsigned_abs(),
                tokens: tokens.unsigned_abs(),
                cost_micros: sums.cost,
                unpriced: sums.unpriced.unsigned_abs(),
            }
        };
        Ok(combos.into_iter().map(report).collect())
    }

    /// Accounts of others are for an administrator's eyes alone.
    fn explained(&self, actor: &Actor, model: &str, now: DateTime<Utc>) -> DryRun {
        let caller = Caller {
            key_id: None,
            user_id: Some(actor.id().clone()),
        };
        let mut run = self.inner.gateway.explain(model, &caller, now);
        if !actor.is_admin() {
            let foreign = AccountState::Skipped {
                reason: SkipReason::NotPermitted,
            };
            for target in &mut run.targets {
                target.accounts.retain(|account| account.state != foreign);
            }
        }
        run
    }

    async fn combo_sums(
        &self,
        actor: &Actor,
        now: DateTime<Utc>,
    ) -> Result<HashMap<String, Sums>, AdminError> {
        let since = now - Duration::days(DAYS);
        let query = CubeQuery {
            slots: slot(since.timestamp_millis())..slot(now.timestamp_millis()) + 1,
            axes: axes([Axis::Dimension(Dimension::Combo)]),
            only: Vec::new(),
            containing: None,
        };
        let cube = self.inner.store.usage().cube(&scope(actor), query).await?;
        let named = cube.cells.iter().filter_map(|cell| {
            let [Mark::Text(Some(name)), ..] = cube.marks(cell) else {
                return None;
            };
            Some((name.clone(), cell.sums))
        });
        Ok(named.collect())
    }
}
