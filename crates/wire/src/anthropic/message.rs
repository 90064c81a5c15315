//! What stands around an answer's content: its id, why it ended, and what it cost.

use crate::codec::Reply;
use crate::ir::response::FinishReason;
use crate::json::Object;
use crate::object;
use crate::usage::Usage;

pub(super) fn id(reply: &Reply) -> String {
    format!("msg_{}", reply.seed)
}

/// `stop_reason`, and the sequence that stopped it.
///
/// <https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons>
pub(super) fn stop_reason(
    reason: &FinishReason,
    has_refused: bool,
) -> (&'static str, Option<&str>) {
    match reason {
        FinishReason::Stop | FinishReason::Refusal if has_refused => ("refusal", None),
        FinishReason::Stop => ("end_turn", None),
        FinishReason::StopSequence(sequence) => ("stop_sequence", sequence.as_deref()),
        FinishReason::ToolUse => ("tool_use", None),
        FinishReason::Length => ("max_tokens", None),
        FinishReason::ContextWindow => ("model_context_window_exceeded", None),
        FinishReason::Refusal => ("refusal", None),
        FinishReason::Pause => ("pause_turn", None),
    }
}

/// Clients add these up, so none of them may be absent.
pub(super) fn usage(usage: Option<Usage>, reply: &Reply) -> Object<'static> {
    let usage = usage.unwrap_or(Usage {
        input: reply.prompt_estimate,
        ..Usage::default()
    });
    let mut object = object! {
        "input_tokens" => usage.input,
        "cache_creation_input_tokens" => usage.cache_write,
        "cache_read_input_tokens" => usage.cache_read,
        "output_tokens" => usage.output,
    };
    if usage.reasoning > 0 {
        object.push(
            "output_tokens_details",
            object! { "thinking_tokens" => usage.reasoning },
        );
    }
    object
}
