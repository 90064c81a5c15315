//! Everything besides messages and tools.

use super::is_openai;
use crate::ir::note::Notes;
use crate::ir::reasoning::{Effort, Plan, Preference};
use crate::ir::request::{Output, OutputSchema, Param, Request};
use crate::ir::target::{Restore, Target};
use crate::json::{Json, Object};
use crate::object;

/// OpenAI takes no more, and its reasoning models none.
const MOST_STOPS: usize = 4;

pub(super) fn write<'a>(
    request: &'a Request,
    target: &Target,
    body: &mut Object<'a>,
    restore: &mut Restore,
    notes: &mut Notes,
) {
    let max_tokens = if target.traits.wants_completion_tokens {
        "max_completion_tokens"
    } else {
        "max_tokens"
    };
    body.push_some(max_tokens, request.sampling.max_tokens);
    sampling(request, target, body, notes);
    stop(request, target, body, restore);
    reasoning(request, target, body);
    output(request, target, body, notes);
    routing(request, target, body, notes);
}

fn sampling<'a>(request: &'a Request, target: &Target, body: &mut Object<'a>, notes: &mut Notes) {
    let sampling = &request.sampling;
    body.push_some("seed", sampling.seed);
    let numbers = [
        (Param::Temperature, "temperature", sampling.temperature),
        (Param::TopP, "top_p", sampling.top_p),
        (
            Param::PresencePenalty,
            "presence_penalty",
            sampling.presence_penalty,
        ),
        (
            Param::FrequencyPenalty,
            "frequency_penalty",
            sampling.frequency_penalty,
        ),
    ];
    let mut chosen: Vec<(Param, &'static str, Json<'a>)> = Vec::new();
    for (param, key, value) in numbers {
        chosen.extend(value.map(|value| (param, key, value.into())));
    }
    if let Some(bias) = &sampling.logit_bias {
        chosen.push((Param::LogitBias, "logit_bias", bias.clone()));
    }
    if let Some(alternatives) = sampling.logprobs {
        chosen.push((Param::Logprobs, "logprobs", true.into()));
        if alternatives > 0 {
            chosen.push((Param::Logprobs, "top_logprobs", alternatives.into()));
        }
    }
    for (param, key, value) in chosen {
        if target.traits.refuses_sampling {
            notes.add(request.param_path(param), "dropped: the model refuses it");
        } else {
            body.push(key, value);
        }
    }
    let unknown = [
        (Param::TopK, sampling.top_k.is_some()),
        (Param::MinP, sampling.min_p.is_some()),
    ];
    for (param, _) in unknown.into_iter().filter(|(_, is_set)| *is_set) {
        notes.add(
            request.param_path(param),
            "dropped: many chat servers refuse it",
        );
    }
}

/// What the upstream cannot stop at, we cut at.
fn stop<'a>(request: &'a Request, target: &Target, body: &mut Object<'a>, restore: &mut Restore) {
    let sent = if target.traits.refuses_sampling && is_openai(target) {
        0
    } else {
        MOST_STOPS
    };
    let stop = &request.sampling.stop;
    let sent: Vec<Json> = stop.iter().take(sent).map(Json::from).collect();
    restore.stop = stop.iter().skip(sent.len()).cloned().collect();
    if !sent.is_empty() {
        body.push("stop", sent);
    }
}

/// An effort is the only thing that all servers understand.
fn reasoning(request: &Request, target: &Target, body: &mut Object) {
    let plan = request
        .reasoning
        .plan(&target.traits.thinking, Preference::Effort);
    let effort = match plan {
        Plan::Unsaid | Plan::Dynamic => return,
        Plan::Off => "none",
        Plan::Budget(tokens) => Effort::of_budget(tokens).as_str(),
        Plan::Effort(effort) => effort.as_str(),
    };
    body.push("reasoning_effort", effort);
}

fn output<'a>(request: &'a Request, target: &Target, body: &mut Object<'a>, notes: &mut Notes) {
    let format = match &request.output {
        Output::Text => return,
        Output::JsonSchema(_) if target.traits.lacks_structured_output => {
            notes.add(
                request.param_path(Param::Output),
                "the schema became an instruction: the model has no structured output",
            );
            object! { "type" => "json_object" }
        }
        Output::JsonObject => object! { "type" => "json_object" },
        Output::JsonSchema(output) => {
            object! { "type" => "json_schema", "json_schema" => schema(output) }
        }
    };
    body.push("response_format", format);
}

fn schema(output: &OutputSchema) -> Object<'_> {
    let mut schema = object! { "name" => schema_name(output.name.as_deref()) };
    schema.push_some("description", output.description.as_deref());
    schema.push("schema", output.schema.clone());
    schema.push_some("strict", output.strict);
    schema
}

/// <https://platform.openai.com/docs/api-reference/chat/create#chat_create-response_format>:
/// letters, digits, `_` and `-`, up to 64.
fn schema_name(name: Option<&str>) -> String {
    let legal = |char: char| {
        if char.is_ascii_alphanumeric() || matches!(char, '_' | '-') {
            char
        } else {
            '_'
        }
    };
    match name {
        Some(name) if !name.is_empty() => name.chars().map(legal).take(64).collect(),
        _ => "response".to_owned(),
    }
}

/// Who asks, and how it is to be served. A hint that is lost costs nothing but money, so it needs no note.
fn routing<'a>(request: &'a Request, target: &Target, body: &mut Object<'a>, notes: &mut Notes) {
    if let Some(user) = &request.user {
        if identifies_an_account(user) {
            notes.add(
                request.param_path(Param::User),
                "dropped: it identifies an account at another vendor",
            );
        } else {
            body.push("user", user);
        }
    }
    if is_openai(target) {
        body.push_some("prompt_cache_key", request.cache_key.as_deref());
    }
    let words = [
        (Param::ServiceTier, "service_tier", &request.service_tier),
        (Param::Verbosity, "verbosity", &request.verbosity),
    ];
    for (param, key, word) in words {
        let Some(word) = word else { continue };
        if is_openai(target) && is_known(key, word) {
            body.push(key, word);
        } else {
            notes.add(
                request.param_path(param),
                "dropped: the server does not know it",
            );
        }
    }
    if !request.metadata.is_empty() {
        notes.add(
            request.param_path(Param::Metadata),
            "dropped: only stored completions keep it",
        );
    }
}

/// Claude Code puts device, account and session into the user's name.
fn identifies_an_account(user: &str) -> bool {
    user.starts_with('{') || user.contains("_account_")
}

fn is_known(key: &str, word: &str) -> bool {
    match key {
        "service_tier" => ["auto", "default", "flex", "scale", "priority", "fast"].contains(&word),
        _ => true,
    }
}
