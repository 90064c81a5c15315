//! Images, recordings and files.

use std::borrow::Cow;

use crate::error::WireError;
use crate::format::Format;
use crate::ir::content::{At, Document, DocumentBody, Media, Source};
use crate::json::Object;
use crate::object;

use super::input::Writer;

impl<'a> Writer<'a, '_> {
    pub(super) fn image(&self, media: &'a Media, at: At) -> Result<Object<'a>, WireError> {
        let mut image = object! { "type" => "input_image" };
        match &media.source {
            Source::FileId(id) => image.push("file_id", self.own_file(id, at)?),
            Source::Url(url) => image.push("image_url", url),
            Source::Base64(_) => image.push("image_url", media.to_url().unwrap_or_default()),
        };
        image.push("detail", media.detail.as_deref().unwrap_or("auto"));
        Ok(image)
    }

    pub(super) fn audio(&self, media: &'a Media, at: At) -> Result<Object<'a>, WireError> {
        let Source::Base64(data) = &media.source else {
            return Err(self.refused(at, "takes recordings only as data"));
        };
        if !self.has_audio {
            return Err(self.refused(at, "takes no recordings"));
        }
        let media_type = media.media_type.as_deref().unwrap_or("audio/wav");
        let format = match media_type.strip_prefix("audio/").unwrap_or(media_type) {
            "mpeg" => "mp3",
            "x-wav" | "wave" => "wav",
            format => format,
        };
        Ok(object! {
            "type" => "input_audio",
            "input_audio" => object! { "data" => data, "format" => format },
        })
    }

    pub(super) fn document(&self, document: &'a Document, at: At) -> Result<Object<'a>, WireError> {
        let media = match &document.body {
            DocumentBody::File(media) => media,
            DocumentBody::Text(text) => {
                let headings = [&document.title, &document.context];
                let mut whole: Vec<&str> = headings.into_iter().flatten().map(|it| &**it).collect();
                whole.push(text);
                return Ok(object! { "type" => "input_text", "text" => whole.join("\n\n") });
            }
        };
        let mut file = object! { "type" => "input_file" };
        match &media.source {
            Source::FileId(id) => file.push("file_id", self.own_file(id, at)?),
            Source::Url(url) => file.push("file_url", url),
            Source::Base64(_) => {
                let name: Cow<'a, str> = match &document.title {
                    Some(title) => title.as_str().into(),
                    None => default_name(media.media_type.as_deref()).into(),
                };
                file.push("filename", name);
                file.push("file_data", media.to_url().unwrap_or_default())
            }
        };
        Ok(file)
    }

    /// The id of a file that a client of OpenAI's formats uploaded to OpenAI.
    fn own_file(&self, id: &'a str, at: At) -> Result<&'a str, WireError> {
        match self.request.source {
            Format::OpenaiChat | Format::OpenaiResponses => Ok(id),
            Format::Anthropic | Format::Gemini | Format::Ollama => Err(self.refused(
                at,
                "does not know the files of another vendor: send the data",
            )),
        }
    }
}

fn default_name(media_type: Option<&str>) -> &'static str {
    match media_type {
        Some("text/plain") => "document.txt",
        Some("text/markdown") => "document.md",
        Some("text/csv") => "document.csv",
        Some("text/html") => "document.html",
        Some("application/json") => "document.json",
        Some(_) | None => "document.pdf",
    }
}
