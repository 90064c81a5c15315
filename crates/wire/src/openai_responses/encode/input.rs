//! Turns, written as items.

use std::borrow::Cow;

use crate::dialect::Dialect;
use crate::error::{ErrorKind, WireError};
use crate::ir::content::{
    At, Block, Content, Document, DocumentBody, ToolInput, ToolResult, ToolUse, flat_text,
};
use crate::ir::note::Notes;
use crate::ir::proof::Issuer;
use crate::ir::request::{Request, Role, Turn};
use crate::ir::target::Target;
use crate::ir::tools::{CallIds, Names};
use crate::json::{Json, Object};
use crate::object;

/// Longer ids of calls are refused.
const LONGEST_CALL_ID: usize = 64;

type Items<'a> = Vec<Object<'a>>;

/// The instructions and the items.
pub(super) fn write<'a>(
    request: &'a Request,
    target: &Target,
    names: &Names,
    notes: &mut Notes,
) -> Result<(Option<String>, Items<'a>), WireError> {
    let mut writer = Writer {
        request,
        names,
        has_audio: target.dialect != Dialect::Codex,
        ids: CallIds::new(LONGEST_CALL_ID),
        items: Vec::with_capacity(request.turns.len() + 1),
        notes,
    };
    for turn in &request.turns {
        writer.turn(turn)?;
    }
    let mut items = writer.items;
    for block in &request.system {
        if !matches!(block.content, Content::Text(_) | Content::Refusal(_)) {
            notes.add(request.path(block.at), "dropped: instructions are text");
        }
    }
    let system: Vec<String> = request
        .system
        .iter()
        .map(|block| flat_text(std::slice::from_ref(block)))
        .filter(|text| !text.is_empty())
        .collect();
    if system.is_empty() {
        return Ok((None, items));
    }
    let instructions = system.join("\n\n");
    if items.is_empty() {
        // There must be an item, and instructions are none.
        let part = object! { "type" => "input_text", "text" => instructions };
        items.push(message("developer", vec![part]));
        return Ok((None, items));
    }
    Ok((Some(instructions), items))
}

pub(super) struct Writer<'a, 'n> {
    pub(super) request: &'a Request,
    names: &'n Names,
    pub(super) has_audio: bool,
    ids: CallIds,
    items: Items<'a>,
    notes: &'n mut Notes,
}

impl<'a> Writer<'a, '_> {
    fn turn(&mut self, turn: &'a Turn) -> Result<(), WireError> {
        let role = match turn.role {
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::System => "developer",
        };
        let mut parts = Vec::new();
        for block in &turn.blocks {
            let item = match &block.content {
                Content::ToolUse(call) => Some(self.call(call)),
                Content::ToolResult(result) => Some(self.result(result)?),
                Content::Thinking(thinking) => {
                    let proof = thinking.proof.as_ref();
                    let Some(data) = proof.and_then(|proof| proof.for_issuer(Issuer::Openai))
                    else {
                        continue;
                    };
                    Some(reasoning(data))
                }
                Content::Text(_)
                | Content::Refusal(_)
                | Content::Image(_)
                | Content::Audio(_)
                | Content::Video(_)
                | Content::Document(_)
                | Content::HostedUse(_)
                | Content::HostedResult(_) => None,
            };
            if let Some(item) = item {
                self.flush(role, &mut parts);
                self.items.push(item);
            } else {
                let part = if turn.role == Role::Assistant {
                    self.said(block)
                } else {
                    self.shown(block)?
                };
                parts.extend(part);
            }
        }
        self.flush(role, &mut parts);
        Ok(())
    }

    fn flush(&mut self, role: &'static str, parts: &mut Vec<Object<'a>>) {
        if !parts.is_empty() {
            self.items.push(message(role, std::mem::take(parts)));
        }
    }

    /// A part of what the model said.
    fn said(&mut self, block: &'a Block) -> Option<Object<'a>> {
        match &block.content {
            Content::Text(text) if text.text.is_empty() => None,
            Content::Text(text) => Some(object! {
                "type" => "output_text",
                "text" => &text.text,
                "annotations" => Vec::<Json<'_>>::new(),
            }),
            Content::Refusal(text) => Some(object! { "type" => "refusal", "refusal" => text }),
            Content::Thinking(_) | Content::ToolUse(_) | Content::ToolResult(_) => None,
            Content::Image(_)
            | Content::Audio(_)
            | Content::Video(_)
            | Content::Document(_)
            | Content::HostedUse(_)
            | Content::HostedResult(_) => {
                self.drop_of(
                    block.at,
                    "OpenAI takes back only its own of these from an assistant",
                );
                None
            }
        }
    }

    /// A part of what the model is shown.
    fn shown(&mut self, block: &'a Block) -> Result<Option<Object<'a>>, WireError> {
        Ok(match &block.content {
            Content::Text(text) if text.text.is_empty() => None,
            Content::Text(text) => Some(input_text(&text.text)),
            Content::Refusal(text) => Some(input_text(text)),
            Content::Image(media) => Some(self.image(media, block.at)?),
            Content::Document(document) => Some(self.document(document, block.at)?),
            Content::Audio(media) => Some(self.audio(media, block.at)?),
            Content::Video(_) => return Err(self.refused(block.at, "takes no videos")),
            Content::Thinking(_) | Content::ToolUse(_) | Content::ToolResult(_) => None,
            Content::HostedUse(_) | Content::HostedResult(_) => {
                self.drop_of(block.at, "OpenAI takes back only its own of these");
                None
            }
        })
    }

    fn call(&mut self, call: &'a ToolUse) -> Object<'a> {
        let (kind, key, input) = match &call.input {
            ToolInput::Text(text) => ("custom_tool_call", "input", Json::from(text)),
            ToolInput::Json(_) => ("function_call", "arguments", call.input.json_text().into()),
        };
        let mut item = object! { "type" => kind };
        item.push_some("call_id", call.id.as_ref().map(|id| self.ids.sent(id)));
        item.push(
            "name",
            self.names
                .sent(call.namespace.as_deref(), &call.name)
                .to_owned(),
        );
        item.push_some("namespace", call.namespace.as_ref());
        item.push(key, input);
        item
    }

    fn result(&mut self, result: &'a ToolResult) -> Result<Object<'a>, WireError> {
        let kind = if result.is_custom {
            "custom_tool_call_output"
        } else {
            "function_call_output"
        };
        let mut item = object! { "type" => kind };
        item.push_some("call_id", result.id.as_ref().map(|id| self.ids.sent(id)));
        let is_text = |block: &Block| {
            matches!(
                block.content,
                Content::Text(_)
                    | Content::Refusal(_)
                    | Content::Document(Document {
                        body: DocumentBody::Text(_),
                        ..
                    })
            )
        };
        // There is no flag, so the words must say it.
        let is_unsaid =
            result.is_error && !result.flat_text().to_ascii_lowercase().contains("error");
        if result.content.iter().all(is_text) {
            let text = result.flat_text();
            let text = match (is_unsaid, text.is_empty()) {
                (true, true) => "Error".to_owned(),
                (true, false) => format!("Error: {text}"),
                (false, _) => text,
            };
            item.push("output", text);
            return Ok(item);
        }
        let mut parts = Vec::with_capacity(result.content.len() + 1);
        if is_unsaid {
            parts.push(input_text("Error:"));
        }
        for block in &result.content {
            parts.extend(self.shown(block)?);
        }
        item.push("output", parts);
        Ok(item)
    }

    fn drop_of(&mut self, at: At, why: &str) {
        self.notes
            .add(self.request.path(at), format!("dropped: {why}"));
    }

    pub(super) fn refused(&self, at: At, why: &str) -> WireError {
        let path = self.request.path(at);
        WireError::new(
            ErrorKind::InvalidRequest,
            format!("\"{path}\" cannot be sent: the model's provider {why}"),
        )
    }
}

fn message<'a>(role: &'static str, parts: Vec<Object<'a>>) -> Object<'a> {
    object! { "type" => "message", "role" => role, "content" => parts }
}

fn input_text(text: &str) -> Object<'_> {
    object! { "type" => "input_text", "text" => text }
}

/// What the model showed of it is not sent back: the encrypted content is what counts, and the summary is a must.
fn reasoning(encrypted: &str) -> Object<'_> {
    object! {
        "type" => "reasoning",
        "summary" => Vec::<Json<'_>>::new(),
        "encrypted_content" => encrypted,
    }
}

/// The same value without a copy of its text.
pub(super) fn borrowed<'a>(json: &'a Json<'static>) -> Json<'a> {
    match json {
        Json::Null => Json::Null,
        Json::Bool(value) => Json::Bool(*value),
        Json::Number(number) => Json::Number(number.clone()),
        Json::String(text) => Json::String(Cow::Borrowed(text)),
        Json::Array(items) => Json::Array(items.iter().map(borrowed).collect()),
        Json::Object(object) => Json::Object(
            object
                .iter()
                .map(|(key, value)| (Cow::Borrowed(key), borrowed(value)))
                .collect(),
        ),
        Json::Raw(raw) => Json::Raw(Cow::Borrowed(raw)),
    }
}
