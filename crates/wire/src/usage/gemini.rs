//! Gemini's `usageMetadata`: <https://ai.google.dev/api/generate-content#UsageMetadata>.
//!
//! `promptTokenCount` includes what was cached; `candidatesTokenCount` excludes the thoughts.

use serde::Deserialize;

use crate::lenient::{self, Count};
use crate::usage::Reported;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct UsageMetadata {
    prompt_token_count: Count,
    tool_use_prompt_token_count: Count,
    cached_content_token_count: Count,
    candidates_token_count: Count,
    thoughts_token_count: Count,
}

pub(super) fn read(json: &[u8]) -> Reported {
    let usage: UsageMetadata = lenient::object(json).unwrap_or_default();
    Reported {
        prompt: sum(usage.prompt_token_count, usage.tool_use_prompt_token_count),
        cache_read: usage.cached_content_token_count.0,
        cache_write: None,
        output: sum(usage.candidates_token_count, usage.thoughts_token_count),
        reasoning: usage.thoughts_token_count.0,
    }
}

fn sum(one: Count, other: Count) -> Option<u64> {
    match (one.0, other.0) {
        (None, None) => None,
        (one, other) => Some(
            one.unwrap_or_default()
                .saturating_add(other.unwrap_or_default()),
        ),
    }
}
