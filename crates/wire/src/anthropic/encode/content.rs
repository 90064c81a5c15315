//! What a message is made of: <https://platform.claude.com/docs/en/api/messages>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::anthropic::encode::cache::{Kind, Piece};
use crate::error::WireError;
use crate::format::Format;
use crate::ir::content::{
    Block, Content, Document, DocumentBody, Media, Source, Thinking, ToolResult, ToolUse,
};
use crate::ir::note::Notes;
use crate::ir::proof::{Issuer, Proof};
use crate::ir::request::{Request, Role};
use crate::ir::tools::{CallIds, Names};
use crate::json::{Json, Object};
use crate::object;

const IMAGES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];
const PDF: &str = "application/pdf";

/// The longest id of a call.
const LONGEST_ID: usize = 64;

#[derive(Debug)]
pub(super) struct Writer<'a, 'n> {
    request: &'a Request,
    names: &'a Names,
    ids: CallIds,
    notes: &'n mut Notes,
}

impl<'a, 'n> Writer<'a, 'n> {
    pub(super) fn new(request: &'a Request, names: &'a Names, notes: &'n mut Notes) -> Self {
        Self {
            request,
            names,
            ids: CallIds::new(LONGEST_ID),
            notes,
        }
    }

    /// One block of a turn; `None` if it says nothing here.
    pub(super) fn piece(
        &mut self,
        block: &'a Block,
        role: Role,
    ) -> Result<Option<Piece<'a>>, WireError> {
        let piece = match &block.content {
            Content::Text(text) => text_piece(&text.text),
            Content::Refusal(text) => text_piece(text),
            Content::Thinking(thinking) => thinking_piece(thinking, role),
            Content::Image(media) if role == Role::Assistant => {
                self.note(
                    block,
                    "replaced by a word: Claude's own turns hold no images",
                );
                Some(Piece::text(image_word(media)))
            }
            Content::Image(media) => Some(self.image(block, media)?),
            Content::Audio(_) => return Err(self.refused(block, "audio")),
            Content::Video(_) => return Err(self.refused(block, "video")),
            Content::Document(document) => self.document(block, document, role)?,
            Content::ToolUse(call) => Some(self.call(call)),
            Content::ToolResult(result) => Some(self.result(result)?),
            // Another vendor's search cannot be replayed; what was made of it stands in the text.
            Content::HostedUse(_) | Content::HostedResult(_) => None,
        };
        Ok(piece.map(|mut piece| {
            piece.mark = block.cache;
            piece
        }))
    }

    pub(super) fn note(&mut self, block: &Block, what: &str) {
        self.notes.add(self.request.path(block.at), what);
    }

    fn refused(&self, block: &Block, what: &str) -> WireError {
        let path = self.request.path(block.at);
        WireError::invalid(format!(
            "expected \"{path}\" to be text, an image or a document, found {what}: Anthropic takes none"
        ))
    }

    fn image(&mut self, block: &Block, media: &'a Media) -> Result<Piece<'a>, WireError> {
        let source = match &media.source {
            Source::Base64(data) => {
                let media_type = match media.media_type.as_deref() {
                    Some("image/jpg") => "image/jpeg",
                    Some(media_type) if IMAGES.contains(&media_type) => media_type,
                    Some(other) => return Err(self.refused(block, &format!("\"{other}\""))),
                    None => "image/png",
                };
                object! { "type" => "base64", "media_type" => media_type, "data" => data }
            }
            Source::Url(url) if is_web(url) => object! { "type" => "url", "url" => url },
            Source::Url(url) => {
                self.note(
                    block,
                    "replaced by its address, which Anthropic cannot follow",
                );
                return Ok(Piece::text(image_word_at(url)));
            }
            Source::FileId(id) => self.file(block, id)?,
        };
        let json = object! { "type" => "image", "source" => source };
        Ok(Piece::new(Kind::Other, json))
    }

    fn document(
        &mut self,
        block: &Block,
        document: &'a Document,
        role: Role,
    ) -> Result<Option<Piece<'a>>, WireError> {
        let source = match &document.body {
            DocumentBody::Text(text) if text.trim().is_empty() => return Ok(None),
            DocumentBody::Text(text) if role == Role::Assistant => {
                return Ok(Some(Piece::text(text)));
            }
            DocumentBody::File(_) if role == Role::Assistant => {
                self.note(block, "dropped: Claude's own turns hold no documents");
                return Ok(None);
            }
            DocumentBody::Text(text) => text_source(text),
            DocumentBody::File(media) => match &media.source {
                Source::Base64(data) => self.file_source(block, media, document, data)?,
                Source::Url(url) if is_web(url) => object! { "type" => "url", "url" => url },
                Source::Url(url) => {
                    self.note(
                        block,
                        "replaced by its address, which Anthropic cannot follow",
                    );
                    return Ok(Some(Piece::text(format!("[document at {url}]"))));
                }
                Source::FileId(id) => self.file(block, id)?,
            },
        };
        let mut json = object! { "type" => "document", "source" => source };
        json.push_some(
            "title",
            document.title.as_ref().filter(|text| !text.is_empty()),
        );
        json.push_some(
            "context",
            document.context.as_ref().filter(|text| !text.is_empty()),
        );
        Ok(Some(Piece::new(Kind::Other, json)))
    }

    /// A PDF as it is, and whatever turns out to be text as text.
    fn file_source(
        &self,
        block: &Block,
        media: &'a Media,
        document: &Document,
        data: &'a str,
    ) -> Result<Object<'a>, WireError> {
        let is_pdf = match media.media_type.as_deref() {
            Some(media_type) => media_type == PDF,
            None => document
                .title
                .as_ref()
                .is_some_and(|title| title.ends_with(".pdf")),
        };
        if is_pdf {
            return Ok(object! { "type" => "base64", "media_type" => PDF, "data" => data });
        }
        let text = STANDARD
            .decode(data)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        match text {
            Some(text) if !text.trim().is_empty() => Ok(text_source(text)),
            _ => {
                let media_type = media.media_type.as_deref().unwrap_or("an unknown type");
                let path = self.request.path(block.at);
                Err(WireError::invalid(format!(
                    "expected \"{path}\" to be a PDF or text, found {media_type}: Anthropic takes no other documents"
                )))
            }
        }
    }

    /// A file belongs to the provider that took it.
    fn file(&self, block: &Block, id: &'a str) -> Result<Object<'a>, WireError> {
        if self.request.source == Format::Anthropic {
            return Ok(object! { "type" => "file", "file_id" => id });
        }
        let path = self.request.path(block.at);
        Err(WireError::invalid(format!(
            "expected \"{path}\" to hold its data or an address: Anthropic does not have the file \"{id}\""
        )))
    }

    fn call(&mut self, call: &'a ToolUse) -> Piece<'a> {
        let id = self.ids.sent(call.id.as_deref().unwrap_or_default());
        let json = object! {
            "type" => "tool_use",
            "id" => id,
            "name" => self.names.sent(call.namespace.as_deref(), &call.name),
            "input" => call.input.object(),
        };
        Piece::new(Kind::ToolUse, json)
    }

    fn result(&mut self, result: &'a ToolResult) -> Result<Piece<'a>, WireError> {
        let id = self.ids.sent(result.id.as_deref().unwrap_or_default());
        let mut json = object! { "type" => "tool_result", "tool_use_id" => id };
        let mut content = Vec::new();
        for block in &result.content {
            if let Some(piece) = self.piece(block, Role::User)? {
                content.push(piece.into_json());
            }
        }
        // An error without a word is refused.
        if result.is_error && content.is_empty() {
            content.push(Piece::text("Error").into_json());
        }
        if !content.is_empty() {
            json.push("content", content);
        }
        if result.is_error {
            json.push("is_error", true);
        }
        Ok(Piece::new(Kind::ToolResult, json))
    }
}

/// Text of white space alone is refused.
fn text_piece(text: &str) -> Option<Piece<'_>> {
    (!text.trim().is_empty()).then(|| Piece::text(text))
}

/// Thinking is worth something with Anthropic's own signature only.
fn thinking_piece(thinking: &Thinking, role: Role) -> Option<Piece<'_>> {
    let own = |proof: &'_ Proof| proof.issuer == Issuer::Anthropic;
    let proof = thinking.proof.as_ref().filter(|proof| own(proof))?;
    if role != Role::Assistant {
        return None;
    }
    let json = if thinking.is_redacted {
        object! { "type" => "redacted_thinking", "data" => &proof.data }
    } else {
        object! { "type" => "thinking", "thinking" => &thinking.text, "signature" => &proof.data }
    };
    Some(Piece::new(Kind::Thinking, json))
}

fn text_source<'a>(text: impl Into<Json<'a>>) -> Object<'a> {
    object! { "type" => "text", "media_type" => "text/plain", "data" => text }
}

fn image_word(media: &Media) -> String {
    match (&media.source, &media.media_type) {
        (Source::Url(url), _) => image_word_at(url),
        (Source::Base64(_) | Source::FileId(_), Some(kind)) => format!("[an image: {kind}]"),
        (Source::Base64(_) | Source::FileId(_), None) => "[an image]".to_owned(),
    }
}

fn image_word_at(url: &str) -> String {
    format!("[image at {url}]")
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}
