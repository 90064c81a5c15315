//! `/api/providers/{id}/models` and `/api/models/*`: models beside the catalogue, and what rests.

use admin::models::Unavailable;
use admin::{Actor, Admin};
use api::ids::{ConnectionId, ProviderId};
use api::provider::{ModelCreate, ModelView};
use axum::extract::{Path, Query, State};
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

/// A model by its provider.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Named {
    provider: ProviderId,
    model: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewModel {
    #[serde(default)]
    provider: String,
    #[serde(default, alias = "id")]
    model: String,
    name: Option<String>,
    context_length: Option<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ModelSwitch")]
pub(crate) struct Switch {
    provider: ProviderId,
    models: Vec<String>,
    is_enabled: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AvailabilityAction {
    #[serde(default)]
    action: String,
    connection_id: Option<ConnectionId>,
    provider: Option<ProviderId>,
    model: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CustomModel")]
struct Custom {
    provider: ProviderId,
    id: String,
    full_model: String,
    name: String,
    context_length: Option<u64>,
    is_enabled: bool,
}

impl Custom {
    fn new(provider: ProviderId, view: ModelView) -> Self {
        Self {
            provider,
            id: view.model,
            full_model: view.id,
            name: view.name,
            context_length: view.context,
            is_enabled: view.is_enabled,
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RestingModel")]
struct Locked {
    provider: ProviderId,
    /// Nothing: all of the account rests.
    model: Option<String>,
    status: &'static str,
    reason: &'static str,
    until: DateTime<Utc>,
    connection_id: ConnectionId,
    connection_name: String,
}

impl From<Unavailable> for Locked {
    fn from(found: Unavailable) -> Self {
        Self {
            provider: found.provider,
            model: found.rest.model,
            status: if found.rest.is_known {
                "cooldown"
            } else {
                "deferred"
            },
            reason: found.rest.trouble.as_str(),
            until: found.rest.until,
            connection_id: found.connection,
            connection_name: found.connection_name,
        }
    }
}

/// Asks the provider now. Its refusal is passed on under its own status, whatever cannot be reached is 502.
pub(crate) async fn discover(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<ConnectionId>,
) -> Result<Json<Value>, RestError> {
    let found = admin.discover_models(&actor, &id).await?;
    if !found.result.valid {
        let said = found.result.error.unwrap_or_default();
        let status = found
            .result
            .status
            .and_then(|status| StatusCode::from_u16(status).ok())
            // The session of whoever asks is fine.
            .filter(|status| status.is_client_error() && *status != StatusCode::UNAUTHORIZED)
            .unwrap_or(StatusCode::BAD_GATEWAY);
        let message = format!("Failed to fetch models: {said}");
        return Err(RestError::new(status, message));
    }
    let models: Vec<Value> = found
        .models
        .into_iter()
        .map(|model| json!({ "id": model.id, "name": model.name, "contextLength": model.context }))
        .collect();
    Ok(Json(
        json!({ "provider": found.provider, "connectionId": id, "models": models }),
    ))
}

pub(crate) async fn customs(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Value>, RestError> {
    let models: Vec<Custom> = admin
        .custom_models(&actor)
        .await?
        .into_iter()
        .map(|(provider, view)| Custom::new(provider, view))
        .collect();
    Ok(Json(json!({ "models": models })))
}

pub(crate) async fn add(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<NewModel>,
) -> Result<(StatusCode, Json<Value>), RestError> {
    let provider = ProviderId(body.provider);
    let params = ModelCreate {
        provider: provider.clone(),
        model: body.model,
        name: body.name,
        context: body.context_length,
    };
    let model = Custom::new(provider, admin.add_model(&actor, params).await?);
    Ok((StatusCode::CREATED, Json(json!({ "model": model }))))
}

pub(crate) async fn delete(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Query(named): Query<Named>,
) -> Result<Json<Value>, RestError> {
    admin
        .delete_model(&actor, &named.provider, &named.model)
        .await?;
    Ok(Json(json!({ "success": true })))
}

/// Switches models of one provider on or off.
pub(crate) async fn switch(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<Switch>,
) -> Result<Json<Value>, RestError> {
    admin
        .set_models_enabled(&actor, &body.provider, &body.models, body.is_enabled)
        .await?;
    Ok(Json(json!({ "success": true })))
}

pub(crate) async fn availability(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Value>, RestError> {
    let locked: Vec<Locked> = admin
        .unavailable(&actor)
        .await?
        .into_iter()
        .map(Locked::from)
        .collect();
    Ok(Json(
        json!({ "unavailableCount": locked.len(), "models": locked }),
    ))
}

/// `clearCooldown`, of one account or of all of a provider's that the caller may change, for one model or for all.
pub(crate) async fn act(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<AvailabilityAction>,
) -> Result<Json<Value>, RestError> {
    if body.action != "clearCooldown" {
        let message = format!("expected `clearCooldown`, found `{}`", body.action);
        return Err(RestError::new(StatusCode::BAD_REQUEST, message));
    }
    let ids = match (body.connection_id, body.provider) {
        (Some(id), _) => vec![id],
        (None, Some(provider)) => {
            let accounts = admin.connections(&actor).await?;
            let of_it = |account: &api::connection::ConnectionView| {
                account.provider == provider && account.may_change
            };
            let accounts = accounts.into_iter().filter(of_it);
            accounts.map(|account| account.id).collect()
        }
        (None, None) => {
            return Err(RestError::new(
                StatusCode::BAD_REQUEST,
                "connectionId or provider is required",
            ));
        }
    };
    for id in &ids {
        admin
            .wake_connection(&actor, id, body.model.as_deref())
            .await?;
    }
    Ok(Json(json!({ "success": true })))
}

pub(super) fn describe(api: Operations) -> Operations {
    let done = || object([("success", of::<bool>())]);
    api.about("Models")
        .get(
            "/api/providers/{id}/models",
            "What models the account's provider lists, asked now",
        )
        .gives(object([
            ("provider", of::<ProviderId>()),
            ("connectionId", of::<ConnectionId>()),
            ("models", many::<Value>()),
        ]))
        .get(
            "/api/models/custom",
            "Models that were added to the catalogue's",
        )
        .gives(object([("models", many::<Custom>())]))
        .post("/api/models/custom", "Add a model to a provider")
        .takes::<NewModel>()
        .creates(object([("model", of::<Custom>())]))
        .delete("/api/models/custom", "Take an added model out again")
        .query("provider", "Whose", of::<ProviderId>())
        .query("model", "Which", of::<String>())
        .gives(done())
        .put(
            "/api/models/enabled",
            "Switch models of a provider on or off",
        )
        .takes::<Switch>()
        .gives(done())
        .get(
            "/api/models/availability",
            "Which accounts rest, for which models, and until when",
        )
        .gives(object([
            ("unavailableCount", of::<u64>()),
            ("models", many::<Locked>()),
        ]))
        .post(
            "/api/models/availability",
            "Let accounts rest no more: the action is `clearCooldown`",
        )
        .takes::<AvailabilityAction>()
        .gives(done())
}
