//! Notes about parameters that a target cannot be told.

use crate::error::{ErrorKind, WireError};
use crate::ir::note::Notes;
use crate::ir::reasoning::Thinking;
use crate::ir::request::{Output, Param, Request, ToolChoice};

/// Notes those of `params` that the client has set.
pub fn note_unsaid(request: &Request, target: &str, params: &[Param], notes: &mut Notes) {
    for param in params {
        if is_set(request, *param) {
            notes.add(
                request.param_path(*param),
                format!("dropped: {target} has no such parameter"),
            );
        }
    }
}

/// Refuses to give one answer where several were asked for.
pub fn only_one_answer(request: &Request, target: &str) -> Result<(), WireError> {
    match request.sampling.n {
        Some(n) if n > 1 => Err(WireError::new(
            ErrorKind::InvalidRequest,
            format!(
                "\"{}\" asks for {n} answers, but {target} gives one",
                request.param_path(Param::N)
            ),
        )),
        _ => Ok(()),
    }
}

/// Whether a parameter asks for something else than every target does anyway.
fn is_set(request: &Request, param: Param) -> bool {
    let sampling = &request.sampling;
    match param {
        Param::MaxTokens => sampling.max_tokens.is_some(),
        Param::Temperature => sampling.temperature.is_some(),
        Param::TopP => sampling.top_p.is_some(),
        Param::TopK => sampling.top_k.is_some(),
        Param::MinP => sampling.min_p.is_some(),
        Param::Stop => !sampling.stop.is_empty(),
        Param::Seed => sampling.seed.is_some(),
        Param::PresencePenalty => sampling.presence_penalty.is_some_and(|value| value != 0.0),
        Param::FrequencyPenalty => sampling.frequency_penalty.is_some_and(|value| value != 0.0),
        Param::LogitBias => sampling.logit_bias.is_some(),
        Param::N => sampling.n.is_some_and(|n| n != 1),
        Param::Logprobs => sampling.logprobs.is_some(),
        Param::ToolChoice => !matches!(request.tool_choice, None | Some(ToolChoice::Auto)),
        Param::ParallelToolCalls => request.parallel_tool_calls == Some(false),
        Param::Reasoning => {
            let reasoning = &request.reasoning;
            reasoning.effort.is_some() || !matches!(reasoning.thinking, None | Some(Thinking::Off))
        }
        Param::Output => request.output != Output::Text,
        Param::User => request.user.is_some(),
        Param::CacheKey => request.cache_key.is_some(),
        Param::ServiceTier => request
            .service_tier
            .as_deref()
            .is_some_and(|tier| !matches!(tier, "auto" | "default" | "standard_only")),
        Param::Verbosity => request
            .verbosity
            .as_deref()
            .is_some_and(|verbosity| verbosity != "medium"),
        Param::Metadata => !request.metadata.is_empty(),
    }
}
