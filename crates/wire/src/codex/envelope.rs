//! The edits that make a request of the Responses API one that Codex takes.

use crate::error::{DecodeError, WireError};
use crate::ir::note::Notes;
use crate::ir::target::{Encoded, Restore, Target};
use crate::ir::tools::CallIds;
use crate::json::{Json, Object};
use crate::object;
use crate::openai_responses;

/// Objects that are passed on as they were spelled.
const RAW_KEYS: &[&str] = &["parameters", "schema", "metadata", "arguments"];

pub(super) const NOT_TAKEN: &str = "dropped: Codex takes no such parameter";

/// Refused by the backend.
const REFUSED: [&str; 14] = [
    "temperature",
    "top_p",
    "max_output_tokens",
    "max_completion_tokens",
    "max_tokens",
    "truncation",
    "user",
    "safety_identifier",
    "context_management",
    "prompt_cache_retention",
    "prompt_cache_options",
    "prompt_cache_breakpoint",
    "previous_response_id",
    "stream_options",
];

/// Of these, whose absence nobody notices in the answer.
const UNNOTICED: [&str; 7] = [
    "user",
    "safety_identifier",
    "prompt_cache_retention",
    "prompt_cache_options",
    "prompt_cache_breakpoint",
    "previous_response_id",
    "stream_options",
];

const LONGEST_CALL_ID: usize = 64;

pub(super) fn document(
    body: &[u8],
    target: &Target,
    notes: &mut Notes,
) -> Result<Encoded, WireError> {
    let mut body = match Json::parse(body, RAW_KEYS)? {
        Json::Object(body) => body,
        other => {
            let found = other.kind();
            let message = format!("expected the body to be an object, found {found}");
            return Err(DecodeError::at("", message).into());
        }
    };
    openai_responses::refuse_stored(&body)?;
    match body.get("input") {
        Some(Json::String(_) | Json::Array(_)) => {}
        found => {
            let found = found.map_or("null", Json::kind);
            let message = format!("expected \"input\" to be a string or a list, found {found}");
            return Err(DecodeError::at("input", message).into());
        }
    }
    body.set("model", target.model.as_str());
    for key in edit(&mut body) {
        if !UNNOTICED.contains(&key.as_str()) {
            notes.add(key, NOT_TAKEN);
        }
    }
    Ok(Encoded {
        body: Json::from(body).to_bytes().into(),
        restore: Restore::default(),
    })
}

/// Changes what must be changed. Returns what was taken out.
pub(super) fn edit(body: &mut Object<'_>) -> Vec<String> {
    let mut removed = Vec::new();
    body.retain(|key, value| {
        let is_kept = !REFUSED.contains(&key);
        if !is_kept && !value.is_null() && !is_default(key, value) {
            removed.push(key.to_owned());
        }
        is_kept
    });
    removed.extend(tier(body));
    removed.extend(include(body));
    match body.take("instructions") {
        Some(instructions @ Json::String(_)) => body.set("instructions", instructions),
        Some(_) | None => body.set("instructions", ""),
    }
    input(body);
    if let Some(Json::Array(tools)) = body.get_mut("tools") {
        tools.iter_mut().for_each(rename_search);
    }
    if let Some(choice) = body.get_mut("tool_choice") {
        rename_search(choice);
        if let Some(Json::Array(tools)) = choice.as_object_mut().and_then(|it| it.get_mut("tools"))
        {
            tools.iter_mut().for_each(rename_search);
        }
    }
    if body
        .get("parallel_tool_calls")
        .and_then(Json::as_bool)
        .is_none()
    {
        body.set("parallel_tool_calls", true);
    }
    body.set("store", false);
    body.set("stream", true);
    removed
}

fn is_default(key: &str, value: &Json<'_>) -> bool {
    key == "truncation" && value.as_str() == Some("disabled")
}

/// Only the fast lane is for sale.
fn tier(body: &mut Object<'_>) -> Option<String> {
    let tier = body.take("service_tier")?;
    match tier.as_str() {
        Some("priority" | "fast") => {
            body.push("service_tier", "priority");
            None
        }
        Some("auto" | "default") => None,
        Some(_) | None => Some("service_tier".to_owned()),
    }
}

fn include(body: &mut Object<'_>) -> Option<String> {
    let asked = body.take("include").and_then(Json::into_array);
    let only = openai_responses::ENCRYPTED;
    body.push("include", vec![Json::from(only)]);
    asked
        .unwrap_or_default()
        .iter()
        .any(|what| what.as_str() != Some(only))
        .then(|| "include".to_owned())
}

fn input(body: &mut Object<'_>) {
    let mut items = match body.take("input") {
        Some(Json::String(text)) => {
            let part = object! { "type" => "input_text", "text" => text };
            let message = object! {
                "type" => "message",
                "role" => "user",
                "content" => vec![part],
            };
            vec![Json::from(message)]
        }
        Some(Json::Array(items)) => items,
        Some(_) | None => Vec::new(),
    };
    let mut ids = CallIds::new(LONGEST_CALL_ID);
    for item in items.iter_mut().filter_map(Json::as_object_mut) {
        if item.get("role").and_then(Json::as_str) == Some("system") {
            item.set("role", "developer");
        }
        let id = item.get("call_id").and_then(Json::as_str);
        if let Some(short) = id
            .filter(|id| id.len() > LONGEST_CALL_ID)
            .map(|id| ids.sent(id))
        {
            item.set("call_id", short);
        }
    }
    body.push("input", items);
}

/// The names under which the search was first given out.
fn rename_search(tool: &mut Json<'_>) {
    if let Some(tool) = tool.as_object_mut()
        && let Some(kind) = tool.get("type").and_then(Json::as_str)
        && kind.starts_with("web_search_preview")
    {
        tool.set("type", "web_search");
    }
}
