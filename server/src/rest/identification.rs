//! `/api/identification/{provider}`: what requests to a provider say of the program that sends them.

use std::collections::BTreeMap;

use admin::{Actor, Admin};
use api::identification::IdentificationView;
use api::ids::ProviderId;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::openapi::operations::Operations;
use crate::openapi::shape::of;
use crate::rest::body::Body;
use crate::rest::error::RestError;

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Identification")]
pub(crate) struct Change {
    headers: BTreeMap<String, String>,
}

pub(crate) async fn show(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(provider): Path<String>,
) -> Result<Json<IdentificationView>, RestError> {
    let provider = ProviderId(provider);
    Ok(Json(admin.identification(&actor, &provider).await?))
}

pub(crate) async fn update(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(provider): Path<String>,
    Body(change): Body<Change>,
) -> Result<Json<IdentificationView>, RestError> {
    let provider = ProviderId(provider);
    let changed = admin.set_identification(&actor, &provider, &change.headers);
    Ok(Json(changed.await?))
}

pub(super) fn describe(api: Operations) -> Operations {
    api.about("Accounts")
        .get(
            "/api/identification/{provider}",
            "What requests to a provider say of the program that sends them, where that was set",
        )
        .gives(of::<IdentificationView>())
        .put(
            "/api/identification/{provider}",
            "Set it, in place of all that was set; a vendor may forbid another name",
        )
        .takes::<Change>()
        .gives(of::<IdentificationView>())
}
