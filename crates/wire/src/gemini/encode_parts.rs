//! The parts of one content.

use std::collections::HashMap;

use crate::error::WireError;
use crate::format::Format;
use crate::gemini::decode_part::type_of_url;
use crate::ir::content::{
    Block, Content, Document, DocumentBody, Media, Source, Text, Thinking, ToolResult, ToolUse,
};
use crate::ir::note::Notes;
use crate::ir::proof::{Issuer, Proof};
use crate::ir::request::{Request, Role, Turn};
use crate::ir::target::Target;
use crate::ir::tools::Names;
use crate::json::{Json, Object};

/// Switches the check of signatures off for a call that another vendor's model made:
/// <https://ai.google.dev/gemini-api/docs/thought-signatures#faqs>.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// Gathers the parts of neighbouring turns that become one content.
pub(super) struct Parts<'a> {
    request: &'a Request,
    names: &'a Names,
    wants_signatures: bool,
    /// The names that calls went out under, by their ids.
    called: HashMap<&'a str, &'a str>,
    parts: Vec<Object<'a>>,
    /// Media of results, which must stand behind the last result.
    behind_results: Vec<Object<'a>>,
    has_call: bool,
    /// The signature of thinking that may belong to the call behind it.
    carried: Option<&'a str>,
}

impl<'a> Parts<'a> {
    pub(super) fn new(request: &'a Request, names: &'a Names, target: &Target) -> Self {
        let called = request
            .turns
            .iter()
            .flat_map(|turn| &turn.blocks)
            .filter_map(|block| match &block.content {
                Content::ToolUse(call) => Some((call.id.as_deref()?, sent_name(names, call))),
                _ => None,
            })
            .collect();
        Self {
            request,
            names,
            wants_signatures: target.traits.wants_signatures,
            called,
            parts: Vec::new(),
            behind_results: Vec::new(),
            has_call: false,
            carried: None,
        }
    }

    /// The parts of the content that ends here.
    pub(super) fn take(&mut self) -> Vec<Object<'a>> {
        self.parts.append(&mut self.behind_results);
        self.has_call = false;
        self.carried = None;
        std::mem::take(&mut self.parts)
    }

    pub(super) fn turn(&mut self, turn: &'a Turn, notes: &mut Notes) -> Result<(), WireError> {
        for block in &turn.blocks {
            if !matches!(block.content, Content::ToolResult(_)) {
                self.parts.append(&mut self.behind_results);
            }
            if turn.role == Role::System {
                self.reminder(block);
            } else {
                self.block(block, notes)?;
            }
        }
        Ok(())
    }

    /// An instruction in the middle stays where it is, marked as what it is.
    fn reminder(&mut self, block: &Block) {
        let text = crate::ir::content::flat_text(std::slice::from_ref(block));
        if !text.is_empty() {
            self.text(format!("<system-reminder>\n{text}\n</system-reminder>"));
        }
    }

    fn block(&mut self, block: &'a Block, notes: &mut Notes) -> Result<(), WireError> {
        match &block.content {
            Content::Text(text) => self.signed_text(text),
            Content::Refusal(text) => self.text(text),
            Content::Thinking(thinking) => self.thinking(thinking),
            Content::Image(media) | Content::Audio(media) | Content::Video(media) => {
                let part = self.media(media, block)?;
                self.parts.push(part);
            }
            Content::Document(document) => self.document(document, block)?,
            Content::ToolUse(call) => self.call(call),
            Content::ToolResult(result) => self.result(result, notes)?,
            // What came of it is in the text behind it.
            Content::HostedUse(_) | Content::HostedResult(_) => {}
        }
        Ok(())
    }

    fn text(&mut self, text: impl Into<Json<'a>>) {
        let text = text.into();
        if text.as_str().is_some_and(|text| !text.is_empty()) {
            self.parts.push(crate::object! { "text" => text });
        }
    }

    fn signed_text(&mut self, text: &'a Text) {
        let signature = own(text.proof.as_ref());
        if !text.text.is_empty() || signature.is_some() {
            let mut part = crate::object! { "text" => &text.text };
            part.push_some("thoughtSignature", signature);
            self.parts.push(part);
        }
    }

    /// Without a signature of Google's it is another vendor's, or of no use.
    fn thinking(&mut self, thinking: &'a Thinking) {
        let Some(signature) = own(thinking.proof.as_ref()) else {
            return;
        };
        if self.wants_signatures {
            // Clients without a place for a call's signature keep it as thinking before the call.
            self.carried = Some(signature);
            if thinking.text.is_empty() {
                return;
            }
        }
        self.parts.push(crate::object! {
            "text" => &thinking.text,
            "thought" => true,
            "thoughtSignature" => signature,
        });
    }

    fn call(&mut self, call: &'a ToolUse) {
        let mut function = Object::new();
        function.push_some("id", call.id.as_deref());
        function.push("name", sent_name(self.names, call));
        function.push("args", call.input.object());
        let mut part = crate::object! { "functionCall" => function };
        let is_first = !std::mem::replace(&mut self.has_call, true);
        let carried = self.carried.take();
        let signature = own(call.proof.as_ref()).or(if is_first && self.wants_signatures {
            carried.or(Some(NO_SIGNATURE))
        } else {
            None
        });
        part.push_some("thoughtSignature", signature);
        self.parts.push(part);
    }

    fn result(&mut self, result: &'a ToolResult, notes: &mut Notes) -> Result<(), WireError> {
        let id = result.id.as_deref();
        let named = result
            .name
            .as_deref()
            .map(|name| self.names.sent(None, name));
        let name = id
            .and_then(|id| self.called.get(id).copied())
            .or(named)
            .unwrap_or("unknown");
        let mut response = Object::new();
        response.push_some("id", id);
        response.push("name", name);
        response.push("response", answer(result));
        let mut inside = Vec::new();
        for block in &result.content {
            let part = match &block.content {
                Content::Image(media)
                | Content::Audio(media)
                | Content::Video(media)
                | Content::Document(Document {
                    body: DocumentBody::File(media),
                    ..
                }) => self.media(media, block)?,
                Content::Thinking(_)
                | Content::ToolUse(_)
                | Content::ToolResult(_)
                | Content::HostedUse(_)
                | Content::HostedResult(_) => {
                    notes.add(
                        self.request.path(block.at),
                        "dropped: a result holds text and media only",
                    );
                    continue;
                }
                Content::Text(_) | Content::Refusal(_) | Content::Document(_) => continue,
            };
            // Older models see media beside a result only.
            if self.wants_signatures && part.contains("inlineData") {
                inside.push(part);
            } else {
                self.behind_results.push(part);
            }
        }
        if !inside.is_empty() {
            response.push("parts", inside);
        }
        self.parts
            .push(crate::object! { "functionResponse" => response });
        Ok(())
    }

    fn document(&mut self, document: &'a Document, block: &'a Block) -> Result<(), WireError> {
        match &document.body {
            DocumentBody::File(media) => {
                let part = self.media(media, block)?;
                self.parts.push(part);
            }
            DocumentBody::Text(text) => match &document.title {
                Some(title) => {
                    self.text(format!("<document title=\"{title}\">\n{text}\n</document>"));
                }
                None => self.text(text),
            },
        }
        if let Some(context) = &document.context {
            self.text(context);
        }
        Ok(())
    }

    fn media(&self, media: &'a Media, block: &Block) -> Result<Object<'a>, WireError> {
        let media_type = |guessed: Option<&'static str>| {
            media
                .media_type
                .as_deref()
                .or(guessed)
                .unwrap_or(match &block.content {
                    Content::Image(_) => "image/jpeg",
                    Content::Audio(_) => "audio/wav",
                    Content::Video(_) => "video/mp4",
                    _ => "application/pdf",
                })
        };
        match &media.source {
            Source::Base64(data) => Ok(crate::object! { "inlineData" => crate::object! {
                "mimeType" => media_type(None),
                "data" => data,
            } }),
            Source::Url(url) if url.starts_with("data:") => Err(WireError::invalid(format!(
                "expected \"{}\" to be base64 data or a URL, found a data URL that is not base64",
                self.request.path(block.at)
            ))),
            Source::Url(url) => Ok(crate::object! { "fileData" => crate::object! {
                "mimeType" => media_type(type_of_url(url)),
                "fileUri" => url,
            } }),
            Source::FileId(id) if self.request.source == Format::Gemini => {
                Ok(crate::object! { "fileData" => crate::object! {
                    "mimeType" => media_type(type_of_url(id)),
                    "fileUri" => id,
                } })
            }
            Source::FileId(id) => Err(WireError::invalid(format!(
                "expected \"{}\" to hold its data: the file \"{id}\" is known to another provider than Gemini",
                self.request.path(block.at)
            ))),
        }
    }
}

fn sent_name<'a>(names: &'a Names, call: &'a ToolUse) -> &'a str {
    names.sent(call.namespace.as_deref(), &call.name)
}

fn own(proof: Option<&Proof>) -> Option<&str> {
    proof?.for_issuer(Issuer::Gemini)
}

/// `response` is an object, so text that is none is wrapped:
/// <https://ai.google.dev/api/caching#FunctionResponse>.
fn answer(result: &ToolResult) -> Json<'static> {
    let text = result.flat_text();
    if result.is_error {
        return Json::from(crate::object! { "error" => text });
    }
    let trimmed = text.trim();
    if trimmed.starts_with('{')
        && let Some(object) = Json::raw(trimmed.to_owned())
    {
        return object;
    }
    Json::from(crate::object! { "result" => text })
}
