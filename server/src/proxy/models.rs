//! `GET /v1/models`: what this caller can name, in the shape its client expects.

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use gateway::Gateway;
use gateway::call::{CHAT_COMPLETIONS, Call, MESSAGES};
use gateway::resolve;
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
fn openai(names: &[(String, String)]) -> Value {
    let data: Vec<_> = names
        .iter()
        .map(|(id, provider)| json!({ "id": id, "object": "model", "created": 0, "owned_by": provider }))
        .collect();
    json!({ "object": "list", "data": data })
}

/// <https://platform.claude.com/docs/en/api/models-list>
fn anthropic(names: &[(String, String)]) -> Value {
    let data: Vec<_> = names
        .iter()
        .map(|(id, _)| json!({ "type": "model", "id": id, "display_name": id, "created_at": "1970-01-01T00:00:00Z" }))
        .collect();
    json!({
        "data": data,
        "has_more": false,
        "first_id": names.first().map(|(id, _)| id),
        "last_id": names.last().map(|(id, _)| id),
    })
}
