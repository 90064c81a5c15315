//! `/api/provider-nodes`: providers that the user defined.

use admin::{Actor, Admin};
use api::connection::NodeCheck;
use api::ids::NodeId;
use api::provider::{ApiType, NodeCreate, NodeKind, NodePatch, NodeView};
use axum::extract::{Path, State};
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::openapi::operations::Operations;
use crate::openapi::shape::{many, object, of, or_null};
use crate::rest::body::Body;
use crate::rest::error::RestError;

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: NodeId,
    #[serde(rename = "type")]
    kind: NodeKind,
    name: String,
    prefix: String,
    api_type: Option<ApiType>,
    base_url: String,
    allows_private: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<NodeView> for Node {
    fn from(view: NodeView) -> Self {
        Self {
            id: view.id,
            kind: view.kind,
            name: view.name,
            prefix: view.prefix,
            api_type: view.api_type,
            base_url: view.base_url,
            allows_private: view.allows_private,
            created_at: view.created_at,
            updated_at: view.updated_at,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewNode {
    #[serde(default)]
    name: String,
    #[serde(default)]
    prefix: String,
    api_type: Option<String>,
    #[serde(default)]
    base_url: String,
    #[serde(default)]
    allows_private: bool,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NodeChange {
    name: Option<String>,
    prefix: Option<String>,
    api_type: Option<String>,
    base_url: Option<String>,
    allows_private: Option<bool>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "NodeCheck")]
pub(crate) struct Check {
    base_url: String,
    api_key: String,
    #[serde(default)]
    allows_private: bool,
    #[serde(rename = "type")]
    kind: Option<String>,
}

pub(crate) async fn list(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Value>, RestError> {
    let nodes: Vec<Node> = admin
        .nodes(&actor)
        .await?
        .into_iter()
        .map(Node::from)
        .collect();
    Ok(Json(json!({ "nodes": nodes })))
}

pub(crate) async fn create(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<NewNode>,
) -> Result<(StatusCode, Json<Value>), RestError> {
    let params = NodeCreate {
        kind: kind(body.kind.as_deref())?,
        name: body.name,
        prefix: body.prefix,
        api_type: api_type(body.api_type.as_deref())?,
        base_url: body.base_url,
        allows_private: body.allows_private,
    };
    let node = Node::from(admin.create_node(&actor, params).await?);
    Ok((StatusCode::CREATED, Json(json!({ "node": node }))))
}

pub(crate) async fn update(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<NodeId>,
    Body(body): Body<NodeChange>,
) -> Result<Json<Value>, RestError> {
    let patch = NodePatch {
        name: body.name,
        prefix: body.prefix,
        api_type: api_type(body.api_type.as_deref())?,
        base_url: body.base_url,
        allows_private: body.allows_private,
    };
    let node = Node::from(admin.patch_node(&actor, &id, patch).await?);
    Ok(Json(json!({ "node": node })))
}

pub(crate) async fn delete(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<NodeId>,
) -> Result<Json<Value>, RestError> {
    admin.delete_node(&actor, &id).await?;
    Ok(Json(json!({ "success": true })))
}

pub(crate) async fn validate(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<Check>,
) -> Result<Json<Value>, RestError> {
    let check = NodeCheck {
        kind: kind(body.kind.as_deref())?,
        base_url: body.base_url,
        api_key: body.api_key,
        allows_private: body.allows_private,
    };
    let result = admin.check_node(&actor, check).await?;
    Ok(Json(
        json!({ "valid": result.valid, "error": result.error }),
    ))
}

/// The original takes a node without a type to be OpenAI-compatible.
fn kind(text: Option<&str>) -> Result<NodeKind, RestError> {
    match text {
        None => Ok(NodeKind::OpenaiCompatible),
        Some(text) => NodeKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| RestError::new(StatusCode::BAD_REQUEST, "Invalid provider node type")),
    }
}

fn api_type(text: Option<&str>) -> Result<Option<ApiType>, RestError> {
    match text {
        None | Some("") => Ok(None),
        Some("chat") => Ok(Some(ApiType::Chat)),
        Some("responses") => Ok(Some(ApiType::Responses)),
        Some(_) => Err(RestError::new(
            StatusCode::BAD_REQUEST,
            "Invalid OpenAI compatible API type",
        )),
    }
}

pub(super) fn describe(api: Operations) -> Operations {
    let one = || object([("node", of::<Node>())]);
    api.about("Nodes")
        .get("/api/provider-nodes", "Providers that users defined")
        .gives(object([("nodes", many::<Node>())]))
        .post("/api/provider-nodes", "Define a provider")
        .takes::<NewNode>()
        .creates(one())
        .post("/api/provider-nodes/validate", "Try an address with a key")
        .takes::<Check>()
        .gives(object([
            ("valid", of::<bool>()),
            ("error", or_null(of::<String>())),
        ]))
        .put("/api/provider-nodes/{id}", "Change a provider")
        .takes::<NodeChange>()
        .gives(one())
        .delete(
            "/api/provider-nodes/{id}",
            "Delete a provider and its accounts",
        )
        .gives(object([("success", of::<bool>())]))
}
