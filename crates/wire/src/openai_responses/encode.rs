//! A request to an upstream: <https://platform.openai.com/docs/api-reference/responses/create>.
//!
//! Nothing is stored there: the reasoning comes back encrypted and is sent again with the conversation.

mod input;
mod media;
mod tools;

use crate::dialect::Dialect;
use crate::error::{ErrorKind, WireError};
use crate::ir::note::Notes;
use crate::ir::reasoning::{Effort, Plan, Preference, ThinkingSupport};
use crate::ir::request::{Output, Param, Request};
use crate::ir::target::{Restore, Target};
use crate::ir::tools::{COMMON_NAMES, NameRule, Names};
use crate::json::{Json, Object};
use crate::object;

const NAMES: NameRule = NameRule {
    has_custom: true,
    has_namespaces: true,
    ..COMMON_NAMES
};

pub(crate) const ENCRYPTED: &str = "reasoning.encrypted_content";

/// Fewer are refused.
const LEAST_OUTPUT_TOKENS: u64 = 16;
/// A longer name of a user or a cache is refused.
const LONGEST_NAME: usize = 64;

/// The document itself, for an envelope to change before it is written.
pub(crate) fn document<'a>(
    request: &'a Request,
    target: &'a Target,
    notes: &mut Notes,
) -> Result<(Object<'a>, Restore), WireError> {
    if request.sampling.n.is_some_and(|n| n > 1) {
        let path = request.param_path(Param::N);
        return Err(WireError::new(
            ErrorKind::InvalidRequest,
            format!("\"{path}\" must be 1: OpenAI's Responses give one answer per request"),
        ));
    }
    let names = Names::new(request, NAMES);
    let (instructions, items) = input::write(request, target, &names, notes)?;
    let mut body = object! { "model" => &target.model };
    body.push_some("instructions", instructions);
    body.push("input", items);
    tools::write(&mut body, request, &names, notes)?;
    body.push_some("parallel_tool_calls", request.parallel_tool_calls);
    sampling(&mut body, request, target, notes);
    let is_thinking = reasoning(&mut body, request, target);
    body.push_some("text", text(request));
    include(&mut body, request, is_thinking, target, notes);
    body.push("store", false);
    identity(&mut body, request, notes);
    if target.stream || request.stream {
        body.push("stream", true);
    }
    let restore = Restore {
        tools: names.renamed(),
        output_tool: None,
        stop: request.sampling.stop.clone(),
    };
    Ok((body, restore))
}

fn sampling(body: &mut Object<'_>, request: &Request, target: &Target, notes: &mut Notes) {
    let sampling = &request.sampling;
    if let Some(tokens) = sampling.max_tokens {
        let most = target.traits.max_output.unwrap_or(u64::MAX);
        body.push(
            "max_output_tokens",
            tokens.min(most).max(LEAST_OUTPUT_TOKENS),
        );
    }
    for (key, param, value) in [
        ("temperature", Param::Temperature, sampling.temperature),
        ("top_p", Param::TopP, sampling.top_p),
    ] {
        if let Some(value) = value {
            if target.traits.refuses_sampling {
                notes.add(request.param_path(param), "dropped: the model refuses it");
            } else {
                body.push(key, value);
            }
        }
    }
    for (param, is_set) in [
        (Param::TopK, sampling.top_k.is_some()),
        (Param::MinP, sampling.min_p.is_some()),
        (Param::Seed, sampling.seed.is_some()),
        (
            Param::PresencePenalty,
            is_some_number(sampling.presence_penalty),
        ),
        (
            Param::FrequencyPenalty,
            is_some_number(sampling.frequency_penalty),
        ),
        (Param::LogitBias, sampling.logit_bias.is_some()),
    ] {
        if is_set {
            notes.add(
                request.param_path(param),
                "dropped: OpenAI's Responses have no such parameter",
            );
        }
    }
}

/// A penalty of zero is none.
fn is_some_number(value: Option<f64>) -> bool {
    value.is_some_and(|value| value != 0.0)
}

/// Says how much to think. Returns whether the model thinks at all, as far as is known.
fn reasoning<'a>(body: &mut Object<'a>, request: &Request, target: &Target) -> bool {
    let support = &target.traits.thinking;
    if *support == ThinkingSupport::None {
        return target.dialect == Dialect::Codex;
    }
    let plan = request.reasoning.plan(support, Preference::Effort);
    let effort = match plan {
        Plan::Unsaid | Plan::Dynamic => None,
        Plan::Off => Some("none"),
        Plan::Effort(effort) => Some(effort.as_str()),
        Plan::Budget(tokens) => Some(Effort::of_budget(tokens).as_str()),
    };
    let is_asked = matches!(plan, Plan::Dynamic | Plan::Effort(_) | Plan::Budget(_));
    let is_visible = match request.reasoning.is_visible {
        Some(is_visible) => is_visible && plan != Plan::Off,
        // Codex shows everybody a summary; elsewhere it is for verified organisations only.
        None => is_asked && target.dialect == Dialect::Codex,
    };
    let mut reasoning = Object::new();
    reasoning.push_some("effort", effort);
    if is_visible {
        reasoning.push("summary", "auto");
    }
    if !reasoning.is_empty() {
        body.push("reasoning", reasoning);
    }
    true
}

fn include(
    body: &mut Object<'_>,
    request: &Request,
    is_thinking: bool,
    target: &Target,
    notes: &mut Notes,
) {
    let mut include = Vec::new();
    if is_thinking {
        include.push(Json::from(ENCRYPTED));
    }
    if let Some(top) = request.sampling.logprobs {
        if target.dialect == Dialect::Codex || target.traits.refuses_sampling {
            notes.add(
                request.param_path(Param::Logprobs),
                "dropped: the upstream has no log probabilities",
            );
        } else {
            include.push(Json::from("message.output_text.logprobs"));
            body.push("top_logprobs", top);
        }
    }
    body.push("include", include);
}

fn text(request: &Request) -> Option<Object<'_>> {
    let mut text = Object::new();
    match &request.output {
        Output::Text => {}
        Output::JsonObject => {
            text.push("format", object! { "type" => "json_object" });
        }
        Output::JsonSchema(schema) => {
            let name = schema.name.as_deref().unwrap_or("output");
            let name: String = name
                .chars()
                .map(|char| match char {
                    'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => char,
                    _ => '_',
                })
                .take(LONGEST_NAME)
                .collect();
            let mut format = object! { "type" => "json_schema", "name" => name };
            format.push_some("description", schema.description.as_ref());
            format.push("schema", input::borrowed(&schema.schema));
            format.push_some("strict", schema.strict);
            text.push("format", format);
        }
    }
    text.push_some("verbosity", request.verbosity.as_ref());
    (!text.is_empty()).then_some(text)
}

/// Who asks, and how the request is to be served.
fn identity<'a>(body: &mut Object<'a>, request: &'a Request, notes: &mut Notes) {
    if let Some(user) = &request.user {
        // Claude Code puts an object with ids of its account there, which is nobody else's business.
        let is_private = user.starts_with('{') || user.contains("_account_");
        if is_private || user.len() > LONGEST_NAME {
            notes.add(
                request.param_path(Param::User),
                "dropped: too long or too private for another vendor",
            );
        } else {
            body.push("user", user);
        }
    }
    if let Some(key) = request
        .cache_key
        .as_ref()
        .filter(|key| key.len() <= LONGEST_NAME)
    {
        body.push("prompt_cache_key", key);
    }
    if let Some(tier) = &request.service_tier {
        if matches!(
            tier.as_str(),
            "auto" | "default" | "flex" | "scale" | "priority" | "fast"
        ) {
            body.push("service_tier", tier);
        } else {
            notes.add(
                request.param_path(Param::ServiceTier),
                format!("dropped: OpenAI has no tier `{tier}`"),
            );
        }
    }
    if !request.metadata.is_empty() {
        let metadata: Object<'a> = request
            .metadata
            .iter()
            .map(|(key, value)| (key.as_str().into(), Json::from(value)))
            .collect();
        body.push("metadata", metadata);
    }
}
