//! One row per request, one per attempt, and hourly sums that outlive both.

use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, integer_null, text, text_null,
};
use sea_orm_migration::sea_orm::DeriveMigrationName;
use sea_orm_migration::sea_query::{
    ForeignKey, ForeignKeyAction, Index, IndexCreateStatement, Table,
};
use sea_orm_migration::{DbErr, MigrationTrait, SchemaManager, async_trait};

/// What the hourly sums are kept by. An empty text means none.
const DIMENSIONS: [&str; 10] = [
    "user_id",
    "key_id",
    "connection_id",
    "provider",
    "model_requested",
    "model_served",
    "endpoint",
    "client_format",
    "combo",
    "outcome",
];

const COUNTERS: [&str; 13] = [
    "requests",
    "unpriced",
    "estimated",
    "input",
    "cache_read",
    "cache_write",
    "output",
    "reasoning",
    "cost_micros",
    "duration_ms_sum",
    "ttft_ms_sum",
    "ttft_count",
    "last_at",
];

const LATENCY_BUCKETS: usize = 16;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        usage(manager).await?;
        attempts(manager).await?;
        usage_hours(manager).await
    }
}

async fn usage(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("usage")
        .col(text("id").primary_key())
        .col(big_integer("at"))
        .col(text_null("endpoint"))
        .col(text_null("client_format"))
        .col(text_null("upstream_format"))
        .col(boolean("is_stream"))
        .col(text_null("provider"))
        .col(text_null("connection_id"))
        .col(text_null("key_id"))
        .col(text_null("user_id"))
        .col(text_null("combo"))
        .col(text_null("model_requested"))
        .col(text_null("model_served"))
        .col(big_integer("input"))
        .col(big_integer("cache_read"))
        .col(big_integer("cache_write"))
        .col(big_integer("output"))
        .col(big_integer("reasoning"))
        .col(text("usage_source"))
        .col(big_integer_null("cost_micros"))
        .col(big_integer_null("ttft_ms"))
        .col(big_integer("duration_ms"))
        .col(integer("status"))
        .col(text("outcome"))
        .col(text_null("error"))
        .col(text_null("user_agent"))
        .take();
    manager.create_table(table).await?;
    manager
        .create_index(index("usage_at", "usage", &["at", "id"]))
        .await?;
    manager
        .create_index(index("usage_user_at", "usage", &["user_id", "at", "id"]))
        .await
}

async fn attempts(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("attempts")
        .col(text("usage_id"))
        .col(integer("ordinal"))
        .col(text("provider"))
        .col(text("connection_id"))
        .col(text("model"))
        .col(big_integer("started_ms"))
        .col(big_integer("duration_ms"))
        .col(big_integer_null("ttft_ms"))
        .col(integer_null("status"))
        .col(text("outcome"))
        .col(text_null("error"))
        .primary_key(Index::create().col("usage_id").col("ordinal"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_attempts_usage")
                .from("attempts", "usage_id")
                .to("usage", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take();
    manager.create_table(table).await
}

async fn usage_hours(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = Table::create()
        .table("usage_hours")
        // Unix milliseconds of the hour's start.
        .col(big_integer("hour"))
        // Half of a SHA-256 over the dimensions: ten texts would make too wide a key.
        .col(text("dims"))
        .primary_key(Index::create().col("hour").col("dims"))
        .take();
    for name in DIMENSIONS {
        table.col(text(name));
    }
    for name in COUNTERS {
        table.col(big_integer(name));
    }
    for histogram in ["ttft", "duration"] {
        for bucket in 0..LATENCY_BUCKETS {
            table.col(big_integer(format!("{histogram}_{bucket:02}")));
        }
    }
    manager.create_table(table).await?;
    manager
        .create_index(index(
            "usage_hours_user",
            "usage_hours",
            &["user_id", "hour"],
        ))
        .await
}

fn index(
    name: &'static str,
    table: &'static str,
    columns: &[&'static str],
) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(table).take();
    for column in columns {
        index.col(*column);
    }
    index
}
