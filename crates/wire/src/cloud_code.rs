//! Code Assist's envelopes around Gemini's format, Gemini CLI's and Antigravity's:
//! <https://github.com/google-gemini/gemini-cli/blob/main/packages/core/src/code_assist/converter.ts>.

mod answer;
mod antigravity;

use crate::dialect::Dialect;
use crate::error::{DecodeError, WireError};
use crate::gemini;
use crate::ir::note::Notes;
use crate::ir::request::Request;
use crate::ir::target::{Encoded, Restore, Target};
use crate::json::{Json, Object};

pub use answer::{StreamDecoder, StreamEditor};

/// An account may have no project of its own, but the field must not be empty.
const NO_PROJECT: &str = "default";
/// The service has more products than one, and this field says which; who asks stands in the `User-Agent` header.
const PRODUCT: &str = "antigravity";

pub fn encode_request(
    request: &Request,
    target: &Target,
    notes: &mut Notes,
) -> Result<Encoded, WireError> {
    gemini::encode_request_with(request, target, notes, |mut document| {
        let session = session(&document);
        if is_antigravity(target) {
            antigravity::adapt(&mut document, target);
            document.push("sessionId", antigravity::session_id(session));
        } else {
            document.push("session_id", format!("{session:016x}"));
        }
        wrapped(Json::Object(document), target)
    })
}

/// Puts a client's own body into the envelope: for Gemini CLI as it is, for Antigravity with its own rules.
pub fn envelope(body: &[u8], target: &Target, _notes: &mut Notes) -> Result<Encoded, WireError> {
    let document = if is_antigravity(target) {
        let json = Json::parse(body, gemini::RAW_KEYS)?;
        let Json::Object(mut document) = json else {
            return Err(no_object(json.kind()));
        };
        antigravity::clean_declarations(&mut document);
        antigravity::adapt(&mut document, target);
        let session = session(&document);
        document.set("sessionId", antigravity::session_id(session));
        Json::Object(document)
    } else {
        let text = std::str::from_utf8(body).map_err(|error| {
            DecodeError::at("", format!("expected the body to be UTF-8: {error}"))
        })?;
        match Json::raw(text.trim().to_owned()) {
            Some(raw) if raw.kind() == "an object" => raw,
            Some(_) => return Err(no_object("another value")),
            // Parsing says where it is broken.
            None => Json::parse(body, &[])?,
        }
    };
    Ok(Encoded {
        body: Json::Object(wrapped(document, target)).to_bytes().into(),
        restore: Restore::default(),
    })
}

fn is_antigravity(target: &Target) -> bool {
    target.dialect == Dialect::Antigravity
}

fn no_object(found: &str) -> WireError {
    DecodeError::at(
        "",
        format!("expected the body to be an object, found {found}"),
    )
    .into()
}

fn wrapped<'a>(request: Json<'a>, target: &Target) -> Object<'a> {
    let project = target
        .project
        .as_deref()
        .filter(|project| !project.is_empty());
    let mut envelope = crate::object! {
        "model" => target.model.clone(),
        "project" => project.unwrap_or(NO_PROJECT).to_owned(),
    };
    if is_antigravity(target) {
        envelope
            .push("userAgent", PRODUCT)
            .push("requestType", "agent")
            .push("requestId", format!("agent-{}", target.seed));
    } else {
        envelope.push("user_prompt_id", target.seed.clone());
    }
    envelope.push("request", request);
    envelope
}

/// The same for all requests of a conversation: a hash of the first words of its user.
fn session(document: &Object) -> u64 {
    let contents = document
        .get("contents")
        .and_then(Json::as_array)
        .unwrap_or_default();
    let texts = contents
        .iter()
        .filter(|content| content.get("role").and_then(Json::as_str) != Some("model"))
        .filter_map(|content| content.get("parts")?.as_array())
        .flatten()
        .filter_map(|part| part.get("text")?.as_str());
    hash(texts.into_iter().next().unwrap_or_default())
}

/// FNV-1a, small and the same everywhere: <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
