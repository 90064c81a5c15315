//! Items in their order, gathered into turns.

use crate::error::DecodeError;
use crate::ir::content::{
    At, Block, Citation, Content, Hosted, HostedResult, HostedUse, Media, Thinking, ToolInput,
    ToolResult, ToolUse,
};
use crate::ir::note::Notes;
use crate::ir::proof::{Issuer, Proof};
use crate::ir::request::{Request, Role, Turn};
use crate::json::{Json, Object};
use crate::openai_responses::write::REDACTED;

use super::expected;
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
fn push(request: &mut Request, role: Role, blocks: Vec<Block>, at: At) {
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

fn call(
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

fn chat_calls(calls: Option<Json<'_>>, at: At, request: &mut Request) -> Result<(), DecodeError> {
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

fn result(
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

/// The summary, or the whole text where the model gives it.
fn reasoning(mut item: Object<'_>) -> Option<Thinking> {
    let mut texts = |key| {
        let parts = item
            .take(key)
            .and_then(Json::into_array)
            .unwrap_or_default();
        let texts: Vec<String> = parts
            .into_iter()
            .filter_map(|part| part.into_object()?.take("text")?.into_string())
            .filter(|text| !text.is_empty())
            .collect();
        texts.join("\n\n")
    };
    let summary = texts("summary");
    let text = if summary.is_empty() {
        texts("content")
    } else {
        summary
    };
    let encrypted = item.take("encrypted_content").and_then(Json::into_string);
    let mut proof = encrypted.and_then(|text| Proof::from_slot(Issuer::Openai, &text));
    let mut is_redacted = false;
    if let Some(proof) = &mut proof
        && let Some(data) = proof.data.strip_prefix(REDACTED)
    {
        proof.data = data.to_owned();
        is_redacted = true;
    }
    (proof.is_some() || !text.is_empty()).then_some(Thinking {
        text,
        proof,
        is_redacted,
    })
}

/// A tool that OpenAI ran, if somebody else has one of its kind.
pub(crate) fn hosted(
    kind: &str,
    mut item: Object<'_>,
) -> Option<(HostedUse, Option<HostedResult>)> {
    let id = id(&mut item, &["id"]);
    let (tool, input, sources) = match kind {
        "web_search_call" => {
            let mut action = match item.take("action") {
                Some(Json::Object(action)) => action,
                Some(_) | None => Object::new(),
            };
            let sources = action.take("sources").and_then(Json::into_array);
            action.retain(|key, _| key != "type");
            (Hosted::WebSearch, action, sources.unwrap_or_default())
        }
        "file_search_call" => {
            let mut input = Object::new();
            input.push_some("queries", item.take("queries"));
            (Hosted::FileSearch, input, Vec::new())
        }
        "code_interpreter_call" => {
            let mut input = Object::new();
            input.push_some("code", item.take("code"));
            (Hosted::CodeExecution, input, Vec::new())
        }
        _ => return None,
    };
    let sources: Vec<Citation> = sources.into_iter().filter_map(source).collect();
    let result = (!sources.is_empty()).then(|| HostedResult {
        id: id.clone(),
        tool: tool.clone(),
        sources,
    });
    let call = HostedUse {
        id,
        tool,
        input: Json::from(input).to_text(),
    };
    Some((call, result))
}

fn source(source: Json<'_>) -> Option<Citation> {
    let mut source = source.into_object()?;
    Some(Citation {
        url: Some(source.take("url")?.into_string()?),
        title: source.take("title").and_then(Json::into_string),
        ..Citation::default()
    })
}

/// The first of these fields that says something.
fn id(item: &mut Object<'_>, keys: &[&str]) -> Option<String> {
    keys.iter()
        .find_map(|key| item.take(key).and_then(Json::into_string))
        .filter(|id| !id.is_empty())
}
