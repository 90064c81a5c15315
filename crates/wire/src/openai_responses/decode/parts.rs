//! The content of a message or of a call's output.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::DecodeError;
use crate::ir::content::{
    At, Block, CacheMark, Citation, Content, Document, DocumentBody, Media, Source, Text,
};
use crate::ir::note::Notes;
use crate::ir::request::Request;
use crate::json::{Json, Object};

use super::expected;

/// A string, or a list of parts.
pub(super) fn content(
    content: Option<Json<'_>>,
    at: At,
    request: &Request,
    notes: &mut Notes,
) -> Result<Vec<Block>, DecodeError> {
    let parts = match content {
        None => return Ok(Vec::new()),
        Some(Json::String(text)) => return Ok(said(at, text.into_owned())),
        Some(Json::Array(parts)) => parts,
        // A single part without its list.
        Some(part @ Json::Object(_)) => vec![part],
        Some(other) => {
            let path = format!("{}.content", request.path(at));
            return Err(expected(&path, "a string or a list", Some(&other)));
        }
    };
    let mut blocks = Vec::with_capacity(parts.len());
    for (index, part) in parts.into_iter().enumerate() {
        let at = at.part(index);
        match part {
            Json::String(text) => blocks.extend(said(at, text.into_owned())),
            Json::Object(part) => blocks.extend(block(part, at, request, notes)),
            other => return Err(expected(&request.path(at), "an object", Some(&other))),
        }
    }
    Ok(blocks)
}

/// Empty text is nothing.
fn said(at: At, text: String) -> Vec<Block> {
    if text.is_empty() {
        return Vec::new();
    }
    vec![Block::text(at, text)]
}

fn block(mut part: Object<'_>, at: At, request: &Request, notes: &mut Notes) -> Option<Block> {
    let kind = part.take("type").and_then(Json::into_string);
    let cache = cache_mark(&mut part);
    let content = match kind.as_deref().unwrap_or("input_text") {
        "input_text" | "output_text" | "text" | "summary_text" | "reasoning_text" => {
            let text = part.take("text").and_then(Json::into_string)?;
            if text.is_empty() {
                return None;
            }
            Content::Text(Text {
                citations: citations(part.take("annotations")),
                ..Text::new(text)
            })
        }
        "refusal" => {
            let text = part.take_any(&["refusal", "text"]);
            Content::Refusal(
                text.and_then(Json::into_string)
                    .filter(|text| !text.is_empty())?,
            )
        }
        "input_image" | "image_url" | "computer_screenshot" => match image(&mut part) {
            Some(media) => Content::Image(media),
            None => {
                notes.add(request.path(at), "dropped: an image without data");
                return None;
            }
        },
        "input_file" | "file" => match file(&mut part) {
            Some(document) => Content::Document(document),
            None => {
                notes.add(request.path(at), "dropped: a file without data");
                return None;
            }
        },
        "input_audio" => {
            let mut audio = match part.take("input_audio") {
                Some(Json::Object(audio)) => audio,
                Some(_) | None => part,
            };
            let data = audio.take("data").and_then(Json::into_string)?;
            let format = audio.take("format").and_then(Json::into_string);
            Content::Audio(Media::base64(
                format.map(|format| format!("audio/{format}")),
                data,
            ))
        }
        kind => {
            notes.add(
                request.path(at),
                format!("dropped: no other vendor has parts of type `{kind}`"),
            );
            return None;
        }
    };
    Some(Block { at, content, cache })
}

/// OpenAI's breakpoint, or Anthropic's mark from clients that think they speak to a Claude.
fn cache_mark(part: &mut Object<'_>) -> Option<CacheMark> {
    let mark = part.take_any(&["prompt_cache_breakpoint", "cache_control"])?;
    match mark {
        Json::Bool(false) => None,
        mark if mark.get("ttl").and_then(Json::as_str) == Some("1h") => Some(CacheMark::OneHour),
        _ => Some(CacheMark::Short),
    }
}

/// The `url_citation`s among annotations.
pub(crate) fn citations(annotations: Option<Json<'_>>) -> Vec<Citation> {
    let annotations = annotations.and_then(Json::into_array).unwrap_or_default();
    annotations.into_iter().filter_map(citation).collect()
}

pub(crate) fn citation(annotation: Json<'_>) -> Option<Citation> {
    let mut annotation = annotation.into_object()?;
    if annotation.get("type").and_then(Json::as_str) != Some("url_citation") {
        return None;
    }
    let mut index = |key| annotation.take(key).and_then(|index| index.as_u64());
    let span = index("start_index").zip(index("end_index"));
    Some(Citation {
        url: annotation.take("url").and_then(Json::into_string),
        title: annotation.take("title").and_then(Json::into_string),
        cited_text: None,
        span,
    })
}

fn image(part: &mut Object<'_>) -> Option<Media> {
    let detail = part.take("detail").and_then(Json::into_string);
    let (url, nested_detail) = match part.take("image_url") {
        Some(Json::String(url)) => (Some(url.into_owned()), None),
        // Chat's spelling.
        Some(Json::Object(mut image)) => (
            image.take("url").and_then(Json::into_string),
            image.take("detail").and_then(Json::into_string),
        ),
        Some(_) | None => (None, None),
    };
    let media = match url {
        Some(url) => Media::from_url(&url),
        None => by_id(part)?,
    };
    Some(Media {
        detail: detail.or(nested_detail),
        ..media
    })
}

fn by_id(part: &mut Object<'_>) -> Option<Media> {
    let id = part.take("file_id").and_then(Json::into_string)?;
    Some(Media {
        source: Source::FileId(id),
        media_type: None,
        detail: None,
    })
}

fn file(part: &mut Object<'_>) -> Option<Document> {
    // Chat's spelling.
    let nested = match part.take("file") {
        Some(Json::Object(file)) => Some(file),
        Some(_) | None => None,
    };
    let mut nested = nested;
    let part = nested.as_mut().unwrap_or(part);
    let title = part.take("filename").and_then(Json::into_string);
    let mut string = |key| part.take(key).and_then(Json::into_string);
    let media = if let Some(data) = string("file_data") {
        if data.starts_with("data:") {
            Media::from_url(&data)
        } else {
            Media::base64(title.as_deref().and_then(type_of_name), data)
        }
    } else if let Some(url) = string("file_url") {
        Media {
            media_type: title.as_deref().and_then(type_of_name),
            ..Media::from_url(&url)
        }
    } else {
        by_id(part)?
    };
    let body = match plain_text(&media) {
        Some(text) => DocumentBody::Text(text),
        None => DocumentBody::File(media),
    };
    Some(Document {
        body,
        title,
        context: None,
    })
}

fn type_of_name(name: &str) -> Option<String> {
    let (_, extension) = name.rsplit_once('.')?;
    let media_type = match extension.to_ascii_lowercase().as_str() {
        "pdf" => "application/pdf",
        "txt" | "log" => "text/plain",
        "md" => "text/markdown",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "json" => "application/json",
        _ => return None,
    };
    Some(media_type.to_owned())
}

/// Text that somebody wrapped as a file is better read as text: not every vendor takes files other than PDF.
fn plain_text(media: &Media) -> Option<String> {
    let Source::Base64(data) = &media.source else {
        return None;
    };
    let media_type = media.media_type.as_deref()?;
    if !media_type.starts_with("text/") && media_type != "application/json" {
        return None;
    }
    String::from_utf8(STANDARD.decode(data).ok()?).ok()
}
