//! `generationConfig`: <https://ai.google.dev/api/generate-content#v1beta.GenerationConfig>.

use crate::error::{ErrorKind, WireError};
use crate::gemini::encode::{MOST_STOPS, wants_proto_schemas};
use crate::ir::note::Notes;
use crate::ir::reasoning::{Effort, Plan, Preference, Thinking, ThinkingSupport};
use crate::ir::request::{Output, Param, Request};
use crate::ir::target::Target;
use crate::json::{Json, Object};
use crate::schema;

/// How many alternatives of a token Gemini gives.
const MOST_LOGPROBS: u64 = 20;

pub(super) fn config<'a>(
    request: &'a Request,
    target: &Target,
    has_functions: bool,
    notes: &mut Notes,
) -> Result<Object<'a>, WireError> {
    if let Some(n @ 2..) = request.sampling.n {
        let path = request.param_path(Param::N);
        return Err(WireError::new(
            ErrorKind::InvalidRequest,
            format!("expected \"{path}\" to be 1, found {n}: one answer can be given per request"),
        ));
    }
    let mut config = Object::new();
    limits(request, target, &mut config, notes);
    sampling(request, target, &mut config, notes);
    output(request, target, has_functions, &mut config, notes);
    let thinking = thinking(request, target);
    if !thinking.is_empty() {
        config.push("thinkingConfig", thinking);
    }
    Ok(config)
}

/// The client's stop sequences, those that stop nothing left out.
pub(super) fn stops(request: &Request) -> Vec<String> {
    let stops = request.sampling.stop.iter();
    stops.filter(|text| !text.is_empty()).cloned().collect()
}

fn limits(request: &Request, target: &Target, config: &mut Object, notes: &mut Notes) {
    if let Some(wanted) = request.sampling.max_tokens {
        let most = target.traits.max_output.unwrap_or(u64::MAX);
        if wanted > most {
            notes.add(
                request.param_path(Param::MaxTokens),
                format!("lowered to {most}, the most this model gives"),
            );
        }
        config.push("maxOutputTokens", wanted.min(most));
    }
    let stops: Vec<Json> = stops(request)
        .into_iter()
        .take(MOST_STOPS)
        .map(Json::from)
        .collect();
    if !stops.is_empty() {
        config.push("stopSequences", stops);
    }
    if let Some(seed) = request.sampling.seed {
        if i32::try_from(seed).is_ok() {
            config.push("seed", seed);
        } else {
            notes.add(
                request.param_path(Param::Seed),
                "dropped: Gemini's seeds have 32 bits",
            );
        }
    }
    if let Some(count) = request.sampling.logprobs {
        config.push("responseLogprobs", true);
        if count > 0 {
            config.push("logprobs", count.min(MOST_LOGPROBS));
        }
    }
}

fn sampling(request: &Request, target: &Target, config: &mut Object, notes: &mut Notes) {
    let sampling = &request.sampling;
    let values = [
        (
            Param::Temperature,
            "temperature",
            sampling.temperature.map(|value| value.clamp(0.0, 2.0)),
        ),
        (
            Param::TopP,
            "topP",
            sampling.top_p.map(|value| value.clamp(0.0, 1.0)),
        ),
        (
            Param::TopK,
            "topK",
            sampling.top_k.map(|value| value as f64),
        ),
        (
            Param::PresencePenalty,
            "presencePenalty",
            sampling.presence_penalty,
        ),
        (
            Param::FrequencyPenalty,
            "frequencyPenalty",
            sampling.frequency_penalty,
        ),
    ];
    for (param, key, value) in values {
        let Some(value) = value else { continue };
        if target.traits.refuses_sampling {
            notes.add(request.param_path(param), "dropped: this model refuses it");
        } else {
            config.push(key, value);
        }
    }
}

fn output(
    request: &Request,
    target: &Target,
    has_functions: bool,
    config: &mut Object,
    notes: &mut Notes,
) {
    if request.output == Output::Text {
        return;
    }
    if has_functions && !target.traits.wants_signatures {
        notes.add(
            request.param_path(Param::Output),
            "dropped: this model gives no structured output beside functions",
        );
        return;
    }
    config.push("responseMimeType", "application/json");
    match &request.output {
        Output::Text | Output::JsonObject => {}
        Output::JsonSchema(output) if wants_proto_schemas(target) => {
            config.push(
                "responseSchema",
                schema::to_gemini_parameters(&output.schema),
            );
        }
        Output::JsonSchema(output) => {
            config.push(
                "responseJsonSchema",
                schema::to_gemini_json_schema(&output.schema),
            );
        }
    }
}

/// Newer models take levels and older ones budgets; never both:
/// <https://ai.google.dev/gemini-api/docs/thinking>.
fn thinking(request: &Request, target: &Target) -> Object<'static> {
    let reasoning = &request.reasoning;
    let support = &target.traits.thinking;
    let mut config = Object::new();
    if *support == ThinkingSupport::None || reasoning.is_default() {
        return config;
    }
    let has_levels = match support {
        ThinkingSupport::Known(limits) => !limits.levels.is_empty(),
        ThinkingSupport::Unknown | ThinkingSupport::None => target.traits.wants_signatures,
    };
    let preference = if has_levels {
        Preference::Effort
    } else {
        Preference::Budget
    };
    match reasoning.plan(support, preference) {
        Plan::Unsaid => {}
        // Such a model decides for itself unless told otherwise.
        Plan::Dynamic if has_levels => {}
        Plan::Dynamic => {
            config.push("thinkingBudget", -1_i64);
        }
        Plan::Off if has_levels && *support == ThinkingSupport::Unknown => {
            config.push("thinkingLevel", level(Effort::Low));
        }
        Plan::Off => {
            config.push("thinkingBudget", 0_u64);
        }
        Plan::Budget(tokens) => {
            config.push("thinkingBudget", tokens);
        }
        Plan::Effort(effort) => {
            config.push("thinkingLevel", level(effort));
        }
    }
    let is_asked = match reasoning.thinking {
        Some(Thinking::Off) => false,
        Some(Thinking::Dynamic | Thinking::Budget(_)) => true,
        None => reasoning.effort.is_some(),
    };
    if let Some(is_visible) = reasoning.is_visible.or(is_asked.then_some(true)) {
        config.push(
            "includeThoughts",
            is_visible && reasoning.thinking != Some(Thinking::Off),
        );
    }
    config
}

fn level(effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal => "MINIMAL",
        Effort::Low => "LOW",
        Effort::Medium => "MEDIUM",
        Effort::High => "HIGH",
        Effort::Xhigh | Effort::Max => "XHIGH",
    }
}
