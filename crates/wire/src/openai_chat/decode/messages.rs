//! `messages`: <https://platform.openai.com/docs/api-reference/chat/create#chat_create-messages>.

use std::collections::HashSet;

use super::parts;
use super::thoughts::{adopt_signature, thoughts};
use super::{expected, path_of, take_cache, take_text};
use crate::error::DecodeError;
use crate::ir::content::{At, Block, Content, ToolInput, ToolResult, ToolUse};
use crate::ir::note::Notes;
use crate::ir::proof::{Issuer, Proof};
use crate::ir::request::{Request, Role, Turn};
use crate::json::{Json, Object};

pub(super) fn read(
    messages: Vec<Json>,
    request: &mut Request,
    notes: &mut Notes,
) -> Result<(), DecodeError> {
    for (index, message) in messages.into_iter().enumerate() {
        let at = At::message(index);
        let Json::Object(mut message) = message else {
            return Err(expected(&path_of(at), "an object", Some(&message)));
        };
        let cache = take_cache(&mut message);
        let (role, mut blocks) = read_message(&mut message, at, notes)?;
        if let (Some(mark), Some(last)) = (cache, blocks.last_mut()) {
            last.cache.get_or_insert(mark);
        }
        if role == Role::System && request.turns.is_empty() {
            request.system.append(&mut blocks);
        } else if !blocks.is_empty() {
            request.turns.push(Turn::new(at, role, blocks));
        }
    }
    mark_custom_results(&mut request.turns);
    Ok(())
}

fn read_message(
    message: &mut Object,
    at: At,
    notes: &mut Notes,
) -> Result<(Role, Vec<Block>), DecodeError> {
    let role = match message.take("role") {
        Some(Json::String(role)) => role,
        other => {
            let path = format!("{}.role", path_of(at));
            return Err(expected(&path, "a string", other.as_ref()));
        }
    };
    Ok(match role.as_ref() {
        "system" | "developer" => (Role::System, content(message, at, notes)?),
        "user" => (Role::User, content(message, at, notes)?),
        "assistant" => (Role::Assistant, assistant(message, at, notes)?),
        "tool" | "function" => (Role::User, result(message, at, notes)?),
        _ => {
            let path = format!("{}.role", path_of(at));
            let message = format!(
                "expected \"{path}\" to be developer, system, user, assistant or tool, found \"{role}\""
            );
            return Err(DecodeError::at(path, message));
        }
    })
}

fn content(message: &mut Object, at: At, notes: &mut Notes) -> Result<Vec<Block>, DecodeError> {
    parts::read(message.take("content"), at, notes)
}

/// What it thought, what it said, what it called.
fn assistant(message: &mut Object, at: At, notes: &mut Notes) -> Result<Vec<Block>, DecodeError> {
    let mut blocks = thoughts(message, at);
    blocks.extend(content(message, at, notes)?);
    if let Some(proof) = take_signature(message)
        && let Some(Content::Text(text)) = blocks.last_mut().map(|block| &mut block.content)
    {
        text.proof = Some(proof);
    }
    if let Some(refusal) = take_text(message, "refusal") {
        blocks.push(Block::new(at, Content::Refusal(refusal)));
    }
    if message.take("audio").is_some() {
        let path = format!("{}.audio", path_of(at));
        notes.add(path, "dropped: only its own provider knows this recording");
    }
    let mut calls = Vec::new();
    if let Some(list) = message.take("tool_calls") {
        let path = format!("{}.tool_calls", path_of(at));
        let Json::Array(list) = list else {
            return Err(expected(&path, "a list", Some(&list)));
        };
        for (index, call) in list.into_iter().enumerate() {
            calls.push(read_call(call, &format!("{path}[{index}]"))?);
        }
    }
    if let Some(call) = message.take("function_call") {
        calls.push(read_call(call, &format!("{}.function_call", path_of(at)))?);
    }
    for mut call in calls {
        // Anthropic's blocks and OpenAI's list may both be there, for the same calls.
        if call.id.is_some() && call_ids(&blocks).any(|id| Some(id) == call.id.as_deref()) {
            continue;
        }
        adopt_signature(&mut blocks, &mut call);
        blocks.push(Block::new(at, Content::ToolUse(call)));
    }
    Ok(blocks)
}

fn read_call(call: Json, path: &str) -> Result<ToolUse, DecodeError> {
    let Json::Object(mut call) = call else {
        return Err(expected(path, "an object", Some(&call)));
    };
    let id = take_text(&mut call, "id");
    let proof = take_signature(&mut call);
    let (key, mut inner) = match (call.take("function"), call.take("custom")) {
        (Some(Json::Object(function)), _) => (".function", function),
        (_, Some(Json::Object(custom))) => (".custom", custom),
        // The legacy `function_call`, and Responses' flat calls.
        _ => ("", call),
    };
    let name = match inner.take("name") {
        Some(Json::String(name)) => name.into_owned(),
        other => {
            let is_legacy = path.ends_with("function_call");
            let key = if key.is_empty() && !is_legacy {
                ".function"
            } else {
                key
            };
            let path = format!("{path}{key}.name");
            return Err(expected(&path, "a string", other.as_ref()));
        }
    };
    let is_custom = key == ".custom" || !inner.contains("arguments") && inner.contains("input");
    let input = inner.take(if is_custom { "input" } else { "arguments" });
    let text = match input {
        None => String::new(),
        Some(Json::String(text)) => text.into_owned(),
        Some(other) => other.to_text(),
    };
    Ok(ToolUse {
        id,
        name,
        namespace: take_text(&mut inner, "namespace"),
        input: if is_custom {
            ToolInput::Text(text)
        } else {
            ToolInput::Json(text)
        },
        proof,
    })
}

/// Google's place for a signature: <https://ai.google.dev/gemini-api/docs/thought-signatures>.
fn take_signature(object: &mut Object) -> Option<Proof> {
    let extra = object.take("extra_content")?;
    let signature = extra.at(&["google", "thought_signature"])?.as_str()?;
    Proof::from_slot(Issuer::Gemini, signature)
}

pub(super) fn call_ids(blocks: &[Block]) -> impl Iterator<Item = &str> {
    blocks.iter().filter_map(|block| match &block.content {
        Content::ToolUse(call) => Some(call.id.as_deref().unwrap_or_default()),
        _ => None,
    })
}

fn result(message: &mut Object, at: At, notes: &mut Notes) -> Result<Vec<Block>, DecodeError> {
    let blocks = content(message, at, notes)?;
    let is_result = |block: &Block| matches!(block.content, Content::ToolResult(_));
    if blocks.iter().any(is_result) {
        return Ok(blocks);
    }
    let is_error = message.take("is_error").and_then(|value| value.as_bool());
    Ok(vec![Block::new(
        at,
        Content::ToolResult(ToolResult {
            id: take_text(message, "tool_call_id"),
            name: take_text(message, "name"),
            content: blocks,
            is_error: is_error.unwrap_or(false),
            is_custom: false,
        }),
    )])
}

/// A result does not say of which kind its call was.
fn mark_custom_results(turns: &mut [Turn]) {
    let mut custom: HashSet<String> = HashSet::new();
    for block in turns.iter_mut().flat_map(|turn| &mut turn.blocks) {
        match &mut block.content {
            Content::ToolUse(ToolUse {
                id: Some(id),
                input: ToolInput::Text(_),
                ..
            }) => {
                custom.insert(id.clone());
            }
            Content::ToolResult(result) => {
                result.is_custom = result.id.as_ref().is_some_and(|id| custom.contains(id));
            }
            _ => {}
        }
    }
}
