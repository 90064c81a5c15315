//! A request as the client sent it, before anything is known of it.

use std::net::IpAddr;

use http::HeaderMap;
use secrecy::SecretString;
use wire::format::Format;

/// A client endpoint of the data plane: what its rows are filed under and what it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surface {
    /// Normalised path: every alias of a path is filed under the same one.
    pub endpoint: &'static str,
    pub format: Format,
    pub task: Task,
}

/// What a client wants of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    Answer,
    /// How long the prompt is.
    CountTokens,
    /// Routed as it is: no two formats of embeddings say the same.
    Embed,
}

const fn surface(endpoint: &'static str, format: Format, task: Task) -> Surface {
    Surface {
        endpoint,
        format,
        task,
    }
}

pub const CHAT_COMPLETIONS: Surface =
    surface("/v1/chat/completions", Format::OpenaiChat, Task::Answer);
pub const MESSAGES: Surface = surface("/v1/messages", Format::Anthropic, Task::Answer);
pub const RESPONSES: Surface = surface("/v1/responses", Format::OpenaiResponses, Task::Answer);
pub const GENERATE_CONTENT: Surface = surface("/v1beta/models", Format::Gemini, Task::Answer);
pub const OLLAMA_CHAT: Surface = surface("/api/chat", Format::Ollama, Task::Answer);
pub const EMBEDDINGS: Surface = surface("/v1/embeddings", Format::OpenaiChat, Task::Embed);
pub const COUNT_MESSAGES: Surface = surface(
    "/v1/messages/count_tokens",
    Format::Anthropic,
    Task::CountTokens,
);
pub const COUNT_CONTENT: Surface = surface(
    "/v1beta/models/countTokens",
    Format::Gemini,
    Task::CountTokens,
);
pub const COUNT_INPUT: Surface = surface(
    "/v1/responses/input_tokens",
    Format::OpenaiResponses,
    Task::CountTokens,
);

/// Who calls, as far as the connection and the headers say.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The key the client showed, in whichever of the four places.
    pub key: Option<SecretString>,
    pub peer: IpAddr,
    /// The request came from a program on this machine, not from a web page and not through a proxy.
    pub is_local_program: bool,
}

/// A request's head.
#[derive(Debug, Clone)]
pub struct Call {
    pub surface: Surface,
    pub credentials: Credentials,
    pub headers: HeaderMap,
    /// What the path says, in formats that name the model there.
    pub addressed: Option<Addressed>,
}

/// Gemini's `/v1beta/models/{model}:{action}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressed {
    pub model: String,
    pub stream: bool,
    /// The client did not say `alt=sse`, so it wants one JSON array.
    pub is_array: bool,
}
