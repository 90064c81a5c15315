//! `/api/combos/dry-run` and `/api/combos/health`: what would happen now, and how the combos are.

use admin::{Actor, Admin};
use api::explain::{ComboReport, DryRun};
use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;

use crate::rest::body::Body;
use crate::rest::error::RestError;

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    model: String,
}

/// Nothing is sent, and nobody's turn is taken.
pub(crate) async fn dry_run(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(asked): Body<Asked>,
) -> Result<Json<DryRun>, RestError> {
    Ok(Json(admin.dry_run(&actor, &asked.model).await?))
}

pub(crate) async fn health(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Vec<ComboReport>>, RestError> {
    Ok(Json(admin.combo_reports(&actor).await?))
}
