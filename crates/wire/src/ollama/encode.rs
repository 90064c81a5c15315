//! Writes a request: <https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion>.

mod messages;

use crate::error::WireError;
use crate::ir::note::Notes;
use crate::ir::offer::{function_description, function_schema, offered};
use crate::ir::reasoning::{Effort, Plan, Preference, ThinkingSupport};
use crate::ir::request::{Output, Param, Request, Tool, ToolKind};
use crate::ir::target::{Encoded, Restore, Target};
use crate::ir::tools::{COMMON_NAMES, Names};
use crate::ir::unsaid::{note_unsaid, only_one_answer};
use crate::json::{Json, Object};
use crate::object;
use crate::ollama::NAME;

const UNSAID: [Param; 5] = [
    Param::LogitBias,
    Param::ParallelToolCalls,
    Param::ServiceTier,
    Param::Verbosity,
    Param::Metadata,
];

pub fn encode_request(
    request: &Request,
    target: &Target,
    notes: &mut Notes,
) -> Result<Encoded, WireError> {
    only_one_answer(request, NAME)?;
    note_unsaid(request, NAME, &UNSAID, notes);
    let names = Names::new(request, COMMON_NAMES);
    let mut body = object! { "model" => &target.model };
    body.push("messages", messages::write(request, &names, notes)?);
    let offer = offered(request, NAME, |_| false, notes)?;
    if !offer.is_empty() {
        let tools: Vec<Object> = offer
            .iter()
            .map(|tool| declaration(request, tool, &names, notes))
            .collect();
        body.push("tools", tools);
    }
    body.push("stream", target.stream);
    body.push_some("think", think(request, target));
    match &request.output {
        Output::Text => {}
        Output::JsonObject => {
            body.push("format", "json");
        }
        Output::JsonSchema(output) => {
            body.push("format", output.schema.clone());
        }
    }
    if let Some(top) = request.sampling.logprobs {
        body.push("logprobs", true);
        body.push_some("top_logprobs", (top > 0).then_some(top));
    }
    let options = options(request, target);
    if !options.is_empty() {
        body.push("options", options);
    }
    Ok(Encoded {
        body: Json::from(body).to_bytes().into(),
        restore: Restore {
            tools: names.renamed(),
            ..Restore::default()
        },
    })
}

fn declaration<'a>(
    request: &Request,
    tool: &'a Tool,
    names: &'a Names,
    notes: &mut Notes,
) -> Object<'a> {
    if let ToolKind::Function {
        strict: Some(true), ..
    } = tool.kind
    {
        notes.add(
            format!("{}.strict", request.tool_path(tool)),
            format!("dropped: {NAME} holds no model to a schema"),
        );
    }
    // It refuses a function without parameters, and parameters without a type.
    let mut schema = function_schema(tool).unwrap_or_default();
    if !schema.contains("type") {
        schema.set("type", "object");
    }
    if !schema.contains("properties") {
        schema.set("properties", Object::new());
    }
    object! {
        "type" => "function",
        "function" => object! {
            "name" => names.sent(tool.namespace.as_deref(), &tool.name),
            "description" => function_description(tool).unwrap_or_default(),
            "parameters" => schema,
        },
    }
}

/// A boolean for most models; those that take levels are told one.
fn think(request: &Request, target: &Target) -> Option<Json<'static>> {
    let thinking = &target.traits.thinking;
    let takes_levels = match thinking {
        ThinkingSupport::Known(limits) => !limits.levels.is_empty(),
        // The one family that takes nothing else.
        ThinkingSupport::Unknown => target.model.contains("gpt-oss"),
        ThinkingSupport::None => false,
    };
    match request.reasoning.plan(thinking, Preference::Effort) {
        Plan::Unsaid => None,
        Plan::Off => Some(Json::from(false)),
        Plan::Effort(effort) if takes_levels => Some(Json::from(level(effort))),
        Plan::Dynamic | Plan::Budget(_) | Plan::Effort(_) => Some(Json::from(true)),
    }
}

fn level(effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High | Effort::Xhigh => "high",
        Effort::Max => "max",
    }
}

fn options(request: &Request, target: &Target) -> Object<'static> {
    let sampling = &request.sampling;
    let most = target.traits.max_output.unwrap_or(u64::MAX);
    let mut options = Object::new();
    options
        .push_some(
            "num_predict",
            sampling.max_tokens.map(|tokens| tokens.min(most)),
        )
        .push_some("temperature", sampling.temperature)
        .push_some("top_p", sampling.top_p)
        .push_some("top_k", sampling.top_k)
        .push_some("min_p", sampling.min_p)
        .push_some("seed", sampling.seed)
        .push_some("presence_penalty", sampling.presence_penalty)
        .push_some("frequency_penalty", sampling.frequency_penalty);
    if !sampling.stop.is_empty() {
        let stop: Vec<Json> = sampling.stop.iter().cloned().map(Json::from).collect();
        options.push("stop", stop);
    }
    options
}
