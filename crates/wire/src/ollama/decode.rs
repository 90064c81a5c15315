//! Reads a client's request: <https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion>.
//!
//! No messages at all is no error: it asks to load the model, and the request has no turns then.

use crate::error::DecodeError;
use crate::format::Format;
use crate::ir::content::{At, Block, Content, Media, Thinking, ToolInput, ToolResult, ToolUse};
use crate::ir::note::Notes;
use crate::ir::request::{Request, Role, Tool, ToolKind, Turn};
use crate::json::{Json, Object};
use crate::ollama::options;

/// Arguments of calls stay as they are spelled.
const RAW_KEYS: &[&str] = &["arguments"];

pub fn decode_request(body: &[u8], notes: &mut Notes) -> Result<Request, DecodeError> {
    let json = Json::parse(body, RAW_KEYS)?;
    let kind = json.kind();
    let mut body = json
        .into_object()
        .ok_or_else(|| expected("the body", "an object", kind))?;
    let model = body.take("model").unwrap_or_default();
    let kind = model.kind();
    let model = model
        .into_string()
        .ok_or_else(|| expected("model", "a string", kind))?;
    let mut request = Request::new(Format::Ollama, model);
    for (index, message) in list(body.take("messages"), "messages")?
        .into_iter()
        .enumerate()
    {
        let path = format!("messages[{index}]");
        let kind = message.kind();
        let message = message
            .into_object()
            .ok_or_else(|| expected(&path, "an object", kind))?;
        read_message(message, index, &path, &mut request, notes)?;
    }
    for (index, tool) in list(body.take("tools"), "tools")?.into_iter().enumerate() {
        if let Some(tool) = read_tool(tool, index, notes)? {
            request.tools.push(tool);
        }
    }
    options::read(body, &mut request, notes)?;
    Ok(request)
}

fn read_message(
    mut message: Object,
    index: usize,
    path: &str,
    request: &mut Request,
    notes: &mut Notes,
) -> Result<(), DecodeError> {
    let at = At::message(index);
    let role = message.take("role").unwrap_or_default();
    let Some(role) = role.as_str() else {
        return Err(expected(&format!("{path}.role"), "a string", role.kind()));
    };
    let (text, mut images) = content(message.take("content"), path)?;
    for image in list(message.take("images"), &format!("{path}.images"))? {
        match image.into_string() {
            Some(data) => images.push(media(data)),
            None => notes.add(format!("{path}.images"), "dropped: it is no base64 text"),
        }
    }
    let mut blocks = Vec::new();
    let push_text = |text: String, blocks: &mut Vec<Block>| {
        if !text.is_empty() {
            blocks.push(Block::text(at, text));
        }
    };
    match role {
        "system" | "developer" => {
            push_text(text, &mut blocks);
            if request.turns.is_empty() {
                request.system.append(&mut blocks);
            } else {
                request.turns.push(Turn::new(at, Role::System, blocks));
            }
            if !images.is_empty() {
                notes.add(path, "dropped: images of the system");
            }
        }
        "assistant" => {
            let thinking = message.take("thinking").and_then(Json::into_string);
            if let Some(text) = thinking.filter(|text| !text.is_empty()) {
                let thinking = Thinking {
                    text,
                    ..Thinking::default()
                };
                blocks.push(Block::new(at, Content::Thinking(thinking)));
            }
            push_text(text, &mut blocks);
            let calls = format!("{path}.tool_calls");
            for (index, call) in list(message.take("tool_calls"), &calls)?
                .into_iter()
                .enumerate()
            {
                let call = read_call(call, &format!("{calls}[{index}]"))?;
                blocks.push(Block::new(at, Content::ToolUse(call)));
            }
            if !images.is_empty() {
                notes.add(path, "dropped: images of the assistant");
            }
            request.turns.push(Turn::new(at, Role::Assistant, blocks));
        }
        "tool" => {
            push_text(text, &mut blocks);
            blocks.extend(pictures(at, images));
            let mut text = |keys: &[&str]| {
                let text = message.take_any(keys).and_then(Json::into_string);
                text.filter(|text| !text.is_empty())
            };
            let result = ToolResult {
                id: text(&["tool_call_id"]),
                name: text(&["tool_name", "name"]),
                content: blocks,
                is_error: false,
                is_custom: false,
            };
            let block = Block::new(at, Content::ToolResult(result));
            request.turns.push(Turn::new(at, Role::User, vec![block]));
        }
        other => {
            if other != "user" {
                notes.add(format!("{path}.role"), "read as \"user\"");
            }
            push_text(text, &mut blocks);
            blocks.extend(pictures(at, images));
            request.turns.push(Turn::new(at, Role::User, blocks));
        }
    }
    Ok(())
}

/// Text; some clients send the parts of chat completions instead.
fn content(content: Option<Json>, path: &str) -> Result<(String, Vec<Media>), DecodeError> {
    let path = format!("{path}.content");
    let parts = match content {
        None => return Ok(Default::default()),
        Some(Json::String(text)) => return Ok((text.into_owned(), Vec::new())),
        Some(Json::Array(parts)) => parts,
        Some(other) => return Err(expected(&path, "a string", other.kind())),
    };
    let mut texts = Vec::new();
    let mut images = Vec::new();
    for (index, part) in parts.into_iter().enumerate() {
        let url = part
            .at(&["image_url", "url"])
            .or_else(|| part.get("image_url"));
        if let Some(url) = url.and_then(Json::as_str) {
            images.push(media(url.to_owned()));
            continue;
        }
        let text = part.as_str().or_else(|| part.get("text")?.as_str());
        let Some(text) = text else {
            return Err(expected(&format!("{path}[{index}]"), "text", part.kind()));
        };
        texts.push(text.to_owned());
    }
    Ok((texts.join("\n"), images))
}

/// Raw base64 by the book, but addresses of both kinds are seen as well.
fn media(data: String) -> Media {
    if data.starts_with("data:") || data.starts_with("http://") || data.starts_with("https://") {
        return Media::from_url(&data);
    }
    Media::base64(None, data)
}

fn pictures(at: At, images: Vec<Media>) -> impl Iterator<Item = Block> {
    images
        .into_iter()
        .map(move |media| Block::new(at, Content::Image(media)))
}

fn read_call(call: Json, path: &str) -> Result<ToolUse, DecodeError> {
    let kind = call.kind();
    let mut call = call
        .into_object()
        .ok_or_else(|| expected(path, "an object", kind))?;
    let id = call.take("id").and_then(Json::into_string);
    let function = call.take("function").unwrap_or_default();
    let kind = function.kind();
    let path = format!("{path}.function");
    let mut function = function
        .into_object()
        .ok_or_else(|| expected(&path, "an object", kind))?;
    let input = match function.take("arguments") {
        None => "{}".to_owned(),
        // Chat completions' spelling.
        Some(Json::String(text)) => text.into_owned(),
        Some(object) => object.to_text(),
    };
    Ok(ToolUse {
        id: id.filter(|id| !id.is_empty()),
        name: name(&mut function, &path)?,
        namespace: None,
        input: ToolInput::Json(input),
        proof: None,
    })
}

fn read_tool(tool: Json, index: usize, notes: &mut Notes) -> Result<Option<Tool>, DecodeError> {
    let path = format!("tools[{index}]");
    let kind = tool.kind();
    let mut tool = tool
        .into_object()
        .ok_or_else(|| expected(&path, "an object", kind))?;
    let function = tool.take("function");
    let is_function = matches!(
        tool.get("type").and_then(Json::as_str),
        None | Some("function")
    );
    let (mut function, path) = match function.and_then(Json::into_object) {
        Some(function) => (function, format!("{path}.function")),
        None if is_function => (tool, path),
        None => {
            notes.add(path, "dropped: it is no function");
            return Ok(None);
        }
    };
    let schema = function.take("parameters").map(Json::into_owned);
    let description = function.take("description").and_then(Json::into_string);
    Ok(Some(Tool {
        index: u32::try_from(index).unwrap_or(u32::MAX),
        name: name(&mut function, &path)?,
        namespace: None,
        description,
        kind: ToolKind::Function {
            schema,
            strict: None,
        },
        cache: None,
    }))
}

fn name(function: &mut Object, path: &str) -> Result<String, DecodeError> {
    let name = function.take("name").unwrap_or_default();
    let kind = name.kind();
    name.into_string()
        .filter(|name| !name.is_empty())
        .ok_or_else(|| expected(&format!("{path}.name"), "a name", kind))
}

/// A list that may be absent.
fn list<'a>(value: Option<Json<'a>>, path: &str) -> Result<Vec<Json<'a>>, DecodeError> {
    match value {
        None => Ok(Vec::new()),
        Some(Json::Array(items)) => Ok(items),
        Some(other) => Err(expected(path, "a list", other.kind())),
    }
}

pub(super) fn expected(path: &str, what: &str, found: &str) -> DecodeError {
    DecodeError::at(
        path,
        format!("expected \"{path}\" to be {what}, found {found}"),
    )
}
