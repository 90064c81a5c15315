//! `/api/combos/dry-run` and `/api/combos/health`: what would happen now, and how the combos are.

use admin::{Actor, Admin};
use api::explain::{ComboReport, DryRun};
use axum::extract::State;
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::openapi::operations::Operations;
use crate::openapi::shape::{many, of};
use crate::rest::body::Body;
use crate::rest::error::RestError;

#[derive(Deserialize, JsonSchema)]
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

pub(super) fn describe(api: Operations) -> Operations {
    api.about("Combos and aliases")
        .post(
            "/api/combos/dry-run",
            "What would become of a request for a model now",
        )
        .takes::<Asked>()
        .gives(of::<DryRun>())
        .get("/api/combos/health", "How each step of each combo is")
        .gives(many::<ComboReport>())
}
