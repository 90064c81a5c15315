//! `GET /v1/models`: what this caller can name, in the shape its client expects.

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use gateway::Gateway;
use gateway::call::{CHAT_COMPLETIONS, Call, MESSAGES};
use gateway::resolve::{self, ListedModel};
use serde_json::{Value, json};

use crate::proxy::call::credentials;

/// Anthropic's clients name their version, and nobody else does.
const ANTHROPIC_VERSION: &str = "anthropic-version";

pub(crate) async fn list(State(gateway): State<Gateway>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let is_anthropic = parts.headers.contains_key(ANTHROPIC_VERSION);
    let surface = if is_anthropic {
        MESSAGES
    } else {
        CHAT_COMPLETIONS
    };
    let call = Call {
        surface,
        credentials: credentials(&parts),
        headers: parts.headers,
        addressed: None,
    };
    match gateway.admit(&call) {
        Ok((snapshot, _)) => {
            let names = resolve::listed(&snapshot);
            axum::Json(if is_anthropic {
                anthropic(&names)
            } else {
                openai(&names)
            })
            .into_response()
        }
        Err(refused) => {
            gateway::answer::refusal(surface, &refused, None).map(axum::body::Body::new)
        }
    }
}

/// <https://platform.openai.com/docs/api-reference/models/list>
///
/// What is known beside is said as OpenRouter does, which clients read and SDKs pass over:
/// <https://openrouter.ai/docs/api-reference/list-available-models>.
fn openai(models: &[ListedModel]) -> Value {
    let data: Vec<_> = models
        .iter()
        .map(|model| {
            let mut view = json!({ "id": model.name, "object": "model", "created": 0, "owned_by": model.owner });
            if let Some(title) = &model.title {
                view["name"] = json!(title);
            }
            if let Some(context) = model.context {
                view["context_length"] = json!(context);
            }
            view
        })
        .collect();
    json!({ "object": "list", "data": data })
}

/// <https://platform.claude.com/docs/en/api/models-list>
fn anthropic(models: &[ListedModel]) -> Value {
    let data: Vec<_> = models
        .iter()
        .map(|model| {
            let title = model.title.as_ref().unwrap_or(&model.name);
            let mut view = json!({ "type": "model", "id": model.name, "display_name": title, "created_at": "1970-01-01T00:00:00Z" });
            if let Some(context) = model.context {
                view["max_input_tokens"] = json!(context);
            }
            view
        })
        .collect();
    json!({
        "data": data,
        "has_more": false,
        "first_id": models.first().map(|model| &model.name),
        "last_id": models.last().map(|model| &model.name),
    })
}
