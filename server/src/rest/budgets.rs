//! `/api/budgets`, which the original has not: amounts in millionths of a dollar or in tokens.

use admin::{Actor, Admin};
use api::budget::{Allowance, BudgetCreate, BudgetPeriod, BudgetSubject, BudgetUnit, BudgetView};
use api::ids::{BudgetId, ComboId, ConnectionId, KeyId, ProviderId, UserId};
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
struct Budget {
    id: BudgetId,
    #[serde(flatten)]
    subject: Subject,
    /// `null`: what it is for is gone.
    name: Option<String>,
    amount: u64,
    unit: BudgetUnit,
    period: BudgetPeriod,
    used: u64,
    is_used_up: bool,
    resets_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// One of these: an account, a provider, a step of a combo, a key, or a user with all their keys.
#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Subject {
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_id: Option<ConnectionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<ProviderId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    combo_id: Option<ComboId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<KeyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Create {
    connection_id: Option<ConnectionId>,
    provider: Option<ProviderId>,
    combo_id: Option<ComboId>,
    model: Option<String>,
    key_id: Option<KeyId>,
    user_id: Option<UserId>,
    amount: u64,
    unit: BudgetUnit,
    period: BudgetPeriod,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Update {
    amount: u64,
    unit: BudgetUnit,
    period: BudgetPeriod,
}

pub(crate) async fn list(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Value>, RestError> {
    let budgets = admin.budgets(&actor).await?.budgets;
    let budgets: Vec<Budget> = budgets.into_iter().map(Budget::from).collect();
    Ok(Json(json!({ "budgets": budgets })))
}

pub(crate) async fn create(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<Create>,
) -> Result<(StatusCode, Json<Value>), RestError> {
    let params = BudgetCreate {
        allowance: Allowance {
            amount: body.amount,
            unit: body.unit,
            period: body.period,
        },
        subject: subject(body)?,
    };
    let budget = Budget::from(admin.create_budget(&actor, params).await?);
    Ok((StatusCode::CREATED, Json(json!({ "budget": budget }))))
}

pub(crate) async fn update(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<BudgetId>,
    Body(body): Body<Update>,
) -> Result<Json<Value>, RestError> {
    let allowance = Allowance {
        amount: body.amount,
        unit: body.unit,
        period: body.period,
    };
    let budget = Budget::from(admin.update_budget(&actor, &id, allowance).await?);
    Ok(Json(json!({ "budget": budget })))
}

pub(crate) async fn delete(
    State(admin): State<Admin>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<BudgetId>,
) -> Result<Json<Value>, RestError> {
    admin.delete_budget(&actor, &id).await?;
    Ok(Json(json!({ "message": "Budget deleted successfully" })))
}

fn subject(body: Create) -> Result<BudgetSubject, RestError> {
    let has_half_a_step = body.combo_id.is_some() != body.model.is_some();
    let subjects = [
        body.connection_id
            .map(|account| BudgetSubject::Account { account }),
        body.provider
            .map(|provider| BudgetSubject::Provider { provider }),
        body.combo_id
            .zip(body.model)
            .map(|(combo, model)| BudgetSubject::Step { combo, model }),
        body.key_id.map(|key| BudgetSubject::Key { key }),
        body.user_id.map(|user| BudgetSubject::User { user }),
    ];
    let mut subjects = subjects.into_iter().flatten();
    match (subjects.next(), subjects.next()) {
        (Some(subject), None) if !has_half_a_step => Ok(subject),
        _ => Err(RestError::new(
            StatusCode::BAD_REQUEST,
            "expected one of connectionId, provider, keyId, userId, or comboId with the model of its step",
        )),
    }
}

impl From<BudgetView> for Budget {
    fn from(view: BudgetView) -> Self {
        let is_used_up = view.is_used_up();
        let subject = match view.subject {
            BudgetSubject::Account { account } => Subject {
                connection_id: Some(account),
                ..Subject::default()
            },
            BudgetSubject::Provider { provider } => Subject {
                provider: Some(provider),
                ..Subject::default()
            },
            BudgetSubject::Step { combo, model } => Subject {
                combo_id: Some(combo),
                model: Some(model),
                ..Subject::default()
            },
            BudgetSubject::Key { key } => Subject {
                key_id: Some(key),
                ..Subject::default()
            },
            BudgetSubject::User { user } => Subject {
                user_id: Some(user),
                ..Subject::default()
            },
        };
        Self {
            id: view.id,
            subject,
            name: view.name,
            amount: view.allowance.amount,
            unit: view.allowance.unit,
            period: view.allowance.period,
            used: view.used,
            is_used_up,
            resets_at: view.resets_at,
            created_at: view.created_at,
            updated_at: view.updated_at,
        }
    }
}

pub(super) fn describe(api: Operations) -> Operations {
    api.about("Budgets")
        .get("/api/budgets", "How much may be used up, and how much is")
        .gives(object([("budgets", many::<Budget>())]))
        .post("/api/budgets", "Set a budget")
        .takes::<Create>()
        .creates(object([("budget", of::<Budget>())]))
        .put("/api/budgets/{id}", "Change a budget")
        .takes::<Update>()
        .gives(object([("budget", of::<Budget>())]))
        .delete("/api/budgets/{id}", "Take a budget away")
        .gives(object([("message", of::<String>())]))
}
