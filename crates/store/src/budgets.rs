//! Budgets. How much of one is used up is in the usage.

use api::budget::{Allowance, BudgetPeriod, BudgetSubject, BudgetUnit};
use api::ids::{BudgetId, ComboId, ConnectionId, KeyId, ProviderId, UserId};
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
    let subjects = [
        row.connection_id.map(|account| BudgetSubject::Account {
            account: ConnectionId(account),
        }),
        row.provider.map(|provider| BudgetSubject::Provider {
            provider: ProviderId(provider),
        }),
        row.combo_id
            .zip(row.model)
            .map(|(combo, model)| BudgetSubject::Step {
                combo: ComboId(combo),
                model,
            }),
        row.key_id.map(|key| BudgetSubject::Key { key: KeyId(key) }),
        row.user_id
            .map(|user| BudgetSubject::User { user: UserId(user) }),
    ];
    let mut subjects = subjects.into_iter().flatten();
    let (Some(subject), None) = (subjects.next(), subjects.next()) else {
        let words = format!(
            "the budget `{}` is for nothing or for several things",
            row.id
        );
        return Err(StoreError::Database(DbErr::Type(words)));
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
        key_id: None,
        user_id: None,
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
        BudgetSubject::Key { key } => {
            row.subject = format!("key {key}");
            row.key_id = Some(key.0.clone());
        }
        BudgetSubject::User { user } => {
            row.subject = format!("user {user}");
            row.user_id = Some(user.0.clone());
        }
    }
    row
}
