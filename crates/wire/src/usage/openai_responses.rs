//! The `usage` of Responses: <https://platform.openai.com/docs/api-reference/responses/object>.
//!
//! Chat's arithmetic under other names.

use serde::Deserialize;

use crate::lenient::{self, Count, LenientObject};
use crate::usage::Reported;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ResponseUsage {
    input_tokens: Count,
    input_tokens_details: LenientObject<InputTokensDetails>,
    output_tokens: Count,
    output_tokens_details: LenientObject<OutputTokensDetails>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InputTokensDetails {
    cached_tokens: Count,
    cache_write_tokens: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OutputTokensDetails {
    reasoning_tokens: Count,
}

pub(super) fn read(json: &[u8]) -> Reported {
    let usage: ResponseUsage = lenient::object(json).unwrap_or_default();
    let input = usage.input_tokens_details.0.unwrap_or_default();
    let output = usage.output_tokens_details.0.unwrap_or_default();
    Reported {
        prompt: usage.input_tokens.0,
        cache_read: input.cached_tokens.0,
        cache_write: input.cache_write_tokens.0,
        output: usage.output_tokens.0,
        reasoning: output.reasoning_tokens.0,
    }
}
