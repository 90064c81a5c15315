//! One part: <https://ai.google.dev/api/caching#Part>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::DecodeError;
use crate::gemini::decode::expected;
use crate::ir::content::{
    At, Block, Content, Document, DocumentBody, Media, Source, Text, Thinking, ToolInput,
    ToolResult, ToolUse,
};
use crate::ir::note::Notes;
use crate::ir::proof::{Issuer, Proof};
use crate::json::{Json, Object};

/// Where a file's data is something only Google can open.
const GOOGLE_FILES: [&str; 3] = [
    "gs://",
    "files/",
    "https://generativelanguage.googleapis.com/",
];

pub(super) fn blocks(
    part: Json,
    at: At,
    path: &str,
    notes: &mut Notes,
) -> Result<Vec<Block>, DecodeError> {
    let mut part = match part {
        Json::Object(part) => part,
        Json::String(text) => return Ok(vec![Block::text(at, text)]),
        other => return Err(expected(path, "", "an object", other.kind())),
    };
    let proof = part
        .take_any(&["thoughtSignature", "thought_signature"])
        .and_then(|slot| Proof::from_slot(Issuer::Gemini, slot.as_str()?));
    let is_thought = part.take("thought").and_then(|json| json.as_bool()) == Some(true);
    let one = |content| Ok(vec![Block::new(at, content)]);
    if let Some(call) = part.take_any(&["functionCall", "function_call"]) {
        return one(Content::ToolUse(tool_use(call, proof, path)?));
    }
    if let Some(result) = part.take_any(&["functionResponse", "function_response"]) {
        return one(Content::ToolResult(tool_result(result, at, path, notes)?));
    }
    if let Some(media) = media(&mut part, path)? {
        if part
            .take_any(&["videoMetadata", "video_metadata"])
            .is_some()
        {
            notes.add(
                format!("{path}.videoMetadata"),
                "dropped: only Google cuts videos",
            );
        }
        return one(media);
    }
    if let Some(text) = code(&mut part) {
        return Ok(vec![Block::text(at, text)]);
    }
    match part.take("text") {
        Some(Json::String(text)) => one(text_content(text.into_owned(), is_thought, proof)),
        Some(other) => Err(expected(
            &format!("{path}.text"),
            "",
            "a string",
            other.kind(),
        )),
        None if proof.is_some() || is_thought => {
            one(text_content(String::new(), is_thought, proof))
        }
        None => {
            if let Some(kind) = part.keys().next() {
                notes.add(
                    path,
                    format!("dropped: a part of kind {kind} is known to Google only"),
                );
            }
            Ok(Vec::new())
        }
    }
}

fn text_content(text: String, is_thought: bool, proof: Option<Proof>) -> Content {
    if is_thought {
        return Content::Thinking(Thinking {
            text,
            proof,
            is_redacted: false,
        });
    }
    Content::Text(Text {
        proof,
        ..Text::new(text)
    })
}

fn tool_use(call: Json, proof: Option<Proof>, path: &str) -> Result<ToolUse, DecodeError> {
    let path = format!("{path}.functionCall");
    let kind = call.kind();
    let Json::Object(mut call) = call else {
        return Err(expected(&path, "", "an object", kind));
    };
    Ok(ToolUse {
        id: id(&mut call),
        name: name(&mut call, &path)?,
        namespace: None,
        input: ToolInput::Json(match call.take("args") {
            Some(Json::String(text)) => text.into_owned(),
            Some(args) => args.to_text(),
            None => "{}".to_owned(),
        }),
        proof,
    })
}

fn tool_result(
    result: Json,
    at: At,
    path: &str,
    notes: &mut Notes,
) -> Result<ToolResult, DecodeError> {
    let path = format!("{path}.functionResponse");
    let kind = result.kind();
    let Json::Object(mut result) = result else {
        return Err(expected(&path, "", "an object", kind));
    };
    let (text, is_error) = result.take("response").map_or_else(Default::default, told);
    let mut content = Vec::new();
    if !text.is_empty() {
        content.push(Block::text(at, text));
    }
    let parts = result.take("parts").and_then(Json::into_array);
    for (index, part) in parts.unwrap_or_default().into_iter().enumerate() {
        content.extend(blocks(part, at, &format!("{path}.parts[{index}]"), notes)?);
    }
    Ok(ToolResult {
        id: id(&mut result),
        name: Some(name(&mut result, &path)?),
        content,
        is_error,
        is_custom: false,
    })
}

/// What a function answered, and whether that is an error.
///
/// Google's convention is one field `output` or `error`, that of many clients `result`.
fn told(response: Json) -> (String, bool) {
    let Json::Raw(raw) = &response else {
        return (plain(response), false);
    };
    let Ok(Json::Object(mut fields)) = Json::parse(raw.get().as_bytes(), RESULT_KEYS) else {
        return (response.to_text(), false);
    };
    let is_error = fields.get("error").is_some_and(says_something);
    if fields.is_empty() {
        return (String::new(), false);
    }
    if fields.len() > 1 {
        return (response.to_text(), is_error);
    }
    match fields.take_any(RESULT_KEYS) {
        Some(value) => (plain(value), is_error),
        None => (response.to_text(), is_error),
    }
}

const RESULT_KEYS: &[&str] = &["result", "output", "error"];

fn says_something(error: &Json) -> bool {
    !error.is_null() && error.as_str() != Some("") && error.as_bool() != Some(false)
}

fn plain(value: Json) -> String {
    match value {
        Json::String(text) => text.into_owned(),
        value => value.to_text(),
    }
}

fn id(object: &mut Object) -> Option<String> {
    let id = object.take("id")?.into_string()?;
    (!id.is_empty()).then_some(id)
}

fn name(object: &mut Object, path: &str) -> Result<String, DecodeError> {
    let path = format!("{path}.name");
    match object.take("name") {
        Some(Json::String(name)) if !name.is_empty() => Ok(name.into_owned()),
        Some(Json::String(_)) => Err(expected(&path, "", "a name", "an empty string")),
        Some(other) => Err(expected(&path, "", "a string", other.kind())),
        None => Err(expected(&path, "", "a string", "nothing")),
    }
}

/// `inlineData` or `fileData`.
fn media(part: &mut Object, path: &str) -> Result<Option<Content>, DecodeError> {
    for (keys, data_keys) in [
        (["inlineData", "inline_data"], ["data", "data"]),
        (["fileData", "file_data"], ["fileUri", "file_uri"]),
    ] {
        let Some(json) = part.take_any(&keys) else {
            continue;
        };
        let path = format!("{path}.{}", keys[0]);
        let kind = json.kind();
        let Json::Object(mut object) = json else {
            return Err(expected(&path, "", "an object", kind));
        };
        let media_type = object
            .take_any(&["mimeType", "mime_type"])
            .and_then(Json::into_string)
            .filter(|text| !text.is_empty());
        let title = object
            .take_any(&["displayName", "display_name"])
            .and_then(Json::into_string);
        let data = match object.take_any(&data_keys) {
            Some(Json::String(data)) => data.into_owned(),
            other => {
                let found = other.as_ref().map_or("nothing", Json::kind);
                return Err(expected(
                    &format!("{path}.{}", data_keys[0]),
                    "",
                    "a string",
                    found,
                ));
            }
        };
        let media = if keys[0] == "fileData" {
            file(data, media_type)
        } else {
            Media::base64(media_type, standard(data))
        };
        return Ok(Some(content_of(media, title)));
    }
    Ok(None)
}

/// Google takes both alphabets of base64, others only the standard one.
fn standard(mut data: String) -> String {
    if data.contains(['-', '_']) {
        data = data.replace('-', "+").replace('_', "/");
    }
    data
}

fn file(uri: String, media_type: Option<String>) -> Media {
    let is_googles = GOOGLE_FILES.iter().any(|prefix| uri.starts_with(prefix));
    let media_type = media_type.or_else(|| {
        let is_video = ["https://www.youtube.com/", "https://youtu.be/"]
            .iter()
            .any(|prefix| uri.starts_with(prefix));
        let guessed = if is_video {
            Some("video/mp4")
        } else {
            type_of_url(&uri)
        };
        guessed.map(str::to_owned)
    });
    Media {
        source: if is_googles {
            Source::FileId(uri)
        } else {
            Source::Url(uri)
        },
        media_type,
        detail: None,
    }
}

fn content_of(media: Media, title: Option<String>) -> Content {
    let media_type = media.media_type.as_deref().unwrap_or_default();
    match media_type.split('/').next().unwrap_or_default() {
        "image" => Content::Image(media),
        "audio" => Content::Audio(media),
        "video" => Content::Video(media),
        kind => {
            let is_text = kind == "text" || media_type == "application/json";
            let body = match &media.source {
                Source::Base64(data) if is_text => STANDARD
                    .decode(data)
                    .ok()
                    .and_then(|bytes| String::from_utf8(bytes).ok())
                    .map(DocumentBody::Text),
                Source::Base64(_) | Source::Url(_) | Source::FileId(_) => None,
            };
            Content::Document(Document {
                body: body.unwrap_or(DocumentBody::File(media)),
                title,
                context: None,
            })
        }
    }
}

/// The media type that a URL's ending speaks of.
pub(super) fn type_of_url(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let (_, ending) = path.rsplit_once('.')?;
    Some(match ending.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "heic" => "image/heic",
        "pdf" => "application/pdf",
        "txt" | "md" => "text/plain",
        "html" => "text/html",
        "csv" => "text/csv",
        "json" => "application/json",
        "mp3" => "audio/mp3",
        "wav" => "audio/wav",
        "ogg" => "audio/ogg",
        "flac" => "audio/flac",
        "m4a" => "audio/m4a",
        "mp4" => "video/mp4",
        "mov" => "video/mov",
        "webm" => "video/webm",
        _ => return None,
    })
}

/// Code that Google ran for the model, and what came of it, as the text it would be elsewhere.
pub(super) fn code(part: &mut Object) -> Option<String> {
    if let Some(code) = part.take_any(&["executableCode", "executable_code"]) {
        let language = code
            .get("language")
            .and_then(Json::as_str)
            .unwrap_or_default();
        let text = code.get("code").and_then(Json::as_str)?;
        let language = match language {
            "LANGUAGE_UNSPECIFIED" => String::new(),
            language => language.to_ascii_lowercase(),
        };
        return Some(format!("\n```{language}\n{}\n```\n", text.trim_end()));
    }
    let result = part.take_any(&["codeExecutionResult", "code_execution_result"])?;
    let output = result.get("output").and_then(Json::as_str)?;
    Some(format!("\n```\n{}\n```\n", output.trim_end()))
}
