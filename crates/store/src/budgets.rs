//! Budgets. How much of one is used up is in the usage.

use api::budget::{Allowance, BudgetPeriod, BudgetSubject, BudgetUnit};
use api::ids::{BudgetId, ComboId, ConnectionId, ProviderId};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder,
};

use crate::entity::budget;
use crate::error::{StoreError, or_conflict, or_not_found};
use crate::number;
use crate::records::BudgetRecord;
use crate::text::Text;

const TAKEN: &str = "a budget of this kind exists already";

#[derive(Debug, Clone)]
pub struct Budgets {
    pub(crate) db: DatabaseConnection,
}

impl Budgets {
    /// Oldest first.
    pub async fn list(&self) -> Result<Vec<BudgetRecord>, StoreError> {
        let rows = budget::Entity::find()
            .order_by_asc(budget::Column::CreatedAt)
            .order_by_asc(budget::Column::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(record).collect()
    }

    /// A subject has one budget for each unit and period.
    pub async fn insert(&self, record: &BudgetRecord) -> Result<(), StoreError> {
        budget::Entity::insert(budget::ActiveModel::from(row(record)))
            .exec_without_returning(&self.db)
            .await
            .map_err(or_conflict(TAKEN))?;
        Ok(())
    }

    /// The subject stays.
    pub async fn update(
        &self,
        id: &BudgetId,
        allowance: Allowance,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let updated = budget::Entity::update_many()
            .set(budget::ActiveModel {
                amount: ActiveValue::Set(number::counter(allowance.amount)),
                unit: ActiveValue::Set(allowance.unit.text().to_owned()),
                period: ActiveValue::Set(allowance.period.text().to_owned()),
                updated_at: ActiveValue::Set(number::millis(now)),
                ..budget::ActiveModel::default()
            })
            .filter(budget::Column::Id.eq(id.as_str()))
            .exec(&self.db)
            .await
            .map_err(or_conflict(TAKEN))?;
        or_not_found(updated.rows_affected)
    }

    pub async fn delete(&self, id: &BudgetId) -> Result<(), StoreError> {
        let deleted = budget::Entity::delete_by_id(id.as_str())
            .exec(&self.db)
            .await?;
        or_not_found(deleted.rows_affected)
    }
}

fn record(row: budget::Model) -> Result<BudgetRecord, StoreError> {
    let subject = match (row.connection_id, row.provider, row.combo_id, row.model) {
        (Some(account), None, None, None) => BudgetSubject::Account {
            account: ConnectionId(account),
        },
        (None, Some(provider), None, None) => BudgetSubject::Provider {
            provider: ProviderId(provider),
        },
        (None, None, Some(combo), Some(model)) => BudgetSubject::Step {
            combo: ComboId(combo),
            model,
        },
        _ => {
            let words = format!(
                "the budget `{}` is for nothing or for several things",
                row.id
            );
            return Err(StoreError::Database(DbErr::Type(words)));
        }
    };
    Ok(BudgetRecord {
        id: BudgetId(row.id),
        subject,
        allowance: Allowance {
            amount: number::unsigned(row.amount),
            unit: BudgetUnit::read(&row.unit)?,
            period: BudgetPeriod::read(&row.period)?,
        },
        created_at: number::time(row.created_at),
        updated_at: number::time(row.updated_at),
    })
}

fn row(record: &BudgetRecord) -> budget::Model {
    let mut row = budget::Model {
        id: record.id.0.clone(),
        subject: String::new(),
        connection_id: None,
        provider: None,
        combo_id: None,
        model: None,
        amount: number::counter(record.allowance.amount),
        unit: record.allowance.unit.text().to_owned(),
        period: record.allowance.period.text().to_owned(),
        created_at: number::millis(record.created_at),
        updated_at: number::millis(record.updated_at),
    };
    match &record.subject {
        BudgetSubject::Account { account } => {
            row.subject = format!("account {account}");
            row.connection_id = Some(account.0.clone());
        }
        BudgetSubject::Provider { provider } => {
            row.subject = format!("provider {provider}");
            row.provider = Some(provider.0.clone());
        }
        BudgetSubject::Step { combo, model } => {
            row.subject = format!("step {combo} {model}");
            row.combo_id = Some(combo.0.clone());
            row.model = Some(model.clone());
        }
    }
    row
}
