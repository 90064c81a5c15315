//! The content of a message: a string, or parts of OpenAI's, of Anthropic's and of compatible servers' kinds.

use super::media::{self, audio, linked, source};
use super::{expected, path_of, take_cache, take_text};
use crate::error::DecodeError;
use crate::ir::content::{
    At, Block, Content, Document, DocumentBody, Text, Thinking, ToolInput, ToolResult, ToolUse,
};
use crate::ir::note::Notes;
use crate::ir::proof::{Issuer, Proof};
use crate::json::{Json, Object};

/// Empty text is left out.
pub(super) fn read(
    content: Option<Json>,
    at: At,
    notes: &mut Notes,
) -> Result<Vec<Block>, DecodeError> {
    let parts = match content {
        None => return Ok(Vec::new()),
        Some(Json::Array(parts)) => parts,
        Some(whole @ (Json::String(_) | Json::Object(_))) => {
            return Ok(read_part(whole, at, notes)?.into_iter().collect());
        }
        Some(other) => {
            let path = format!("{}.content", path_of(at));
            return Err(expected(&path, "a string or a list", Some(&other)));
        }
    };
    let mut blocks = Vec::with_capacity(parts.len());
    for (index, part) in parts.into_iter().enumerate() {
        // Parts in a result stand where the result stands.
        let at = if at.part.is_some() {
            at
        } else {
            at.part(index)
        };
        blocks.extend(read_part(part, at, notes)?);
    }
    Ok(blocks)
}

fn read_part(part: Json, at: At, notes: &mut Notes) -> Result<Option<Block>, DecodeError> {
    let mut part = match part {
        Json::Null => return Ok(None),
        Json::String(text) => {
            return Ok((!text.is_empty()).then(|| Block::text(at, text)));
        }
        Json::Object(part) => part,
        other => return Err(expected(&path_of(at), "an object", Some(&other))),
    };
    let cache = take_cache(&mut part);
    let content = read_content(part, at, notes)?;
    Ok(content.map(|content| Block { at, content, cache }))
}

fn read_content(
    mut part: Object,
    at: At,
    notes: &mut Notes,
) -> Result<Option<Content>, DecodeError> {
    let kind = match take_text(&mut part, "type") {
        Some(kind) => kind,
        None if part.contains("text") => "text".to_owned(),
        None if part.contains("image_url") => "image_url".to_owned(),
        None => String::new(),
    };
    Ok(Some(match kind.as_str() {
        "text" | "input_text" | "output_text" => {
            let text = string(&mut part, "text", at)?;
            if text.is_empty() {
                return Ok(None);
            }
            Content::Text(Text::new(text))
        }
        "refusal" => Content::Refusal(string(&mut part, "refusal", at)?),
        "image_url" | "input_image" => Content::Image(linked(&mut part, "image_url", at)?),
        "audio_url" => Content::Audio(linked(&mut part, "audio_url", at)?),
        "video_url" => Content::Video(linked(&mut part, "video_url", at)?),
        "input_audio" => Content::Audio(audio(&mut part, at)?),
        "file" | "input_file" => {
            let file = match part.take("file") {
                Some(Json::Object(file)) => file,
                _ => part,
            };
            media::file(file, at)?
        }
        "image" => match source(&mut part, at)? {
            DocumentBody::File(media) => Content::Image(media),
            DocumentBody::Text(text) => Content::Text(Text::new(text)),
        },
        "document" => Content::Document(Document {
            body: source(&mut part, at)?,
            title: take_text(&mut part, "title"),
            context: take_text(&mut part, "context"),
        }),
        "tool_use" => Content::ToolUse(tool_use(&mut part, at)?),
        "tool_result" => Content::ToolResult(tool_result(&mut part, at, notes)?),
        "thinking" | "redacted_thinking" => Content::Thinking(anthropic_thinking(&kind, &mut part)),
        _ => {
            notes.add(
                path_of(at),
                format!("dropped: parts of type \"{kind}\" are unknown"),
            );
            return Ok(None);
        }
    }))
}

pub(super) fn string(part: &mut Object, key: &str, at: At) -> Result<String, DecodeError> {
    match part.take(key) {
        None => Ok(String::new()),
        Some(Json::String(text)) => Ok(text.into_owned()),
        Some(other) => {
            let path = format!("{}.{key}", path_of(at));
            Err(expected(&path, "a string", Some(&other)))
        }
    }
}

fn tool_use(part: &mut Object, at: At) -> Result<ToolUse, DecodeError> {
    let name = match part.take("name") {
        Some(Json::String(name)) => name.into_owned(),
        other => {
            let path = format!("{}.name", path_of(at));
            return Err(expected(&path, "a string", other.as_ref()));
        }
    };
    let input = part.take("input").map(|input| input.to_text());
    Ok(ToolUse {
        id: take_text(part, "id"),
        name,
        namespace: None,
        input: ToolInput::Json(input.unwrap_or_default()),
        proof: None,
    })
}

fn tool_result(part: &mut Object, at: At, notes: &mut Notes) -> Result<ToolResult, DecodeError> {
    let is_error = part.take("is_error").and_then(|value| value.as_bool());
    Ok(ToolResult {
        id: take_text(part, "tool_use_id").or_else(|| take_text(part, "tool_call_id")),
        name: take_text(part, "name"),
        content: read(part.take("content"), at, notes)?,
        is_error: is_error.unwrap_or(false),
        is_custom: false,
    })
}

/// Anthropic's block, or Mistral's, whose `thinking` is a list of text parts.
pub(super) fn anthropic_thinking(kind: &str, block: &mut Object) -> Thinking {
    let is_redacted = kind == "redacted_thinking";
    let text = match block.take("thinking") {
        Some(Json::String(text)) => text.into_owned(),
        Some(Json::Array(parts)) => parts
            .iter()
            .filter_map(|part| part.get("text")?.as_str())
            .collect(),
        _ => String::new(),
    };
    let key = if is_redacted { "data" } else { "signature" };
    let proof = take_text(block, key);
    Thinking {
        text,
        proof: proof.and_then(|proof| Proof::from_slot(Issuer::Anthropic, &proof)),
        is_redacted,
    }
}
