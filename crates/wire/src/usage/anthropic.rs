//! The `usage` of Messages: <https://platform.claude.com/docs/en/api/messages>.
//!
//! `input_tokens` excludes the cache (<https://platform.claude.com/docs/en/build-with-claude/prompt-caching>),
//! `output_tokens` includes thinking (<https://platform.claude.com/docs/en/build-with-claude/extended-thinking>).

use serde::Deserialize;

use crate::lenient::{self, Count, LenientObject};
use crate::usage::Reported;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MessageUsage {
    input_tokens: Count,
    cache_creation_input_tokens: Count,
    cache_read_input_tokens: Count,
    cache_creation: LenientObject<CacheCreation>,
    output_tokens: Count,
    output_tokens_details: LenientObject<OutputTokensDetails>,
}

/// The same writes by how long they live.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CacheCreation {
    ephemeral_5m_input_tokens: Count,
    ephemeral_1h_input_tokens: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OutputTokensDetails {
    thinking_tokens: Count,
}

impl CacheCreation {
    fn total(&self) -> Option<u64> {
        match (
            self.ephemeral_5m_input_tokens.0,
            self.ephemeral_1h_input_tokens.0,
        ) {
            (None, None) => None,
            (short, long) => Some(
                short
                    .unwrap_or_default()
                    .saturating_add(long.unwrap_or_default()),
            ),
        }
    }
}

pub(super) fn read(json: &[u8]) -> Reported {
    let usage: MessageUsage = lenient::object(json).unwrap_or_default();
    let creation = usage.cache_creation.0.unwrap_or_default();
    let details = usage.output_tokens_details.0.unwrap_or_default();
    Reported {
        prompt: usage.input_tokens.0,
        cache_read: usage.cache_read_input_tokens.0,
        cache_write: usage.cache_creation_input_tokens.0.or(creation.total()),
        output: usage.output_tokens.0,
        reasoning: details.thinking_tokens.0,
    }
}
