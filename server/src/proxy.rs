//! The data plane's routes: what a client's request is made of, and nothing about what becomes of it.

pub mod call;
pub mod models;

use api::access::Access::ClientKey;
use axum::extract::{Request, State};
use axum::response::Response;
use gateway::Gateway;
use gateway::call::{CHAT_COMPLETIONS, MESSAGES, RESPONSES, Surface};
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
        .get("/v1/models", ClientKey, models::list)
        .get("/v1/v1/models", ClientKey, models::list)
        .get("/models", ClientKey, models::list)
}

async fn serve(gateway: Gateway, surface: Surface, request: Request) -> Response<ClientBody> {
    let (call, headers, body) = split(surface, request);
    gateway.serve(call, read_body(headers, body)).await
}
