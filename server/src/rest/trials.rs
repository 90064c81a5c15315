//! `/api/providers/{id}/test`, `/api/providers/validate` and `/api/providers/test-batch`: whether accounts work.

use std::collections::BTreeMap;

use admin::{Actor, Admin};
use api::connection::{CredentialCheck, TestScope, TestView};
use api::ids::{ConnectionId, ProviderId};
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

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CredentialCheck")]
pub(crate) struct Check {
    provider: String,
    #[serde(default)]
    api_key: String,
    proxy: Option<String>,
    /// What the account gives to its provider's address.
    #[serde(default)]
    provider_specific_data: BTreeMap<String, String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TestBatch")]
pub(crate) struct Batch {
    mode: String,
    provider_id: Option<ProviderId>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Tested {
    connection_id: ConnectionId,
    connection_name: String,
    provider: ProviderId,
    valid: bool,
    latency_ms: u64,
    error: Option<String>,
    diagnosis: Option<Diagnosis>,
    tested_at: DateTime<Utc>,
}

/// What kind of failure it was, for programs and in words.
#[derive(Serialize, JsonSchema)]
struct Diagnosis {
    #[serde(rename = "type")]
    kind: &'static str,
    message: &'static str,
    status: Option<u16>,
}

impl From<TestView> for Tested {
    fn from(view: TestView) -> Self {
        let result = view.result;
        Self {
            connection_id: view.id,
            connection_name: view.name,
            provider: view.provider,
            valid: result.valid,
            latency_ms: result.latency_ms,
            error: result.error,
            diagnosis: result.trouble.map(|trouble| Diagnosis {
                kind: trouble.as_str(),
                message: trouble.words(),
                status: result.status,
            }),
            tested_at: view.at,
        }
    }
}

pub(crate) async fn test(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<ConnectionId>,
) -> Result<Json<Value>, RestError> {
    let result = admin.test_connection(&actor, &id).await?;
    Ok(Json(
        json!({ "valid": result.valid, "error": result.error, "refreshed": result.was_renewed }),
    ))
}

pub(crate) async fn validate(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<Check>,
) -> Result<Json<Value>, RestError> {
    let check = CredentialCheck {
        provider: ProviderId(body.provider),
        api_key: body.api_key,
        proxy: body.proxy,
        parts: body.provider_specific_data,
    };
    let result = admin.check_credential(&actor, check).await?;
    Ok(Json(
        json!({ "valid": result.valid, "error": result.error }),
    ))
}

pub(crate) async fn test_batch(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<Batch>,
) -> Result<Json<Value>, RestError> {
    let scope = scope(&body.mode, body.provider_id)?;
    let results: Vec<Tested> = admin
        .test_connections(&actor, &scope)
        .await?
        .into_iter()
        .map(Tested::from)
        .collect();
    let passed = results.iter().filter(|tested| tested.valid).count();
    let summary = json!({
        "total": results.len(),
        "passed": passed,
        "failed": results.len() - passed,
    });
    Ok(Json(
        json!({ "mode": body.mode, "results": results, "summary": summary }),
    ))
}

fn scope(mode: &str, provider: Option<ProviderId>) -> Result<TestScope, RestError> {
    let bad = |message| RestError::new(StatusCode::BAD_REQUEST, message);
    match (mode, provider) {
        ("provider", Some(provider)) => Ok(TestScope::Provider(provider)),
        ("provider", None) => Err(bad("providerId is required".to_owned())),
        ("oauth", _) => Ok(TestScope::Logins),
        ("apikey", _) => Ok(TestScope::Keys),
        ("compatible", _) => Ok(TestScope::Nodes),
        ("free", _) => Ok(TestScope::Free),
        ("all", _) => Ok(TestScope::All),
        _ => Err(bad(format!(
            "expected `provider`, `oauth`, `free`, `apikey`, `compatible` or `all`, found `{mode}`"
        ))),
    }
}

pub(super) fn describe(api: Operations) -> Operations {
    let verdict = || [("valid", of::<bool>()), ("error", or_null(of::<String>()))];
    let [valid, error] = verdict();
    api.about("Accounts")
        .post("/api/providers/validate", "Try an API key")
        .takes::<Check>()
        .gives(object(verdict()))
        .post(
            "/api/providers/{id}/test",
            "Try an account; the token of a login is renewed where that is due",
        )
        .gives(object([valid, error, ("refreshed", of::<bool>())]))
        .post(
            "/api/providers/test-batch",
            "Try several accounts: of a provider, of a kind, or all",
        )
        .takes::<Batch>()
        .gives(object([
            ("mode", of::<String>()),
            ("results", many::<Tested>()),
            (
                "summary",
                object([
                    ("total", of::<u64>()),
                    ("passed", of::<u64>()),
                    ("failed", of::<u64>()),
                ]),
            ),
        ]))
}
