//! What Ollama's clients ask before and beside the chat: <https://github.com/ollama/ollama/blob/main/docs/api.md>.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use gateway::Gateway;
use gateway::answer::refusal;
use gateway::call::{Call, OLLAMA_CHAT};
use gateway::error::Refusal;
use gateway::relay::ClientBody;
use gateway::resolve;
use http::request::Parts;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::openapi::operations::Operations;
use crate::openapi::shape::{any, many, object, of};
use crate::proxy::call::{credentials, read_body};
use crate::proxy::serve;

/// Clients ask for features by version; this is the one whose `/api/chat` we speak.
const VERSION: &str = "0.12.6";
/// Tokens of context that are claimed where nothing is known of a model.
const CONTEXT: u64 = 131_072;

/// `POST /api/chat`.
pub(crate) async fn chat(State(gateway): State<Gateway>, request: Request) -> Response<ClientBody> {
    serve(gateway, OLLAMA_CHAT, request).await
}

/// `GET /api/version`.
pub(crate) async fn version() -> Json<Value> {
    Json(json!({ "version": VERSION }))
}

/// `GET /api/tags`.
pub(crate) async fn tags(State(gateway): State<Gateway>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match models(&gateway, &parts) {
        Ok(models) => {
            let models: Vec<_> = models
                .iter()
                .map(|(name, _, _)| {
                    json!({
                        "name": name,
                        "model": name,
                        "modified_at": "1970-01-01T00:00:00Z",
                        "size": 0,
                        "digest": "",
                        "details": details(),
                    })
                })
                .collect();
            Json(json!({ "models": models })).into_response()
        }
        Err(refused) => refused,
    }
}

/// `GET /api/ps`: nothing is loaded here, ever.
pub(crate) async fn running(State(gateway): State<Gateway>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match models(&gateway, &parts) {
        Ok(_) => Json(json!({ "models": [] })).into_response(),
        Err(refused) => refused,
    }
}

#[derive(Deserialize)]
struct Show {
    #[serde(alias = "name")]
    model: String,
}

/// `POST /api/show`: clients offer tools and images only to models that say they can.
pub(crate) async fn show(State(gateway): State<Gateway>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let models = match models(&gateway, &parts) {
        Ok(models) => models,
        Err(refused) => return refused,
    };
    let asked = match read_body(parts.headers, body).await {
        Ok(body) => serde_json::from_slice::<Show>(&body)
            .map_err(|error| Refusal::Malformed(error.to_string())),
        Err(error) => Err(Refusal::Body(error)),
    };
    let found = asked.and_then(|show| {
        models
            .into_iter()
            .find(|(name, _, _)| *name == show.model)
            .ok_or(Refusal::UnknownModel { model: show.model })
    });
    match found {
        Ok((_, context, thinks)) => {
            let mut capabilities = vec!["completion", "tools", "vision"];
            if thinks {
                capabilities.push("thinking");
            }
            Json(json!({
                "license": "",
                "modelfile": "",
                "parameters": "",
                "template": "",
                "details": details(),
                "model_info": {
                    "general.architecture": "router",
                    "router.context_length": context,
                },
                "capabilities": capabilities,
            }))
            .into_response()
        }
        Err(refused) => refusal(OLLAMA_CHAT, &refused, None).map(Body::new),
    }
}

/// Every model this caller can name: its name, its context, and whether it thinks.
#[expect(clippy::result_large_err, reason = "the error is the answer")]
fn models(gateway: &Gateway, parts: &Parts) -> Result<Vec<(String, u64, bool)>, Response> {
    let call = Call {
        surface: OLLAMA_CHAT,
        credentials: credentials(parts),
        headers: parts.headers.clone(),
        addressed: None,
    };
    let (snapshot, _) = gateway
        .admit(&call)
        .map_err(|refused| refusal(OLLAMA_CHAT, &refused, None).map(Body::new))?;
    Ok(resolve::listed(&snapshot)
        .into_iter()
        .map(|listed| {
            let (context, thinks) = resolve::known(&snapshot, &listed.name);
            (listed.name, context.unwrap_or(CONTEXT), thinks)
        })
        .collect())
}

fn details() -> Value {
    json!({
        "parent_model": "",
        "format": "",
        "family": "router",
        "families": ["router"],
        "parameter_size": "",
        "quantization_level": "",
    })
}

/// They stand under `/api/` as well, with Ollama's own shapes.
pub(crate) fn describe(api: Operations) -> Operations {
    let models = || object([("models", many::<Value>())]);
    api.about("Ollama's API")
        .post(
            "/api/chat",
            "A chat, as https://github.com/ollama/ollama/blob/main/docs/api.md has it",
        )
        .takes_a(any())
        .gives(any())
        .get("/api/tags", "The models there are")
        .gives(models())
        .get("/api/ps", "The models that are loaded: none, ever")
        .gives(models())
        .post("/api/show", "What a model can do")
        .takes_a(object([("model", of::<String>())]))
        .gives(any())
        .get("/api/version", "The version of Ollama whose API this is")
        .gives(object([("version", of::<String>())]))
}
