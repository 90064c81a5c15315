//! The data plane's routes: what a client's request is made of, and nothing about what becomes of it.

pub mod call;
pub mod gemini;
pub mod models;
pub mod ollama;

use api::access::Access::{ClientKey, Public};
use axum::extract::{Request, State};
use axum::response::Response;
use gateway::Gateway;
use gateway::call::{
    CHAT_COMPLETIONS, COUNT_INPUT, COUNT_MESSAGES, EMBEDDINGS, MESSAGES, RESPONSES, Surface,
};
use gateway::relay::ClientBody;

use crate::proxy::call::{read_body, split};
use crate::routes::Routes;

/// Each surface under its own path, and under the ones that clients make of a wrong base URL.
pub fn routes() -> Routes {
    let chat = |State(gateway): State<Gateway>, request: Request| {
        serve(gateway, CHAT_COMPLETIONS, request)
    };
    let messages =
        |State(gateway): State<Gateway>, request: Request| serve(gateway, MESSAGES, request);
    let responses =
        |State(gateway): State<Gateway>, request: Request| serve(gateway, RESPONSES, request);
    let embeddings =
        |State(gateway): State<Gateway>, request: Request| serve(gateway, EMBEDDINGS, request);
    let count_messages =
        |State(gateway): State<Gateway>, request: Request| serve(gateway, COUNT_MESSAGES, request);
    let count_input =
        |State(gateway): State<Gateway>, request: Request| serve(gateway, COUNT_INPUT, request);
    Routes::default()
        .post("/v1/chat/completions", ClientKey, chat)
        .post("/v1/v1/chat/completions", ClientKey, chat)
        .post("/chat/completions", ClientKey, chat)
        .post("/v1/messages", ClientKey, messages)
        .post("/v1/v1/messages", ClientKey, messages)
        .post("/v1/responses", ClientKey, responses)
        .post("/v1/v1/responses", ClientKey, responses)
        .post("/responses", ClientKey, responses)
        .post("/codex/{*path}", ClientKey, responses)
        .post("/v1/embeddings", ClientKey, embeddings)
        .post("/v1/v1/embeddings", ClientKey, embeddings)
        .post("/v1/messages/count_tokens", ClientKey, count_messages)
        .post("/v1/v1/messages/count_tokens", ClientKey, count_messages)
        .post("/v1/responses/input_tokens", ClientKey, count_input)
        .post("/v1beta/models/{*call}", ClientKey, gemini::call)
        .post("/models/{*call}", ClientKey, gemini::call)
        .get("/v1beta/models", ClientKey, gemini::list)
        .get("/v1beta/models/{*call}", ClientKey, gemini::model)
        .post("/api/chat", ClientKey, ollama::chat)
        .post("/v1/api/chat", ClientKey, ollama::chat)
        .get("/api/tags", ClientKey, ollama::tags)
        .get("/v1/api/tags", ClientKey, ollama::tags)
        .get("/api/ps", ClientKey, ollama::running)
        .get("/v1/api/ps", ClientKey, ollama::running)
        .post("/api/show", ClientKey, ollama::show)
        .post("/v1/api/show", ClientKey, ollama::show)
        .get("/api/version", Public, ollama::version)
        .get("/v1/api/version", Public, ollama::version)
        .get("/v1/models", ClientKey, models::list)
        .get("/v1/v1/models", ClientKey, models::list)
        .get("/models", ClientKey, models::list)
}

pub(crate) async fn serve(
    gateway: Gateway,
    surface: Surface,
    request: Request,
) -> Response<ClientBody> {
    let (call, headers, body) = split(surface, request);
    gateway.serve(call, read_body(headers, body)).await
}
