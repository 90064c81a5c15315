//! A client's request: <https://platform.openai.com/docs/api-reference/responses/create>.

mod calls;
mod input;
mod own;
mod parts;
mod tools;

pub(super) use own::hosted;
pub(super) use parts::{citation, citations};

use crate::error::DecodeError;
use crate::format::Format;
use crate::ir::note::Notes;
use crate::ir::reasoning::{Effort, Reasoning, Thinking};
use crate::ir::request::{Output, OutputSchema, Request, Sampling};
use crate::json::{Json, Object};

/// Text in this format; a client that sends an object instead is understood, and its spelling kept.
const RAW_KEYS: &[&str] = &["arguments"];

/// What says nothing that another vendor would have to know.
const HARMLESS: &[&str] = &[
    "store",
    "stream_options",
    "background",
    "previous_response_id",
    "prompt_cache_options",
    "prompt_cache_retention",
    "client_metadata",
];

pub(super) fn request(body: &[u8], notes: &mut Notes) -> Result<Request, DecodeError> {
    let json = Json::parse(body, RAW_KEYS)?;
    let mut body = match json {
        Json::Object(body) => body,
        other => return Err(expected("", "an object", Some(&other))),
    };
    refuse_stored(&body)?;
    let model = match body.take("model") {
        None => String::new(),
        Some(Json::String(model)) => model.into_owned(),
        Some(other) => return Err(expected("model", "a string", Some(&other))),
    };
    let mut request = Request::new(Format::OpenaiResponses, model);
    request.tools = tools::tools(body.take("tools"), notes)?;
    request.tool_choice = body
        .take("tool_choice")
        .and_then(|choice| tools::choice(choice, &request.tools, notes));
    input::read(
        body.take("instructions"),
        body.take("input"),
        &mut request,
        notes,
    )?;
    request.sampling = sampling(&mut body, notes);
    request.reasoning = reasoning(&mut body, notes);
    if let Some(Json::Object(mut text)) = body.take("text") {
        request.verbosity = text.take("verbosity").and_then(Json::into_string);
        request.output = output(text.take("format"), "text.format", notes);
    }
    if let Some(format) = body.take("response_format") {
        request.output = output(Some(format), "response_format", notes);
    }
    request.stream = flag(&mut body, "stream", notes).unwrap_or_default();
    request.parallel_tool_calls = flag(&mut body, "parallel_tool_calls", notes);
    let user = text(&mut body, "user", notes);
    request.user = text(&mut body, "safety_identifier", notes).or(user);
    request.cache_key = text(&mut body, "prompt_cache_key", notes);
    request.service_tier = text(&mut body, "service_tier", notes).filter(|tier| tier != "auto");
    request.metadata = metadata(body.take("metadata"), notes);
    left_over(&body, notes);
    Ok(request)
}

/// Whatever would have to be looked up in a store that is not there.
pub(crate) fn refuse_stored(body: &Object<'_>) -> Result<(), DecodeError> {
    let is_set = |key: &str| match body.get(key) {
        None | Some(Json::Null | Json::Bool(false)) => false,
        Some(Json::String(text)) => !text.is_empty(),
        Some(_) => true,
    };
    for key in ["previous_response_id", "conversation", "prompt"] {
        if is_set(key) {
            return Err(DecodeError::at(
                key,
                format!(
                    "\"{key}\" refers to something stored, and nothing is stored here: \
                     send the whole conversation in \"input\""
                ),
            ));
        }
    }
    if is_set("background") {
        return Err(DecodeError::at(
            "background",
            "\"background\" needs stored responses, and nothing is stored here",
        ));
    }
    let items = body.get("input").and_then(Json::as_array).unwrap_or(&[]);
    for (index, item) in items.iter().enumerate() {
        if is_reference(item) {
            return Err(DecodeError::at(
                format!("input[{index}]"),
                format!(
                    "\"input[{index}]\" is an item_reference, and nothing is stored here: send the item itself"
                ),
            ));
        }
    }
    Ok(())
}

/// The type of a reference may be left out, and then an id is all there is.
fn is_reference(item: &Json<'_>) -> bool {
    let Some(item) = item.as_object() else {
        return false;
    };
    match item.get("type").and_then(Json::as_str) {
        Some(kind) => kind == "item_reference",
        None => item.contains("id") && !item.contains("role") && !item.contains("content"),
    }
}

/// Also what only chat has, because some clients send Responses' bodies with chat's parameters.
fn sampling(body: &mut Object<'_>, notes: &mut Notes) -> Sampling {
    let max_tokens = ["max_output_tokens", "max_completion_tokens", "max_tokens"]
        .map(|key| count(body, key, notes));
    Sampling {
        max_tokens: max_tokens.into_iter().flatten().next(),
        temperature: number(body, "temperature", notes),
        top_p: number(body, "top_p", notes),
        top_k: count(body, "top_k", notes),
        min_p: number(body, "min_p", notes),
        stop: match body.take("stop") {
            Some(Json::String(stop)) => vec![stop.into_owned()],
            Some(Json::Array(stops)) => stops.into_iter().filter_map(Json::into_string).collect(),
            Some(_) | None => Vec::new(),
        },
        seed: body.take("seed").and_then(|seed| seed.as_i64()),
        presence_penalty: number(body, "presence_penalty", notes),
        frequency_penalty: number(body, "frequency_penalty", notes),
        logit_bias: body.take("logit_bias").map(Json::into_owned),
        n: count(body, "n", notes),
        logprobs: logprobs(body, notes),
    }
}

/// They come only if included, and `top_logprobs` asks for them too.
fn logprobs(body: &mut Object<'_>, notes: &mut Notes) -> Option<u64> {
    let top = count(body, "top_logprobs", notes);
    let include = body
        .take("include")
        .and_then(Json::into_array)
        .unwrap_or_default();
    let is_included = include
        .iter()
        .any(|what| what.as_str() == Some("message.output_text.logprobs"));
    if is_included {
        return Some(top.unwrap_or_default());
    }
    top.filter(|top| *top > 0)
}

fn reasoning(body: &mut Object<'_>, notes: &mut Notes) -> Reasoning {
    let mut reasoning = Reasoning::default();
    let effort = body.take("reasoning_effort").and_then(Json::into_string);
    let object = body.take("reasoning").and_then(Json::into_object);
    let mut said = effort.map(|effort| ("reasoning_effort", effort));
    if let Some(mut object) = object {
        let summary = object
            .take_any(&["summary", "generate_summary"])
            .and_then(Json::into_string);
        // Without a summary the API shows nothing of the reasoning.
        reasoning.is_visible = Some(summary.is_some_and(|summary| summary != "none"));
        if let Some(effort) = object.take("effort").and_then(Json::into_string) {
            said = Some(("reasoning.effort", effort));
        }
    }
    if let Some((path, effort)) = said {
        if effort.eq_ignore_ascii_case("none") {
            reasoning.thinking = Some(Thinking::Off);
        } else {
            reasoning.effort = Effort::parse(&effort);
            if reasoning.effort.is_none() {
                notes.add(path, format!("dropped: nobody knows the effort `{effort}`"));
            }
        }
    }
    reasoning
}

fn output(format: Option<Json<'_>>, path: &str, notes: &mut Notes) -> Output {
    let Some(Json::Object(mut format)) = format else {
        return Output::Text;
    };
    let kind = format.take("type").and_then(Json::into_string);
    match kind.as_deref() {
        None | Some("text") => Output::Text,
        Some("json_object") => Output::JsonObject,
        Some("json_schema") => {
            // Chat nests what is flat here.
            let mut format = match format.take("json_schema") {
                Some(Json::Object(nested)) => nested,
                Some(_) | None => format,
            };
            Output::JsonSchema(OutputSchema {
                name: format.take("name").and_then(Json::into_string),
                description: format.take("description").and_then(Json::into_string),
                schema: format
                    .take("schema")
                    .map_or_else(|| crate::object! {}.into(), Json::into_owned),
                strict: format.take("strict").and_then(|strict| strict.as_bool()),
            })
        }
        Some(kind) => {
            notes.add(path, format!("dropped: no other vendor has `{kind}`"));
            Output::Text
        }
    }
}

fn metadata(metadata: Option<Json<'_>>, notes: &mut Notes) -> Vec<(String, String)> {
    let Some(Json::Object(metadata)) = metadata else {
        return Vec::new();
    };
    let mut kept = Vec::with_capacity(metadata.len());
    for (key, value) in metadata {
        match value {
            Json::String(text) => kept.push((key.into_owned(), text.into_owned())),
            Json::Null => {}
            other => notes.add(
                format!("metadata.{key}"),
                format!("dropped: expected a string, found {}", other.kind()),
            ),
        }
    }
    kept
}

/// What is still there has no place in the neutral representation.
fn left_over(body: &Object<'_>, notes: &mut Notes) {
    for (key, value) in body.iter() {
        if HARMLESS.contains(&key) || value.is_null() || is_default(key, value) {
            continue;
        }
        notes.add(key, "dropped: only OpenAI's Responses have it");
    }
}

fn is_default(key: &str, value: &Json<'_>) -> bool {
    match value {
        Json::String(text) => key == "truncation" && text == "disabled",
        Json::Array(items) => items.is_empty(),
        Json::Object(object) => object.is_empty(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Raw(_) => false,
    }
}

fn number(body: &mut Object<'_>, key: &str, notes: &mut Notes) -> Option<f64> {
    scalar(body, key, "a number", notes, Json::as_f64)
}

fn count(body: &mut Object<'_>, key: &str, notes: &mut Notes) -> Option<u64> {
    scalar(body, key, "a whole number", notes, Json::as_u64)
}

fn flag(body: &mut Object<'_>, key: &str, notes: &mut Notes) -> Option<bool> {
    scalar(body, key, "a boolean", notes, Json::as_bool)
}

fn text(body: &mut Object<'_>, key: &str, notes: &mut Notes) -> Option<String> {
    scalar(body, key, "a string", notes, |value| {
        value.as_str().map(str::to_owned)
    })
}

fn scalar<'a, T>(
    body: &mut Object<'a>,
    key: &str,
    wanted: &str,
    notes: &mut Notes,
    read: impl Fn(&Json<'a>) -> Option<T>,
) -> Option<T> {
    let value = body.take(key)?;
    let read = read(&value);
    if read.is_none() {
        notes.add(
            key,
            format!("dropped: expected {wanted}, found {}", value.kind()),
        );
    }
    read
}

fn expected(path: &str, wanted: &str, found: Option<&Json<'_>>) -> DecodeError {
    let what = if path.is_empty() {
        "the body".to_owned()
    } else {
        format!("\"{path}\"")
    };
    let found = found.map_or("null", Json::kind);
    DecodeError::at(
        path,
        format!("expected {what} to be {wanted}, found {found}"),
    )
}
