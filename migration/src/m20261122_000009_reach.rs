//! Where a node may lead, and through which proxy an account is reached.

use sea_orm_migration::schema::{boolean, text_null};
use sea_orm_migration::sea_orm::{ConnectionTrait, DeriveMigrationName};
use sea_orm_migration::sea_query::Table;
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let allows_private = boolean("allows_private").default(false).take();
        let nodes = Table::alter()
            .table("nodes")
            .add_column(allows_private)
            .take();
        manager.alter_table(nodes).await?;
        // An administrator made them when every address was allowed: an update must not cut them off.
        manager
            .get_connection()
            .execute_unprepared("UPDATE nodes SET allows_private = TRUE")
            .await?;
        // Sealed, since a proxy's URL may hold a password; see `store::vault`.
        let connections = Table::alter()
            .table("connections")
            .add_column(text_null("proxy"))
            .take();
        manager.alter_table(connections).await
    }
}
