//! Gemini's paths, which name model and action: <https://ai.google.dev/api/generate-content>.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use gateway::Gateway;
use gateway::answer::refusal;
use gateway::call::{Addressed, COUNT_CONTENT, Call, GENERATE_CONTENT, Surface};
use gateway::error::{Refusal, told};
use gateway::relay::ClientBody;
use gateway::resolve;
use serde_json::{Value, json};

use crate::proxy::call::{credentials, read_body, split};

/// The longest prompt and answer that are claimed where nothing is known of a model.
const INPUT_LIMIT: u64 = 1_048_576;
const OUTPUT_LIMIT: u64 = 65_536;

/// `POST /v1beta/models/{model}:{action}`; a model's own name may hold slashes.
pub(crate) async fn call(
    State(gateway): State<Gateway>,
    Path(path): Path<String>,
    request: Request,
) -> Response<ClientBody> {
    let Some((surface, addressed)) = addressed(&path, request.uri().query()) else {
        if let Err(response) = names(&gateway, request) {
            return *response;
        }
        let error = told(
            404,
            format!(
                "expected `models/{{model}}:generateContent`, `:streamGenerateContent` or `:countTokens`, found `models/{path}`"
            ),
        );
        return refusal(GENERATE_CONTENT, &Refusal::Body(error), None);
    };
    let (mut call, headers, body) = split(surface, request);
    call.addressed = Some(addressed);
    gateway.serve(call, read_body(headers, body)).await
}

fn addressed(path: &str, query: Option<&str>) -> Option<(Surface, Addressed)> {
    let (model, action) = path.rsplit_once(':')?;
    let (surface, stream) = match action {
        "generateContent" => (GENERATE_CONTENT, false),
        "streamGenerateContent" => (GENERATE_CONTENT, true),
        "countTokens" => (COUNT_CONTENT, false),
        _ => return None,
    };
    let is_sse = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .any(|(name, value)| name == "alt" && value == "sse");
    Some((
        surface,
        Addressed {
            model: model.to_owned(),
            stream,
            is_array: stream && !is_sse,
        },
    ))
}

/// `GET /v1beta/models`: <https://ai.google.dev/api/models#method:-models.list>.
pub(crate) async fn list(State(gateway): State<Gateway>, request: Request) -> Response {
    match names(&gateway, request) {
        Ok(names) => {
            let models: Vec<_> = names.iter().map(|name| view(name)).collect();
            axum::Json(json!({ "models": models })).into_response()
        }
        Err(response) => response.map(Body::new),
    }
}

/// `GET /v1beta/models/{model}`.
pub(crate) async fn model(
    State(gateway): State<Gateway>,
    Path(model): Path<String>,
    request: Request,
) -> Response {
    match names(&gateway, request) {
        Ok(names) if names.contains(&model) => axum::Json(view(&model)).into_response(),
        Ok(_) => refusal(GENERATE_CONTENT, &Refusal::UnknownModel { model }, None).map(Body::new),
        Err(response) => response.map(Body::new),
    }
}

fn names(gateway: &Gateway, request: Request) -> Result<Vec<String>, Box<Response<ClientBody>>> {
    let (parts, _) = request.into_parts();
    let call = Call {
        surface: GENERATE_CONTENT,
        credentials: credentials(&parts),
        headers: parts.headers,
        addressed: None,
    };
    match gateway.admit(&call) {
        Ok((snapshot, _)) => Ok(resolve::listed(&snapshot)
            .into_iter()
            .map(|listed| listed.name)
            .collect()),
        Err(refused) => Err(Box::new(refusal(GENERATE_CONTENT, &refused, None))),
    }
}

fn view(name: &str) -> Value {
    json!({
        "name": format!("models/{name}"),
        "displayName": name,
        "inputTokenLimit": INPUT_LIMIT,
        "outputTokenLimit": OUTPUT_LIMIT,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_model_action_and_shape() {
        let (_, stream) = addressed(
            "p/gemini-2.5-pro:streamGenerateContent",
            Some("key=k&alt=sse"),
        )
        .expect("an action");
        assert_eq!(stream.model, "p/gemini-2.5-pro");
        assert!(stream.stream && !stream.is_array);
        let (_, array) = addressed("m:streamGenerateContent", None).expect("an action");
        assert!(array.is_array);
        let (_, tagged) = addressed("p/llama:8b:generateContent", None).expect("an action");
        assert_eq!(tagged.model, "p/llama:8b");
        assert!(addressed("m:embedContent", None).is_none());
        assert!(addressed("m", None).is_none());
    }
}
