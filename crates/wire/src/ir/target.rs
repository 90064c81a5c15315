//! Whom a request is written for, and what comes back from writing it.

use bytes::Bytes;

use crate::dialect::Dialect;
use crate::ir::reasoning::ThinkingSupport;

/// The upstream's side of a translation.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    pub dialect: Dialect,
    /// The model by the upstream's own name.
    pub model: String,
    pub traits: Traits,
    /// Unique to this request: what made-up ids begin with.
    pub seed: String,
    /// The project an account works in (Code Assist).
    pub project: Option<String>,
    /// The AWS profile of an account (Kiro).
    pub profile: Option<String>,
    /// Ask for a stream, whatever the client wants.
    pub stream: bool,
}

/// What is known of a model; the default claims nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traits {
    pub thinking: ThinkingSupport,
    /// Tokens it can answer with.
    pub max_output: Option<u64>,
    /// It refuses `temperature`, `top_p` and their like (OpenAI's reasoning models, newest Claudes).
    pub refuses_sampling: bool,
    /// It wants `max_completion_tokens` instead of `max_tokens` (OpenAI's own models).
    pub wants_completion_tokens: bool,
    /// It refuses an answer that begins with the client's words.
    pub refuses_prefill: bool,
    /// It refuses to be told that it must call a tool, or which (newest Claudes).
    pub refuses_forced_tools: bool,
    /// Every first call of a step must come back with a signature (Gemini 3).
    pub wants_signatures: bool,
    /// It has no native JSON-schema output (older Claudes), so a forced tool stands in for it.
    pub lacks_structured_output: bool,
    /// It takes its own reasoning text back in history (`reasoning_content`).
    pub takes_reasoning_back: bool,
}

/// A request, written.
#[derive(Debug, Clone)]
pub struct Encoded {
    pub body: Bytes,
    pub restore: Restore,
}

/// What the answer must be changed back by, because the request was changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restore {
    pub tools: Vec<RenamedTool>,
    /// A call of this tool is the answer's text: it stands in for structured output.
    pub output_tool: Option<String>,
    /// Cut the answer where one of these appears, because the upstream cannot.
    pub stop: Vec<String>,
}

/// A tool that went out under another name or as another kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenamedTool {
    pub sent: String,
    pub name: String,
    pub namespace: Option<String>,
    /// It is a custom tool, sent as a function with one string `input`.
    pub is_custom: bool,
}
