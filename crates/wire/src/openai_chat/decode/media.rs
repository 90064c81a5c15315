//! Images, recordings, films and files in a message.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::parts::{read, string};
use super::{expected, path_of, take_text};
use crate::error::DecodeError;
use crate::ir::content::{At, Content, Document, DocumentBody, Media, Source, flat_text};
use crate::ir::note::Notes;
use crate::json::{Json, Object};

/// `{"image_url":{"url":"…","detail":"low"}}`, and the same without the object.
pub(super) fn linked(part: &mut Object, key: &str, at: At) -> Result<Media, DecodeError> {
    let (url, detail) = match part.take(key) {
        Some(Json::Object(mut link)) => (link.take("url"), take_text(&mut link, "detail")),
        other => (other, None),
    };
    let media = match (url, take_text(part, "file_id")) {
        (Some(Json::String(url)), _) => from_url(&url),
        (None, Some(id)) => from_file_id(id),
        (other, _) => {
            let path = format!("{}.{key}.url", path_of(at));
            return Err(expected(&path, "a string", other.as_ref()));
        }
    };
    Ok(Media {
        detail: detail.or_else(|| take_text(part, "detail")),
        ..media
    })
}

/// Some clients leave out everything but the base64 data.
fn from_url(url: &str) -> Media {
    if !url.starts_with("data:") && !url.contains("://") {
        let media = Media::base64(None, url);
        if media.media_type.is_some() {
            return media;
        }
    }
    Media::from_url(url)
}

fn from_file_id(id: String) -> Media {
    Media {
        source: Source::FileId(id),
        media_type: None,
        detail: None,
    }
}

pub(super) fn audio(part: &mut Object, at: At) -> Result<Media, DecodeError> {
    let mut audio = match part.take("input_audio") {
        Some(Json::Object(audio)) => audio,
        other => {
            let path = format!("{}.input_audio", path_of(at));
            return Err(expected(&path, "an object", other.as_ref()));
        }
    };
    let data = match audio.take("data") {
        Some(Json::String(data)) => data,
        other => {
            let path = format!("{}.input_audio.data", path_of(at));
            return Err(expected(&path, "a string", other.as_ref()));
        }
    };
    if data.starts_with("data:") {
        return Ok(Media::from_url(&data));
    }
    let media_type = take_text(&mut audio, "format").map(|format| format!("audio/{format}"));
    Ok(Media::base64(media_type, data))
}

pub(super) fn file(mut file: Object, at: At) -> Result<Content, DecodeError> {
    let title = take_text(&mut file, "filename");
    let media = if let Some(data) = take_text(&mut file, "file_data") {
        if data.starts_with("data:") {
            Media::from_url(&data)
        } else {
            let is_pdf = title.as_ref().is_some_and(|name| name.ends_with(".pdf"));
            Media::base64(is_pdf.then(|| "application/pdf".to_owned()), data)
        }
    } else if let Some(url) = take_text(&mut file, "file_url") {
        Media::from_url(&url)
    } else if let Some(id) = take_text(&mut file, "file_id") {
        from_file_id(id)
    } else {
        let path = format!("{}.file", path_of(at));
        let message = format!("expected \"{path}\" to hold file_data or file_id");
        return Err(DecodeError::at(path, message));
    };
    let media_type = media.media_type.as_deref().unwrap_or_default();
    Ok(match media_type.split('/').next() {
        Some("image") => Content::Image(media),
        Some("audio") => Content::Audio(media),
        Some("video") => Content::Video(media),
        _ => Content::Document(Document {
            body: readable(media),
            title,
            context: None,
        }),
    })
}

/// Text is text, however it was packed.
fn readable(media: Media) -> DocumentBody {
    let media_type = media.media_type.as_deref().unwrap_or_default();
    if (media_type.starts_with("text/") || media_type == "application/json")
        && let Source::Base64(data) = &media.source
        && let Ok(bytes) = STANDARD.decode(data)
        && let Ok(text) = String::from_utf8(bytes)
    {
        return DocumentBody::Text(text);
    }
    DocumentBody::File(media)
}

/// Anthropic's `source`: <https://platform.claude.com/docs/en/api/messages>.
pub(super) fn source(part: &mut Object, at: At) -> Result<DocumentBody, DecodeError> {
    let mut source = match part.take("source") {
        Some(Json::Object(source)) => source,
        other => {
            let path = format!("{}.source", path_of(at));
            return Err(expected(&path, "an object", other.as_ref()));
        }
    };
    let media_type = take_text(&mut source, "media_type");
    let kind = take_text(&mut source, "type").unwrap_or_default();
    Ok(match kind.as_str() {
        "text" => DocumentBody::Text(string(&mut source, "data", at)?),
        "content" => {
            let mut unused = Notes::new();
            let blocks = read(source.take("content"), at, &mut unused)?;
            DocumentBody::Text(flat_text(&blocks))
        }
        "url" => DocumentBody::File(from_url(&string(&mut source, "url", at)?)),
        "file" => DocumentBody::File(from_file_id(string(&mut source, "file_id", at)?)),
        _ => DocumentBody::File(Media::base64(media_type, string(&mut source, "data", at)?)),
    })
}
