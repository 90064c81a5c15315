//! `/api/keys`: the original's names, without the original's plain keys.

use admin::{Actor, Admin};
use api::ids::KeyId;
use api::key::{KeyCreate, KeyPatch, KeyView};
use axum::extract::{Path, State};
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::openapi::operations::Operations;
use crate::openapi::shape::{many, object, of};
use crate::rest::body::Body;
use crate::rest::error::RestError;

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Key<'a> {
    id: KeyId,
    name: String,
    /// Its beginning: the rest is not stored.
    key: String,
    machine_id: &'a str,
    is_active: bool,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

fn key(view: KeyView, admin: &Admin) -> Key<'_> {
    Key {
        id: view.id,
        name: view.name,
        key: format!("{}…", view.prefix),
        machine_id: admin.machine_id(),
        is_active: view.is_active,
        created_at: view.created_at,
        last_used_at: view.last_used_at,
    }
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct NewKey {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeyChange {
    name: Option<String>,
    is_active: Option<bool>,
}

pub(crate) async fn list(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Value>, RestError> {
    let keys: Vec<_> = admin
        .keys(&actor)
        .await?
        .into_iter()
        .map(|view| key(view, &admin))
        .collect();
    Ok(Json(json!({ "keys": keys })))
}

pub(crate) async fn create(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<NewKey>,
) -> Result<(StatusCode, Json<Value>), RestError> {
    let created = admin
        .create_key(&actor, KeyCreate { name: body.name })
        .await?;
    let body = json!({
        "key": created.key,
        "name": created.view.name,
        "id": created.view.id,
        "machineId": admin.machine_id(),
    });
    Ok((StatusCode::CREATED, Json(body)))
}

pub(crate) async fn show(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<KeyId>,
) -> Result<Json<Value>, RestError> {
    let found = admin
        .keys(&actor)
        .await?
        .into_iter()
        .find(|view| view.id == id);
    let view = found.ok_or_else(|| RestError::new(StatusCode::NOT_FOUND, "key not found"))?;
    Ok(Json(json!({ "key": key(view, &admin) })))
}

pub(crate) async fn update(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<KeyId>,
    Body(body): Body<KeyChange>,
) -> Result<Json<Value>, RestError> {
    let patch = KeyPatch {
        name: body.name,
        is_active: body.is_active,
    };
    let view = admin.patch_key(&actor, &id, patch).await?;
    Ok(Json(json!({ "key": key(view, &admin) })))
}

pub(crate) async fn delete(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<KeyId>,
) -> Result<Json<Value>, RestError> {
    admin.delete_key(&actor, &id).await?;
    Ok(Json(json!({ "message": "Key deleted successfully" })))
}

pub(super) fn describe(api: Operations) -> Operations {
    let one = || object([("key", of::<Key<'_>>())]);
    api.about("Keys")
        .get("/api/keys", "Your keys")
        .gives(object([("keys", many::<Key<'_>>())]))
        .post(
            "/api/keys",
            "Create a key; its text is in this answer alone",
        )
        .takes::<NewKey>()
        .creates(object([
            ("key", of::<String>()),
            ("name", of::<String>()),
            ("id", of::<KeyId>()),
            ("machineId", of::<String>()),
        ]))
        .get("/api/keys/{id}", "A key")
        .gives(one())
        .put("/api/keys/{id}", "Rename, pause or resume a key")
        .takes::<KeyChange>()
        .gives(one())
        .delete("/api/keys/{id}", "Delete a key")
        .gives(object([("message", of::<String>())]))
}
