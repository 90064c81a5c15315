//! Budgets of accounts, providers, steps of combos, keys and users.

use api::budget::{Allowance, BudgetCreate, BudgetView, BudgetsView};
use api::error::ApiError;
use api::ids::BudgetId;
use leptos::prelude::server;
use leptos::server_fn::codec::Json;

#[server(endpoint = "budgets", input = Json)]
pub async fn budgets() -> Result<BudgetsView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin.budgets(&actor).await.map_err(crate::session::refuse)
}

/// Of keys and users, as far as they are the actor's business.
#[server(endpoint = "caller_budgets", input = Json)]
pub async fn caller_budgets() -> Result<BudgetsView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .caller_budgets(&actor)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "create_budget", input = Json)]
pub async fn create_budget(params: BudgetCreate) -> Result<BudgetView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .create_budget(&actor, params)
        .await
        .map_err(crate::session::refuse)
}

/// What it is for stays.
#[server(endpoint = "update_budget", input = Json)]
pub async fn update_budget(id: BudgetId, allowance: Allowance) -> Result<BudgetView, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .update_budget(&actor, &id, allowance)
        .await
        .map_err(crate::session::refuse)
}

#[server(endpoint = "delete_budget", input = Json)]
pub async fn delete_budget(id: BudgetId) -> Result<(), ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .delete_budget(&actor, &id)
        .await
        .map_err(crate::session::refuse)
}
