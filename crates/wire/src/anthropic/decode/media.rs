//! Where images and documents come from: <https://platform.claude.com/docs/en/build-with-claude/vision>.

use crate::anthropic::decode::{expected, string};
use crate::error::DecodeError;
use crate::ir::content::{Media, Source};
use crate::json::{Json, Object};

/// Where an image or a document comes from: the kind of source, and the rest of it.
pub(super) fn source<'a>(
    json: Option<Json<'a>>,
    path: &str,
) -> Result<(String, Object<'a>), DecodeError> {
    let path = format!("{path}.source");
    match json {
        Some(Json::Object(mut source)) => {
            let kind = string(source.take("type"), &format!("{path}.type"))?;
            Ok((kind, source))
        }
        other => Err(expected(&path, "an object", other.as_ref())),
    }
}

pub(super) fn media(kind: &str, mut source: Object<'_>) -> Option<Media> {
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
