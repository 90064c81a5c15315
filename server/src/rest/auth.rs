//! Signing in and out, the first run, and whether the program is well.

use admin::{Admin, Visitor};
use api::auth::{LoginParams, SetupParams};
use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tower_sessions::Session;

use crate::openapi::operations::Operations;
use crate::openapi::shape::{object, of};
use crate::rest::body::Body;
use crate::rest::error::RestError;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Login {
    #[serde(alias = "username")]
    name: Option<String>,
    password: String,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct SetUp {
    name: String,
    password: String,
    token: Option<String>,
}

pub(crate) async fn health(State(admin): State<Admin>) -> (StatusCode, Json<Value>) {
    let is_healthy = admin.is_healthy().await;
    let status = if is_healthy {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(json!({ "ok": is_healthy })))
}

pub(crate) async fn login(
    State(admin): State<Admin>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
    Body(body): Body<Login>,
) -> Result<Json<Value>, RestError> {
    let params = LoginParams {
        name: body.name,
        password: body.password,
    };
    let actor = admin.sign_in(&visitor, params).await?;
    app::session::start(&session, &actor).await?;
    Ok(Json(json!({ "success": true })))
}

pub(crate) async fn set_up(
    State(admin): State<Admin>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
    Body(body): Body<SetUp>,
) -> Result<(StatusCode, Json<Value>), RestError> {
    let params = SetupParams {
        name: body.name,
        password: body.password,
        token: body.token,
    };
    let actor = admin.set_up(&visitor, params).await?;
    app::session::start(&session, &actor).await?;
    Ok((StatusCode::CREATED, Json(json!({ "success": true }))))
}

pub(crate) async fn logout(session: Session) -> Result<Json<Value>, RestError> {
    app::session::end(&session).await?;
    Ok(Json(json!({ "success": true })))
}

/// The dashboard always wants a login; the original lets people switch it off.
pub(crate) async fn require_login() -> Json<Value> {
    Json(json!({ "requireLogin": true }))
}

pub(super) fn describe(api: Operations) -> Operations {
    let done = || object([("success", of::<bool>())]);
    api.about("Signing in")
        .get(
            "/api/health",
            "Whether the program and its database are well; 503 if not",
        )
        .gives(object([("ok", of::<bool>())]))
        .post("/api/auth/setup", "Make the first administrator")
        .takes::<SetUp>()
        .creates(done())
        .post("/api/auth/login", "Sign in")
        .takes::<Login>()
        .gives(done())
        .post("/api/auth/logout", "Sign out")
        .gives(done())
        .get(
            "/api/settings/require-login",
            "Whether the dashboard wants a login: always",
        )
        .gives(object([("requireLogin", of::<bool>())]))
}
