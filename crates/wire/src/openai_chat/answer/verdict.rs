//! How an answer ended, and whether it is one at all.

use crate::ir::response::FinishReason;
use crate::json::{Json, Object};

/// `{"error":{…}}`, or vLLM's `{"object":"error",…}`; an empty error is none.
pub(super) fn is_error(chunk: &Object) -> bool {
    let says = |key| chunk.get(key).and_then(Json::as_str) == Some("error");
    match chunk.get("error") {
        Some(Json::Object(error)) => !error.is_empty(),
        Some(Json::String(error)) => !error.is_empty(),
        _ => says("object") || says("type"),
    }
}

/// `None` for an answer that failed; the words are OpenAI's and those that gateways let through.
pub(super) fn finish_reason(word: &str) -> Option<FinishReason> {
    let word = word.to_ascii_lowercase();
    Some(match word.as_str() {
        "length" | "max_tokens" | "max_output_tokens" | "model_length" => FinishReason::Length,
        "model_context_window_exceeded" => FinishReason::ContextWindow,
        "tool_calls" | "function_call" | "tool_use" | "tool_call" => FinishReason::ToolUse,
        "content_filter" | "content_filtered" | "safety" | "refusal" | "sensitive" => {
            FinishReason::Refusal
        }
        "stop_sequence" => FinishReason::StopSequence(None),
        "pause_turn" => FinishReason::Pause,
        "error" | "network_error" | "insufficient_system_resource" | "malformed_function_call" => {
            return None;
        }
        _ => FinishReason::Stop,
    })
}
