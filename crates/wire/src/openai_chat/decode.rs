//! A client's chat request.
//!
//! Cursor sends three shapes to this one address: chat, chat with Anthropic's tools and blocks in it, and
//! Responses. So shapes are told by what is there, item by item.

mod media;
mod messages;
mod parameters;
mod parts;
mod reasoning;
mod thoughts;
mod tools;

use serde::Deserialize;

use crate::error::DecodeError;
use crate::format::Format;
use crate::ir::content::{At, CacheMark};
use crate::ir::note::Notes;
use crate::ir::request::Request;
use crate::json::{Json, Object};
use crate::lenient::{self, Lenient, LenientObject};
use crate::openai_responses;

/// Arguments are strings here, but some clients send the object itself, and Anthropic's blocks have `input`.
const RAW_KEYS: &[&str] = &["arguments", "input"];

pub fn decode_request(body: &[u8], notes: &mut Notes) -> Result<Request, DecodeError> {
    let mut object = match Json::parse(body, RAW_KEYS)? {
        Json::Object(object) => object,
        other => {
            let message = format!("expected the body to be an object, found {}", other.kind());
            return Err(DecodeError::at("", message));
        }
    };
    let is_there = |key| object.get(key).is_some_and(|value| !value.is_null());
    if !is_there("messages") && is_there("input") {
        let mut request = openai_responses::decode_request(body, notes)?;
        request.source = Format::OpenaiChat;
        return Ok(request);
    }
    let model = match object.take("model") {
        Some(Json::String(model)) => model.into_owned(),
        other => return Err(expected("model", "a string", other.as_ref())),
    };
    let messages = match object.take("messages") {
        Some(Json::Array(messages)) => messages,
        other => return Err(expected("messages", "a list", other.as_ref())),
    };
    let mut request = Request::new(Format::OpenaiChat, model);
    messages::read(messages, &mut request, notes)?;
    tools::read(&mut object, &mut request, notes)?;
    parameters::read(object, &mut request, notes);
    Ok(request)
}

/// Whether the client asked for the chunk of usage at the stream's end.
pub fn wants_usage(body: &[u8]) -> bool {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Head {
        stream_options: LenientObject<StreamOptions>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct StreamOptions {
        include_usage: Lenient<bool>,
    }
    lenient::object::<Head>(body)
        .and_then(|head| head.stream_options.0?.include_usage.0)
        .unwrap_or(false)
}

fn expected(path: &str, what: &str, found: Option<&Json>) -> DecodeError {
    let found = found.map_or("nothing", Json::kind);
    DecodeError::at(
        path,
        format!("expected \"{path}\" to be {what}, found {found}"),
    )
}

/// The path of a block, as [`Request::path`] says it.
fn path_of(at: At) -> String {
    match at.part {
        Some(part) => format!("messages[{}].content[{part}]", at.message),
        None => format!("messages[{}]", at.message),
    }
}

/// Anthropic's `cache_control`, which many clients send to every server, or OpenAI's own
/// `prompt_cache_breakpoint`: <https://platform.openai.com/docs/guides/prompt-caching>.
fn take_cache(object: &mut Object) -> Option<CacheMark> {
    let mark = object.take_any(&["cache_control", "prompt_cache_breakpoint"])?;
    let ttl = mark.as_object()?.get("ttl").and_then(Json::as_str);
    Some(match ttl {
        Some("1h") => CacheMark::OneHour,
        _ => CacheMark::Short,
    })
}

/// A string that says something.
fn take_text(object: &mut Object, key: &str) -> Option<String> {
    object
        .take(key)?
        .into_string()
        .filter(|text| !text.is_empty())
}
