//! Content for a target that takes only text and pictures it need not fetch.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::{ErrorKind, WireError};
use crate::ir::content::{Block, Content, Document, DocumentBody, Media, Source};
use crate::ir::note::Notes;
use crate::ir::request::Request;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plain<'a> {
    Text(Cow<'a, str>),
    /// Base64.
    Image {
        media_type: &'a str,
        data: &'a str,
    },
}

/// Claude Code's first system block tells Anthropic whom to bill, and is new in each conversation.
const BILLING: &str = "x-anthropic-billing-header:";

/// What the system says, without what is said to Anthropic only.
pub fn system(request: &Request) -> impl Iterator<Item = &Block> {
    request.system.iter().filter(|block| match &block.content {
        Content::Text(text) => !text.text.starts_with(BILLING),
        _ => true,
    })
}

/// What `block` becomes; `None` for what has no words: thinking, calls and results are the encoder's to place.
///
/// What lies elsewhere is named in text, with a note; what only another provider can open,
/// and sound and film, of which no word could be said, are refused.
pub fn plain<'a>(
    request: &Request,
    block: &'a Block,
    target: &str,
    notes: &mut Notes,
) -> Result<Option<Plain<'a>>, WireError> {
    let path = || request.path(block.at);
    let text = match &block.content {
        Content::Text(text) => Cow::Borrowed(text.text.as_str()),
        Content::Refusal(text) => Cow::Borrowed(text.as_str()),
        Content::Image(media) => match &media.source {
            Source::Base64(data) => {
                let media_type = media.media_type.as_deref().unwrap_or("image/png");
                return Ok(Some(Plain::Image { media_type, data }));
            }
            Source::Url(url) => {
                notes.add(
                    path(),
                    format!("{target} cannot fetch images: its address went as text"),
                );
                Cow::Owned(format!("[Image: {url}]"))
            }
            Source::FileId(_) => return Err(foreign_file(&path(), target)),
        },
        Content::Document(document) => document_text(document, &path(), target, notes)?,
        Content::Audio(media) => unheard(media, "audio", &path(), target, notes)?,
        Content::Video(media) => unheard(media, "video", &path(), target, notes)?,
        Content::HostedUse(_) | Content::HostedResult(_) => {
            notes.add(path(), format!("dropped: {target} has no hosted tools"));
            return Ok(None);
        }
        Content::Thinking(_) | Content::ToolUse(_) | Content::ToolResult(_) => return Ok(None),
    };
    Ok((!text.is_empty()).then_some(Plain::Text(text)))
}

fn document_text<'a>(
    document: &'a Document,
    path: &str,
    target: &str,
    notes: &mut Notes,
) -> Result<Cow<'a, str>, WireError> {
    let body = match &document.body {
        DocumentBody::Text(text) => Cow::Borrowed(text.as_str()),
        DocumentBody::File(media) => match &media.source {
            Source::FileId(_) => return Err(foreign_file(path, target)),
            Source::Url(url) => {
                notes.add(
                    path,
                    format!("{target} cannot fetch documents: its address went as text"),
                );
                Cow::Owned(format!("[Document: {url}]"))
            }
            Source::Base64(data) => match written(media, data) {
                Some(text) => Cow::Owned(text),
                None => {
                    notes.add(
                        path,
                        format!("{target} reads no documents: only its name went"),
                    );
                    let media_type = media.media_type.as_deref().unwrap_or("unknown type");
                    Cow::Owned(format!(
                        "[A document of {media_type} was attached, but cannot be read here.]"
                    ))
                }
            },
        },
    };
    let head: Vec<&str> = [&document.title, &document.context]
        .into_iter()
        .filter_map(|text| text.as_deref())
        .filter(|text| !text.is_empty())
        .collect();
    if head.is_empty() {
        return Ok(body);
    }
    Ok(Cow::Owned(format!("{}\n\n{body}", head.join("\n"))))
}

/// The text of a file that is one.
fn written(media: &Media, data: &str) -> Option<String> {
    let media_type = media.media_type.as_deref()?;
    let is_text = media_type.starts_with("text/")
        || matches!(media_type, "application/json" | "application/xml");
    if !is_text {
        return None;
    }
    String::from_utf8(STANDARD.decode(data).ok()?).ok()
}

fn unheard<'a>(
    media: &Media,
    kind: &str,
    path: &str,
    target: &str,
    notes: &mut Notes,
) -> Result<Cow<'a, str>, WireError> {
    match &media.source {
        Source::Url(url) => {
            notes.add(
                path,
                format!("{target} takes no {kind}: its address went as text"),
            );
            Ok(Cow::Owned(format!("[{kind}: {url}]")))
        }
        Source::FileId(_) => Err(foreign_file(path, target)),
        Source::Base64(_) => Err(WireError::new(
            ErrorKind::InvalidRequest,
            format!("\"{path}\" holds {kind}, which {target} does not take"),
        )),
    }
}

fn foreign_file(path: &str, target: &str) -> WireError {
    WireError::new(
        ErrorKind::InvalidRequest,
        format!("\"{path}\" names a file of another provider, which {target} cannot open"),
    )
}
