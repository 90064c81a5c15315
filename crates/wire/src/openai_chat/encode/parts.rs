//! The parts of a user's message.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::WireError;
use crate::ir::content::{Block, Content, Document, DocumentBody, Media, Source};
use crate::ir::note::Notes;
use crate::ir::proof::{Issuer, Proof};
use crate::ir::request::Request;
use crate::json::Object;
use crate::object;

/// What has no part of its own becomes text; empty text becomes nothing.
pub(super) fn write<'a>(
    request: &Request,
    block: &'a Block,
    notes: &mut Notes,
) -> Result<Option<Object<'a>>, WireError> {
    if let Some(said) = as_text(&block.content) {
        return Ok((!said.is_empty()).then(|| text(said)));
    }
    let path = || request.path(block.at);
    Ok(match &block.content {
        Content::Image(media) => {
            let mut link = object! { "url" => url(media, &path())? };
            link.push_some("detail", media.detail.as_deref());
            Some(object! { "type" => "image_url", "image_url" => link })
        }
        // vLLM's and Google's: <https://docs.vllm.ai/en/latest/features/multimodal_inputs.html>.
        Content::Video(media) => Some(object! {
            "type" => "video_url",
            "video_url" => object! { "url" => url(media, &path())? },
        }),
        Content::Audio(media) => Some(audio(media, &path())?),
        Content::Document(document) => Some(file(document, &path(), notes)?),
        Content::ToolUse(_) | Content::HostedUse(_) | Content::HostedResult(_) => {
            notes.add(path(), "dropped: no message of a user holds this");
            None
        }
        // A user's thinking is nobody's; results are written elsewhere, text was written above.
        Content::Thinking(_) | Content::ToolResult(_) | Content::Text(_) | Content::Refusal(_) => {
            None
        }
    })
}

pub(super) fn text<'a>(text: impl Into<Cow<'a, str>>) -> Object<'a> {
    object! { "type" => "text", "text" => text.into() }
}

/// What text says as well.
pub(super) fn as_text(content: &Content) -> Option<Cow<'_, str>> {
    match content {
        Content::Text(text) => Some(Cow::Borrowed(&text.text)),
        Content::Refusal(text) => Some(Cow::Borrowed(text)),
        Content::Document(document) => readable(document),
        Content::Thinking(_)
        | Content::Image(_)
        | Content::Audio(_)
        | Content::Video(_)
        | Content::ToolUse(_)
        | Content::ToolResult(_)
        | Content::HostedUse(_)
        | Content::HostedResult(_) => None,
    }
}

/// A document of text, under its title.
fn readable(document: &Document) -> Option<Cow<'_, str>> {
    let text = match &document.body {
        DocumentBody::Text(text) => Cow::Borrowed(text.as_str()),
        DocumentBody::File(media) => Cow::Owned(decoded(media)?),
    };
    let head: Vec<&str> = [&document.title, &document.context]
        .into_iter()
        .filter_map(|line| line.as_deref())
        .filter(|line| !line.is_empty())
        .collect();
    if head.is_empty() {
        return Some(text);
    }
    Some(Cow::Owned(format!("{}\n\n{text}", head.join("\n"))))
}

fn decoded(media: &Media) -> Option<String> {
    let media_type = media.media_type.as_deref()?;
    let Source::Base64(data) = &media.source else {
        return None;
    };
    if !media_type.starts_with("text/") && media_type != "application/json" {
        return None;
    }
    String::from_utf8(STANDARD.decode(data).ok()?).ok()
}

fn url(media: &Media, path: &str) -> Result<String, WireError> {
    media.to_url().ok_or_else(|| foreign_file(path))
}

fn foreign_file(path: &str) -> WireError {
    WireError::invalid(format!(
        "expected \"{path}\" to hold data or a URL, found the id of a file that only its own provider knows"
    ))
}

fn audio<'a>(media: &'a Media, path: &str) -> Result<Object<'a>, WireError> {
    match &media.source {
        Source::Base64(data) => {
            let media_type = media.media_type.as_deref().unwrap_or("audio/wav");
            let format = match media_type {
                "audio/mpeg" | "audio/mp3" => "mp3",
                "audio/wav" | "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => "wav",
                other => other.strip_prefix("audio/").unwrap_or(other),
            };
            Ok(object! {
                "type" => "input_audio",
                "input_audio" => object! { "data" => data, "format" => format },
            })
        }
        Source::Url(_) => Err(WireError::invalid(format!(
            "expected \"{path}\" to hold the recording itself, found its URL"
        ))),
        Source::FileId(_) => Err(foreign_file(path)),
    }
}

/// OpenAI wants a name with the data: <https://platform.openai.com/docs/guides/pdf-files>.
fn file<'a>(
    document: &'a Document,
    path: &str,
    notes: &mut Notes,
) -> Result<Object<'a>, WireError> {
    let DocumentBody::File(media) = &document.body else {
        return Ok(text(""));
    };
    match &media.source {
        Source::FileId(_) => Err(foreign_file(path)),
        Source::Url(url) => {
            notes.add(path, "a file at a URL became text with that URL");
            let title = document.title.as_deref().unwrap_or("Document");
            Ok(text(format!("{title}: {url}")))
        }
        Source::Base64(_) => {
            let name = match document.title.as_deref() {
                Some(title) if !title.is_empty() => Cow::Borrowed(title),
                _ => Cow::Owned(format!("document.{}", extension(media))),
            };
            let mut file = object! { "filename" => name };
            file.push_some("file_data", media.to_url());
            Ok(object! { "type" => "file", "file" => file })
        }
    }
}

fn extension(media: &Media) -> &str {
    let media_type = media.media_type.as_deref().unwrap_or_default();
    match media_type.rsplit('/').next() {
        Some(kind) if !kind.is_empty() && kind.chars().all(|char| char.is_ascii_alphanumeric()) => {
            kind
        }
        _ => "bin",
    }
}

/// Gemini's, for servers that speak chat for it.
pub(super) fn signature(proof: Option<&Proof>) -> Option<Object<'_>> {
    let signature = proof?.for_issuer(Issuer::Gemini)?;
    Some(object! { "google" => object! { "thought_signature" => signature } })
}
