//! `/api/combos`, `/api/models` and `/api/models/alias`: names for models.

use std::collections::BTreeMap;

use admin::{Actor, Admin};
use api::ids::ComboId;
use api::routing::{AliasSet, ComboCreate, ComboPatch, ComboView, Strategy};
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::openapi::operations::Operations;
use crate::openapi::shape::{many, map, object, of};
use crate::rest::body::Body;
use crate::rest::error::RestError;

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Combo {
    id: ComboId,
    name: String,
    models: Vec<String>,
    strategy: Strategy,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<ComboView> for Combo {
    fn from(view: ComboView) -> Self {
        Self {
            id: view.id,
            name: view.name,
            models: view.models,
            strategy: view.strategy,
            created_at: view.created_at,
            updated_at: view.updated_at,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct NewCombo {
    #[serde(default)]
    name: String,
    #[serde(default)]
    models: Vec<String>,
    strategy: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ComboChange {
    name: Option<String>,
    models: Option<Vec<String>>,
    strategy: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct NewAlias {
    #[serde(default)]
    alias: String,
    #[serde(default)]
    model: String,
}

#[derive(Deserialize)]
pub(crate) struct AliasName {
    #[serde(default)]
    alias: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Model {
    provider: String,
    model: String,
    name: String,
    full_model: String,
    /// The alias that leads to it, or its own name.
    alias: String,
}

pub(crate) async fn combos(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Value>, RestError> {
    let combos: Vec<Combo> = admin
        .combos(&actor)
        .await?
        .into_iter()
        .map(Combo::from)
        .collect();
    Ok(Json(json!({ "combos": combos })))
}

pub(crate) async fn show_combo(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<ComboId>,
) -> Result<Json<Combo>, RestError> {
    Ok(Json(admin.combo(&actor, &id).await?.into()))
}

pub(crate) async fn create_combo(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<NewCombo>,
) -> Result<(StatusCode, Json<Combo>), RestError> {
    let params = ComboCreate {
        name: body.name,
        models: body.models,
        strategy: strategy(body.strategy.as_deref())?.unwrap_or_default(),
    };
    let combo = admin.create_combo(&actor, params).await?;
    Ok((StatusCode::CREATED, Json(combo.into())))
}

pub(crate) async fn update_combo(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<ComboId>,
    Body(body): Body<ComboChange>,
) -> Result<Json<Combo>, RestError> {
    let patch = ComboPatch {
        name: body.name,
        models: body.models,
        strategy: strategy(body.strategy.as_deref())?,
    };
    Ok(Json(admin.patch_combo(&actor, &id, patch).await?.into()))
}

pub(crate) async fn delete_combo(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<ComboId>,
) -> Result<Json<Value>, RestError> {
    admin.delete_combo(&actor, &id).await?;
    Ok(Json(json!({ "success": true })))
}

pub(crate) async fn models(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Value>, RestError> {
    let aliases = admin.aliases(&actor).await?;
    let models: Vec<Model> = admin
        .models(&actor)
        .await?
        .into_iter()
        .map(|choice| Model {
            alias: aliases
                .iter()
                .find(|alias| alias.model == choice.id)
                .map_or_else(|| choice.model.clone(), |alias| alias.alias.clone()),
            provider: choice.prefix,
            model: choice.model,
            name: choice.name,
            full_model: choice.id,
        })
        .collect();
    Ok(Json(json!({ "models": models })))
}

pub(crate) async fn aliases(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Value>, RestError> {
    let aliases: BTreeMap<String, String> = admin
        .aliases(&actor)
        .await?
        .into_iter()
        .map(|alias| (alias.alias, alias.model))
        .collect();
    Ok(Json(json!({ "aliases": aliases })))
}

pub(crate) async fn set_alias(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<NewAlias>,
) -> Result<Json<Value>, RestError> {
    if body.alias.is_empty() || body.model.is_empty() {
        return Err(RestError::new(
            StatusCode::BAD_REQUEST,
            "Model and alias required",
        ));
    }
    let params = AliasSet {
        alias: body.alias,
        model: body.model,
    };
    let set = admin.set_alias(&actor, params).await?;
    Ok(Json(
        json!({ "success": true, "model": set.model, "alias": set.alias }),
    ))
}

pub(crate) async fn delete_alias(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Query(query): Query<AliasName>,
) -> Result<Json<Value>, RestError> {
    if query.alias.is_empty() {
        return Err(RestError::new(StatusCode::BAD_REQUEST, "Alias required"));
    }
    admin.delete_alias(&actor, &query.alias).await?;
    Ok(Json(json!({ "success": true })))
}

fn strategy(text: Option<&str>) -> Result<Option<Strategy>, RestError> {
    text.map(|text| {
        Strategy::parse(text).ok_or_else(|| {
            let message = format!("expected `fallback` or `round-robin`, found `{text}`");
            RestError::new(StatusCode::BAD_REQUEST, message)
        })
    })
    .transpose()
}

pub(super) fn describe(api: Operations) -> Operations {
    let done = || object([("success", of::<bool>())]);
    api.about("Combos and aliases")
        .get("/api/combos", "Several models under one name each")
        .gives(object([("combos", many::<Combo>())]))
        .post("/api/combos", "Make a combo")
        .takes::<NewCombo>()
        .creates(of::<Combo>())
        .get("/api/combos/{id}", "A combo")
        .gives(of::<Combo>())
        .put("/api/combos/{id}", "Change a combo")
        .takes::<ComboChange>()
        .gives(of::<Combo>())
        .delete("/api/combos/{id}", "Delete a combo")
        .gives(done())
        .get("/api/models", "Models that combos and aliases may name")
        .gives(object([("models", many::<Model>())]))
        .get("/api/models/alias", "Aliases, and what each leads to")
        .gives(object([("aliases", map(of::<String>()))]))
        .put(
            "/api/models/alias",
            "Make an alias, or let it mean something else",
        )
        .takes::<NewAlias>()
        .gives(object([
            ("success", of::<bool>()),
            ("model", of::<String>()),
            ("alias", of::<String>()),
        ]))
        .delete("/api/models/alias", "Delete an alias")
        .query("alias", "Which", of::<String>())
        .gives(done())
}
