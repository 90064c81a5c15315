//! Everything else in a request: <https://platform.openai.com/docs/api-reference/chat/create>.

use super::{reasoning, take_text};
use crate::ir::note::Notes;
use crate::ir::request::{Output, OutputSchema, Request, Sampling};
use crate::json::{Json, Object};

/// Read elsewhere, or without any effect on the answer.
const HARMLESS: [&str; 9] = [
    "stream_options",
    "store",
    "prompt_cache_retention",
    "prompt_cache_options",
    "prediction",
    "include",
    "provider",
    "extra_headers",
    "cache_control",
];

pub(super) fn read(mut object: Object, request: &mut Request, notes: &mut Notes) {
    request.stream = flag(&mut object, "stream", notes).unwrap_or(false);
    request.sampling = sampling(&mut object, notes);
    request.reasoning = reasoning::read(&mut object, notes);
    if let Some(format) = object.take("response_format") {
        request.output = output(format, notes);
    }
    request.user =
        take_text(&mut object, "user").or_else(|| take_text(&mut object, "safety_identifier"));
    object.take("safety_identifier");
    request.cache_key = take_text(&mut object, "prompt_cache_key");
    request.service_tier = take_text(&mut object, "service_tier").filter(|tier| tier != "auto");
    request.verbosity = take_text(&mut object, "verbosity");
    if let Some(metadata) = object.take("metadata").and_then(Json::into_object) {
        let text = |value: Json| match value {
            Json::String(text) => text.into_owned(),
            other => other.to_text(),
        };
        request.metadata = metadata
            .into_iter()
            .map(|(key, value)| (key.into_owned(), text(value)))
            .collect();
    }
    if let Some(modalities) = object.take("modalities")
        && asks_for_more_than_text(&modalities)
    {
        notes.add("modalities", "dropped: the answer is asked for as text");
    }
    for (key, value) in object.iter() {
        if !value.is_null() && !HARMLESS.contains(&key) {
            notes.add(key, "dropped: not known across formats");
        }
    }
}

fn asks_for_more_than_text(modalities: &Json) -> bool {
    let kinds = modalities.as_array().unwrap_or_default();
    kinds.iter().any(|kind| kind.as_str() != Some("text"))
}

fn sampling(object: &mut Object, notes: &mut Notes) -> Sampling {
    let max_tokens = count(object, "max_tokens", notes);
    let max_completion_tokens = count(object, "max_completion_tokens", notes);
    let wants_logprobs = flag(object, "logprobs", notes);
    let top_logprobs = count(object, "top_logprobs", notes);
    Sampling {
        max_tokens: max_completion_tokens.or(max_tokens),
        temperature: number(object, "temperature", notes),
        top_p: number(object, "top_p", notes),
        top_k: top_k(object, notes),
        min_p: number(object, "min_p", notes),
        stop: stop(object, notes),
        seed: value(object, "seed", "a whole number", Json::as_i64, notes),
        presence_penalty: number(object, "presence_penalty", notes),
        frequency_penalty: number(object, "frequency_penalty", notes),
        logit_bias: object
            .take("logit_bias")
            .filter(|bias| bias.as_object().is_some_and(|bias| !bias.is_empty()))
            .map(Json::into_owned),
        n: count(object, "n", notes),
        logprobs: (wants_logprobs == Some(true)).then(|| top_logprobs.unwrap_or_default()),
    }
}

/// vLLM says "all of them" by −1, which is what nothing means elsewhere.
fn top_k(object: &mut Object, notes: &mut Notes) -> Option<u64> {
    if object.get("top_k").and_then(Json::as_i64) == Some(-1) {
        object.take("top_k");
    }
    count(object, "top_k", notes)
}

fn stop(object: &mut Object, notes: &mut Notes) -> Vec<String> {
    let list = match object.take("stop") {
        None => return Vec::new(),
        Some(Json::Array(list)) => list,
        Some(one) => vec![one],
    };
    if list.iter().any(|stop| stop.as_str().is_none()) {
        notes.add("stop", "dropped: expected strings");
    }
    list.into_iter()
        .filter_map(Json::into_string)
        .filter(|stop| !stop.is_empty())
        .collect()
}

fn output(format: Json, notes: &mut Notes) -> Output {
    let mut format = match format {
        Json::Object(format) => format,
        Json::String(kind) => crate::object! { "type" => kind },
        other => {
            notes.add(
                "response_format",
                format!("dropped: expected an object, found {}", other.kind()),
            );
            return Output::Text;
        }
    };
    match take_text(&mut format, "type").as_deref() {
        None | Some("text") => Output::Text,
        Some("json_object" | "json") => match format.take("schema") {
            // Together and llama.cpp take a schema here.
            Some(schema) => schema_of(crate::object! { "schema" => schema }),
            None => Output::JsonObject,
        },
        Some("json_schema") => schema_of(match format.take("json_schema") {
            Some(Json::Object(inner)) => inner,
            _ => format,
        }),
        Some(kind) => {
            notes.add("response_format", format!("dropped: \"{kind}\" is unknown"));
            Output::Text
        }
    }
}

fn schema_of(mut format: Object) -> Output {
    let Some(schema) = format.take("schema") else {
        return Output::JsonObject;
    };
    Output::JsonSchema(OutputSchema {
        name: take_text(&mut format, "name"),
        description: take_text(&mut format, "description"),
        schema: schema.into_owned(),
        strict: format.take("strict").and_then(|value| value.as_bool()),
    })
}

fn number(object: &mut Object, key: &str, notes: &mut Notes) -> Option<f64> {
    value(object, key, "a number", Json::as_f64, notes)
}

pub(super) fn count(object: &mut Object, key: &str, notes: &mut Notes) -> Option<u64> {
    value(object, key, "a whole number", Json::as_u64, notes)
}

pub(super) fn flag(object: &mut Object, key: &str, notes: &mut Notes) -> Option<bool> {
    value(object, key, "a boolean", Json::as_bool, notes)
}

/// A parameter of another kind than it should be is no reason to refuse the whole request.
fn value<'a, T>(
    object: &mut Object<'a>,
    key: &str,
    kind: &str,
    read: impl Fn(&Json<'a>) -> Option<T>,
    notes: &mut Notes,
) -> Option<T> {
    let found = object.take(key)?;
    let value = read(&found);
    if value.is_none() {
        notes.add(
            key,
            format!("dropped: expected {kind}, found {}", found.kind()),
        );
    }
    value
}
