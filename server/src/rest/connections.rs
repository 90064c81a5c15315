//! `/api/providers`: accounts, which the original calls connections of providers.

use std::collections::BTreeMap;

use admin::{Actor, Admin};
use api::connection::{
    AuthKind, ConnectionCreate, ConnectionOrder, ConnectionPatch, ConnectionView, Health, RestView,
    Trouble,
};
use api::ids::{ConnectionId, ProviderId};
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
struct Connection {
    id: ConnectionId,
    provider: ProviderId,
    auth_type: &'static str,
    name: String,
    priority: i32,
    default_model: Option<String>,
    is_active: bool,
    is_shared: bool,
    /// `host:port`; the URL of a proxy may hold a password.
    proxy: Option<String>,
    provider_specific_data: SpecificData,
    rests: Vec<Rest>,
    test_status: &'static str,
    last_error: Option<String>,
    error_code: Option<u16>,
    last_error_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<ConnectionView> for Connection {
    fn from(view: ConnectionView) -> Self {
        Self {
            id: view.id,
            provider: view.provider,
            auth_type: match view.auth {
                AuthKind::ApiKey => "apikey",
                AuthKind::OAuth => "oauth",
            },
            name: view.name,
            priority: view.priority,
            default_model: view.default_model,
            is_active: view.is_active,
            is_shared: view.is_shared,
            proxy: view.proxy,
            provider_specific_data: SpecificData {
                enabled_models: Some(view.enabled_models).filter(|models| !models.is_empty()),
                parts: view.parts,
            },
            rests: view.rests.into_iter().map(Rest::from).collect(),
            test_status: match view.health {
                Health::Unknown => "unknown",
                Health::Active => "active",
                Health::Error => "error",
            },
            last_error: view.last_error,
            error_code: view.error_code,
            last_error_at: view.last_error_at,
            last_used_at: view.last_used_at,
            created_at: view.created_at,
            updated_at: view.updated_at,
        }
    }
}

/// What an account says of itself beside its credential.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ProviderSpecificData")]
struct SpecificData {
    /// The only models it is asked for; with none, for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled_models: Option<Vec<String>>,
    /// What it gives to its provider's address: `azureEndpoint`, `accountId`, `baseUrl`.
    #[serde(flatten)]
    parts: BTreeMap<String, String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AccountRest")]
struct Rest {
    model: Option<String>,
    until: DateTime<Utc>,
    reason: Trouble,
    is_known: bool,
}

impl From<RestView> for Rest {
    fn from(view: RestView) -> Self {
        Self {
            model: view.model,
            until: view.until,
            reason: view.trouble,
            is_known: view.is_known,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewConnection {
    #[serde(default)]
    provider: String,
    #[serde(default)]
    api_key: String,
    #[serde(default)]
    name: String,
    priority: Option<i32>,
    default_model: Option<String>,
    proxy: Option<String>,
    provider_specific_data: Option<SpecificData>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectionChange {
    name: Option<String>,
    priority: Option<i32>,
    default_model: Option<String>,
    is_active: Option<bool>,
    api_key: Option<String>,
    is_shared: Option<bool>,
    /// An empty text clears it.
    proxy: Option<String>,
    /// What is not named stays; an empty text clears it, and no models at all are all of them.
    provider_specific_data: Option<SpecificData>,
}

pub(crate) async fn list(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Value>, RestError> {
    let connections: Vec<Connection> = admin
        .connections(&actor)
        .await?
        .into_iter()
        .map(Connection::from)
        .collect();
    Ok(Json(json!({ "connections": connections })))
}

pub(crate) async fn show(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<ConnectionId>,
) -> Result<Json<Value>, RestError> {
    let connection = Connection::from(admin.connection(&actor, &id).await?);
    Ok(Json(json!({ "connection": connection })))
}

pub(crate) async fn create(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<NewConnection>,
) -> Result<(StatusCode, Json<Value>), RestError> {
    let specific = body.provider_specific_data.unwrap_or_default();
    let params = ConnectionCreate {
        provider: ProviderId(body.provider),
        name: body.name,
        api_key: body.api_key,
        priority: body.priority,
        default_model: body.default_model,
        proxy: body.proxy,
        parts: specific.parts,
        enabled_models: specific.enabled_models.unwrap_or_default(),
    };
    let connection = Connection::from(admin.create_connection(&actor, params).await?);
    Ok((
        StatusCode::CREATED,
        Json(json!({ "connection": connection })),
    ))
}

pub(crate) async fn update(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<ConnectionId>,
    Body(body): Body<ConnectionChange>,
) -> Result<Json<Value>, RestError> {
    let specific = body.provider_specific_data.unwrap_or_default();
    let patch = ConnectionPatch {
        name: body.name,
        // A form that leaves the key's field empty means to keep the key.
        api_key: body.api_key.filter(|key| !key.is_empty()),
        priority: body.priority,
        default_model: body.default_model,
        is_active: body.is_active,
        is_shared: body.is_shared,
        proxy: body.proxy,
        parts: specific.parts,
        enabled_models: specific.enabled_models,
    };
    let connection = Connection::from(admin.patch_connection(&actor, &id, patch).await?);
    Ok(Json(json!({ "connection": connection })))
}

pub(crate) async fn delete(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<ConnectionId>,
) -> Result<Json<Value>, RestError> {
    admin.delete_connection(&actor, &id).await?;
    Ok(Json(
        json!({ "message": "Connection deleted successfully" }),
    ))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AccountOrder")]
pub(crate) struct Order {
    provider: ProviderId,
    /// As it was seen.
    before: Vec<ConnectionId>,
    /// As it is wanted.
    after: Vec<ConnectionId>,
}

/// All accounts of a provider in a new order, at once. 409 when the order was not `before` any more.
pub(crate) async fn reorder(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<Order>,
) -> Result<Json<Value>, RestError> {
    let order = ConnectionOrder {
        provider: body.provider,
        before: body.before,
        after: body.after,
    };
    admin.reorder_connections(&actor, order).await?;
    Ok(Json(json!({ "success": true })))
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AccountActivation")]
pub(crate) struct Activation {
    ids: Vec<ConnectionId>,
    is_active: bool,
}

/// Several accounts in use, or out of it, at once.
pub(crate) async fn set_active(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<Activation>,
) -> Result<Json<Value>, RestError> {
    admin
        .set_connections_active(&actor, &body.ids, body.is_active)
        .await?;
    Ok(Json(json!({ "success": true })))
}

pub(super) fn describe(api: Operations) -> Operations {
    let one = || object([("connection", of::<Connection>())]);
    let done = || object([("success", of::<bool>())]);
    api.about("Accounts")
        .get("/api/providers", "Accounts with providers")
        .gives(object([("connections", many::<Connection>())]))
        .post("/api/providers", "Add an account by its API key")
        .takes::<NewConnection>()
        .creates(one())
        .post("/api/providers/reorder", "Put a provider's accounts in a new order, at once; 409 where the old one is not so any more")
        .takes::<Order>()
        .gives(done())
        .put("/api/providers/active", "Pause or resume several accounts at once")
        .takes::<Activation>()
        .gives(done())
        .get("/api/providers/{id}", "An account")
        .gives(one())
        .put("/api/providers/{id}", "Change an account")
        .takes::<ConnectionChange>()
        .gives(one())
        .delete("/api/providers/{id}", "Delete an account")
        .gives(object([("message", of::<String>())]))
}
