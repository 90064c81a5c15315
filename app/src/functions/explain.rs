//! What would become of a request now, and how the combos are.

use api::error::ApiError;
use api::explain::{ComboReport, DryRun};
use leptos::prelude::server;
use leptos::server_fn::codec::Json;

#[server(name = AskDryRun, endpoint = "dry_run", input = Json)]
pub async fn dry_run(model: String) -> Result<DryRun, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .dry_run(&actor, &model)
        .await
        .map_err(crate::session::refuse)
}

#[server(name = FetchComboReports, endpoint = "combo_reports", input = Json)]
pub async fn combo_reports() -> Result<Vec<ComboReport>, ApiError> {
    let (admin, actor) = crate::session::admin().await?;
    admin
        .combo_reports(&actor)
        .await
        .map_err(crate::session::refuse)
}
