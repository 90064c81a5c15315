//! A request for an upstream: <https://platform.claude.com/docs/en/api/messages>.

mod cache;

mod content;

mod conversation;

mod sampling;

mod schema;

mod thinking;

mod tools;

use crate::anthropic::encode::cache::Piece;
use crate::anthropic::encode::conversation::Conversation;
use crate::anthropic::encode::thinking::{Mode, Situation, Thinking};
use crate::anthropic::encode::tools::Tools;
use crate::error::WireError;
use crate::ir::note::Notes;
use crate::ir::reasoning::{Effort, ThinkingSupport};
use crate::ir::request::{Output, Param, Request};
use crate::ir::target::{Encoded, Restore, Target};
use crate::ir::tools::{COMMON_NAMES, Names};
use crate::json::{Json, Object};
use crate::object;

/// What an answer may hold if nobody says; the format demands a limit.
const USUAL_MAX_TOKENS: u64 = 32_000;

/// The longest name of a user that is taken.
const LONGEST_USER: usize = 256;

/// How a model without JSON output is asked for it.
const JSON_ONLY: &str =
    "Answer with one JSON object and nothing else: no explanation, no code fence.";

pub fn encode_request(
    request: &Request,
    target: &Target,
    notes: &mut Notes,
) -> Result<Encoded, WireError> {
    refuse_several_answers(request)?;
    let names = Names::new(request, COMMON_NAMES);
    let max_tokens = max_tokens(request, target, notes);
    let mut tools = Tools::new(request, &target.traits, &names, notes)?;
    let mut conversation = Conversation::new(request, &names, notes)?;
    let format = output(request, &tools, &mut conversation, notes);
    conversation.end(request, target.traits.refuses_prefill, notes);
    let situation = Situation {
        max_tokens,
        is_call_forced: tools.is_forced(),
        is_prefilled: conversation.is_prefilled(),
        is_history_unthought: conversation.has_unthought_calls(),
    };
    let thinking = Thinking::decide(request, &target.traits.thinking, &situation, notes);
    cache::place_marks(request, &mut tools.list, &mut conversation);

    let mut body = object! { "model" => &target.model, "max_tokens" => max_tokens };
    if !conversation.system.is_empty() {
        body.push("system", pieces(conversation.system));
    }
    let messages = conversation.messages.into_iter().map(|message| {
        object! { "role" => message.role_name(), "content" => pieces(message.pieces) }
    });
    body.push("messages", messages.collect::<Vec<Object>>());
    if !tools.list.is_empty() {
        body.push("tools", pieces(tools.list));
        body.push_some("tool_choice", tools.choice);
    }
    let is_thinking = thinking.mode.is_on();
    push_thinking(&mut body, request, &thinking, target);
    push_output_config(&mut body, &thinking, format);
    sampling::push(&mut body, request, target, is_thinking, notes);
    push_user(&mut body, request, notes);
    if target.stream {
        body.push("stream", true);
    }
    Ok(Encoded {
        body: Json::from(body).to_bytes().into(),
        restore: Restore {
            tools: names.renamed(),
            output_tool: tools.output_tool,
            stop: Vec::new(),
        },
    })
}

fn refuse_several_answers(request: &Request) -> Result<(), WireError> {
    match request.sampling.n {
        Some(n) if n > 1 => {
            let path = request.param_path(Param::N);
            Err(WireError::invalid(format!(
                "expected \"{path}\" to be 1, found {n}: Anthropic gives one answer"
            )))
        }
        Some(_) | None => Ok(()),
    }
}

fn max_tokens(request: &Request, target: &Target, notes: &mut Notes) -> u64 {
    let most = target.traits.max_output;
    let Some(wanted) = request.sampling.max_tokens.filter(|wanted| *wanted > 0) else {
        return most.unwrap_or(USUAL_MAX_TOKENS).min(USUAL_MAX_TOKENS);
    };
    match most {
        Some(most) if most < wanted => {
            let path = request.param_path(Param::MaxTokens);
            notes.add(
                path,
                format!("lowered to {most}, the most this model can say"),
            );
            most
        }
        Some(_) | None => wanted,
    }
}

/// Structured output, where the format or an instruction does it; a forced tool is among the tools already.
///
/// <https://platform.claude.com/docs/en/build-with-claude/structured-outputs>
fn output(
    request: &Request,
    tools: &Tools<'_>,
    conversation: &mut Conversation<'_>,
    notes: &mut Notes,
) -> Option<Object<'static>> {
    let instruction = match &request.output {
        Output::Text => return None,
        Output::JsonSchema(_) if tools.output_tool.is_some() => return None,
        Output::JsonSchema(output) if !tools.lacks_structured_output => {
            return Some(
                object! { "type" => "json_schema", "schema" => schema::closed(&output.schema) },
            );
        }
        Output::JsonSchema(output) => {
            format!(
                "{JSON_ONLY}\nIt must match this JSON schema: {}",
                output.schema
            )
        }
        Output::JsonObject => JSON_ONLY.to_owned(),
    };
    notes.add(
        request.param_path(Param::Output),
        "approximated: the model is told to, but nothing makes sure of it",
    );
    conversation.system.push(Piece::text(instruction));
    None
}

fn push_thinking(body: &mut Object<'_>, request: &Request, thinking: &Thinking, target: &Target) {
    let is_hidden = request.reasoning.is_visible == Some(false);
    let json = match thinking.mode {
        Mode::Unsaid => return,
        Mode::Off => object! { "type" => "disabled" },
        Mode::Budget(tokens) => {
            let mut json = object! { "type" => "enabled", "budget_tokens" => tokens };
            // Thinking is shown unless told otherwise, and a server we know nothing of may not know the word.
            if is_hidden && target.traits.thinking != ThinkingSupport::Unknown {
                json.push("display", "omitted");
            }
            json
        }
        Mode::Adaptive => {
            let display = if is_hidden { "omitted" } else { "summarized" };
            object! { "type" => "adaptive", "display" => display }
        }
    };
    body.push("thinking", json);
}

fn push_output_config(body: &mut Object<'_>, thinking: &Thinking, format: Option<Object<'static>>) {
    let mut config = Object::new();
    config.push_some("effort", thinking.effort.map(Effort::as_str));
    config.push_some("format", format);
    if !config.is_empty() {
        body.push("output_config", config);
    }
}

fn push_user<'a>(body: &mut Object<'a>, request: &'a Request, notes: &mut Notes) {
    if let Some(user) = &request.user {
        if user.chars().count() > LONGEST_USER {
            let path = request.param_path(Param::User);
            notes.add(
                path,
                format!("dropped: it has more than {LONGEST_USER} characters"),
            );
        } else {
            body.push("metadata", object! { "user_id" => user });
        }
    }
    if let Some(tier @ ("auto" | "standard_only")) = request.service_tier.as_deref() {
        body.push("service_tier", tier);
    }
}

fn pieces(pieces: Vec<Piece<'_>>) -> Vec<Object<'_>> {
    pieces.into_iter().map(Piece::into_json).collect()
}
