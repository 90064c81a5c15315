//! Budgets: what accounts, providers, steps of combos, keys and users may use up. An administrator sets them;
//! whoever has keys sees what is left of theirs.

use std::collections::HashMap;

use api::budget::{Allowance, BudgetChoice, BudgetCreate, BudgetSubject, BudgetView, BudgetsView};
use api::ids::{BudgetId, ComboId};
use chrono::{DateTime, Utc};
use store::records::{BudgetRecord, ComboRecord, ConnectionRecord, KeyRecord, UserRecord};
use uuid::Uuid;

use crate::Admin;
use crate::actor::Actor;
use crate::error::{AdminError, about};

/// What budgets can be for.
#[derive(Default)]
pub(crate) struct Known {
    accounts: Vec<ConnectionRecord>,
    combos: Vec<ComboRecord>,
    keys: Vec<KeyRecord>,
    users: Vec<UserRecord>,
}

impl Admin {
    /// Oldest first, and what there is to give one to.
    pub async fn budgets(&self, actor: &Actor) -> Result<BudgetsView, AdminError> {
        actor.must_be_admin()?;
        let known = self.known_subjects().await?;
        let records = self.inner.store.budgets().list().await?;
        let combos = known.combo_names();
        let now = Utc::now();
        Ok(BudgetsView {
            budgets: records
                .into_iter()
                .map(|record| self.budget_view(record, &known, &combos, now))
                .collect(),
            choices: self.subjects(&known),
        })
    }

    /// Those of keys and of users: all for an administrator, otherwise the actor's own.
    pub async fn caller_budgets(&self, actor: &Actor) -> Result<BudgetsView, AdminError> {
        let known = Known {
            keys: self.inner.store.keys().list().await?,
            users: self.inner.store.users().list().await?,
            ..Known::default()
        };
        let mut records = self.inner.store.budgets().list().await?;
        records.retain(|record| is_of_caller(&record.subject));
        records.retain(|record| known.may_see(actor, &record.subject));
        let (combos, now) = (HashMap::new(), Utc::now());
        let views = records
            .into_iter()
            .map(|record| self.budget_view(record, &known, &combos, now));
        Ok(BudgetsView {
            budgets: views.collect(),
            choices: if actor.is_admin() {
                self.subjects(&known)
            } else {
                Vec::new()
            },
        })
    }

    pub async fn create_budget(
        &self,
        actor: &Actor,
        params: BudgetCreate,
    ) -> Result<BudgetView, AdminError> {
        actor.must_be_admin()?;
        check(params.allowance)?;
        let known = self.known_subjects().await?;
        if self.budget_name(&params.subject, &known).is_none() {
            return Err(AdminError::invalid(
                "subject",
                "expected an account, a provider, a combo's step, a key or a user that is there",
            ));
        }
        let now = Utc::now();
        let record = BudgetRecord {
            id: BudgetId(Uuid::now_v7().to_string()),
            subject: params.subject,
            allowance: params.allowance,
            created_at: now,
            updated_at: now,
        };
        let budgets = self.inner.store.budgets();
        budgets.insert(&record).await.map_err(clash)?;
        self.apply().await?;
        self.find_budget(&record.id).await
    }

    /// What it is for stays.
    pub async fn update_budget(
        &self,
        actor: &Actor,
        id: &BudgetId,
        allowance: Allowance,
    ) -> Result<BudgetView, AdminError> {
        actor.must_be_admin()?;
        check(allowance)?;
        let budgets = self.inner.store.budgets();
        budgets
            .update(id, allowance, Utc::now())
            .await
            .map_err(clash)?;
        self.apply().await?;
        self.find_budget(id).await
    }

    pub async fn delete_budget(&self, actor: &Actor, id: &BudgetId) -> Result<(), AdminError> {
        actor.must_be_admin()?;
        let budgets = self.inner.store.budgets();
        budgets.delete(id).await.map_err(clash)?;
        self.apply().await
    }

    async fn find_budget(&self, id: &BudgetId) -> Result<BudgetView, AdminError> {
        let known = self.known_subjects().await?;
        let records = self.inner.store.budgets().list().await?;
        let record = records.into_iter().find(|record| record.id == *id);
        let record = record.ok_or(AdminError::NotFound("budget"))?;
        Ok(self.budget_view(record, &known, &known.combo_names(), Utc::now()))
    }

    pub(crate) async fn known_subjects(&self) -> Result<Known, AdminError> {
        Ok(Known {
            accounts: self.inner.store.connections().list().await?,
            combos: self.inner.store.routing().combos().await?,
            keys: self.inner.store.keys().list().await?,
            users: self.inner.store.users().list().await?,
        })
    }

    fn budget_view(
        &self,
        record: BudgetRecord,
        known: &Known,
        combos: &HashMap<ComboId, String>,
        now: DateTime<Utc>,
    ) -> BudgetView {
        let gateway = &self.inner.gateway;
        let (used, bounds) = gateway.budget_used(&record.subject, record.allowance, combos, now);
        BudgetView {
            name: self.budget_name(&record.subject, known),
            id: record.id,
            subject: record.subject,
            allowance: record.allowance,
            used,
            resets_at: bounds.until,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }

    /// What people call it. `None` if it is not there.
    pub(crate) fn budget_name(&self, subject: &BudgetSubject, known: &Known) -> Option<String> {
        let snapshot = self.inner.gateway.snapshot();
        match subject {
            BudgetSubject::Account { account } => {
                let account = known.accounts.iter().find(|record| record.id == *account)?;
                let provider = snapshot.registry.get(&account.provider);
                let provider = provider.map_or(account.provider.as_str(), |spec| &spec.name);
                Some(format!("{provider}: {}", account.name))
            }
            BudgetSubject::Provider { provider } => {
                Some(snapshot.registry.get(provider)?.name.clone())
            }
            BudgetSubject::Step { combo, model } => {
                let combo = known.combos.iter().find(|record| record.id == *combo)?;
                let has_step = combo.models.contains(model);
                has_step.then(|| format!("{}, step {model}", combo.name))
            }
            BudgetSubject::Key { key } => {
                let key = known.keys.iter().find(|record| record.id == *key)?;
                Some(format!("Key {}", key.name))
            }
            BudgetSubject::User { user } => {
                let user = known.users.iter().find(|record| record.id == *user)?;
                Some(format!("User {}", user.name))
            }
        }
    }

    fn subjects(&self, known: &Known) -> Vec<BudgetChoice> {
        let mut providers: Vec<_> = known
            .accounts
            .iter()
            .map(|record| &record.provider)
            .collect();
        providers.sort();
        providers.dedup();
        let accounts = known.accounts.iter().map(|record| BudgetSubject::Account {
            account: record.id.clone(),
        });
        let providers = providers
            .into_iter()
            .map(|provider| BudgetSubject::Provider {
                provider: provider.clone(),
            });
        let steps = known.combos.iter().flat_map(|combo| {
            combo.models.iter().map(|model| BudgetSubject::Step {
                combo: combo.id.clone(),
                model: model.clone(),
            })
        });
        let keys = known.keys.iter().map(|record| BudgetSubject::Key {
            key: record.id.clone(),
        });
        let users = known.users.iter().map(|record| BudgetSubject::User {
            user: record.id.clone(),
        });
        let all = accounts
            .chain(providers)
            .chain(steps)
            .chain(keys)
            .chain(users);
        all.filter_map(|subject| {
            let name = self.budget_name(&subject, known)?;
            Some(BudgetChoice { subject, name })
        })
        .collect()
    }
}

impl Known {
    /// Whether it is the actor's business what a subject may use up.
    pub(crate) fn may_see(&self, actor: &Actor, subject: &BudgetSubject) -> bool {
        match subject {
            _ if actor.is_admin() => true,
            BudgetSubject::Account { .. }
            | BudgetSubject::Provider { .. }
            | BudgetSubject::Step { .. } => false,
            BudgetSubject::Key { key } => {
                let mut keys = self.keys.iter();
                keys.any(|record| record.id == *key && record.owner_id == *actor.id())
            }
            BudgetSubject::User { user } => user == actor.id(),
        }
    }

    pub(crate) fn combo_names(&self) -> HashMap<ComboId, String> {
        let combos = self.combos.iter();
        combos
            .map(|combo| (combo.id.clone(), combo.name.clone()))
            .collect()
    }
}

fn is_of_caller(subject: &BudgetSubject) -> bool {
    match subject {
        BudgetSubject::Key { .. } | BudgetSubject::User { .. } => true,
        BudgetSubject::Account { .. }
        | BudgetSubject::Provider { .. }
        | BudgetSubject::Step { .. } => false,
    }
}

fn clash(error: store::error::StoreError) -> AdminError {
    about(
        "budget",
        "subject",
        "there is a budget in this unit and for this period already: change that one",
    )(error)
}

fn check(allowance: Allowance) -> Result<(), AdminError> {
    if (1..=Allowance::MOST).contains(&allowance.amount) {
        return Ok(());
    }
    Err(AdminError::invalid(
        "amount",
        "expected more than nothing, and at most a million dollars or a million million tokens",
    ))
}
