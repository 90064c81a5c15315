//! A client's request.

use crate::error::DecodeError;
use crate::format::Format;
use crate::gemini::{RAW_KEYS, decode_config, decode_part, decode_tools};
use crate::ir::content::{At, Block, Content, Text, Thinking};
use crate::ir::note::Notes;
use crate::ir::request::{Request, Role, Turn};
use crate::json::{Json, Object};

/// Without meaning for anybody but Google, or said elsewhere in the request.
const HARMLESS: [&str; 12] = [
    "model",
    "stream",
    "safetySettings",
    "safety_settings",
    "session_id",
    "sessionId",
    "store",
    "userAgent",
    "requestType",
    "requestId",
    "project",
    "user_prompt_id",
];

pub(super) fn request(body: &[u8], notes: &mut Notes) -> Result<Request, DecodeError> {
    let json = Json::parse(body, RAW_KEYS)?;
    let kind = json.kind();
    let Json::Object(mut body) = json else {
        return Err(expected("", "the body", "an object", kind));
    };
    // The model is in the path, and so is whether to stream.
    let mut request = Request::new(Format::Gemini, "");
    request.turns = turns(body.take("contents"), notes)?;
    if let Some(system) = body.take_any(&["systemInstruction", "system_instruction"]) {
        request.system = system_blocks(system, notes)?;
    }
    if let Some(tools) = body.take("tools") {
        request.tools = decode_tools::tools(tools, notes)?;
    }
    if let Some(config) = body.take_any(&["toolConfig", "tool_config"]) {
        request.tool_choice = decode_tools::choice(config, notes);
    }
    if let Some(config) = body.take_any(&["generationConfig", "generation_config"]) {
        decode_config::read(config, &mut request, notes)?;
    }
    if let Some(cache) = body.take_any(&["cachedContent", "cached_content"]) {
        notes.add(
            "cachedContent",
            "dropped: only Google has what this cache holds",
        );
        request.cache_key = cache.into_string();
    }
    if let Some(labels) = body.take("labels").and_then(Json::into_object) {
        request.metadata = labels
            .into_iter()
            .filter_map(|(key, value)| Some((key.into_owned(), value.into_string()?)))
            .collect();
    }
    request.service_tier = body
        .take_any(&["serviceTier", "service_tier"])
        .and_then(Json::into_string);
    for (key, value) in body {
        if !value.is_null() && !HARMLESS.contains(&key.as_ref()) {
            notes.add(key, "dropped: not a parameter that is known here");
        }
    }
    Ok(request)
}

fn turns(contents: Option<Json>, notes: &mut Notes) -> Result<Vec<Turn>, DecodeError> {
    let contents = match contents {
        Some(Json::Array(contents)) => contents,
        Some(content @ Json::Object(_)) => vec![content],
        Some(other) => return Err(expected("contents", "", "a list", other.kind())),
        None => {
            return Err(DecodeError::at(
                "contents",
                "expected \"contents\" to be a list, found nothing",
            ));
        }
    };
    let mut turns: Vec<Turn> = Vec::with_capacity(contents.len());
    for (index, content) in contents.into_iter().enumerate() {
        let path = format!("contents[{index}]");
        let kind = content.kind();
        let Json::Object(mut content) = content else {
            return Err(expected(&path, "", "an object", kind));
        };
        let role = role(&content, &path)?;
        let at = At::message(index);
        let blocks = parts(&mut content, at, role, &path, notes)?;
        let role = if role == Role::User && holds_calls(&blocks) {
            Role::Assistant
        } else {
            role
        };
        match turns.last_mut() {
            // SDKs keep every chunk of a streamed answer as a content of its own.
            Some(last) if role == Role::Assistant && last.role == role => {
                for block in blocks {
                    push_joined(&mut last.blocks, block);
                }
            }
            _ => turns.push(Turn::new(at, role, blocks)),
        }
    }
    turns.retain(|turn| !turn.blocks.is_empty());
    Ok(turns)
}

fn role(content: &Object, path: &str) -> Result<Role, DecodeError> {
    match content.get("role") {
        None | Some(Json::Null) => Ok(Role::User),
        Some(Json::String(role)) => match role.as_ref() {
            "" | "user" | "function" | "tool" => Ok(Role::User),
            "model" | "assistant" => Ok(Role::Assistant),
            "system" => Ok(Role::System),
            other => Err(DecodeError::at(
                format!("{path}.role"),
                format!("expected \"{path}.role\" to be \"user\" or \"model\", found \"{other}\""),
            )),
        },
        Some(other) => Err(expected(
            &format!("{path}.role"),
            "",
            "a string",
            other.kind(),
        )),
    }
}

fn holds_calls(blocks: &[Block]) -> bool {
    let is_call = |block: &Block| matches!(block.content, Content::ToolUse(_));
    let is_result = |block: &Block| matches!(block.content, Content::ToolResult(_));
    blocks.iter().any(is_call) && !blocks.iter().any(is_result)
}

fn parts(
    content: &mut Object,
    at: At,
    role: Role,
    path: &str,
    notes: &mut Notes,
) -> Result<Vec<Block>, DecodeError> {
    let parts = match content.take("parts") {
        Some(Json::Array(parts)) => parts,
        Some(part @ (Json::Object(_) | Json::String(_))) => vec![part],
        Some(other) => {
            return Err(expected(
                &format!("{path}.parts"),
                "",
                "a list",
                other.kind(),
            ));
        }
        None => Vec::new(),
    };
    let mut blocks = Vec::with_capacity(parts.len());
    for (index, part) in parts.into_iter().enumerate() {
        let path = format!("{path}.parts[{index}]");
        for block in decode_part::blocks(part, at.part(index), &path, notes)? {
            if role == Role::Assistant {
                push_joined(&mut blocks, block);
            } else if !is_hollow(&block) {
                blocks.push(block);
            }
        }
    }
    Ok(blocks)
}

/// A model's text comes in pieces, the last of which may be nothing but the signature of the whole.
fn push_joined(blocks: &mut Vec<Block>, block: Block) {
    match (
        blocks.last_mut().map(|last| &mut last.content),
        block.content,
    ) {
        (Some(Content::Text(last)), Content::Text(text)) if last.proof.is_none() => {
            last.text.push_str(&text.text);
            last.proof = text.proof;
        }
        (Some(Content::Thinking(last)), Content::Thinking(thinking)) if last.proof.is_none() => {
            last.text.push_str(&thinking.text);
            last.proof = thinking.proof;
        }
        (Some(Content::Thinking(last)), Content::Text(text))
            if last.proof.is_none() && text.text.is_empty() =>
        {
            last.proof = text.proof;
        }
        // A signature of nothing is kept as what other vendors have a place for.
        (_, Content::Text(Text { text, proof, .. })) if text.is_empty() => {
            if proof.is_some() {
                let thinking = Thinking {
                    proof,
                    ..Thinking::default()
                };
                blocks.push(Block::new(block.at, Content::Thinking(thinking)));
            }
        }
        (_, content) => blocks.push(Block { content, ..block }),
    }
}

fn is_hollow(block: &Block) -> bool {
    match &block.content {
        Content::Text(text) => text.text.is_empty(),
        Content::Thinking(thinking) => thinking.text.is_empty() && thinking.proof.is_none(),
        Content::Refusal(_)
        | Content::Image(_)
        | Content::Audio(_)
        | Content::Video(_)
        | Content::Document(_)
        | Content::ToolUse(_)
        | Content::ToolResult(_)
        | Content::HostedUse(_)
        | Content::HostedResult(_) => false,
    }
}

/// A content, its parts alone, or plain text.
fn system_blocks(system: Json, notes: &mut Notes) -> Result<Vec<Block>, DecodeError> {
    let path = "systemInstruction";
    let mut content = match system {
        Json::String(text) => return Ok(vec![Block::text(At::default(), text)]),
        Json::Array(parts) => crate::object! { "parts" => parts },
        Json::Object(content) if content.contains("parts") => content,
        part @ Json::Object(_) => crate::object! { "parts" => vec![part] },
        other => return Err(expected(path, "", "an object", other.kind())),
    };
    parts(&mut content, At::default(), Role::System, path, notes)
}

/// `expected "contents" to be a list, found null`.
pub(super) fn expected(path: &str, what: &str, kind: &str, found: &str) -> DecodeError {
    let name = if what.is_empty() {
        format!("\"{path}\"")
    } else {
        what.to_owned()
    };
    DecodeError::at(path, format!("expected {name} to be {kind}, found {found}"))
}
