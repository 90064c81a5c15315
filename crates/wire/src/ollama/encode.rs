//! Writes a request: <https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion>.

use std::borrow::Cow;

use crate::error::WireError;
use crate::ir::content::{Block, Content, ToolResult};
use crate::ir::note::Notes;
use crate::ir::offer::{function_description, function_schema, offered};
use crate::ir::plain::{Plain, plain};
use crate::ir::reasoning::{Effort, Plan, Preference, ThinkingSupport};
use crate::ir::request::{Output, Param, Request, Role, Tool, ToolKind, Turn};
use crate::ir::target::{Encoded, Restore, Target};
use crate::ir::tools::{COMMON_NAMES, Names};
use crate::ir::unsaid::{note_unsaid, only_one_answer};
use crate::json::{Json, Object};
use crate::object;
use crate::ollama::NAME;

const UNSAID: [Param; 6] = [
    Param::LogitBias,
    Param::ParallelToolCalls,
    Param::User,
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
    let mut messages = Vec::new();
    push_message("system", &request.system, request, &mut messages, notes)?;
    for turn in &request.turns {
        match turn.role {
            Role::System => push_message("system", &turn.blocks, request, &mut messages, notes)?,
            Role::User => push_user(turn, request, &names, &mut messages, notes)?,
            Role::Assistant => push_assistant(turn, request, &names, &mut messages, notes)?,
        }
    }
    body.push("messages", messages);
    let offer = offered(request, NAME, |_| false, notes)?;
    if !offer.is_empty() {
        let tools: Vec<Object> = offer
            .iter()
            .map(|tool| declaration(request, tool, &names, notes))
            .collect();
        body.push("tools", tools);
    }
    body.push("stream", request.stream || target.stream);
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

/// What `blocks` say as text, and their images.
fn read<'a>(
    blocks: &'a [Block],
    request: &Request,
    notes: &mut Notes,
) -> Result<(String, Vec<Json<'a>>), WireError> {
    let mut texts: Vec<Cow<str>> = Vec::new();
    let mut images = Vec::new();
    for block in blocks {
        match plain(request, block, NAME, notes)? {
            Some(Plain::Text(text)) => texts.push(text),
            Some(Plain::Image { data, .. }) => images.push(Json::from(data)),
            None => {}
        }
    }
    Ok((texts.join("\n\n"), images))
}

/// A message of `blocks`, unless they say nothing.
fn push_message<'a>(
    role: &'static str,
    blocks: &'a [Block],
    request: &Request,
    messages: &mut Vec<Object<'a>>,
    notes: &mut Notes,
) -> Result<(), WireError> {
    let (text, images) = read(blocks, request, notes)?;
    if text.is_empty() && images.is_empty() {
        return Ok(());
    }
    let mut message = object! { "role" => role, "content" => text };
    if !images.is_empty() {
        message.push("images", images);
    }
    messages.push(message);
    Ok(())
}

/// Results first, each a message of its own, then what the user says.
fn push_user<'a>(
    turn: &'a Turn,
    request: &'a Request,
    names: &'a Names,
    messages: &mut Vec<Object<'a>>,
    notes: &mut Notes,
) -> Result<(), WireError> {
    let mut shown = Vec::new();
    let mut from = 0;
    for (place, block) in turn.blocks.iter().enumerate() {
        if let Content::ToolResult(result) = &block.content {
            let before = turn.blocks.get(from..place).unwrap_or_default();
            push_message("user", before, request, messages, notes)?;
            from = place + 1;
            let (text, images) = read(&result.content, request, notes)?;
            shown.extend(images);
            let name = result_name(result, request, names);
            messages.push(result_message(result, name, text));
        }
    }
    // Models look at the images of users only.
    if !shown.is_empty() {
        messages.push(object! {
            "role" => "user",
            "content" => "The images in the tools' results:",
            "images" => shown,
        });
    }
    let rest = turn.blocks.get(from..).unwrap_or_default();
    push_message("user", rest, request, messages, notes)
}

/// The name of the tool a result comes from, as it was sent.
fn result_name<'a>(
    result: &'a ToolResult,
    request: &'a Request,
    names: &'a Names,
) -> Option<&'a str> {
    let blocks = request.turns.iter().flat_map(|turn| &turn.blocks);
    let mut call = blocks.filter_map(|block| match &block.content {
        Content::ToolUse(call) if call.id == result.id => Some(call),
        _ => None,
    });
    match call.next_back() {
        Some(call) => Some(names.sent(call.namespace.as_deref(), &call.name)),
        None => result.name.as_deref(),
    }
}

fn result_message<'a>(result: &'a ToolResult, name: Option<&'a str>, text: String) -> Object<'a> {
    // It has no mark for errors but words.
    let is_told = text.to_ascii_lowercase().contains("error");
    let text = match result.is_error && !is_told {
        true => format!("Error: {text}"),
        false => text,
    };
    let mut message = object! { "role" => "tool", "content" => text };
    message.push_some("tool_name", name);
    message.push_some("tool_call_id", result.id.as_ref());
    message
}

fn push_assistant<'a>(
    turn: &'a Turn,
    request: &Request,
    names: &'a Names,
    messages: &mut Vec<Object<'a>>,
    notes: &mut Notes,
) -> Result<(), WireError> {
    let (text, images) = read(&turn.blocks, request, notes)?;
    let mut thinking = Vec::new();
    let mut calls = Vec::new();
    for block in &turn.blocks {
        match &block.content {
            Content::Thinking(thought) if !thought.text.is_empty() => {
                thinking.push(thought.text.as_str());
            }
            Content::ToolUse(call) => {
                let mut object = Object::new();
                object.push_some("id", call.id.as_ref());
                object.push(
                    "function",
                    object! {
                        "name" => names.sent(call.namespace.as_deref(), &call.name),
                        "arguments" => call.input.object(),
                    },
                );
                calls.push(object);
            }
            _ => {}
        }
    }
    if text.is_empty() && images.is_empty() && thinking.is_empty() && calls.is_empty() {
        return Ok(());
    }
    let mut message = object! { "role" => "assistant", "content" => text };
    if !thinking.is_empty() {
        message.push("thinking", thinking.join("\n\n"));
    }
    if !images.is_empty() {
        message.push("images", images);
    }
    if !calls.is_empty() {
        message.push("tool_calls", calls);
    }
    messages.push(message);
    Ok(())
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
