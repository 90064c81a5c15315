//! Calls of the client's tools and their results.

use crate::error::DecodeError;
use crate::ir::content::{At, Block, Content, ToolInput, ToolResult, ToolUse};
use crate::ir::note::Notes;
use crate::ir::proof::{Issuer, Proof};
use crate::ir::request::{Request, Role};
use crate::json::{Json, Object};

use super::expected;
use super::input::push;
use super::parts;

pub(super) fn call(
    mut item: Object<'_>,
    input: ToolInput,
    at: At,
    request: &mut Request,
) -> Result<(), DecodeError> {
    let name = match item.take("name") {
        Some(Json::String(name)) => name.into_owned(),
        found => {
            let path = format!("{}.name", request.path(at));
            return Err(expected(&path, "a string", found.as_ref()));
        }
    };
    let call = ToolUse {
        id: id(&mut item, &["call_id", "id"]),
        name,
        namespace: id(&mut item, &["namespace"]),
        input,
        proof: take_proof(request),
    };
    push(
        request,
        Role::Assistant,
        vec![Block::new(at, Content::ToolUse(call))],
        at,
    );
    Ok(())
}

/// Gemini signs a call itself; its signature came to the client as reasoning without words before the call.
fn take_proof(request: &mut Request) -> Option<Proof> {
    let turn = request.turns.last_mut()?;
    let last = turn.blocks.last_mut()?;
    let Content::Thinking(thinking) = &mut last.content else {
        return None;
    };
    let is_a_calls = thinking.text.is_empty()
        && thinking
            .proof
            .as_ref()
            .is_some_and(|proof| proof.issuer == Issuer::Gemini);
    if !is_a_calls {
        return None;
    }
    let proof = thinking.proof.take();
    turn.blocks.pop();
    if turn.blocks.is_empty() {
        request.turns.pop();
    }
    proof
}

pub(super) fn chat_calls(
    calls: Option<Json<'_>>,
    at: At,
    request: &mut Request,
) -> Result<(), DecodeError> {
    for call_item in calls.and_then(Json::into_array).unwrap_or_default() {
        let Json::Object(mut item) = call_item else {
            continue;
        };
        let Some(Json::Object(mut function)) = item.take("function") else {
            continue;
        };
        let input = match function.take("arguments") {
            Some(Json::String(arguments)) => arguments.into_owned(),
            Some(other) => other.to_text(),
            None => String::new(),
        };
        item.push_some("name", function.take("name"));
        call(item, ToolInput::Json(input), at, request)?;
    }
    Ok(())
}

pub(super) fn result(
    mut item: Object<'_>,
    is_custom: bool,
    at: At,
    request: &mut Request,
    notes: &mut Notes,
) -> Result<(), DecodeError> {
    let content = match item.take("output") {
        // Some clients send what their function returned.
        Some(value @ (Json::Object(_) | Json::Raw(_) | Json::Bool(_) | Json::Number(_))) => {
            vec![Block::text(at, value.to_text())]
        }
        output => parts::content(output, at, request, notes)?,
    };
    let result = ToolResult {
        id: id(&mut item, &["call_id", "tool_call_id"]),
        name: id(&mut item, &["name"]),
        content,
        is_error: false,
        is_custom,
    };
    let block = Block::new(at, Content::ToolResult(result));
    push(request, Role::User, vec![block], at);
    Ok(())
}

/// The first of these fields that says something.
pub(super) fn id(item: &mut Object<'_>, keys: &[&str]) -> Option<String> {
    keys.iter()
        .find_map(|key| item.take(key).and_then(Json::into_string))
        .filter(|id| !id.is_empty())
}
