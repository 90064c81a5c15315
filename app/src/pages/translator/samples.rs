//! Something to begin with, for every format: a short chat with a tool, and an answer that calls it.

use api::provider::{ClientFormat, Dialect};

/// A model of a provider that speaks `dialect`.
pub(crate) fn model(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenaiChat | Dialect::OpenaiResponses => "gpt-5",
        Dialect::Anthropic => "claude-sonnet-4-5",
        Dialect::Gemini | Dialect::GeminiCli => "gemini-2.5-flash",
        Dialect::Ollama => "qwen3",
        Dialect::Codex => "gpt-5-codex",
        Dialect::Antigravity => "gemini-3-pro-high",
        Dialect::Kiro => "claude-sonnet-4.5",
    }
}

pub(crate) fn request(format: ClientFormat) -> &'static str {
    match format {
        ClientFormat::OpenaiChat => include_str!("samples/requests/openai-chat.json"),
        ClientFormat::OpenaiResponses => include_str!("samples/requests/openai-responses.json"),
        ClientFormat::Anthropic => include_str!("samples/requests/anthropic.json"),
        ClientFormat::Gemini => include_str!("samples/requests/gemini.json"),
        ClientFormat::Ollama => include_str!("samples/requests/ollama.json"),
    }
}

pub(crate) fn answer(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenaiChat => include_str!("samples/answers/openai-chat.txt"),
        Dialect::OpenaiResponses | Dialect::Codex => {
            include_str!("samples/answers/openai-responses.txt")
        }
        Dialect::Anthropic => include_str!("samples/answers/anthropic.txt"),
        Dialect::Gemini => include_str!("samples/answers/gemini.txt"),
        Dialect::Ollama => include_str!("samples/answers/ollama.txt"),
        Dialect::GeminiCli | Dialect::Antigravity => {
            include_str!("samples/answers/code-assist.txt")
        }
        Dialect::Kiro => include_str!("samples/answers/kiro.txt"),
    }
}

/// Whether a text is ours, so that another may take its place without loss.
pub(crate) fn is_model(text: &str) -> bool {
    Dialect::ALL.into_iter().any(|one| model(one) == text)
}

pub(crate) fn is_request(text: &str) -> bool {
    ClientFormat::ALL
        .into_iter()
        .any(|one| request(one) == text)
}

pub(crate) fn is_answer(text: &str) -> bool {
    Dialect::ALL.into_iter().any(|one| answer(one) == text)
}
