//! How much an account, a provider or a step of a combo may use up per day, week or month.

use sea_orm_migration::schema::{big_integer, text, text_null};
use sea_orm_migration::sea_orm::DeriveMigrationName;
use sea_orm_migration::sea_query::{ForeignKey, ForeignKeyAction, Index, Table};
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // What a budget is for goes, and the budget with it.
        let goes_with = |column: &str, table: &'static str| {
            ForeignKey::create()
                .name(format!("fk_budgets_{column}"))
                .from("budgets", column.to_owned())
                .to(table, "id")
                .on_delete(ForeignKeyAction::Cascade)
                .take()
        };
        let table = Table::create()
            .table("budgets")
            .col(text("id").primary_key())
            // All of the subject in one text, which null columns could not make unique.
            .col(text("subject"))
            .col(text_null("connection_id"))
            .col(text_null("provider"))
            .col(text_null("combo_id"))
            .col(text_null("model"))
            .col(big_integer("amount"))
            .col(text("unit"))
            .col(text("period"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .foreign_key(&mut goes_with("connection_id", "connections"))
            .foreign_key(&mut goes_with("combo_id", "combos"))
            .take();
        manager.create_table(table).await?;
        let unique = Index::create()
            .name("uq_budgets_subject")
            .table("budgets")
            .col("subject")
            .col("unit")
            .col("period")
            .unique()
            .take();
        manager.create_index(unique).await
    }
}
