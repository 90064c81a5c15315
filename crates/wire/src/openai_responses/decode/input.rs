//! Items in their order, gathered into turns.

use crate::error::DecodeError;
use crate::ir::content::{At, Block, Content, Media, ToolInput};
use crate::ir::note::Notes;
use crate::ir::request::{Request, Role, Turn};
use crate::json::{Json, Object};

use super::calls::{call, chat_calls, result};
use super::expected;
use super::own::{hosted, reasoning};
use super::parts;

pub(super) fn read(
    instructions: Option<Json<'_>>,
    input: Option<Json<'_>>,
    request: &mut Request,
    notes: &mut Notes,
) -> Result<(), DecodeError> {
    let at = At::default();
    match instructions {
        None => {}
        // In a response they may be items, and clients copy them.
        Some(Json::Array(items)) => {
            for item in items {
                let content = item.into_object().and_then(|mut item| item.take("content"));
                let blocks = parts::content(content, at, request, notes)?;
                request.system.extend(blocks);
            }
        }
        Some(Json::String(text)) if text.is_empty() => {}
        Some(Json::String(text)) => request.system.push(Block::text(at, text)),
        Some(other) => return Err(expected("instructions", "a string", Some(&other))),
    }
    let items = match input {
        Some(Json::String(text)) => {
            let turn = Turn::new(at, Role::User, vec![Block::text(at, text)]);
            request.turns.push(turn);
            return Ok(());
        }
        Some(Json::Array(items)) => items,
        other => return Err(expected("input", "a string or a list", other.as_ref())),
    };
    for (index, item) in items.into_iter().enumerate() {
        let at = At::message(index);
        match item {
            Json::Object(item) => read_item(item, at, request, notes)?,
            Json::String(text) => push(request, Role::User, vec![Block::text(at, text)], at),
            other => return Err(expected(&request.path(at), "an object", Some(&other))),
        }
    }
    Ok(())
}

fn read_item(
    mut item: Object<'_>,
    at: At,
    request: &mut Request,
    notes: &mut Notes,
) -> Result<(), DecodeError> {
    let kind = item.take("type").and_then(Json::into_string);
    match kind.as_deref().unwrap_or("message") {
        "message" => message(item, at, request, notes)?,
        "function_call" => {
            let input = match item.take("arguments") {
                Some(Json::String(arguments)) => arguments.into_owned(),
                Some(other) => other.to_text(),
                None => String::new(),
            };
            call(item, ToolInput::Json(input), at, request)?;
        }
        "custom_tool_call" => {
            let input = item.take("input").and_then(Json::into_string);
            call(
                item,
                ToolInput::Text(input.unwrap_or_default()),
                at,
                request,
            )?;
        }
        "function_call_output" => result(item, false, at, request, notes)?,
        "custom_tool_call_output" => result(item, true, at, request, notes)?,
        "reasoning" => {
            if let Some(thinking) = reasoning(item) {
                let block = Block::new(at, Content::Thinking(thinking));
                push(request, Role::Assistant, vec![block], at);
            }
        }
        "image_generation_call" => {
            if let Some(image) = item.take("result").and_then(Json::into_string) {
                let block = Block::new(at, Content::Image(Media::base64(None, image)));
                push(request, Role::Assistant, vec![block], at);
            }
        }
        kind => match hosted(kind, item) {
            Some((call, result)) => {
                let mut blocks = vec![Block::new(at, Content::HostedUse(call))];
                blocks.extend(result.map(|result| Block::new(at, Content::HostedResult(result))));
                push(request, Role::Assistant, blocks, at);
            }
            None => notes.add(
                request.path(at),
                format!("dropped: no other vendor has items of type `{kind}`"),
            ),
        },
    }
    Ok(())
}

fn message(
    mut item: Object<'_>,
    at: At,
    request: &mut Request,
    notes: &mut Notes,
) -> Result<(), DecodeError> {
    let role = item.take("role").and_then(Json::into_string);
    let content = item.take("content");
    match role.as_deref().unwrap_or("user") {
        "assistant" => {
            let blocks = parts::content(content, at, request, notes)?;
            push(request, Role::Assistant, blocks, at);
            chat_calls(item.take("tool_calls"), at, request)?;
        }
        "system" | "developer" => {
            let blocks = parts::content(content, at, request, notes)?;
            if request.turns.is_empty() {
                request.system.extend(blocks);
            } else {
                push(request, Role::System, blocks, at);
            }
        }
        // Chat's message in a list of items.
        "tool" => {
            item.push_some("output", content);
            result(item, false, at, request, notes)?;
        }
        "user" => {
            let blocks = parts::content(content, at, request, notes)?;
            push(request, Role::User, blocks, at);
        }
        other => {
            let path = format!("{}.role", request.path(at));
            let message = format!(
                "expected \"{path}\" to be user, assistant, system or developer, found \"{other}\""
            );
            return Err(DecodeError::at(path, message));
        }
    }
    Ok(())
}

/// What the model said in one go is one turn, however many items it takes; so are neighbouring results.
pub(super) fn push(request: &mut Request, role: Role, blocks: Vec<Block>, at: At) {
    if blocks.is_empty() {
        return;
    }
    let is_results = |blocks: &[Block]| {
        let is_result = |block: &Block| matches!(block.content, Content::ToolResult(_));
        blocks.iter().all(is_result)
    };
    if let Some(last) = request.turns.last_mut().filter(|last| last.role == role) {
        let is_one = match role {
            Role::Assistant => true,
            Role::User => is_results(&last.blocks) && is_results(&blocks),
            Role::System => false,
        };
        if is_one {
            last.blocks.extend(blocks);
            return;
        }
    }
    request.turns.push(Turn::new(at, role, blocks));
}
