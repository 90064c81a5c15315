//! The `usage` of Chat Completions: <https://platform.openai.com/docs/api-reference/chat/object>.
//!
//! `prompt_tokens` includes the cached and the cache-writing tokens, `completion_tokens` the reasoning.

use serde::Deserialize;

use crate::lenient::{self, Count, LenientObject};
use crate::usage::Reported;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CompletionUsage {
    prompt_tokens: Count,
    completion_tokens: Count,
    prompt_tokens_details: LenientObject<PromptTokensDetails>,
    completion_tokens_details: LenientObject<CompletionTokensDetails>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PromptTokensDetails {
    cached_tokens: Count,
    cache_write_tokens: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CompletionTokensDetails {
    reasoning_tokens: Count,
}

pub(super) fn read(json: &[u8]) -> Reported {
    let usage: CompletionUsage = lenient::object(json).unwrap_or_default();
    let prompt = usage.prompt_tokens_details.0.unwrap_or_default();
    let completion = usage.completion_tokens_details.0.unwrap_or_default();
    Reported {
        prompt: usage.prompt_tokens.0,
        cache_read: prompt.cached_tokens.0,
        cache_write: prompt.cache_write_tokens.0,
        output: usage.completion_tokens.0,
        reasoning: completion.reasoning_tokens.0,
    }
}
