//! What a message is made of: <https://platform.claude.com/docs/en/api/messages>.

use crate::anthropic::decode::{expected, string};
use crate::anthropic::{OF_NEXT, hosted};
use crate::error::DecodeError;
use crate::ir::content::{
    At, Block, CacheMark, Content, Document, DocumentBody, Media, Source, Text, Thinking,
    ToolInput, ToolResult, ToolUse, flat_text,
};
use crate::ir::note::Notes;
use crate::ir::proof::{Issuer, Proof};
use crate::json::{Json, Object};

/// The blocks of one message. `at` is the message, or inside of a result the result's place.
pub(super) fn blocks(
    json: Json<'_>,
    path: &str,
    at: At,
    notes: &mut Notes,
) -> Result<Vec<Block>, DecodeError> {
    let items = match json {
        Json::String(text) => return Ok(text_block(at, text.into_owned())),
        Json::Array(items) => items,
        other => return Err(expected(path, "a string or a list", Some(&other))),
    };
    let mut list = List::default();
    for (index, item) in items.into_iter().enumerate() {
        let at = match at.part {
            Some(_) => at,
            None => at.part(index),
        };
        let path = format!("{path}[{index}]");
        match item {
            Json::Object(item) => list.read(item, &path, at, notes)?,
            Json::String(text) => list.blocks.extend(text_block(at, text.into_owned())),
            other => return Err(expected(&path, "an object", Some(&other))),
        }
    }
    Ok(list.blocks)
}

pub(super) fn cache_mark(block: &mut Object<'_>) -> Option<CacheMark> {
    let control = block.take("cache_control")?;
    control.as_object()?;
    match control.get("ttl").and_then(Json::as_str) {
        Some("1h") => Some(CacheMark::OneHour),
        Some(_) | None => Some(CacheMark::Short),
    }
}

#[derive(Default)]
struct List {
    blocks: Vec<Block>,
    /// A proof that came in the thinking before the block it belongs to.
    proof_of_next: Option<Proof>,
}

impl List {
    fn read(
        &mut self,
        mut item: Object<'_>,
        path: &str,
        at: At,
        notes: &mut Notes,
    ) -> Result<(), DecodeError> {
        let kind = string(item.take("type"), &format!("{path}.type"))?;
        let cache = cache_mark(&mut item);
        match kind.as_str() {
            "text" => {
                let proof = self.proof_of_next.take();
                let text = text_of(&mut item, "text");
                if !text.is_empty() {
                    let text = Text {
                        proof,
                        ..Text::new(text)
                    };
                    self.push(at, Content::Text(text));
                }
            }
            "image" => {
                let (kind, source) = source(item.take("source"), path)?;
                match media(&kind, source) {
                    Some(media) => self.push(at, Content::Image(media)),
                    None => notes.add(path, "dropped: an image without a source we know"),
                }
            }
            "document" => self.document(item, path, at, notes)?,
            "search_result" => self.push_text(at, search_result(&mut item)),
            "tool_reference" => {
                let name = text_of(&mut item, "tool_name");
                self.push_text(at, format!("The tool `{name}` can be called now."));
            }
            "thinking" => self.thinking(&mut item, at),
            "redacted_thinking" => {
                if let Some(proof) =
                    Proof::from_slot(Issuer::Anthropic, &text_of(&mut item, "data"))
                {
                    let thinking = Thinking {
                        text: String::new(),
                        proof: Some(proof),
                        is_redacted: true,
                    };
                    self.push(at, Content::Thinking(thinking));
                }
            }
            "tool_use" => {
                let call = ToolUse {
                    id: item.take("id").and_then(Json::into_string),
                    name: string(item.take("name"), &format!("{path}.name"))?,
                    namespace: None,
                    input: ToolInput::Json(match item.take("input") {
                        Some(Json::String(text)) => text.into_owned(),
                        Some(input) => input.to_text(),
                        None => "{}".to_owned(),
                    }),
                    proof: self.proof_of_next.take(),
                };
                self.push(at, Content::ToolUse(call));
            }
            "tool_result" => {
                let content = match item.take("content") {
                    Some(content) => blocks(content, &format!("{path}.content"), at, notes)?,
                    None => Vec::new(),
                };
                let result = ToolResult {
                    id: item.take("tool_use_id").and_then(Json::into_string),
                    name: None,
                    content,
                    is_error: item
                        .take("is_error")
                        .is_some_and(|value| value.as_bool() == Some(true)),
                    is_custom: false,
                };
                self.push(at, Content::ToolResult(result));
            }
            // What was said before the client had its conversation summarised.
            "compaction" => self.push_text(at, text_of(&mut item, "content")),
            kind if hosted::is_use(kind) => {
                self.push(at, Content::HostedUse(hosted::hosted_use(item)));
            }
            kind if hosted::is_result(kind) => {
                self.push(at, Content::HostedResult(hosted::hosted_result(kind, item)));
            }
            kind => notes.add(path, format!("dropped: a block of type \"{kind}\"")),
        }
        // A mark on nothing is a mark on what stands before it.
        if cache.is_some()
            && let Some(last) = self.blocks.last_mut()
        {
            last.cache = cache;
        }
        Ok(())
    }

    fn thinking(&mut self, item: &mut Object<'_>, at: At) {
        let text = text_of(item, "thinking");
        let signature = text_of(item, "signature");
        let mut thinking = Thinking {
            text,
            proof: None,
            is_redacted: false,
        };
        match signature.strip_suffix(OF_NEXT) {
            Some(signature) => {
                self.proof_of_next = Proof::from_slot(Issuer::Anthropic, signature);
            }
            None => thinking.proof = Proof::from_slot(Issuer::Anthropic, &signature),
        }
        if !thinking.text.is_empty() || thinking.proof.is_some() {
            self.push(at, Content::Thinking(thinking));
        }
    }

    fn document(
        &mut self,
        mut item: Object<'_>,
        path: &str,
        at: At,
        notes: &mut Notes,
    ) -> Result<(), DecodeError> {
        let (kind, mut source) = source(item.take("source"), path)?;
        let body = match kind.as_str() {
            "text" => Some(DocumentBody::Text(text_of(&mut source, "data"))),
            "content" => {
                let content = source.take("content").unwrap_or_default();
                let inner = blocks(content, &format!("{path}.source.content"), at, notes)?;
                let text = flat_text(&inner);
                let images = inner
                    .into_iter()
                    .filter(|block| matches!(block.content, Content::Image(_)));
                self.blocks.extend(images);
                Some(DocumentBody::Text(text))
            }
            kind => {
                let media = media(kind, source);
                if media.is_none() {
                    notes.add(path, "dropped: a document without a source we know");
                }
                media.map(DocumentBody::File)
            }
        };
        let body = body.filter(|body| *body != DocumentBody::Text(String::new()));
        if let Some(body) = body {
            let document = Document {
                body,
                title: item.take("title").and_then(Json::into_string),
                context: item.take("context").and_then(Json::into_string),
            };
            self.push(at, Content::Document(document));
        }
        Ok(())
    }

    fn push_text(&mut self, at: At, text: String) {
        self.blocks.extend(text_block(at, text));
    }

    fn push(&mut self, at: At, content: Content) {
        self.blocks.push(Block::new(at, content));
    }
}

fn text_block(at: At, text: String) -> Vec<Block> {
    if text.is_empty() {
        return Vec::new();
    }
    vec![Block::text(at, text)]
}

/// Where an image or a document comes from: the kind of source, and the rest of it.
fn source<'a>(json: Option<Json<'a>>, path: &str) -> Result<(String, Object<'a>), DecodeError> {
    let path = format!("{path}.source");
    match json {
        Some(Json::Object(mut source)) => {
            let kind = string(source.take("type"), &format!("{path}.type"))?;
            Ok((kind, source))
        }
        other => Err(expected(&path, "an object", other.as_ref())),
    }
}

fn media(kind: &str, mut source: Object<'_>) -> Option<Media> {
    let media_type = source.take("media_type").and_then(Json::into_string);
    let from = |source| Media {
        source,
        media_type: media_type.clone(),
        detail: None,
    };
    let mut field = |key| source.take(key).and_then(Json::into_string);
    match kind {
        "base64" => Some(Media::base64(media_type.clone(), field("data")?)),
        "url" => {
            let url = field("url")?;
            // Data in an address is data.
            if url.starts_with("data:") {
                return Some(Media::from_url(&url));
            }
            Some(from(Source::Url(url)))
        }
        "file" => Some(from(Source::FileId(field("file_id")?))),
        _ => None,
    }
}

fn search_result(item: &mut Object<'_>) -> String {
    let mut lines = vec![text_of(item, "title"), text_of(item, "source")];
    let content = item.take("content").and_then(Json::into_array);
    for part in content.unwrap_or_default() {
        if let Some(mut part) = part.into_object() {
            lines.push(text_of(&mut part, "text"));
        }
    }
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// A field that is text, and nothing if it is anything else.
fn text_of(item: &mut Object<'_>, key: &str) -> String {
    item.take(key)
        .and_then(Json::into_string)
        .unwrap_or_default()
}
