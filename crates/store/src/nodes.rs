//! Providers the user defined.

use api::ids::{NodeId, UserId};
use api::provider::{ApiType, NodeKind};
use sea_orm::{ActiveValue, ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};

use crate::entity::{connection, model, node};
use crate::error::{StoreError, or_conflict, or_not_found};
use crate::records::NodeRecord;
use crate::text::Text;
use crate::{number, transaction};

const TAKEN: &str = "a provider with this prefix exists already";

#[derive(Debug, Clone)]
pub struct Nodes {
    pub(crate) db: DatabaseConnection,
}

impl Nodes {
    /// Oldest first.
    pub async fn list(&self) -> Result<Vec<NodeRecord>, StoreError> {
        let rows = node::Entity::find()
            .order_by_asc(node::Column::CreatedAt)
            .order_by_asc(node::Column::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(record).collect()
    }

    pub async fn insert(&self, record: &NodeRecord) -> Result<(), StoreError> {
        node::Entity::insert(node::ActiveModel::from(row(record)))
            .exec_without_returning(&self.db)
            .await
            .map_err(or_conflict(TAKEN))?;
        Ok(())
    }

    pub async fn update(&self, record: &NodeRecord) -> Result<(), StoreError> {
        let row = row(record);
        let updated = node::Entity::update_many()
            .set(node::ActiveModel {
                kind: ActiveValue::Set(row.kind),
                name: ActiveValue::Set(row.name),
                prefix: ActiveValue::Set(row.prefix),
                api_type: ActiveValue::Set(row.api_type),
                base_url: ActiveValue::Set(row.base_url),
                allows_private: ActiveValue::Set(row.allows_private),
                updated_at: ActiveValue::Set(row.updated_at),
                ..node::ActiveModel::default()
            })
            .filter(node::Column::Id.eq(row.id))
            .exec(&self.db)
            .await
            .map_err(or_conflict(TAKEN))?;
        or_not_found(updated.rows_affected)
    }

    /// The connections and models of this node go with it: without it they lead nowhere.
    pub async fn delete(&self, id: &NodeId) -> Result<(), StoreError> {
        let transaction = transaction::begin(&self.db).await?;
        connection::Entity::delete_many()
            .filter(connection::Column::Provider.eq(id.as_str()))
            .exec(&transaction)
            .await?;
        model::Entity::delete_many()
            .filter(model::Column::Provider.eq(id.as_str()))
            .exec(&transaction)
            .await?;
        let deleted = node::Entity::delete_by_id(id.as_str())
            .exec(&transaction)
            .await?;
        or_not_found(deleted.rows_affected)?;
        Ok(transaction.commit().await?)
    }
}

fn record(row: node::Model) -> Result<NodeRecord, StoreError> {
    Ok(NodeRecord {
        id: NodeId(row.id),
        owner_id: UserId(row.owner_id),
        kind: NodeKind::read(&row.kind)?,
        name: row.name,
        prefix: row.prefix,
        api_type: row.api_type.as_deref().map(ApiType::read).transpose()?,
        base_url: row.base_url,
        allows_private: row.allows_private,
        created_at: number::time(row.created_at),
        updated_at: number::time(row.updated_at),
    })
}

fn row(record: &NodeRecord) -> node::Model {
    node::Model {
        id: record.id.0.clone(),
        owner_id: record.owner_id.0.clone(),
        kind: record.kind.text().to_owned(),
        name: record.name.clone(),
        prefix: record.prefix.clone(),
        api_type: record.api_type.map(|api_type| api_type.text().to_owned()),
        base_url: record.base_url.clone(),
        allows_private: record.allows_private,
        created_at: number::millis(record.created_at),
        updated_at: number::millis(record.updated_at),
    }
}
